import { calendarDay } from './calendar-day.ts';
import type { CoursewareUses } from './courseware.ts';
import { givenRows, givenTexts } from '../database/row-list.ts';
import type { Database, Statements, Transaction } from '../database/transaction.ts';

/** How long a play is known by its id, and a viewer's visit by its day. */
const KEPT_DAYS = 2;
const DAY_MS = 86_400_000;

/** One start of an item, as the player names it. */
export interface Play {
  /** A fresh UUID for every start; said again, it counts once. */
  readonly playId: string;
  readonly coursewareId: string;
  /** Who watches, opaque; without one only the play is counted. */
  readonly viewer?: string;
}

/** A play that waits to be counted, with the day it belongs to. */
interface WaitingPlay {
  readonly play: Play;
  readonly day: string;
  readonly counted: (uses: CoursewareUses) => void;
  readonly failed: (error: unknown) => void;
}

/** Plays to a transaction. */
const AT_ONCE = 500;

/**
 * Counts how often items are used. What was counted is on disk when the promise resolves; a player that repeats what it heard
 * no answer to within two days is counted once. Plays that come while others are being written are written together with the
 * next: three thousand halls begin a class in the same minute, and each commit waits for the disk.
 */
export class Uses {
  readonly #database: Database;
  #waiting: WaitingPlay[] = [];
  #isWriting = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Counts a play, and a view for a viewer's first play of the day. A play of an item that is gone counts nothing.
   *
   * @param now - epoch milliseconds; decides the day
   */
  play(play: Play, now: number = Date.now()): Promise<CoursewareUses> {
    return new Promise((counted, failed) => {
      this.#waiting.push({ play, day: calendarDay(now), counted, failed });
      if (!this.#isWriting) void this.#writeWaiting();
    });
  }

  async #writeWaiting(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, AT_ONCE);
      try {
        const uses = await this.#database.write((transaction) => writePlays(transaction, batch));
        for (const { play, counted } of batch) counted(uses.get(play.coursewareId) ?? UNUSED);
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#isWriting = false;
  }

  /** Forgets plays and visits that nobody will repeat. The counts stay. */
  async sweep(now: number = Date.now()): Promise<void> {
    await this.#database.write(async (transaction) => {
      await transaction.rows('DELETE FROM play_event WHERE at < $1', now - KEPT_DAYS * DAY_MS);
      await transaction.rows('DELETE FROM viewing WHERE day < $1', calendarDay(now - KEPT_DAYS * DAY_MS));
    });
  }
}

const UNUSED: CoursewareUses = { views: 0, plays: 0, favourites: 0 };

/** Writes plays, and gives the counts of their items after them. */
async function writePlays(
  transaction: Transaction,
  batch: readonly WaitingPlay[],
): Promise<ReadonlyMap<string, CoursewareUses>> {
  const { dialect, words } = transaction;
  const columns = { id: 'text', item: 'text', viewer: 'text', day: 'text' } as const;
  const given = givenRows(dialect, '$1', columns);
  const rows = batch.map(({ play: { playId, coursewareId, viewer }, day }) => ({
    id: playId,
    item: coursewareId,
    viewer,
    day,
  }));
  const fresh = await transaction.rows<{ id: string }>(
    `INSERT INTO play_event (id, courseware_id, at)
     SELECT given.id, c.id, ${words.now} FROM ${given} JOIN courseware c ON c.id = given.item WHERE true
       ON CONFLICT (id) DO NOTHING RETURNING id`,
    JSON.stringify(rows),
  );
  const freshIds = new Set(fresh.map(({ id }) => id));
  const counted = rows.filter(({ id }) => freshIds.delete(id));
  const visits = await transaction.rows<{ courseware_id: string }>(
    `INSERT INTO viewing (courseware_id, viewer, day)
     SELECT given.item, given.viewer, given.day FROM ${given} WHERE given.viewer IS NOT NULL
       ON CONFLICT (courseware_id, viewer, day) DO NOTHING RETURNING courseware_id`,
    JSON.stringify(counted),
  );
  const items = [...new Set(rows.map(({ item }) => item))].toSorted();
  for (const item of items) {
    const plays = counted.filter((row) => row.item === item).length;
    const views = visits.filter((row) => row.courseware_id === item).length;
    if (plays > 0) await addUses(transaction, item, { plays, views });
  }
  const uses = await transaction.rows<CoursewareUses & { readonly id: string }>(
    `SELECT courseware_id AS id, views, plays, favourites FROM courseware_use
      WHERE courseware_id IN (SELECT value FROM ${givenTexts(dialect, '$1')})`,
    JSON.stringify(items),
  );
  return new Map(uses.map(({ id, ...rest }) => [id, rest]));
}

/** Adds to the counts of an item. */
export async function addUses(
  transaction: Transaction,
  coursewareId: string,
  { views = 0, plays = 0, favourites = 0 }: Partial<CoursewareUses>,
): Promise<void> {
  await transaction.rows(
    `INSERT INTO courseware_use (courseware_id, views, plays, favourites) VALUES ($1, $2, $3, $4)
       ON CONFLICT (courseware_id) DO UPDATE SET views = courseware_use.views + excluded.views,
         plays = courseware_use.plays + excluded.plays,
         favourites = courseware_use.favourites + excluded.favourites`,
    coursewareId,
    views,
    plays,
    Math.max(favourites, 0),
  );
  if (favourites < 0) {
    await transaction.rows(
      'UPDATE courseware_use SET favourites = favourites + $2 WHERE courseware_id = $1 AND favourites + $2 >= 0',
      coursewareId,
      favourites,
    );
  }
}

/** How often an item was used. */
export async function usesOf(statements: Statements, coursewareId: string): Promise<CoursewareUses> {
  const [row] = await statements.rows<CoursewareUses>(
    'SELECT views, plays, favourites FROM courseware_use WHERE courseware_id = $1',
    coursewareId,
  );
  return row ?? UNUSED;
}

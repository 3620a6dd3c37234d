import { calendarDay } from './calendar-day.ts';
import type { CoursewareUses } from './courseware.ts';
import type { Database, Statements, Transaction } from './transaction.ts';

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

/**
 * Counts how often items are used. What was counted is on disk when the promise resolves; a player that repeats what it heard
 * no answer to within two days is counted once.
 */
export class Uses {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Counts a play, and a view for a viewer's first play of the day.
   *
   * @param now - epoch milliseconds; decides the day
   */
  play({ playId, coursewareId, viewer }: Play, now: number = Date.now()): Promise<CoursewareUses> {
    return this.#database.write(async (transaction) => {
      const fresh = await transaction.rows(
        `INSERT INTO play_event (id, courseware_id, at) VALUES ($1, $2, ${transaction.words.now})
           ON CONFLICT (id) DO NOTHING RETURNING id`,
        playId,
        coursewareId,
      );
      const visits =
        viewer === undefined || fresh.length === 0
          ? []
          : await transaction.rows(
              `INSERT INTO viewing (courseware_id, viewer, day) VALUES ($1, $2, $3)
                 ON CONFLICT (courseware_id, viewer, day) DO NOTHING RETURNING day`,
              coursewareId,
              viewer,
              calendarDay(now),
            );
      if (fresh.length > 0) {
        await addUses(transaction, coursewareId, { plays: 1, views: visits.length });
      }
      return usesOf(transaction, coursewareId);
    });
  }

  /** Forgets plays and visits that nobody will repeat. The counts stay. */
  async sweep(now: number = Date.now()): Promise<void> {
    await this.#database.write(async (transaction) => {
      await transaction.rows('DELETE FROM play_event WHERE at < $1', now - KEPT_DAYS * DAY_MS);
      await transaction.rows('DELETE FROM viewing WHERE day < $1', calendarDay(now - KEPT_DAYS * DAY_MS));
    });
  }
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
  return row ?? { views: 0, plays: 0, favourites: 0 };
}

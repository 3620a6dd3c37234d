import { givenRows } from '../../database/row-list.ts';
import type { Database, Transaction } from '../../database/transaction.ts';
import { RequestError } from '../../errors.ts';
import type { ParticipantId } from './participant.ts';
import { withBeat, type Participation } from './participation.ts';
import { readSpans, writeSpans, type TimeSpan } from './time-spans.ts';

/** What a player tells now and then. */
export interface Beat {
  readonly classId: string;
  readonly participant: ParticipantId;
  /** What it has played since its last acknowledged beat, by the wall clock of the pictures. */
  readonly claimed: readonly TimeSpan[];
}

interface WaitingBeat {
  readonly beat: Beat;
  /** When it came, by the server's clock. */
  readonly at: number;
  readonly counted: (participation: Participation | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/** How beats are written. */
export interface PresenceBookOptions {
  /** How long a beat waits for others to be written with, in milliseconds. Default 50. */
  readonly gatherMs?: number;
  /** Beats to a transaction at most. Default 1000. */
  readonly atOnce?: number;
  /** Participants of one class at most. Default 100,000. */
  readonly mostParticipants?: number;
}

/** Whoever makes up viewers does not fill the disk with them, and counting them all stays quick. */
const MOST_PARTICIPANTS = 100_000;
/** Beats to a transaction. */
const AT_ONCE = 1000;
/** More wait only when the disk has stopped; players come again. */
const MOST_WAITING = 20_000;
/** A beat waits so long for others: three thousand players then cost twenty commits a second, and no other writer starves. */
const GATHER_MS = 50;

/**
 * Writes down who watches what. A beat is on disk when its promise resolves. Beats that come within a moment, or while others
 * are being written, share one transaction: each commit waits for the disk, and there is one writer.
 */
export class PresenceBook {
  readonly #database: Database;
  readonly #gatherMs: number;
  readonly #atOnce: number;
  readonly #mostParticipants: number;
  #waiting: WaitingBeat[] = [];
  #isWriting = false;

  constructor(database: Database, options: PresenceBookOptions = {}) {
    this.#database = database;
    this.#gatherMs = options.gatherMs ?? GATHER_MS;
    this.#atOnce = options.atOnce ?? AT_ONCE;
    this.#mostParticipants = options.mostParticipants ?? MOST_PARTICIPANTS;
  }

  /**
   * Counts a beat.
   *
   * @param now - the server's clock when it came
   * @returns what is known of its participant now; undefined where the class takes no more, or is gone
   * @throws {RequestError} `busy` while too many wait
   * @throws {DatabaseError}
   */
  record(beat: Beat, now: number = Date.now()): Promise<Participation | undefined> {
    if (this.#waiting.length >= MOST_WAITING) {
      throw new RequestError('busy', 'Too many beats wait for the disk; send it again later.', {
        retryAfterSeconds: 30,
      });
    }
    return new Promise((counted, failed) => {
      this.#waiting.push({ beat, at: now, counted, failed });
      if (this.#isWriting) return;
      this.#isWriting = true;
      setTimeout(() => void this.#writeWaiting(), this.#gatherMs);
    });
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#atOnce);
      try {
        const known = await this.#database.write((transaction) =>
          writeBeats(transaction, batch, this.#mostParticipants),
        );
        for (const { beat, counted } of batch) counted(known.get(keyOf(beat)));
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#isWriting = false;
  }
}

const keyOf = ({ classId, participant }: Pick<Beat, 'classId' | 'participant'>): string =>
  `${classId} ${participant}`;

interface ParticipantRow {
  readonly class_id: string;
  readonly participant: ParticipantId;
  readonly first_at: number;
  readonly last_at: number;
  readonly credit_ms: number;
  readonly played: string;
}

/** Writes beats in the order they came, and gives what is known of their participants after them. */
async function writeBeats(
  transaction: Transaction,
  batch: readonly WaitingBeat[],
  most: number,
): Promise<ReadonlyMap<string, Participation>> {
  await touchRooms(transaction, batch);
  const known = await openRows(transaction, batch, most);
  for (const { beat, at } of batch) {
    const key = keyOf(beat);
    const before = known.get(key);
    if (before !== undefined) known.set(key, withBeat(before, beat.claimed, at));
  }
  await saveRows(transaction, known);
  return known;
}

const byFirst = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1;

/** Remembers when a room was last used, to the hour: that is when it may be forgotten. */
async function touchRooms(transaction: Transaction, batch: readonly WaitingBeat[]): Promise<void> {
  const rooms = new Map(batch.map(({ beat, at }) => [beat.classId, at]));
  for (const [classId, at] of [...rooms].toSorted(byFirst)) {
    await transaction.rows(
      `INSERT INTO live_room (class_id, touched_at) SELECT id, $2 FROM live_class WHERE id = $1
         ON CONFLICT (class_id) DO UPDATE SET touched_at = excluded.touched_at
           WHERE live_room.touched_at < excluded.touched_at - 3600000`,
      classId,
      at,
    );
  }
}

/** The rows of all who are in the batch, made where there are none, and nobody else's until the commit. */
async function openRows(
  transaction: Transaction,
  batch: readonly WaitingBeat[],
  most: number,
): Promise<Map<string, Participation>> {
  const { dialect, words } = transaction;
  const first = new Map<string, { readonly c: string; readonly p: string; readonly at: number }>();
  for (const { beat, at } of batch) {
    const key = keyOf(beat);
    if (!first.has(key)) first.set(key, { c: beat.classId, p: beat.participant, at });
  }
  // Two servers that lock the same rows in another order would wait for each other.
  const keys = JSON.stringify([...first].toSorted(byFirst).map(([, row]) => row));
  const given = givenRows(dialect, '$1', { c: 'text', p: 'text', at: 'bigint' });
  const { creditMs } = withBeat(undefined, [], 0);
  const fresh = await transaction.rows<{ class_id: string }>(
    `INSERT INTO live_participant (class_id, participant, first_at, last_at, credit_ms, played)
     SELECT r.class_id, given.p, given.at, given.at, $2, '' FROM ${given}
       JOIN live_room r ON r.class_id = given.c AND r.participants < $3 WHERE true
       ON CONFLICT (class_id, participant) DO NOTHING RETURNING class_id`,
    ...[keys, creditMs, most],
  );
  const counts = new Map<string, number>();
  for (const { class_id: id } of fresh) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [classId, count] of [...counts].toSorted(byFirst)) {
    await transaction.rows(
      'UPDATE live_room SET participants = participants + $2 WHERE class_id = $1',
      classId,
      count,
    );
  }
  const rows = await transaction.rows<ParticipantRow>(
    `SELECT m.class_id, m.participant, m.first_at, m.last_at, m.credit_ms, m.played
       FROM ${given} JOIN live_participant m ON m.class_id = given.c AND m.participant = given.p
      ${words.forUpdate === '' ? '' : 'ORDER BY m.class_id, m.participant FOR UPDATE OF m'}`,
    keys,
  );
  return new Map(
    rows.map((row) => [keyOf({ classId: row.class_id, participant: row.participant }), participationOf(row)]),
  );
}

async function saveRows(transaction: Transaction, known: ReadonlyMap<string, Participation>): Promise<void> {
  const columns = { c: 'text', p: 'text', seen: 'bigint', credit: 'integer', played: 'text' } as const;
  const rows = [...known].map(([key, { lastAt, creditMs, played }]) => {
    const [c, p] = key.split(' ');
    return { c, p, seen: lastAt, credit: creditMs, played: writeSpans(played) };
  });
  await transaction.rows(
    `UPDATE live_participant SET last_at = given.seen, credit_ms = given.credit, played = given.played
       FROM ${givenRows(transaction.dialect, '$1', columns)}
      WHERE live_participant.class_id = given.c AND live_participant.participant = given.p`,
    JSON.stringify(rows),
  );
}

/** A row of `live_participant`; pure. */
export function participationOf(row: Omit<ParticipantRow, 'class_id' | 'participant'>): Participation {
  return {
    firstAt: row.first_at,
    lastAt: row.last_at,
    creditMs: row.credit_ms,
    played: readSpans(row.played),
  };
}

import { givenTexts } from '../database/row-list.ts';
import type { Database } from '../database/transaction.ts';
import type { LiveClassId } from './live-class.ts';
import type { KeyRole } from './stream-key.ts';

/** A connection that published to a class. */
export interface PublishRecord {
  readonly id: string;
  readonly classId: LiveClassId;
  readonly role: KeyRole;
  /** Where it came from. */
  readonly address: string;
  /** What the encoder calls itself. */
  readonly encoder: string | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Undefined while it lasts. */
  readonly endedAt: number | undefined;
  readonly endReason: string | undefined;
}

/** Attempts to publish from one address that were refused for one reason. */
export interface PublishRefusal {
  readonly address: string;
  readonly why: string;
  /** The class whose key it was; undefined for a key of none. */
  readonly classId: LiveClassId | undefined;
  readonly times: number;
  /** Epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Why a connection is over that a process left open: it ended without saying so. */
export const SERVER_RESTARTED = 'server-restarted';

/** How long it is remembered who was refused. */
const REFUSALS_KEPT_MS = 30 * 86_400_000;

/** Who published to which class, and who was not let in. */
export class PublishLog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Writes down that a connection has begun to publish, or what became known of it since. */
  async open(
    session: Pick<PublishRecord, 'id' | 'classId' | 'role' | 'address' | 'startedAt'> & {
      readonly encoder?: string | undefined;
    },
  ): Promise<void> {
    await this.#database.write((transaction) =>
      transaction.rows(
        `INSERT INTO live_session (id, class_id, role, address, encoder, started_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET encoder = COALESCE(excluded.encoder, live_session.encoder)`,
        session.id,
        session.classId,
        session.role,
        session.address.slice(0, 100),
        session.encoder?.slice(0, 200),
        Math.round(session.startedAt),
      ),
    );
  }

  /** Writes down that it is over; the first reason counts. */
  async close(id: string, atMs: number, why: string): Promise<void> {
    await this.#database.write((transaction) =>
      transaction.rows(
        'UPDATE live_session SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL',
        id,
        Math.round(atMs),
        why.slice(0, 200),
      ),
    );
  }

  /**
   * Closes what a process left open that ended without saying so.
   *
   * @param alive - ids of connections that still are
   * @returns how many were closed
   */
  async closeStray(alive: readonly string[], atMs: number, why: string): Promise<number> {
    const rows = await this.#database.write((transaction) =>
      transaction.rows(
        `UPDATE live_session SET ended_at = $2, end_reason = $3
          WHERE ended_at IS NULL AND id NOT IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')}) RETURNING id`,
        JSON.stringify(alive),
        Math.round(atMs),
        why.slice(0, 200),
      ),
    );
    return rows.length;
  }

  /** The connections of a class, oldest first; the latest thousand. */
  list(id: string): Promise<readonly PublishRecord[]> {
    return this.#database.read(async (statements) => {
      const rows = await statements.rows<{
        id: string;
        class_id: LiveClassId;
        role: KeyRole;
        address: string;
        encoder: string | null;
        started_at: number;
        ended_at: number | null;
        end_reason: string | null;
      }>(
        `SELECT id, class_id, role, address, encoder, started_at, ended_at, end_reason FROM live_session
          WHERE class_id = $1 ORDER BY started_at DESC, id DESC LIMIT 1000`,
        id.slice(0, 40),
      );
      return rows.toReversed().map((row) => ({
        id: row.id,
        classId: row.class_id,
        role: row.role,
        address: row.address,
        encoder: row.encoder ?? undefined,
        startedAt: row.started_at,
        endedAt: row.ended_at ?? undefined,
        endReason: row.end_reason ?? undefined,
      }));
    });
  }

  /** Writes down that somebody was not let in; the same attempt again is counted. */
  async refuse(given: {
    readonly address: string;
    readonly why: string;
    readonly classId?: LiveClassId | undefined;
    readonly atMs: number;
  }): Promise<void> {
    await this.#database.write(async (transaction) => {
      await transaction.rows(
        `INSERT INTO live_refusal (class_id, address, why, times, first_at, last_at) VALUES ($1, $2, $3, 1, $4, $4)
         ON CONFLICT (class_id, address, why)
         DO UPDATE SET times = live_refusal.times + 1, last_at = excluded.last_at`,
        given.classId ?? '',
        given.address.slice(0, 100),
        given.why.slice(0, 100),
        Math.round(given.atMs),
      );
      await transaction.rows(
        'DELETE FROM live_refusal WHERE last_at < $1',
        Math.round(given.atMs) - REFUSALS_KEPT_MS,
      );
    });
  }

  /** Who was refused, the latest first; with a class only those with its key. The latest 200. */
  refusals(id?: string): Promise<readonly PublishRefusal[]> {
    return this.#database.read(async (statements) => {
      const rows = await statements.rows<{
        class_id: string;
        address: string;
        why: string;
        times: number;
        first_at: number;
        last_at: number;
      }>(
        `SELECT class_id, address, why, times, first_at, last_at FROM live_refusal
          ${id === undefined ? '' : 'WHERE class_id = $1'} ORDER BY last_at DESC LIMIT 200`,
        ...(id === undefined ? [] : [id.slice(0, 40)]),
      );
      return rows.map((row) => ({
        address: row.address,
        why: row.why,
        classId: row.class_id === '' ? undefined : (row.class_id as LiveClassId),
        times: row.times,
        firstAt: row.first_at,
        lastAt: row.last_at,
      }));
    });
  }
}

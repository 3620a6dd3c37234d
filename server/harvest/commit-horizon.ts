import { DatabaseError } from '../database/database-error.ts';
import type { Database } from '../database/transaction.ts';

/**
 * Every transaction that writes has a stamp of its own clock in it and becomes visible later. While one is open, a reader that
 * remembers "up to now" would miss it for ever. Rows of a transaction that has written are as old as its begin at most; one
 * that has not written yet takes its stamps in the statement that runs, or later.
 */
const OLDEST_OPEN = `SELECT CAST(FLOOR(EXTRACT(EPOCH FROM LEAST(transaction_timestamp(), (
    SELECT MIN(CASE WHEN backend_xid IS NOT NULL THEN xact_start WHEN state = 'active' THEN query_start END)
      FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
  ))) * 1000) AS BIGINT) AS at`;

/**
 * What is open now, if anything, was begun after the last commit: SQLite has one writer at a time. So its stamps are not older
 * than the youngest that can be seen.
 */
const YOUNGEST_SEEN = `SELECT MAX(at) AS at FROM (
    SELECT MAX(updated_at) AS at FROM courseware UNION ALL SELECT MAX(at) FROM tombstone)`;

interface Moment {
  readonly at: number | null;
}

async function sqliteHorizon(database: Database): Promise<Moment | undefined> {
  try {
    // Who holds the one right to write knows that nobody else has anything open.
    const [now] = await database.write((transaction) =>
      transaction.rows<Moment>(`SELECT ${transaction.words.now} AS at`),
    );
    return now;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'database-busy') throw error;
    // Another process writes without a break; a horizon further back is better than none.
    const [youngest] = await database.read((statements) => statements.rows<Moment>(YOUNGEST_SEEN));
    return youngest;
  }
}

async function postgresHorizon(database: Database): Promise<Moment | undefined> {
  const [oldest] = await database.read((statements) => statements.rows<Moment>(OLDEST_OPEN));
  return oldest;
}

/**
 * A moment, in epoch milliseconds of the database's clock, before which nothing will change any more: what was stamped earlier
 * is committed, and what is committed later is stamped with it or after it.
 *
 * @throws {DatabaseError}
 */
export async function commitHorizon(database: Database): Promise<number> {
  const moment = await (database.dialect === 'sqlite' ? sqliteHorizon : postgresHorizon)(database);
  // Stamps are rounded to the millisecond, up or down.
  return Math.max(0, (moment?.at ?? 0) - 1);
}

import type { Database, Dialect } from '../catalogue/transaction.ts';

/**
 * Every transaction that writes has a stamp of its own clock in it and becomes visible later. While one is open, a reader that
 * remembers "up to now" would miss it for ever. Rows of a transaction that has written are as old as its begin at most; one
 * that has not written yet takes its stamps in the statement that runs, or later.
 */
const OLDEST_OPEN = `SELECT CAST(FLOOR(EXTRACT(EPOCH FROM LEAST(transaction_timestamp(), (
    SELECT MIN(CASE WHEN backend_xid IS NOT NULL THEN xact_start WHEN state = 'active' THEN query_start END)
      FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
  ))) * 1000) AS BIGINT) AS at`;

const HORIZONS: Readonly<
  Record<Dialect, (database: Database) => Promise<readonly { readonly at: number }[]>>
> = {
  // Who holds the one right to write knows that nobody else has anything open.
  sqlite: (database) =>
    database.write((transaction) =>
      transaction.rows<{ at: number }>(`SELECT ${transaction.words.now} AS at`),
    ),
  postgres: (database) => database.read((statements) => statements.rows<{ at: number }>(OLDEST_OPEN)),
};

/**
 * A moment, in epoch milliseconds of the database's clock, before which nothing will change any more: what was stamped earlier
 * is committed, and what is committed later is stamped with it or after it.
 *
 * @throws {DatabaseError}
 */
export async function commitHorizon(database: Database): Promise<number> {
  const [row] = await HORIZONS[database.dialect](database);
  // Stamps are rounded to the millisecond, up or down.
  return (row?.at ?? 0) - 1;
}

import { givenRows } from '../database/row-list.ts';
import type { Database, Statements } from '../database/transaction.ts';
import { foldText } from './fold.ts';

/** A query that found nothing. */
export interface MissedQuery {
  /** As it was typed last. */
  readonly query: string;
  readonly times: number;
  /** Epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Rows that are kept; the rarest and oldest go first. */
const MAX_ROWS = 5000;
/** Queries that wait to be written; a flood of nonsense must not fill the memory. */
const MAX_WAITING = 1000;
const WAIT_MS = 2000;

interface Waiting {
  readonly shown: string;
  readonly times: number;
}

/** Notes queries that found nothing, so that a librarian can add a synonym or a lecture. Written behind the answer, together. */
export class MissedQueries {
  readonly #database: Database;
  readonly #onTrouble: (error: unknown) => void;
  readonly #waiting = new Map<string, Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database, onTrouble: (error: unknown) => void = () => {}) {
    this.#database = database;
    this.#onTrouble = onTrouble;
  }

  /** Notes one; it is on disk within seconds. */
  note(query: string): void {
    const folded = foldText(query);
    const before = this.#waiting.get(folded);
    if (folded === '' || (before === undefined && this.#waiting.size >= MAX_WAITING)) return;
    this.#waiting.set(folded, { shown: query.trim(), times: (before?.times ?? 0) + 1 });
    this.#timer ??= setTimeout(() => {
      void this.flush().catch(this.#onTrouble);
    }, WAIT_MS).unref();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const rows = [...this.#waiting].map(([query, { shown, times }]) => ({ query, shown, times }));
    this.#waiting.clear();
    await this.#database.write(async (transaction) => {
      const { dialect, words } = transaction;
      await transaction.rows(
        `INSERT INTO search_miss (query, shown, times, first_at, last_at)
           SELECT query, shown, times, ${words.now}, ${words.now}
             FROM ${givenRows(dialect, '$1', { query: 'text', shown: 'text', times: 'integer' })} WHERE true
         ON CONFLICT (query) DO UPDATE SET times = search_miss.times + excluded.times, shown = excluded.shown,
           last_at = excluded.last_at`,
        JSON.stringify(rows),
      );
      await transaction.rows(
        `DELETE FROM search_miss WHERE query IN
           (SELECT query FROM search_miss ORDER BY times DESC, last_at DESC, query LIMIT 100000 OFFSET ${MAX_ROWS})`,
      );
    });
  }
}

/** Queries that found nothing, the most frequent first. */
export async function listMisses(statements: Statements, limit: number): Promise<readonly MissedQuery[]> {
  const rows = await statements.rows<{ shown: string; times: number; first_at: number; last_at: number }>(
    `SELECT shown, times, first_at, last_at FROM search_miss
      ORDER BY times DESC, last_at DESC, query LIMIT ${limit}`,
  );
  return rows.map(({ shown, times, first_at, last_at }) => ({
    query: shown,
    times,
    firstAt: first_at,
    lastAt: last_at,
  }));
}

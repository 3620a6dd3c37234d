import { setImmediate as breathe } from 'node:timers/promises';

import type { Database } from '../database/transaction.ts';
import { ItemIndex } from './item-index.ts';
import { changedRows, itemOf, readState, type ItemRow, type SearchState } from './item-rows.ts';

/** How the feed behaves; every field may be left out. */
export interface ItemFeedOptions {
  /** How old counts of plays and favourites may be, in milliseconds. Default 10,000. */
  readonly usesMaxAgeMs?: number;
  /** Rows of items as they were before that are put up with, before they are swept out. Default 2,000. */
  readonly deadRows?: number;
}

/** Rows to a statement: few enough that nobody else waits long while they are read and indexed. */
const PIECE = 500;
/** No item has a larger number. */
const LAST_NUMBER = 2 ** 31 - 1;
/** Dead rows are swept out when they are more than this share, too. */
const DEAD_SHARE = 0.25;

/**
 * Keeps an in-memory index in step with the database. Before every search it asks for one number; only when that has moved it reads
 * what changed. So every process sees what was acknowledged, whichever process wrote it.
 */
export class ItemFeed {
  readonly #database: Database;
  readonly #usesMaxAgeMs: number;
  readonly #deadRows: number;
  #index = new ItemIndex();
  #place = { change: 0, number: 0 };
  #usesReadAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(database: Database, options: ItemFeedOptions = {}) {
    this.#database = database;
    this.#usesMaxAgeMs = options.usesMaxAgeMs ?? 10_000;
    this.#deadRows = options.deadRows ?? 2000;
  }

  /** The items as they were when they were last read; it may be used until the next `await`. */
  get index(): ItemIndex {
    return this.#index;
  }

  /**
   * Reads everything that was committed before the call.
   *
   * @throws {DatabaseError}
   */
  async catchUp(): Promise<SearchState> {
    const state = await this.#database.read(readState);
    while (state.itemChange > this.#place.change) await (this.#reading ??= this.#read(state.itemChange));
    return state;
  }

  /**
   * Brings the counts of plays and favourites up to date, unless they are fresh enough.
   *
   * @throws {DatabaseError}
   */
  async refreshUses(): Promise<void> {
    const now = performance.now();
    if (now - this.#usesReadAt < this.#usesMaxAgeMs) return;
    const rows = await this.#database.read((statements) =>
      statements.rows<{ number: number; plays: number; favourites: number }>(
        `SELECT c.number, n.plays, n.favourites FROM courseware_use n JOIN courseware c ON c.id = n.courseware_id
          WHERE n.plays > 0 OR n.favourites > 0`,
      ),
    );
    for (const { number, plays, favourites } of rows) this.#index.setUses(number, { plays, favourites });
    this.#usesReadAt = now;
  }

  /** Reads all that changed; whatever has a number up to `known` is committed by now. */
  async #read(known: number): Promise<void> {
    try {
      for (;;) {
        const rows = await this.#database.read((statements) => changedRows(statements, this.#place, PIECE));
        for (const row of rows) this.#take(row);
        if (rows.length < PIECE) break;
        await breathe();
      }
      // A number may belong to no row any more.
      if (known > this.#place.change) this.#place = { change: known, number: LAST_NUMBER };
      if (this.#index.rowCount - this.#index.size > this.#deadRows && this.#index.deadShare > DEAD_SHARE) {
        this.#index = await swept(this.#index);
      }
    } finally {
      this.#reading = undefined;
    }
  }

  #take(row: ItemRow): void {
    if (row.is_gone === 1) this.#index.remove(row.number);
    else this.#index.put(itemOf(row), { plays: row.plays ?? 0, favourites: row.favourites ?? 0 });
    this.#place = { change: row.change, number: row.number };
  }
}

/** The same items without dead rows. */
async function swept(index: ItemIndex): Promise<ItemIndex> {
  const fresh = new ItemIndex();
  for (const [count, row] of index.aliveRows().entries()) {
    const item = index.items[row];
    const uses = index.uses[row];
    if (item !== undefined && uses !== undefined) fresh.put(item, uses);
    if (count % PIECE === PIECE - 1) await breathe();
  }
  return fresh;
}

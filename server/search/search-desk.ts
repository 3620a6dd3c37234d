import type { Database } from '../catalogue/transaction.ts';
import { findDrift, indexMany, unindexed, type Drift } from './item-rows.ts';
import { listMisses, type MissedQuery } from './missed-queries.ts';
import type { Search } from './search.ts';
import { addSynonyms, listSynonyms, removeSynonyms, saveSynonyms, type SynonymGroup } from './synonyms.ts';

/** A query that found nothing, and what it finds by now. */
export interface OpenMiss extends MissedQuery {
  /** Items the query finds today; more than 0 where a librarian has helped meanwhile. */
  readonly foundNow: number;
}

const MISS_PAGE = 100;
/** Items to a transaction: nobody else should wait long for their turn to write. */
const PIECE = 500;

/** What a librarian does to the search: synonyms, queries that found nothing, and the state of its tables. */
export class SearchDesk {
  readonly #database: Database;
  readonly #search: Search;

  constructor(database: Database, search: Search) {
    this.#database = database;
    this.#search = search;
  }

  /** All groups of words that mean the same. */
  synonyms(): Promise<readonly SynonymGroup[]> {
    return this.#database.read(listSynonyms);
  }

  /**
   * Writes a group, a new one where no id is given.
   *
   * @throws {CatalogueError} `invalid-input` for fewer than two words; `conflict` when a word is in another group
   */
  saveSynonyms(words: readonly string[], id?: string): Promise<SynonymGroup> {
    return this.#database.write((transaction) =>
      id === undefined ? addSynonyms(transaction, words) : saveSynonyms(transaction, id, words),
    );
  }

  /** @throws {CatalogueError} `not-found` */
  removeSynonyms(id: string): Promise<void> {
    return this.#database.write((transaction) => removeSynonyms(transaction, id));
  }

  /** Queries that found nothing, the most frequent first; at most a hundred. */
  async misses(): Promise<readonly OpenMiss[]> {
    await this.#search.close();
    const misses = await this.#database.read((statements) => listMisses(statements, MISS_PAGE));
    const open: OpenMiss[] = [];
    for (const miss of misses) open.push({ ...miss, foundNow: await this.#search.count(miss.query) });
    return open;
  }

  /**
   * Indexes what is not indexed, or only as another edition of this program did it.
   *
   * @returns how many items that were
   */
  async indexMissing(signal?: AbortSignal): Promise<number> {
    for (let count = 0; ;) {
      const ids = await this.#database.read((statements) => unindexed(statements, PIECE));
      if (ids.length === 0 || signal?.aborted === true) return count;
      await this.#database.write((transaction) => indexMany(transaction, ids));
      count += ids.length;
    }
  }

  /** Compares every item with what the search knows of it. */
  drift(): Promise<Drift> {
    return this.#database.read(findDrift);
  }

  /**
   * Indexes everything again, whatever is known of it.
   *
   * @returns how many items there are
   */
  async rebuild(): Promise<number> {
    const { ghosts } = await this.drift();
    await this.#database.write(async (transaction) => {
      await transaction.rows('UPDATE search_item SET edition = 0 WHERE is_gone = 0');
      await indexMany(transaction, ghosts);
    });
    return this.indexMissing();
  }
}

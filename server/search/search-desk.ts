import type { ObjectStore } from '../../storage/index.ts';
import type { Database } from '../database/transaction.ts';
import { findDrift, indexMany, unindexed, type Drift } from './item-rows.ts';
import { listMisses, type MissedQuery } from './missed-queries.ts';
import { Search } from './search.ts';
import { missingTranscripts, orphanedTranscripts, type TranscriptKey } from './spoken-rows.ts';
import { addSynonyms, listSynonyms, removeSynonyms, saveSynonyms, type SynonymGroup } from './synonyms.ts';
import { Transcripts } from './transcripts.ts';

/** A query that found nothing, and what it finds by now. */
export interface OpenMiss extends MissedQuery {
  /** Items the query finds today; more than 0 where a librarian has helped meanwhile. */
  readonly foundNow: number;
}

const MISS_PAGE = 100;
/** Items to a transaction: nobody else should wait long for their turn to write. */
const PIECE = 500;

/** How the tables of the search differ from the catalogue: items, and captions as `item language`. */
export interface SearchDrift extends Drift {
  /** Captions that are not searchable, or not in their newest edition. */
  readonly unspoken: readonly string[];
  /** Captions that are searchable though they are gone. */
  readonly orphans: readonly string[];
}

/** What the desk works with. */
export interface SearchDeskOptions {
  readonly database: Database;
  readonly search: Search;
  readonly transcripts: Transcripts;
}

/** Opens a desk where there is no server. */
export function openSearchDesk(
  foundation: { readonly database: Database; readonly store: ObjectStore },
  onTrouble?: (coursewareId: string, error: unknown) => void,
): SearchDesk {
  return new SearchDesk({
    database: foundation.database,
    search: new Search(foundation.database),
    transcripts: new Transcripts({ ...foundation, ...(onTrouble !== undefined && { onTrouble }) }),
  });
}

/** What a librarian does to the search: synonyms, queries that found nothing, and the state of its tables. */
export class SearchDesk {
  readonly #database: Database;
  readonly #search: Search;
  readonly #transcripts: Transcripts;

  constructor({ database, search, transcripts }: SearchDeskOptions) {
    this.#database = database;
    this.#search = search;
    this.#transcripts = transcripts;
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
    await this.#search.flush();
    const misses = await this.#database.read((statements) => listMisses(statements, MISS_PAGE));
    const open: OpenMiss[] = [];
    for (const miss of misses)
      open.push({ ...miss, foundNow: (await this.#search.count({ q: miss.query })).total });
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

  /** Makes captions searchable that are not, and forgets those that are gone; gives the number of the former. */
  indexTranscripts(signal?: AbortSignal): Promise<number> {
    return this.#transcripts.sweep(signal);
  }

  /** Compares every item and all captions with what the search knows of them. */
  drift(): Promise<SearchDrift> {
    return this.#database.read(async (statements) => {
      return {
        ...(await findDrift(statements)),
        unspoken: named(await missingTranscripts(statements, 100_000)),
        orphans: named(await orphanedTranscripts(statements)),
      };
    });
  }

  /**
   * Indexes every item and all captions again, whatever is known of them.
   *
   * @returns how many there are
   */
  async rebuild(signal?: AbortSignal): Promise<{ readonly items: number; readonly captions: number }> {
    const { ghosts } = await this.drift();
    await this.#database.write(async (transaction) => {
      await transaction.rows('UPDATE search_item SET edition = 0 WHERE is_gone = 0');
      await transaction.rows("UPDATE transcript SET edition = ''");
      await indexMany(transaction, ghosts);
    });
    return {
      items: await this.indexMissing(signal),
      captions: await this.indexTranscripts(signal),
    };
  }
}

const named = (keys: readonly TranscriptKey[]): readonly string[] =>
  keys.map(({ coursewareId, language }) => `${coursewareId} ${language}`);

import { readCourseware } from '../catalogue/courseware-rows.ts';
import type { Courseware, CoursewareId, PublicationState } from '../catalogue/courseware.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Database, Statements } from '../database/transaction.ts';
import { isGiven } from '../database/row-list.ts';
import type { FacetFilters, FilteredRows } from './facet-column.ts';
import { COUNTED_FACETS, facetCounts, type FacetCounts } from './facet-counts.ts';
import { highlightsOf, type Highlights } from './highlights.ts';
import { ItemFeed, type ItemFeedOptions } from './item-feed.ts';
import type { ItemIndex } from './item-index.ts';
import { readState, type SearchState } from './item-rows.ts';
import { matchTerms, type Matches } from './matching.ts';
import { MissedQueries } from './missed-queries.ts';
import { MAX_QUERY_CHARACTERS, parseQuery, type QueryTerm } from './parse-query.ts';
import { dayOf } from './ranking.ts';
import { firstRows, listName, markOf, placeOf, type SearchSort } from './sorting.ts';
import {
  bestMoments,
  minutesOf,
  NOTHING_SOUGHT,
  saidIn,
  soughtOf,
  withSynonyms,
  wordingsOf,
  type Sought,
} from './sought.ts';
import { marksOf, momentsIn, type Moment } from './spoken-minutes.ts';
import { readMinutes } from './spoken-rows.ts';
import { TermBook, type Suggestion } from './suggestions.ts';
import { SynonymBook } from './synonym-book.ts';
import { listSynonyms } from './synonyms.ts';

/** What to look for; every field may be left out, and then everything is browsed. */
export interface SearchQuery {
  /** What was typed. At most 100 characters are looked at. */
  readonly q?: string;
  readonly filters?: FacetFilters;
  /** Only what was published at this moment or later, in epoch milliseconds. */
  readonly since?: number;
  /** Items in this state. Default `published`. */
  readonly publication?: PublicationState;
  /** Default `relevance` with a query, else `newest`. */
  readonly sort?: SearchSort;
  /** `next` of the page before. */
  readonly after?: string;
  /** Items per page, 1 to 100. Default 20. */
  readonly limit?: number;
}

/** One item that was found, and why. */
export interface SearchHit {
  readonly courseware: Courseware;
  readonly highlights: Highlights;
  /** Where in the lecture it is said; at most three places. */
  readonly moments: readonly Moment[];
}

/** One page of what was found. */
export interface SearchPage {
  readonly items: readonly SearchHit[];
  /** Items that were found on all pages. */
  readonly total: number;
  readonly facets: FacetCounts;
  /** Continues the list; undefined on the last page. */
  readonly next: string | undefined;
  /** What was looked for instead, where the query itself found nothing and something sounds like it. */
  readonly corrected: string | undefined;
}

/** How a search is made; every field may be left out. */
export interface SearchOptions extends ItemFeedOptions {
  /** The clock, in epoch milliseconds, by which new items are preferred. */
  readonly now?: () => number;
  /** Called when queries that found nothing could not be written down. */
  readonly onTrouble?: (error: unknown) => void;
}

const MOMENT_PAGE = 100;

/** A state of the index; what was worked out from it holds as long as both are the same. */
interface IndexMoment {
  readonly index: ItemIndex;
  readonly revision: number;
}

/** Finds courseware by what is written about it and what is said in it, and counts what there is. */
export class Search {
  readonly #database: Database;
  readonly #feed: ItemFeed;
  readonly #misses: MissedQueries;
  readonly #now: () => number;
  #synonyms: { readonly change: number; readonly book: SynonymBook } | undefined;
  #terms: (IndexMoment & { readonly book: TermBook }) | undefined;
  #browsed: (IndexMoment & { readonly publication: string; readonly filtered: FilteredRows }) | undefined;

  constructor(database: Database, options: SearchOptions = {}) {
    this.#database = database;
    this.#feed = new ItemFeed(database, options);
    this.#misses = new MissedQueries(database, options.onTrouble);
    this.#now = options.now ?? Date.now;
  }

  /** Reads the items into memory, so that the first search does not wait for it. */
  async warmUp(): Promise<void> {
    await this.#feed.catchUp();
  }

  /** Writes down what is still only in memory. */
  async flush(): Promise<void> {
    await this.#misses.flush();
  }

  /**
   * Finds items, best first, with how many there are of every facet's values. What was committed before the call is seen.
   *
   * @throws {CatalogueError} `invalid-input`
   * @throws {DatabaseError}
   */
  async find(query: SearchQuery): Promise<SearchPage> {
    const { q = '', filters = {}, since, after, publication = 'published' } = query;
    const terms = parseQuery(q);
    const page = await this.#page(query, terms);
    const isNarrowed = since !== undefined || Object.values(filters).some((values) => values.length > 0);
    const isMiss = page.total === 0 && terms.length > 0 && after === undefined && !isNarrowed;
    if (!isMiss || publication !== 'published') return page;
    this.#misses.note(q);
    const corrected = (await this.#termBook()).soundingLike(q);
    if (corrected === undefined) return page;
    return { ...(await this.#page({ ...query, q: corrected }, parseQuery(corrected))), corrected };
  }

  /**
   * How many items there are and of every facet's values, without the items. A query that finds nothing is not noted.
   *
   * @throws {DatabaseError}
   */
  async count(query: SearchQuery): Promise<Pick<SearchPage, 'total' | 'facets'>> {
    const terms = parseQuery(query.q ?? '');
    const sought = await this.#sought(terms, await this.#feed.catchUp());
    const { index } = this.#feed;
    const matches = terms.length === 0 ? undefined : matchTerms(index, sought.terms);
    const filtered = this.#filtered(index, query, matches);
    return {
      total: filtered.rows.length,
      facets: facetCounts(index.facets, filtered, query.filters ?? {}),
    };
  }

  async #page(query: SearchQuery, terms: readonly QueryTerm[]): Promise<SearchPage> {
    const { filters = {}, limit = 20 } = query;
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 100)) {
      throw new CatalogueError(
        'invalid-input',
        `The limit must be a whole number from 1 to 100; got ${limit}`,
        {
          field: 'limit',
        },
      );
    }
    const sort = query.sort ?? (terms.length > 0 ? 'relevance' : 'newest');
    const name = listName({ terms, filters, since: query.since, publication: query.publication, sort });
    const place = query.after === undefined ? undefined : placeOf(name, query.after);
    const state = await this.#feed.catchUp();
    if (sort === 'plays' || sort === 'favourites') await this.#feed.refreshUses();
    const sought = await this.#sought(terms, state);

    // From here to the end of the facets nothing is awaited: all of it is of one moment.
    const { index } = this.#feed;
    const day = place?.day ?? dayOf(this.#now());
    const matches = terms.length === 0 ? undefined : matchTerms(index, sought.terms);
    const filtered = this.#filtered(index, query, matches);
    const sorted = firstRows(index, filtered.rows, { sort, matches, day }, limit + 1, place);
    const shown = sorted.slice(0, limit);
    const last = shown.at(-1);
    const ids = shown.flatMap(({ row }) => index.items[row]?.id ?? []);
    // The database reads the items while the facets are counted.
    const hits = this.#hits(ids, sought);
    const facets = facetCounts(index.facets, filtered, filters);

    return {
      items: await hits,
      total: filtered.rows.length,
      facets,
      next: sorted.length > limit && last !== undefined ? markOf(name, { ...last, day }) : undefined,
      corrected: undefined,
    };
  }

  /** Browsing everything is what most visitors begin with; its counts are kept until something changes. */
  #filtered(index: ItemIndex, query: SearchQuery, matches: Matches | undefined): FilteredRows {
    const { filters = {}, since, publication = 'published' } = query;
    const isEverything =
      matches === undefined &&
      since === undefined &&
      Object.values(filters).every((values) => values.length === 0);
    const browsed = this.#browsed;
    const isSame =
      browsed?.index === index && browsed.revision === index.revision && browsed.publication === publication;
    if (isEverything && isSame) return browsed.filtered;
    const rows =
      matches === undefined && since === undefined
        ? index.rowsInState(publication)
        : index.published(matches?.rows ?? index.aliveRows(), publication, since);
    const filtered = index.facets.filter(rows, filters, COUNTED_FACETS);
    if (isEverything) this.#browsed = { index, revision: index.revision, publication, filtered };
    return filtered;
  }

  async #sought(terms: readonly QueryTerm[], state: SearchState): Promise<Sought> {
    if (terms.length === 0) return NOTHING_SOUGHT;
    const worded = withSynonyms(terms, await this.#synonymBook(state));
    const said = state.hasTranscripts
      ? await this.#database.read((statements) => minutesOf(statements, worded))
      : [];
    return soughtOf(worded, said);
  }

  async #hits(ids: readonly CoursewareId[], sought: Sought): Promise<readonly SearchHit[]> {
    if (ids.length === 0) return [];
    return this.#database.read(async (statements) => {
      const items = await readCourseware(statements, ids);
      const moments = await bestMoments(statements, items, sought);
      return items.map((courseware) => ({
        courseware,
        highlights: highlightsOf(courseware, sought.wordings),
        moments: moments.get(courseware.number) ?? [],
      }));
    });
  }

  /**
   * Every place in one lecture where something is said, in the order of the lecture; at most a hundred.
   *
   * @throws {DatabaseError}
   */
  async moments(item: Pick<Courseware, 'number'>, q: string): Promise<readonly Moment[]> {
    return this.#database.read(async (statements) => {
      const book = await this.#synonymBook(await readState(statements));
      const wordings = wordingsOf(withSynonyms(parseQuery(q), book));
      const ids = await saidIn(statements, wordings, item.number);
      const read = await readMinutes(statements, ids.slice(0, MOMENT_PAGE * 2));
      return [...read.values()]
        .flatMap(({ minute, language }) => momentsIn(minute, wordings, language))
        .sort((left, right) => left.start - right.start)
        .slice(0, MOMENT_PAGE);
    });
  }

  /**
   * What somebody may be about to type: names by their text, their initials or their pinyin, then titles.
   *
   * @throws {DatabaseError}
   */
  async suggest(q: string, limit = 10): Promise<readonly Suggestion[]> {
    const typed = q.slice(0, MAX_QUERY_CHARACTERS);
    const terms = (await this.#termBook()).suggest(typed, limit);
    if (terms.length >= limit) return terms;
    const known = new Set(terms.map(({ text }) => text));
    const titles = await this.#titles(typed, limit);
    return [...terms, ...titles.filter(({ text }) => !known.has(text)).slice(0, limit - terms.length)];
  }

  async #titles(typed: string, limit: number): Promise<readonly Suggestion[]> {
    const { terms, wordings } = soughtOf(parseQuery(typed).map((term) => ({ ...term, synonyms: [] })));
    if (terms.length === 0) return [];
    const { index } = this.#feed;
    const matches = matchTerms(index, terms);
    const published = index.published(matches.rows, 'published');
    const order = { sort: 'relevance', matches, day: dayOf(this.#now()) } as const;
    const ids = firstRows(index, published, order, limit, undefined).flatMap(
      ({ row }) => index.items[row]?.id ?? [],
    );
    if (ids.length === 0) return [];
    const titles = await this.#database.read((statements) => readTitles(statements, ids));
    return ids.flatMap((id): readonly Suggestion[] => {
      const text = titles.get(id);
      return text === undefined ? [] : [{ text, kind: 'title', value: id, marks: marksOf(text, wordings) }];
    });
  }

  async #termBook(): Promise<TermBook> {
    await this.#feed.catchUp();
    const { index } = this.#feed;
    if (this.#terms?.index !== index || this.#terms.revision !== index.revision) {
      const rows = index.published(index.aliveRows(), 'published');
      const book = new TermBook(index, rows, this.#terms?.book);
      this.#terms = { index, revision: index.revision, book };
    }
    return this.#terms.book;
  }

  async #synonymBook({ synonymChange }: SearchState): Promise<SynonymBook> {
    if (this.#synonyms?.change !== synonymChange) {
      const groups = await this.#database.read(listSynonyms);
      this.#synonyms = { change: synonymChange, book: new SynonymBook(groups) };
    }
    return this.#synonyms.book;
  }
}

async function readTitles(
  statements: Statements,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await statements.rows<{ id: string; title: string }>(
    `SELECT id, title FROM courseware WHERE id ${isGiven(statements.dialect, '$1')}`,
    JSON.stringify(ids),
  );
  return new Map(rows.map(({ id, title }) => [id, title]));
}

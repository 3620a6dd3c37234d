import type { CoursewareId } from '../catalogue/courseware.ts';
import { FACETS, type Facet, type FacetValue } from './facet-column.ts';
import { foldText } from './fold.ts';
import type { MarkedText, Marks } from './highlights.ts';
import type { IndexedItem } from './indexed-item.ts';
import { ItemIndex } from './item-index.ts';
import { matchTerms, type SoughtTerm } from './matching.ts';
import { parseQuery } from './parse-query.ts';
import { nameSyllablesOf, syllablesOf, titleSortKey } from './pinyin.ts';
import { dayOf } from './ranking.ts';
import { firstRows } from './sorting.ts';
import { marksOf } from './spoken-minutes.ts';
import { TermBook } from './suggestions.ts';
import { SynonymBook } from './synonym-book.ts';
import { wordBoundaries } from './word-boundaries.ts';

/** One thing that can be found; its texts are as people wrote them. */
export interface Findable {
  /** Names it among the others; it is not searched. */
  readonly id: string;
  /** What it is called; a find here is worth most. */
  readonly title: string;
  /** Subjects, series and the like. */
  readonly tags?: readonly string[];
  /** People, places and organisations. The surname of a person is read as one: 仇 is `qiu` there. */
  readonly names?: readonly string[];
  readonly description?: string;
  /** When it appeared, in epoch milliseconds: of two equals the newer one comes first. */
  readonly publishedAt?: number;
}

/** What {@link ChineseSearch.find} may be told. */
export interface FindOptions {
  /** How many at most. Default 20. */
  readonly limit?: number;
  /** How many to pass over, for the next page. Default 0. */
  readonly offset?: number;
}

/** One thing that was found, and where in its texts. Marks are from and to in UTF-16 units; what was found by pinyin has none. */
export interface Find<Item extends Findable> {
  readonly item: Item;
  readonly title: Marks;
  readonly description: Marks;
  /** The tags and names in which something was found. */
  readonly others: readonly MarkedText[];
}

/** What was found, best first. */
export interface Finds<Item extends Findable> {
  readonly items: readonly Find<Item>[];
  /** How many there are beyond this page, too. */
  readonly total: number;
  /** What was looked for instead: a tag or name that sounds like a query which found nothing. */
  readonly corrected: string | undefined;
}

/** Something whose beginning was typed. */
export interface Completion extends MarkedText {
  /** Of a title, whose it is. */
  readonly id: string | undefined;
}

/** How a {@link ChineseSearch} is set up. */
export interface ChineseSearchOptions {
  /** Groups of words that mean the same: whoever looks for one finds the others. */
  readonly synonyms?: readonly (readonly string[])[];
  /** The clock, in epoch milliseconds, by which newer things are preferred. Default `Date.now`. */
  readonly now?: () => number;
}

/** Rows of what was replaced or removed that are put up with. */
const DEAD_ROWS = 2000;
const DEAD_SHARE = 0.25;
const NO_FACETS = Object.fromEntries(FACETS.map((facet) => [facet, []])) as unknown as Record<
  Facet,
  readonly FacetValue[]
>;

/**
 * Searches Chinese texts in memory, without a database and without a dictionary of words: any two characters are found wherever
 * they stand, in simplified or traditional writing, half or full width; letters also find what they spell in pinyin (`taoxingli`)
 * or by its initials (`txl`). All words of a query must be there; quotes keep them together. A hundred thousand titles take some
 * hundred megabytes, and a query takes milliseconds. Everything is synchronous: what was put is found at once.
 *
 * Loading this module teaches the place names of Shaoxing to `pinyin-pro`, for everybody in the process who uses the same copy.
 *
 * @example
 * const search = new ChineseSearch([{ id: '7', title: '杨梅嫁接四步', tags: ['乡土'] }]);
 * search.find('嫁接').items[0]?.item.id; // '7'
 * search.find('ymjj').total; // 1
 *
 * const lessons = new ChineseSearch<Lesson>(); // and `find` gives lessons
 */
export class ChineseSearch<Item extends Findable = Findable> {
  readonly #items = new Map<string, { readonly number: number; readonly item: Item }>();
  readonly #byNumber = new Map<number, Item>();
  readonly #synonyms: SynonymBook;
  readonly #now: () => number;
  #index = new ItemIndex();
  #lastNumber = 0;
  #terms: { readonly index: ItemIndex; readonly revision: number; readonly book: TermBook } | undefined;

  /** @param items to begin with; later ones come by {@link put} */
  constructor(items: Iterable<NoInfer<Item>> = [], options: ChineseSearchOptions = {}) {
    this.#synonyms = new SynonymBook((options.synonyms ?? []).map((words) => ({ words })));
    this.#now = options.now ?? Date.now;
    for (const item of items) this.put(item);
  }

  /** How many things there are. */
  get size(): number {
    return this.#items.size;
  }

  /** Adds a thing, or puts it in the place of the one with the same id. */
  put(item: Item): void {
    const number = this.#items.get(item.id)?.number ?? (this.#lastNumber += 1);
    this.#index.put(indexed(item, number), { plays: 0, favourites: 0 });
    this.#items.set(item.id, { number, item });
    this.#byNumber.set(number, item);
    this.#sweep();
  }

  /** Takes a thing out. @returns whether it was there */
  remove(id: string): boolean {
    const known = this.#items.get(id);
    if (known === undefined) return false;
    this.#index.remove(known.number);
    this.#items.delete(id);
    this.#byNumber.delete(known.number);
    this.#sweep();
    return true;
  }

  /**
   * Finds what contains everything in the query, best first; all there is for an empty one, newest first. At most 100 characters
   * of it are looked at.
   *
   * @throws {RangeError} for a `limit` or `offset` that is no whole number, a limit below 1, and more than 10,000 of both
   */
  find(query: string, { limit = 20, offset = 0 }: FindOptions = {}): Finds<Item> {
    if (!(Number.isInteger(limit) && limit >= 1)) {
      throw new RangeError(`options.limit is ${limit}; pass a whole number from 1 up`);
    }
    if (!(Number.isInteger(offset) && offset >= 0)) {
      throw new RangeError(`options.offset is ${offset}; pass a whole number from 0 up`);
    }
    if (offset + limit > MAX_DEPTH) {
      throw new RangeError(
        `offset and limit reach ${offset + limit}; ask for more words instead of page ${MAX_DEPTH}`,
      );
    }
    const found = this.#find(query, limit, offset);
    if (found.total > 0) return { ...found, corrected: undefined };
    const corrected = this.#termBook().soundingLike(query);
    if (corrected === undefined) return { ...found, corrected };
    return { ...this.#find(corrected, limit, offset), corrected };
  }

  /** What somebody may be about to type: tags and names by their beginning, initials or pinyin, then the titles of what it finds. */
  complete(typed: string, limit = 10): readonly Completion[] {
    const terms = this.#termBook()
      .suggest(typed, limit)
      .map(({ text, marks }) => ({ text, marks, id: undefined }));
    const known = new Set(terms.map(({ text }) => text));
    const titles = parseQuery(typed).length === 0 ? [] : this.#find(typed, limit, 0).items;
    return [
      ...terms,
      ...titles
        .map(({ item, title }) => ({ text: item.title, marks: title, id: item.id }))
        .filter(({ text }) => !known.has(text)),
    ].slice(0, limit);
  }

  #find(query: string, limit: number, offset: number): Pick<Finds<Item>, 'items' | 'total'> {
    const sought = parseQuery(query).map(({ text, isQuoted }): SoughtTerm => ({
      text,
      synonyms: isQuoted ? [] : this.#synonyms.wordingsOf(text),
      maySpell: !isQuoted && /^[a-z]{2,}$/.test(text),
      spokenIn: [],
    }));
    const matches = sought.length === 0 ? undefined : matchTerms(this.#index, sought);
    const rows = matches?.rows ?? this.#index.aliveRows();
    const sort = matches === undefined ? 'newest' : 'relevance';
    const order = { sort, matches, day: dayOf(this.#now()) } as const;
    const wordings = sought.flatMap(({ text, synonyms }) => [text, ...synonyms]);
    const items = firstRows(this.#index, rows, order, offset + limit, undefined)
      .slice(offset)
      .flatMap(({ number }) => this.#byNumber.get(number) ?? [])
      .map((item) => marked(item, wordings));
    return { items, total: rows.length };
  }

  #termBook(): TermBook {
    const index = this.#index;
    if (this.#terms?.index !== index || this.#terms.revision !== index.revision) {
      const book = new TermBook(index, index.aliveRows(), this.#terms?.book);
      this.#terms = { index, revision: index.revision, book };
    }
    return this.#terms.book;
  }

  #sweep(): void {
    if (this.#index.rowCount - this.#index.size <= DEAD_ROWS || this.#index.deadShare <= DEAD_SHARE) return;
    const fresh = new ItemIndex();
    for (const row of this.#index.aliveRows()) {
      const item = this.#index.items[row];
      if (item !== undefined) fresh.put(item, { plays: 0, favourites: 0 });
    }
    this.#index = fresh;
  }
}

/** Deeper pages cost more than anybody who turns them would find. */
const MAX_DEPTH = 10_000;

const itself = (text: string): FacetValue => ({ value: text, label: text });

function indexed(item: Findable, number: number): IndexedItem {
  const { tags = [], names = [], description = '', publishedAt = 0 } = item;
  const title = foldText(item.title);
  const spellings = names
    .map((name) => foldText(name))
    .flatMap((name) => [nameSyllablesOf(name), syllablesOf(name)]);
  return {
    number,
    // The index keeps it and asks nothing of it.
    id: item.id as CoursewareId,
    publication: 'published',
    publishedAt,
    texts: {
      title,
      tags: foldText(tags.join(' ')),
      about: foldText(names.join(' ')),
      description: foldText(description),
    },
    syllables: {
      title: syllablesOf(title),
      tags: syllablesOf(foldText(tags.join(' '))),
      about: [...new Set(spellings.filter((spelling) => spelling !== ''))].join('|'),
    },
    titleBoundaries: wordBoundaries(title),
    titleSort: titleSortKey(title),
    facets: { ...NO_FACETS, tag: tags.map(itself), presenter: names.map(itself) },
  };
}

function marked<Item extends Findable>(item: Item, wordings: readonly string[]): Find<Item> {
  const { tags = [], names = [], description = '' } = item;
  return {
    item,
    title: marksOf(item.title, wordings),
    description: marksOf(description, wordings),
    others: [...tags, ...names]
      .map((text) => ({ text, marks: marksOf(text, wordings) }))
      .filter(({ marks }) => marks.length > 0),
  };
}

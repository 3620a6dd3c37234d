import { createHash } from 'node:crypto';

import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { ItemIndex } from './item-index.ts';
import type { Matches } from './matching.ts';

/** The orders a list may have. */
export const SEARCH_SORTS = ['relevance', 'newest', 'plays', 'favourites', 'title'] as const;
/** The order of a list: best match, newest, most played, most often a favourite, or by the title's pinyin. */
export type SearchSort = (typeof SEARCH_SORTS)[number];

/** Where a page ended: the next one begins after it, whatever was added meanwhile. */
export interface SearchPlace {
  readonly key: number | string;
  readonly number: number;
  /** By which freshness goes, so that all pages of a list agree. */
  readonly day: number;
}

/** What a row is sorted by; ties go by the item's number, the newer first, so that the order is total. */
type KeyOf = (row: number) => number | string;

function keyFor(index: ItemIndex, sort: Exclude<SearchSort, 'relevance'>): KeyOf {
  const { items, uses } = index;
  switch (sort) {
    case 'newest':
      return (row) => index.publishedAt(row);
    case 'plays':
      return (row) => uses[row]?.plays ?? 0;
    case 'favourites':
      return (row) => uses[row]?.favourites ?? 0;
    case 'title':
      return (row) => items[row]?.titleSort ?? '';
  }
}

/** One row of a page. */
export interface SortedRow {
  readonly row: number;
  readonly key: number | string;
  readonly number: number;
}

/** How a list is sorted; what rows are worth only matters to relevance. */
export interface ListOrder {
  readonly sort: SearchSort;
  readonly matches: Pick<Matches, 'worth' | 'bound'> | undefined;
  /** By which freshness goes. */
  readonly day: number;
}

/** The first `limit` of `rows` in their order, after `place`. */
export function firstRows(
  index: ItemIndex,
  rows: Uint32Array,
  { sort, matches, day }: ListOrder,
  limit: number,
  place: SearchPlace | undefined,
): readonly SortedRow[] {
  const first = new FirstRows(index, limit, sort === 'title', place);
  if (sort === 'relevance') {
    takeBest(first, rows, matches ?? WORTHLESS, index.freshnessOn(day));
  } else {
    const keyOf = keyFor(index, sort);
    for (const row of rows) first.take(row, keyOf(row));
  }
  return first.sorted;
}

const WORTHLESS: Pick<Matches, 'worth' | 'bound'> = { worth: () => 0, bound: () => 0 };

/** Buckets of what rows may be worth, each a quarter of a point. */
const BUCKETS = 256;
const BUCKETS_TO_A_POINT = 4;
/** The same sum in another order may come out a trifle larger. */
const ROUNDING = 1e-9;
/** Fewer rows are looked at as they come. */
const FEW = 100;

/**
 * Looks closely at those rows first that may be worth most, and at none that may not be worth as much as the last of the page: of
 * a hundred thousand rows with one character in them that leaves a few hundred.
 */
function takeBest(
  first: FirstRows,
  rows: Uint32Array,
  { worth, bound }: Pick<Matches, 'worth' | 'bound'>,
  fresh: Float64Array,
): void {
  const freshOf = (row: number): number => fresh[row] ?? 0;
  const ordered = rows.length <= FEW ? rows : byBucket(rows, (row) => bound(row) + freshOf(row));
  for (const row of ordered) {
    if (first.isFull && bound(row) + freshOf(row) + ROUNDING < first.lastKey) continue;
    first.take(row, worth(row) + freshOf(row));
  }
}

/** Rows with the largest keys first, to a quarter of a point. */
function byBucket(rows: Uint32Array, keyOf: (row: number) => number): Uint32Array {
  const starts = new Uint32Array(BUCKETS + 1);
  const places = new Uint8Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) {
    const bucket = Math.max(0, BUCKETS - 1 - Math.floor(keyOf(rows[at] ?? 0) * BUCKETS_TO_A_POINT));
    places[at] = bucket;
    starts[bucket + 1] = (starts[bucket + 1] ?? 0) + 1;
  }
  for (let bucket = 1; bucket <= BUCKETS; bucket += 1) {
    starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0);
  }
  const ordered = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) {
    const bucket = places[at] ?? 0;
    const to = starts[bucket] ?? 0;
    ordered[to] = rows[at] ?? 0;
    starts[bucket] = to + 1;
  }
  return ordered;
}

/** The first rows of a list, gathered from rows in any order. */
class FirstRows {
  readonly sorted: SortedRow[] = [];
  readonly #index: ItemIndex;
  readonly #limit: number;
  readonly #isAscending: boolean;
  readonly #place: SearchPlace | undefined;

  constructor(index: ItemIndex, limit: number, isAscending: boolean, place: SearchPlace | undefined) {
    this.#index = index;
    this.#limit = limit;
    this.#isAscending = isAscending;
    this.#place = place;
  }

  get isFull(): boolean {
    return this.sorted.length === this.#limit;
  }

  /** The key of the last row; a number where rows are sorted by one. */
  get lastKey(): number {
    return Number(this.sorted.at(-1)?.key);
  }

  take(row: number, key: number | string): void {
    const { sorted } = this;
    const last = this.isFull ? sorted.at(-1) : undefined;
    // Most rows of a long list come no further than here.
    if (last !== undefined && key !== last.key && key < last.key !== this.#isAscending) return;
    const number = this.#index.items[row]?.number ?? 0;
    if (last !== undefined && !this.#precedes(key, number, last)) return;
    if (this.#place !== undefined && !this.#isAfter(this.#place, key, number)) return;
    if (last !== undefined) sorted.pop();
    let at = sorted.length;
    while (at > 0 && this.#precedes(key, number, sorted[at - 1] as SortedRow)) at -= 1;
    sorted.splice(at, 0, { row, key, number });
  }

  #precedes(key: number | string, number: number, other: SearchPlace | SortedRow): boolean {
    return key === other.key ? number > other.number : key < other.key === this.#isAscending;
  }

  #isAfter(place: SearchPlace, key: number | string, number: number): boolean {
    return !(key === place.key && number === place.number) && !this.#precedes(key, number, place);
  }
}

/** Names what a list shows, so that a mark of one list is not used for another. */
export function listName(query: object): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 12);
}

/** A place as an opaque mark. */
export function markOf(name: string, { key, number, day }: SearchPlace): string {
  return Buffer.from(JSON.stringify([name, key, number, day])).toString('base64url');
}

/**
 * Reads a mark of the list `name`.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function placeOf(name: string, mark: string): SearchPlace {
  try {
    const [of, key, number, day] = JSON.parse(
      Buffer.from(mark, 'base64url').toString(),
    ) as readonly unknown[];
    const isKey = typeof key === 'string' || typeof key === 'number';
    if (of === name && isKey && Number.isSafeInteger(number) && Number.isSafeInteger(day)) {
      return { key, number: number as number, day: day as number };
    }
  } catch {
    // Told below.
  }
  throw new CatalogueError(
    'invalid-input',
    'The mark "after" is none of this list; start at its first page',
    {
      field: 'after',
    },
  );
}

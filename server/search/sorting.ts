import { createHash } from 'node:crypto';

import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { ItemIndex } from './item-index.ts';
import { freshness } from './ranking.ts';

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

function keyFor(index: ItemIndex, sort: SearchSort, worth: Float64Array | undefined, day: number): KeyOf {
  const { items, uses } = index;
  switch (sort) {
    case 'relevance':
      return (row) => (worth?.[row] ?? 0) + freshness(index.publishedAt(row), day);
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

/** The first `limit` of `rows` in their order, after `place`. */
export function firstRows(
  index: ItemIndex,
  rows: Uint32Array,
  order: { readonly sort: SearchSort; readonly worth: Float64Array | undefined; readonly day: number },
  limit: number,
  place: SearchPlace | undefined,
): readonly SortedRow[] {
  const keyOf = keyFor(index, order.sort, order.worth, order.day);
  const isAscending = order.sort === 'title';
  const precedes = (
    key: number | string,
    number: number,
    other: { readonly key: number | string; readonly number: number },
  ): boolean => (key === other.key ? number > other.number : key < other.key === isAscending);
  const first: SortedRow[] = [];
  for (const row of rows) {
    const key = keyOf(row);
    const number = index.items[row]?.number ?? 0;
    const last = first.length === limit ? first[limit - 1] : undefined;
    if (last !== undefined && !precedes(key, number, last)) continue;
    if (place !== undefined && !isAfter(place, key, number, precedes)) continue;
    if (last !== undefined) first.pop();
    let at = first.length;
    while (at > 0 && precedes(key, number, first[at - 1] as SortedRow)) at -= 1;
    first.splice(at, 0, { row, key, number });
  }
  return first;
}

function isAfter(
  place: SearchPlace,
  key: number | string,
  number: number,
  precedes: (key: number | string, number: number, other: SearchPlace) => boolean,
): boolean {
  return !(key === place.key && number === place.number) && !precedes(key, number, place);
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

import { FACETS, SORT_WORDS, valueWords } from './facets.ts';
import type { Facet, Sort } from './facets.ts';

/** Everything that decides what the catalogue shows; the address holds all of it. */
export interface SearchQuery {
  readonly text: string;
  readonly chosen: Readonly<Partial<Record<Facet, readonly string[]>>>;
  /** Undefined: by relevance when words were typed, the newest first otherwise. */
  readonly sort: Sort | undefined;
  /** `week`: what was published in the last seven days. */
  readonly since: 'week' | '';
}

/** How long something is new. */
export const WEEK_MS = 7 * 86_400_000;

/** Nothing typed, nothing chosen. */
export const EMPTY_QUERY: SearchQuery = { text: '', chosen: {}, sort: undefined, since: '' };

/** Reads an address; what it does not know it leaves out. Pure. */
export function readQuery(search: string): SearchQuery {
  const query = new URLSearchParams(search);
  const chosen: Partial<Record<Facet, readonly string[]>> = {};
  for (const facet of FACETS) {
    const values = query.getAll(facet).filter((value) => value !== '');
    if (values.length > 0) chosen[facet] = values.filter((value, place) => values.indexOf(value) === place);
  }
  const sort = query.get('sort') ?? '';
  return {
    text: (query.get('q') ?? '').trim(),
    chosen,
    sort: isSort(sort) ? sort : undefined,
    since: query.get('since') === 'week' ? 'week' : '',
  };
}

function isSort(word: string): word is Sort {
  return Object.prototype.hasOwnProperty.call(SORT_WORDS, word);
}

/** The query as an address has it; the same query always gives the same text. Pure. */
export function queryParams({ text, chosen, sort, since }: SearchQuery): URLSearchParams {
  const params = new URLSearchParams();
  if (text !== '') params.set('q', text);
  for (const facet of FACETS) for (const value of chosen[facet] ?? []) params.append(facet, value);
  if (since !== '') params.set('since', since);
  if (sort !== undefined) params.set('sort', sort);
  return params;
}

/** The address of the page that shows the query. Pure. */
export function browseAddress(query: SearchQuery): string {
  const search = queryParams(query).toString();
  return search === '' ? '/browse' : `/browse?${search}`;
}

/** The page that shows everything with one value. Pure. */
export function valueAddress(facet: Facet, value: string): string {
  return browseAddress({ ...EMPTY_QUERY, chosen: { [facet]: [value] } });
}

/** Whether the value is chosen. Pure. */
export function isChosen({ chosen }: SearchQuery, facet: Facet, value: string): boolean {
  return chosen[facet]?.includes(value) === true;
}

/** Chooses the value, or lets it go when it is chosen. Pure. */
export function toggleValue(query: SearchQuery, facet: Facet, value: string): SearchQuery {
  const before = query.chosen[facet] ?? [];
  const after = before.includes(value) ? before.filter((other) => other !== value) : before.concat(value);
  return { ...query, chosen: { ...query.chosen, [facet]: after } };
}

/** One thing that was asked for and can be taken back. */
export interface Condition {
  readonly name: string;
  readonly words: string;
  /** The query without it. */
  readonly rest: SearchQuery;
}

/**
 * Everything that narrows the result, as chips show it. Pure.
 *
 * @param labelOf what the server calls a value, where it has told
 */
export function conditionsOf(
  query: SearchQuery,
  labelOf: (facet: Facet, value: string) => string | undefined,
  names: Readonly<Record<Facet, string>>,
): readonly Condition[] {
  const conditions: Condition[] = [];
  if (query.text !== '') conditions.push({ name: '搜索词', words: query.text, rest: { ...query, text: '' } });
  if (query.since !== '') conditions.push({ name: '时间', words: '本周新增', rest: { ...query, since: '' } });
  for (const facet of FACETS) {
    for (const value of query.chosen[facet] ?? []) {
      conditions.push({
        name: names[facet],
        words: valueWords(facet, value, labelOf(facet, value)),
        rest: toggleValue(query, facet, value),
      });
    }
  }
  return conditions;
}

import type { Facet, FacetFilters, FacetTable, FilteredRows } from './facet-column.ts';

/** The facets people are shown. */
export const COUNTED_FACETS = [
  'tag',
  'series',
  'topic',
  'kind',
  'region',
  'year',
  'length',
  'audience',
  'producer',
  'trade',
  'month',
] as const satisfies readonly Facet[];
/** A facet that is counted. */
export type CountedFacet = (typeof COUNTED_FACETS)[number];

/** One value people may choose, and how many items they would then see. */
export interface FacetCount {
  readonly value: string;
  readonly label: string;
  readonly count: number;
  readonly selected: boolean;
}

/** The values of every facet, in the order people look for them. */
export type FacetCounts = Readonly<Record<CountedFacet, readonly FacetCount[]>>;

/** Values of a facet that are shown; those chosen always are. */
const MAX_SHOWN = 100;

const LENGTH_ORDER = ['under-10', '10-30', '30-60', 'over-60'];

type Order = (left: FacetCount, right: FacetCount) => number;
const byCount: Order = (left, right) =>
  right.count - left.count || (left.label < right.label ? -1 : left.label > right.label ? 1 : 0);

const ORDERS: Readonly<Partial<Record<CountedFacet, Order>>> = {
  year: (left, right) => Number(right.value) - Number(left.value),
  month: (left, right) => Number(left.value) - Number(right.value),
  length: (left, right) => LENGTH_ORDER.indexOf(left.value) - LENGTH_ORDER.indexOf(right.value),
};

/** What {@link FacetTable.filter} counted, in words. */
export function facetCounts(table: FacetTable, filtered: FilteredRows, filters: FacetFilters): FacetCounts {
  const counts = filtered.counts();
  return Object.fromEntries(
    COUNTED_FACETS.map((facet) => [facet, countsOf(table, facet, counts[facet], filters[facet] ?? [])]),
  ) as unknown as FacetCounts;
}

function countsOf(
  table: FacetTable,
  facet: CountedFacet,
  counts: Uint32Array,
  chosen: readonly string[],
): readonly FacetCount[] {
  const column = table.columns[facet];
  const shown: FacetCount[] = [];
  for (const [code, count] of counts.entries()) {
    if (count === 0) continue;
    const { value, label } = column.valueOf(code);
    shown.push({ value, label, count, selected: chosen.includes(value) });
  }
  for (const value of chosen) {
    if (shown.some((one) => one.value === value)) continue;
    const code = column.codeOf(value);
    const label = code === undefined ? value : column.valueOf(code).label;
    shown.push({ value, label, count: 0, selected: true });
  }
  const sorted = shown.sort(ORDERS[facet] ?? byCount);
  return sorted.length <= MAX_SHOWN
    ? sorted
    : sorted.filter(({ selected }, index) => index < MAX_SHOWN || selected);
}

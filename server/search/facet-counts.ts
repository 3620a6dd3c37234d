import {
  FACETS,
  type Facet,
  type FacetColumn,
  type FacetFilters,
  type FacetTable,
  type FilteredRows,
} from './facet-column.ts';

/** A facet that is counted: there are too many presenters to choose from. */
export type CountedFacet = Exclude<Facet, 'presenter'>;
/** The facets people are shown. */
export const COUNTED_FACETS = FACETS.filter((facet): facet is CountedFacet => facet !== 'presenter');

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

/** Codes in the order in which people look for them. */
type Order = (column: FacetColumn, counts: Uint32Array, codes: readonly number[]) => readonly number[];

/** The most frequent first, equals by their labels: as numbers of which both can be read, since numbers are sorted without asking back. */
const byCount: Order = (column, counts, codes) => {
  const { codes: labelled, ranks } = column.byLabel;
  const { size } = column;
  const keys = new Float64Array(codes.length);
  for (const [at, code] of codes.entries()) keys[at] = (ranks[code] ?? 0) - (counts[code] ?? 0) * size;
  return Array.from(keys.sort(), (key) => labelled[((key % size) + size) % size] ?? 0);
};

const byPlace =
  (placeOf: (value: string) => number): Order =>
  (column, _, codes) =>
    codes.toSorted((left, right) => placeOf(column.textOf(left)) - placeOf(column.textOf(right)));

const ORDERS: Readonly<Partial<Record<CountedFacet, Order>>> = {
  year: byPlace((value) => -Number(value)),
  month: byPlace(Number),
  length: byPlace((value) => LENGTH_ORDER.indexOf(value)),
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
  const selected = new Set(chosen.map((value) => column.codeOf(value)));
  const codes: number[] = [];
  for (let code = 0; code < counts.length; code += 1) {
    if (counts[code] !== 0 || selected.has(code)) codes.push(code);
  }
  const shown: FacetCount[] = [];
  for (const [place, code] of (ORDERS[facet] ?? byCount)(column, counts, codes).entries()) {
    if (place >= MAX_SHOWN && !selected.has(code)) continue;
    const { value, label } = column.valueOf(code);
    shown.push({ value, label, count: counts[code] ?? 0, selected: selected.has(code) });
  }
  for (const value of chosen) {
    if (column.codeOf(value) === undefined) shown.push({ value, label: value, count: 0, selected: true });
  }
  return shown;
}

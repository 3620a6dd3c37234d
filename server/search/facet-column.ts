/** What is counted and filtered by. */
export const FACETS = [
  'tag',
  'series',
  'topic',
  'kind',
  'region',
  'year',
  'length',
  'audience',
  'producer',
  'presenter',
  'trade',
  'month',
] as const;
/** One way in which items are grouped. */
export type Facet = (typeof FACETS)[number];

/** One value an item has in a facet. */
export interface FacetValue {
  /** What a filter names it by. */
  readonly value: string;
  /** What people read. */
  readonly label: string;
}

/** A typed array that grows at its end. */
class Growing {
  data = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) {
      const grown = new Uint32Array(Math.ceil(this.length * 1.5));
      grown.set(this.data);
      this.data = grown;
    }
    this.data[this.length++] = value;
  }
}

/** The values of all rows in one facet, one row after the other; rows are only ever added. */
export class FacetColumn {
  readonly #offsets = new Growing();
  readonly #codes = new Growing();
  readonly #codeOf = new Map<string, number>();
  readonly #values: string[] = [];
  readonly #labels: string[] = [];

  constructor() {
    this.#offsets.push(0);
  }

  /** How many different values there ever were: codes are 0 to one less. */
  get size(): number {
    return this.#values.length;
  }

  /** Adds the next row. A label that is new replaces the one known before. */
  append(values: readonly FacetValue[]): void {
    for (const { value, label } of values) {
      let code = this.#codeOf.get(value);
      if (code === undefined) {
        code = this.#values.push(value) - 1;
        this.#codeOf.set(value, code);
      }
      this.#labels[code] = label;
      this.#codes.push(code);
    }
    this.#offsets.push(this.#codes.length);
  }

  codeOf(value: string): number | undefined {
    return this.#codeOf.get(value);
  }

  valueOf(code: number): FacetValue {
    const value = this.#values[code] ?? '';
    return { value, label: this.#labels[code] ?? value };
  }

  /** The codes of a row. */
  codesOf(row: number): Uint32Array {
    const { data } = this.#offsets;
    return this.#codes.data.subarray(data[row] ?? 0, data[row + 1] ?? 0);
  }

  /** Adds one to the count of each value of each row. */
  tally(rows: ArrayLike<number>, counts: Uint32Array): void {
    const offsets = this.#offsets.data;
    const codes = this.#codes.data;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] ?? 0;
      const end = offsets[row + 1] ?? 0;
      for (let at = offsets[row] ?? 0; at < end; at += 1) {
        const code = codes[at] ?? 0;
        counts[code] = (counts[code] ?? 0) + 1;
      }
    }
  }

  /** Notes in `failures`, by the places of `rows`, which of them have fewer than `needed` of the marked codes. */
  fail(rows: Uint32Array, marks: Uint8Array, needed: number, failures: Failures, place: number): void {
    const offsets = this.#offsets.data;
    const codes = this.#codes.data;
    const { counts, filters, weight } = failures;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] ?? 0;
      const end = offsets[row + 1] ?? 0;
      let found = 0;
      for (let at = offsets[row] ?? 0; at < end; at += 1) found += marks[codes[at] ?? 0] ?? 0;
      if (found >= needed) continue;
      counts[index] = (counts[index] ?? 0) + weight;
      filters[index] = place;
    }
  }
}

/** For each row, how many filters it fails and the last of them. */
interface Failures {
  readonly counts: Uint8Array;
  readonly filters: Uint8Array;
  /** What one failure counts. */
  readonly weight: number;
}

/** What a search asks of facets: for each, the values of which an item must have one; of tags it must have all. */
export type FacetFilters = Readonly<Partial<Record<Facet, readonly string[]>>>;

interface ActiveFilter {
  readonly facet: Facet;
  readonly column: FacetColumn;
  readonly marks: Uint8Array;
  readonly needed: number;
}

/** All facets of all rows. */
export class FacetTable {
  readonly columns: Readonly<Record<Facet, FacetColumn>> = Object.fromEntries(
    FACETS.map((facet) => [facet, new FacetColumn()]),
  ) as Record<Facet, FacetColumn>;

  /** Adds the next row. */
  append(values: Readonly<Record<Facet, readonly FacetValue[]>>): void {
    for (const facet of FACETS) this.columns[facet].append(values[facet]);
  }

  /**
   * Which of `rows` pass all filters, and how many there are of each value. The counts of a facet leave its own filter out of
   * account, so that people see what else they could choose; those of tags do not, because tags are added to each other.
   */
  filter(rows: Uint32Array, filters: FacetFilters, counted: readonly Facet[]): FilteredRows {
    const { passed, failedOnly } = split(rows, this.#activeOf(filters));
    let known: ReturnType<FilteredRows['counts']> | undefined;
    return { rows: passed, counts: () => (known ??= this.#counts(counted, passed, failedOnly)) };
  }

  #counts(
    counted: readonly Facet[],
    passed: Uint32Array,
    failedOnly: ReadonlyMap<Facet, readonly number[]>,
  ): Readonly<Record<Facet, Uint32Array>> {
    const counts = counted.map((facet): readonly [Facet, Uint32Array] => {
      const column = this.columns[facet];
      const count = new Uint32Array(column.size);
      column.tally(passed, count);
      column.tally(failedOnly.get(facet) ?? [], count);
      return [facet, count];
    });
    return Object.fromEntries(counts) as Record<Facet, Uint32Array>;
  }

  #activeOf(filters: FacetFilters): readonly ActiveFilter[] {
    return FACETS.flatMap((facet) => {
      const wanted = [...new Set(filters[facet])];
      if (wanted.length === 0) return [];
      const column = this.columns[facet];
      const marks = new Uint8Array(column.size);
      for (const value of wanted) {
        const code = column.codeOf(value);
        if (code !== undefined) marks[code] = 1;
      }
      return [{ facet, column, marks, needed: facet === 'tag' ? wanted.length : 1 }];
    });
  }
}

/** Rows that fail no filter, and those that fail just one: they count in its facet. */
function split(
  rows: Uint32Array,
  active: readonly ActiveFilter[],
): { readonly passed: Uint32Array; readonly failedOnly: ReadonlyMap<Facet, number[]> } {
  const failedOnly = new Map<Facet, number[]>(active.map(({ facet }) => [facet, []]));
  if (active.length === 0) return { passed: rows, failedOnly };
  const counts = new Uint8Array(rows.length);
  const filters = new Uint8Array(rows.length);
  // One pass for each filter: a loop over one column is several times faster than one that goes from column to column.
  for (const [place, { facet, column, marks, needed }] of active.entries()) {
    // Tags are added to each other, so one that is missing counts nowhere.
    column.fail(rows, marks, needed, { counts, filters, weight: facet === 'tag' ? 2 : 1 }, place);
  }
  const passed = new Uint32Array(rows.length);
  const single = active.map(({ facet }) => failedOnly.get(facet) ?? []);
  let length = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] ?? 0;
    if (counts[index] === 0) passed[length++] = row;
    else if (counts[index] === 1) single[filters[index] ?? 0]?.push(row);
  }
  return { passed: passed.subarray(0, length), failedOnly };
}

/** What {@link FacetTable.filter} gives. */
export interface FilteredRows {
  readonly rows: Uint32Array;
  /** For each counted facet, the count under each code of its column; counted when first asked for. */
  counts(): Readonly<Record<Facet, Uint32Array>>;
}

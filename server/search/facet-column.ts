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

  /** How many of the marked codes the row has. */
  marked(row: number, marks: Uint8Array): number {
    const offsets = this.#offsets.data;
    const codes = this.#codes.data;
    const end = offsets[row + 1] ?? 0;
    let found = 0;
    for (let at = offsets[row] ?? 0; at < end; at += 1) found += marks[codes[at] ?? 0] ?? 0;
    return found;
  }
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
    const active = this.#activeOf(filters);
    const counts = Object.fromEntries(
      counted.map((facet) => [facet, new Uint32Array(this.columns[facet].size)]),
    ) as Record<Facet, Uint32Array>;
    const { passed, failedOnly } = split(rows, active);
    for (const facet of counted) {
      this.columns[facet].tally(passed, counts[facet]);
      this.columns[facet].tally(failedOnly.get(facet) ?? [], counts[facet]);
    }
    return { rows: passed, counts };
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
  const passed = new Uint32Array(rows.length);
  let length = 0;
  for (const row of rows) {
    let failed: Facet | undefined;
    let failures = 0;
    for (const { facet, column, marks, needed } of active) {
      if (column.marked(row, marks) >= needed) continue;
      failed = facet;
      // Tags are added to each other, so one that is missing counts nowhere.
      failures += facet === 'tag' ? 2 : 1;
      if (failures > 1) break;
    }
    if (failures === 0) passed[length++] = row;
    else if (failures === 1 && failed !== undefined) failedOnly.get(failed)?.push(row);
  }
  return { passed: passed.subarray(0, length), failedOnly };
}

/** What {@link FacetTable.filter} gives. */
export interface FilteredRows {
  readonly rows: Uint32Array;
  /** For each counted facet, the count under each code of its column. */
  readonly counts: Readonly<Record<Facet, Uint32Array>>;
}

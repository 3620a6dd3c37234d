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
  data: Uint32Array;
  length = 0;

  constructor(room = 1024) {
    this.data = new Uint32Array(room);
  }

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
  /** Under each code, the rows that have it. */
  readonly #rows: Growing[] = [];
  #byLabel: { readonly codes: Uint32Array; readonly ranks: Uint32Array } | undefined;

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
        this.#rows.push(new Growing(4));
      }
      if (this.#labels[code] !== label) {
        this.#labels[code] = label;
        this.#byLabel = undefined;
      }
      this.#codes.push(code);
      this.#rows[code]?.push(this.#offsets.length - 1);
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

  /** What a filter names a code by. */
  textOf(code: number): string {
    return this.#values[code] ?? '';
  }

  /** Codes in the order of their labels, and the place of each code in it; kept until a label is new. */
  get byLabel(): { readonly codes: Uint32Array; readonly ranks: Uint32Array } {
    if (this.#byLabel === undefined) {
      const labelOf = (code: number): string => this.#labels[code] ?? '';
      const codes = Uint32Array.from(this.#values.keys()).sort((left, right) => {
        const [one, other] = [labelOf(left), labelOf(right)];
        return one < other ? -1 : one > other ? 1 : 0;
      });
      const ranks = new Uint32Array(codes.length);
      for (const [rank, code] of codes.entries()) ranks[code] = rank;
      this.#byLabel = { codes, ranks };
    }
    return this.#byLabel;
  }

  /** Adds one to the count of each value of each row. */
  tally(rows: Uint32Array, counts: Uint32Array): void {
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

  /** Adds the rows that have a code to a set of rows. */
  mark(code: number, set: RowSet): void {
    const rows = this.#rows[code];
    if (rows === undefined) return;
    for (let at = 0; at < rows.length; at += 1) addRow(set, rows.data[at] ?? 0);
  }
}

/** Rows as bits. */
type RowSet = Uint32Array;

const emptySet = (rowCount: number): RowSet => new Uint32Array((rowCount + 31) >>> 5);

function addRow(set: RowSet, row: number): void {
  set[row >>> 5] = (set[row >>> 5] ?? 0) | (1 << (row & 31));
}

/** The rows of a set, ascending; `room` is how many there are at most. */
function rowsIn(set: RowSet, room: number): Uint32Array {
  const rows = new Uint32Array(room);
  let length = 0;
  for (let word = 0; word < set.length; word += 1) {
    for (let bits = set[word] ?? 0; bits !== 0; bits &= bits - 1) {
      rows[length++] = (word << 5) | (31 - Math.clz32(bits & -bits));
    }
  }
  return rows.subarray(0, length);
}

/** What a search asks of facets: for each, the values of which an item must have one; of tags it must have all. */
export type FacetFilters = Readonly<Partial<Record<Facet, readonly string[]>>>;

/** Rows that pass the filter of a facet. */
interface ActiveFilter {
  readonly facet: Facet;
  readonly passing: RowSet;
}

const NO_ROWS = new Uint32Array(0);

/** All facets of all rows. */
export class FacetTable {
  readonly columns: Readonly<Record<Facet, FacetColumn>> = Object.fromEntries(
    FACETS.map((facet) => [facet, new FacetColumn()]),
  ) as Record<Facet, FacetColumn>;
  #rowCount = 0;

  /** Adds the next row. */
  append(values: Readonly<Record<Facet, readonly FacetValue[]>>): void {
    this.#rowCount += 1;
    for (const facet of FACETS) this.columns[facet].append(values[facet]);
  }

  /**
   * Which of `rows` pass all filters, and how many there are of each value. The counts of a facet leave its own filter out of
   * account, so that people see what else they could choose; those of tags do not, because tags are added to each other.
   */
  filter(rows: Uint32Array, filters: FacetFilters, counted: readonly Facet[]): FilteredRows {
    const { passed, failedOnly } = split(rows, this.#activeOf(filters), this.#rowCount);
    let known: ReturnType<FilteredRows['counts']> | undefined;
    return { rows: passed, counts: () => (known ??= this.#counts(counted, passed, failedOnly)) };
  }

  #counts(
    counted: readonly Facet[],
    passed: Uint32Array,
    failedOnly: ReadonlyMap<Facet, Uint32Array>,
  ): Readonly<Record<Facet, Uint32Array>> {
    const counts = counted.map((facet): readonly [Facet, Uint32Array] => {
      const column = this.columns[facet];
      const count = new Uint32Array(column.size);
      column.tally(passed, count);
      column.tally(failedOnly.get(facet) ?? NO_ROWS, count);
      return [facet, count];
    });
    return Object.fromEntries(counts) as Record<Facet, Uint32Array>;
  }

  #activeOf(filters: FacetFilters): readonly ActiveFilter[] {
    return FACETS.flatMap((facet) => {
      const wanted = [...new Set(filters[facet])];
      if (wanted.length === 0) return [];
      // Tags are added to each other; of all else one is enough.
      const groups = facet === 'tag' ? wanted.map((value) => [value]) : [wanted];
      return groups.map((values) => ({ facet, passing: this.#rowsWith(facet, values) }));
    });
  }

  #rowsWith(facet: Facet, values: readonly string[]): RowSet {
    const column = this.columns[facet];
    const set = emptySet(this.#rowCount);
    for (const value of values) {
      const code = column.codeOf(value);
      if (code !== undefined) column.mark(code, set);
    }
    return set;
  }
}

/** Rows that fail no filter, and those that fail just one: they count in its facet. */
function split(
  rows: Uint32Array,
  active: readonly ActiveFilter[],
  rowCount: number,
): { readonly passed: Uint32Array; readonly failedOnly: ReadonlyMap<Facet, Uint32Array> } {
  const failedOnly = new Map<Facet, Uint32Array>();
  if (active.length === 0) return { passed: rows, failedOnly };
  const all = emptySet(rowCount);
  for (let at = 0; at < rows.length; at += 1) addRow(all, rows[at] ?? 0);
  const once = emptySet(rowCount);
  const twice = emptySet(rowCount);
  for (const { passing } of active) {
    for (let word = 0; word < all.length; word += 1) {
      const failing = (all[word] ?? 0) & ~(passing[word] ?? 0);
      twice[word] = (twice[word] ?? 0) | ((once[word] ?? 0) & failing);
      once[word] = (once[word] ?? 0) | failing;
    }
  }
  for (const { facet, passing } of active) {
    // Of tags an item must have all, so one that is missing counts nowhere.
    if (facet === 'tag') continue;
    const only = all.map((word, at) => word & ~(passing[at] ?? 0) & ~(twice[at] ?? 0));
    failedOnly.set(facet, rowsIn(only, rows.length));
  }
  return {
    passed: rowsIn(
      all.map((word, at) => word & ~(once[at] ?? 0)),
      rows.length,
    ),
    failedOnly,
  };
}

/** What {@link FacetTable.filter} gives. */
export interface FilteredRows {
  readonly rows: Uint32Array;
  /** For each counted facet, the count under each code of its column; counted when first asked for. */
  counts(): Readonly<Record<Facet, Uint32Array>>;
}

/** In which fields of an item something stands, as bits. */
export const FIELD_BITS = { title: 1, tags: 2, about: 4, description: 8 } as const;
/** A field of an item that is searched. */
export type SearchField = keyof typeof FIELD_BITS;

/** How far a posting's row lies above its field bits. */
export const ROW_SHIFT = 4;
const BITS = (1 << ROW_SHIFT) - 1;

/** Most lists are tiny; a typed array would cost more than it holds. */
const SMALL = 16;

/**
 * The rows in which one thing stands, ascending, each with its fields: `row << 4 | bits`. Rows are only ever added at the end.
 */
class PostingList {
  length = 0;
  #small: number[] = [];
  #large: Uint32Array | undefined;

  add(row: number, bits: number): void {
    const entries = this.#large ?? this.#small;
    const last = entries[this.length - 1];
    if (last !== undefined && last >>> ROW_SHIFT === row) {
      entries[this.length - 1] = last | bits;
      return;
    }
    if (this.#large === undefined && this.length >= SMALL) {
      this.#large = new Uint32Array(SMALL * 2);
      this.#large.set(this.#small);
      this.#small = [];
    } else if (this.#large !== undefined && this.length === this.#large.length) {
      const grown = new Uint32Array(Math.ceil(this.length * 1.5));
      grown.set(this.#large);
      this.#large = grown;
    }
    (this.#large ?? this.#small)[this.length++] = ((row << ROW_SHIFT) | bits) >>> 0;
  }

  entries(): Uint32Array {
    return this.#large?.subarray(0, this.length) ?? Uint32Array.from(this.#small);
  }
}

/** The row of a posting. */
export const rowOf = (posting: number): number => posting >>> ROW_SHIFT;
/** The field bits of a posting. */
export const bitsOf = (posting: number): number => posting & BITS;

/** Posting lists under pairs of numbers: two neighbouring characters, or two initials. */
export class PairPostings {
  readonly #lists = new Map<number, Map<number, PostingList>>();

  add(first: number, second: number, row: number, bits: number): void {
    let seconds = this.#lists.get(first);
    if (seconds === undefined) this.#lists.set(first, (seconds = new Map<number, PostingList>()));
    let list = seconds.get(second);
    if (list === undefined) seconds.set(second, (list = new PostingList()));
    list.add(row, bits);
  }

  /** How many rows hold the pair; 0 when none does. */
  count(first: number, second: number): number {
    return this.#lists.get(first)?.get(second)?.length ?? 0;
  }

  /** The postings of the pair, ascending by row. */
  get(first: number, second: number): Uint32Array {
    return this.#lists.get(first)?.get(second)?.entries() ?? EMPTY;
  }

  /** The postings of every pair that begins with `first`; a row may be in several of them. */
  beginningWith(first: number): readonly Uint32Array[] {
    return [...(this.#lists.get(first)?.values() ?? [])].map((list) => list.entries());
  }
}

/** Posting lists under words, which can be looked for by how they begin. */
export class WordPostings {
  readonly #lists = new Map<string, PostingList>();
  #sorted: string[] | undefined;

  add(word: string, row: number, bits: number): void {
    let list = this.#lists.get(word);
    if (list === undefined) {
      this.#lists.set(word, (list = new PostingList()));
      this.#sorted = undefined;
    }
    list.add(row, bits);
  }

  /** The postings of one word, ascending by row. */
  get(word: string): Uint32Array {
    return this.#lists.get(word)?.entries() ?? EMPTY;
  }

  /** Every word that begins with `prefix`. */
  beginningWith(prefix: string): readonly string[] {
    const sorted = (this.#sorted ??= [...this.#lists.keys()].sort(byCodeUnits));
    let low = 0;
    for (let high = sorted.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? '') < prefix) low = middle + 1;
      else high = middle;
    }
    const words: string[] = [];
    for (let word = sorted[low]; word?.startsWith(prefix) === true; word = sorted[low]) {
      words.push(word);
      low += 1;
    }
    return words;
  }
}

const EMPTY = new Uint32Array(0);
const byCodeUnits = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** The postings whose rows are in both, with the fields that are in both; those without a common field are left out. */
export function intersection(left: Uint32Array, right: Uint32Array): Uint32Array {
  const [short, long] = left.length <= right.length ? [left, right] : [right, left];
  const both = new Uint32Array(short.length);
  let length = 0;
  let at = 0;
  for (const posting of short) {
    const row = posting >>> ROW_SHIFT;
    // Gallop, then halve: the long list may be a thousand times the short one.
    let step = 1;
    while (at + step < long.length && (long[at + step] ?? 0) >>> ROW_SHIFT < row) step *= 2;
    let low = at + (step >> 1);
    for (let high = Math.min(at + step, long.length); low < high;) {
      const middle = (low + high) >>> 1;
      if ((long[middle] ?? 0) >>> ROW_SHIFT < row) low = middle + 1;
      else high = middle;
    }
    at = low;
    const other = long[at];
    if (other === undefined) break;
    const bits = posting & other & BITS;
    if (other >>> ROW_SHIFT === row && bits !== 0) both[length++] = ((row << ROW_SHIFT) | bits) >>> 0;
  }
  return both.subarray(0, length);
}

import type { ItemIndex } from './item-index.ts';
import { placeOfTerm } from './parse-query.ts';
import { FIELD_BITS } from './posting-lists.ts';
import {
  FIELD_WEIGHTS,
  listWorth,
  PINYIN_SHARE,
  SPOKEN_WEIGHT,
  SYNONYM_SHARE,
  titleBound,
  titleWorth,
} from './ranking.ts';

/** One thing an item must contain, in any of its wordings. */
export interface SoughtTerm {
  /** Folded. */
  readonly text: string;
  /** Folded; worth a little less than the text itself. */
  readonly synonyms: readonly string[];
  /** Whether its letters may spell Chinese words. */
  readonly maySpell: boolean;
  /** Numbers of items in whose lecture it is said. */
  readonly spokenIn: Iterable<number>;
}

/** Items that contain every term. It holds until the next search of the same index. */
export interface Matches {
  readonly rows: Uint32Array;
  /** What a row is worth; it looks where in its texts each term stands. */
  worth(row: number): number;
  /** What a row may be worth at most; at once, so that most rows need no closer look. */
  bound(row: number): number;
}

/** One wording of a term, and in which fields of each row it stands. */
interface Reading {
  /** Undefined for letters that spell. */
  readonly text: string | undefined;
  readonly share: number;
  /** By row; {@link SPOKEN} where it is only said. */
  readonly bits: Uint8Array;
}

/** Beside the bits of fields. */
const SPOKEN = 16;

/** Room to work in, kept from one search to the next: it is as large as the index. */
interface Scratch {
  /** How many terms each row contains so far. */
  readonly contained: Uint8Array;
  readonly bound: Float64Array;
  readonly termBound: Float64Array;
  /** For the readings of all terms, one after the other. */
  readonly bits: Uint8Array[];
  /** Rows whose places are not zero. */
  used: readonly number[];
}

const scratches = new WeakMap<ItemIndex, Scratch>();

function scratchFor(index: ItemIndex): Scratch {
  const known = scratches.get(index);
  if (known !== undefined && known.contained.length >= index.rowCount) {
    const { contained, bound, bits } = known;
    for (const row of known.used) {
      contained[row] = 0;
      bound[row] = 0;
    }
    for (const one of bits) for (const row of known.used) one[row] = 0;
    known.used = [];
    return known;
  }
  const size = Math.ceil(index.rowCount * 1.1) + 64;
  const fresh: Scratch = {
    contained: new Uint8Array(size),
    bound: new Float64Array(size),
    termBound: new Float64Array(size),
    bits: [],
    used: [],
  };
  scratches.set(index, fresh);
  return fresh;
}

/** Finds what contains all terms, and says what each find is worth. Synchronous: it sees one state of the index. */
export function matchTerms(index: ItemIndex, terms: readonly SoughtTerm[]): Matches {
  const matching = new Matching(index);
  for (const term of terms) matching.narrow(term);
  return matching.result();
}

class Matching {
  readonly #index: ItemIndex;
  readonly #scratch: Scratch;
  readonly #terms: Reading[][] = [];
  #rows: number[] = [];

  constructor(index: ItemIndex) {
    this.#index = index;
    this.#scratch = scratchFor(index);
  }

  narrow({ text, synonyms, maySpell, spokenIn }: SoughtTerm): void {
    const found: number[] = [];
    const readings: Reading[] = [];
    const read = (
      wording: string | undefined,
      share: number,
      search: (take: (row: number, bits: number) => void) => void,
    ): void => {
      const reading = { text: wording, share, bits: this.#freshBits(readings.length) };
      readings.push(reading);
      this.#collect(found, reading, search);
    };
    read(text, 1, (take) => this.#index.findText(text, take));
    for (const synonym of synonyms) {
      read(synonym, SYNONYM_SHARE, (take) => this.#index.findText(synonym, take));
    }
    if (maySpell) read(undefined, PINYIN_SHARE, (take) => this.#index.findSpelled(text, take));
    read(undefined, 1, (take) => {
      for (const number of spokenIn) {
        const row = this.#index.rowOfNumber(number);
        if (row !== undefined) take(row, SPOKEN);
      }
    });
    const { contained, bound, termBound } = this.#scratch;
    const terms = this.#terms.push(readings);
    for (const row of found) {
      bound[row] = (bound[row] ?? 0) + (termBound[row] ?? 0);
      termBound[row] = 0;
      contained[row] = terms;
    }
    // What the first term found is all that any later one can narrow.
    if (terms === 1) this.#scratch.used = found;
    this.#rows = found;
  }

  result(): Matches {
    const terms = this.#terms;
    const { bound } = this.#scratch;
    return {
      rows: Uint32Array.from(this.#rows),
      bound: (row) => bound[row] ?? 0,
      worth: (row) => {
        let worth = 0;
        for (const readings of terms) worth += this.#worthOfTerm(row, readings);
        return worth;
      },
    };
  }

  #freshBits(place: number): Uint8Array {
    const { bits, contained } = this.#scratch;
    const index = this.#terms.reduce((sum, { length }) => sum + length, place);
    return (bits[index] ??= new Uint8Array(contained.length));
  }

  /** A search by parts may come to a row several times, and then its fields are added up. */
  #collect(
    found: number[],
    { text, share, bits: fields }: Reading,
    search: (take: (row: number, bits: number) => void) => void,
  ): void {
    const { contained, termBound } = this.#scratch;
    const { titleLengths } = this.#index;
    const terms = this.#terms.length;
    const length = text?.length;
    search((row, bits) => {
      if (contained[row] !== terms) return;
      const before = fields[row] ?? 0;
      const all = before | bits;
      if (all === before) return;
      fields[row] = all;
      let bound = OTHER_BOUNDS[all >>> 1] ?? 0;
      if ((all & FIELD_BITS.title) !== 0) {
        bound += length === undefined ? FIELD_WEIGHTS.title : titleBound(length, titleLengths[row] ?? 0);
      }
      bound *= share;
      const known = termBound[row] ?? 0;
      if (known === 0) found.push(row);
      if (bound > known) termBound[row] = bound;
    });
  }

  #worthOfTerm(row: number, readings: readonly Reading[]): number {
    let best = 0;
    for (const { text, share, bits } of readings) {
      const fields = bits[row] ?? 0;
      if (fields !== 0) best = Math.max(best, share * this.#worthOf(row, fields, text));
    }
    return best;
  }

  #worthOf(row: number, bits: number, text: string | undefined): number {
    const item = this.#index.items[row];
    if (item === undefined) return 0;
    if (text === undefined) {
      return (OTHER_BOUNDS[bits >>> 1] ?? 0) + ((bits & FIELD_BITS.title) === 0 ? 0 : FIELD_WEIGHTS.title);
    }
    let worth = (bits & FIELD_BITS.description) === 0 ? 0 : FIELD_WEIGHTS.description;
    if ((bits & FIELD_BITS.title) !== 0) {
      const { title } = item.texts;
      worth += titleWorth(placeOfTerm(title, text), text.length, title.length, item.titleBoundaries);
    }
    for (const field of ['tags', 'about'] as const) {
      if ((bits & FIELD_BITS[field]) === 0) continue;
      const words = item.texts[field];
      worth += listWorth(FIELD_WEIGHTS[field], words, placeOfTerm(words, text), text.length);
    }
    return worth;
  }
}

/** What fields other than the title are worth at most, by their bits without the title's, which is the lowest. */
const OTHER_BOUNDS = Float64Array.from({ length: SPOKEN }, (_, high) => {
  const bits = high << 1;
  const worth = (['tags', 'about', 'description'] as const).reduce(
    (sum, field) => sum + ((bits & FIELD_BITS[field]) === 0 ? 0 : FIELD_WEIGHTS[field]),
    0,
  );
  return worth + ((bits & SPOKEN) === 0 ? 0 : SPOKEN_WEIGHT);
});

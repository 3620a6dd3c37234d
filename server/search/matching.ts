import type { ItemIndex } from './item-index.ts';
import { placeOfTerm } from './parse-query.ts';
import { FIELD_BITS } from './posting-lists.ts';
import {
  FIELD_WEIGHTS,
  listWorth,
  PINYIN_SHARE,
  SPOKEN_WEIGHT,
  SYNONYM_SHARE,
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

/** Items that contain every term. */
export interface Matches {
  readonly rows: Uint32Array;
  /** What each row is worth, by its row; until the next search of the same index. */
  readonly worth: Float64Array;
}

/** Room to work in, kept from one search to the next: it is as large as the index. */
interface Scratch {
  /** How many terms each row contains so far. */
  readonly contained: Uint8Array;
  readonly worth: Float64Array;
  readonly termWorth: Float64Array;
  readonly bits: Uint8Array;
  /** Rows whose places are not zero. */
  used: readonly number[];
}

const scratches = new WeakMap<ItemIndex, Scratch>();

function scratchFor(index: ItemIndex): Scratch {
  const known = scratches.get(index);
  if (known !== undefined && known.contained.length >= index.rowCount) {
    for (const row of known.used) {
      known.contained[row] = 0;
      known.worth[row] = 0;
    }
    known.used = [];
    return known;
  }
  const size = Math.ceil(index.rowCount * 1.1) + 64;
  const fresh: Scratch = {
    contained: new Uint8Array(size),
    worth: new Float64Array(size),
    termWorth: new Float64Array(size),
    bits: new Uint8Array(size),
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
  #terms = 0;
  #rows: number[] = [];

  constructor(index: ItemIndex) {
    this.#index = index;
    this.#scratch = scratchFor(index);
  }

  narrow({ text, synonyms, maySpell, spokenIn }: SoughtTerm): void {
    const found: number[] = [];
    this.#collect(found, (take) => this.#index.findText(text, take), text, 1);
    for (const synonym of synonyms) {
      this.#collect(found, (take) => this.#index.findText(synonym, take), synonym, SYNONYM_SHARE);
    }
    if (maySpell)
      this.#collect(found, (take) => this.#index.findSpelled(text, take), undefined, PINYIN_SHARE);
    for (const number of spokenIn) {
      const row = this.#index.rowOfNumber(number);
      if (row !== undefined) this.#add(found, row, SPOKEN_WEIGHT);
    }
    const { contained, worth, termWorth } = this.#scratch;
    for (const row of found) {
      worth[row] = (worth[row] ?? 0) + (termWorth[row] ?? 0);
      termWorth[row] = 0;
      contained[row] = this.#terms + 1;
    }
    // What the first term found is all that any later one can narrow.
    if (this.#terms === 0) this.#scratch.used = found;
    this.#terms += 1;
    this.#rows = found;
  }

  result(): Matches {
    return { rows: Uint32Array.from(this.#rows), worth: this.#scratch.worth };
  }

  /** Gathers the fields of each row first: a search by parts may come to a row several times. */
  #collect(
    found: number[],
    search: (take: (row: number, bits: number) => void) => void,
    text: string | undefined,
    share: number,
  ): void {
    const rows: number[] = [];
    const { bits: fields, contained } = this.#scratch;
    const terms = this.#terms;
    search((row, bits) => {
      if (contained[row] !== terms) return;
      if (fields[row] === 0) rows.push(row);
      fields[row] = (fields[row] ?? 0) | bits;
    });
    for (const row of rows) {
      this.#add(found, row, share * this.#worthOf(row, fields[row] ?? 0, text));
      fields[row] = 0;
    }
  }

  #add(found: number[], row: number, worth: number): void {
    const { contained, termWorth } = this.#scratch;
    if (contained[row] !== this.#terms) return;
    const before = termWorth[row] ?? 0;
    if (before === 0) found.push(row);
    if (worth > before) termWorth[row] = worth;
  }

  #worthOf(row: number, bits: number, text: string | undefined): number {
    const item = this.#index.items[row];
    if (item === undefined) return 0;
    let worth = (bits & FIELD_BITS.description) === 0 ? 0 : FIELD_WEIGHTS.description;
    if ((bits & FIELD_BITS.title) !== 0) {
      const { title } = item.texts;
      worth +=
        text === undefined
          ? FIELD_WEIGHTS.title
          : titleWorth(placeOfTerm(title, text), text.length, title.length, item.titleBoundaries);
    }
    for (const field of ['tags', 'about'] as const) {
      if ((bits & FIELD_BITS[field]) === 0) continue;
      const words = item.texts[field];
      worth +=
        text === undefined
          ? FIELD_WEIGHTS[field]
          : listWorth(FIELD_WEIGHTS[field], words, placeOfTerm(words, text), text.length);
    }
    return worth;
  }
}

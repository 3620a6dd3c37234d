import { PUBLICATION_MOVES, type PublicationState } from '../catalogue/courseware.ts';
import { kindOf } from './character-kind.ts';
import { FacetTable } from './facet-column.ts';
import type { IndexedItem, ItemUses } from './indexed-item.ts';
import { placeOfTerm, runsOf, type Run } from './parse-query.ts';
import { initialsOf } from './pinyin.ts';
import {
  bitsOf,
  FIELD_BITS,
  intersection,
  PairPostings,
  ROW_SHIFT,
  rowOf,
  WordPostings,
  type SearchField,
} from './posting-lists.ts';
import { freshness } from './ranking.ts';
import { spells } from './spelling.ts';

const LONGEST_SYLLABLE = 6;
/** Stands after the last ideograph of a run, so that it too begins a pair. */
const END = 0;
const FIELDS = Object.entries(FIELD_BITS) as readonly (readonly [SearchField, number])[];
const SPELLED = ['title', 'tags', 'about'] as const;

/** Called with each row in which something was found, and the bits of the fields; a row may come more than once. */
type Found = (row: number, bits: number) => void;

/**
 * All items in memory, as rows that are only ever added: an item that changes gets a new row and its old one is dead. Postings,
 * facets and sort keys are therefore plain arrays that grow at their end, and a search sees one state from start to finish.
 */
export class ItemIndex {
  readonly facets = new FacetTable();
  readonly items: IndexedItem[] = [];
  readonly uses: ItemUses[] = [];
  readonly #pairs = new PairPostings();
  readonly #words = new WordPostings();
  readonly #initials = new PairPostings();
  readonly #syllables = new WordPostings();
  readonly #rowByNumber = new Map<number, number>();
  #isAlive = new Uint8Array(1024);
  #publications = new Uint8Array(1024);
  #publishedAt = new Float64Array(1024);
  #titleLengths = new Uint16Array(1024);
  #freshness = { day: Number.NaN, rows: 0, values: new Float64Array(0) };
  #aliveRows: Uint32Array | undefined;
  #inState: { readonly publication: PublicationState; readonly rows: Uint32Array } | undefined;
  #revision = 0;

  /** Items that are there. */
  get size(): number {
    return this.#rowByNumber.size;
  }

  /** Rows, with those of items that have changed since or are gone. */
  get rowCount(): number {
    return this.items.length;
  }

  /** Grows with every change of what is there. */
  get revision(): number {
    return this.#revision;
  }

  /** The share of rows that only take up room. */
  get deadShare(): number {
    return this.rowCount === 0 ? 0 : 1 - this.size / this.rowCount;
  }

  /** Adds an item, in the place of what was known of it. */
  put(item: IndexedItem, uses: ItemUses): void {
    this.remove(item.number);
    const row = this.items.push(item) - 1;
    this.uses.push(uses);
    this.#makeRoom(row);
    this.#isAlive[row] = 1;
    this.#publications[row] = codeOfPublication(item.publication);
    this.#publishedAt[row] = item.publishedAt;
    this.#titleLengths[row] = item.texts.title.length;
    this.#noteChange();
    this.#rowByNumber.set(item.number, row);
    this.facets.append(item.facets);
    for (const [field, bit] of FIELDS) this.#indexText(item.texts[field], row, bit);
    for (const field of SPELLED) this.#indexSyllables(item.syllables[field], row, FIELD_BITS[field]);
  }

  /** Forgets an item; one that is not known is no error. */
  remove(number: number): void {
    const row = this.#rowByNumber.get(number);
    if (row === undefined) return;
    this.#rowByNumber.delete(number);
    this.#isAlive[row] = 0;
    this.#noteChange();
  }

  #noteChange(): void {
    this.#aliveRows = undefined;
    this.#inState = undefined;
    this.#revision += 1;
  }

  rowOfNumber(number: number): number | undefined {
    return this.#rowByNumber.get(number);
  }

  setUses(number: number, uses: ItemUses): void {
    const row = this.#rowByNumber.get(number);
    if (row !== undefined) this.uses[row] = uses;
  }

  /** The rows of all items that are there. */
  aliveRows(): Uint32Array {
    return (this.#aliveRows ??= Uint32Array.from(this.#rowByNumber.values()).sort());
  }

  /** All that are in a state: what is browsed, kept until something changes. */
  rowsInState(publication: PublicationState): Uint32Array {
    if (this.#inState?.publication !== publication) {
      this.#inState = { publication, rows: this.published(this.aliveRows(), publication) };
    }
    return this.#inState.rows;
  }

  /** Those of `rows` that are in a state, and were published at a moment or later. */
  published(rows: Uint32Array, publication: PublicationState, since = -Infinity): Uint32Array {
    const code = codeOfPublication(publication);
    const publications = this.#publications;
    const publishedAt = this.#publishedAt;
    return rows.filter((row) => publications[row] === code && (publishedAt[row] ?? 0) >= since);
  }

  /** When a row's item was first published, in epoch milliseconds. */
  publishedAt(row: number): number {
    return this.#publishedAt[row] ?? 0;
  }

  /** Units of each row's folded title. */
  get titleLengths(): Uint16Array {
    return this.#titleLengths;
  }

  /** What being new is worth on a day, for each row; reckoned once a day. */
  freshnessOn(day: number): Float64Array {
    if (this.#freshness.day !== day || this.#freshness.values.length < this.rowCount) {
      this.#freshness = { day, rows: 0, values: new Float64Array(this.#publishedAt.length) };
    }
    const { values } = this.#freshness;
    for (let row = this.#freshness.rows; row < this.rowCount; row += 1) {
      values[row] = freshness(this.#publishedAt[row] ?? 0, day);
    }
    this.#freshness.rows = this.rowCount;
    return values;
  }

  /**
   * Finds a folded text literally: what begins with a letter or digit must begin a word, one ideograph may stand anywhere.
   *
   * @param found - called with rows that are alive
   */
  findText(text: string, found: Found): void {
    const runs = runsOf(text);
    const [first] = runs;
    if (first === undefined) return;
    const alive: Found = (row, bits) => {
      if (this.#isAlive[row] === 1) found(row, bits);
    };
    const isOneRun = runs.length === 1;
    if (isOneRun && (first.kind !== 'ideograph' || text.length <= 2)) {
      this.#eachPosting(first, alive);
      return;
    }
    const check: Found = (row, bits) => {
      if (this.#isAlive[row] !== 1) return;
      const proven = this.#fieldsWith(row, bits, text);
      if (proven !== 0) found(row, proven);
    };
    this.#eachPosting(this.#rarest(runs), check);
  }

  /** Finds letters that spell words of title, tags or names: by initials, or by syllables of which the last may be incomplete. */
  findSpelled(letters: string, found: Found): void {
    const alive: Found = (row, bits) => {
      if (this.#isAlive[row] === 1) found(row, bits);
    };
    this.#findInitials(letters, alive);
    for (const syllable of this.#syllables.beginningWith(letters)) {
      for (const posting of this.#syllables.get(syllable)) alive(rowOf(posting), bitsOf(posting));
    }
    for (let length = 1; length <= Math.min(LONGEST_SYLLABLE, letters.length - 1); length += 1) {
      const first = this.#syllables.get(letters.slice(0, length));
      if (first.length === 0) continue;
      const next = this.#rowsGoingOn(letters.slice(length));
      for (const posting of first) {
        const row = rowOf(posting);
        if (next[row] !== 1 || this.#isAlive[row] !== 1) continue;
        const proven = this.#spelledFields(row, bitsOf(posting), letters);
        if (proven !== 0) found(row, proven);
      }
    }
  }

  /** Marks the rows with any syllable that `letters` may go on with: reading what each row spells takes fifty times as long. */
  #rowsGoingOn(letters: string): Uint8Array {
    const marks = new Uint8Array(this.rowCount);
    const mark = (syllable: string): void => {
      for (const posting of this.#syllables.get(syllable)) marks[rowOf(posting)] = 1;
    };
    for (let length = 1; length < letters.length && length <= LONGEST_SYLLABLE; length += 1) {
      mark(letters.slice(0, length));
    }
    for (const syllable of this.#syllables.beginningWith(letters)) mark(syllable);
    return marks;
  }

  #findInitials(letters: string, found: Found): void {
    if (letters.length < 2) return;
    let postings = this.#initials.get(letters.charCodeAt(0), letters.charCodeAt(1));
    for (let at = 1; at < letters.length - 1; at += 1) {
      postings = intersection(
        postings,
        this.#initials.get(letters.charCodeAt(at), letters.charCodeAt(at + 1)),
      );
    }
    for (const posting of postings) {
      const row = rowOf(posting);
      const bits =
        letters.length === 2 ? bitsOf(posting) : this.#initialFields(row, bitsOf(posting), letters);
      if (bits !== 0) found(row, bits);
    }
  }

  #initialFields(row: number, bits: number, letters: string): number {
    return this.#provenFields(row, bits, (syllables) => initialsOf(syllables).includes(letters));
  }

  #spelledFields(row: number, bits: number, letters: string): number {
    return this.#provenFields(row, bits, (syllables) => spells(syllables, letters));
  }

  #provenFields(row: number, bits: number, isProven: (syllables: string) => boolean): number {
    const item = this.items[row];
    let proven = 0;
    for (const field of SPELLED) {
      const bit = FIELD_BITS[field];
      if ((bits & bit) !== 0 && item !== undefined && isProven(item.syllables[field])) proven |= bit;
    }
    return proven;
  }

  #fieldsWith(row: number, bits: number, text: string): number {
    const texts = this.items[row]?.texts;
    let proven = 0;
    if (texts === undefined) return proven;
    for (const [field, bit] of FIELDS) {
      if ((bits & bit) !== 0 && placeOfTerm(texts[field], text) !== -1) proven |= bit;
    }
    return proven;
  }

  #indexText(text: string, row: number, bit: number): void {
    for (let at = 0; at < text.length;) {
      const kind = kindOf(text.charCodeAt(at));
      let end = at + 1;
      while (end < text.length && kindOf(text.charCodeAt(end)) === kind) end += 1;
      if (kind === 'ideograph') {
        for (let place = at; place < end; place += 1) {
          const next = place + 1 < end ? text.charCodeAt(place + 1) : END;
          this.#pairs.add(text.charCodeAt(place), next, row, bit);
        }
      } else if (kind !== 'other') {
        this.#words.add(text.slice(at, end), row, bit);
      }
      at = end;
    }
  }

  #indexSyllables(syllables: string, row: number, bit: number): void {
    if (syllables === '') return;
    for (const run of syllables.split('|')) {
      let before = 0;
      for (const syllable of run.split(' ')) {
        const initial = syllable.charCodeAt(0);
        if (before !== 0) this.#initials.add(before, initial, row, bit);
        this.#syllables.add(syllable, row, bit);
        before = initial;
      }
    }
  }

  /** Walks the postings of the rarest part of a run: its rarest pair, its one ideograph, or the words it begins. */
  #eachPosting(run: Run, found: Found): void {
    for (const postings of this.#postingsOf(run)) {
      for (const posting of postings) found(posting >>> ROW_SHIFT, bitsOf(posting));
    }
  }

  #postingsOf({ kind, text }: Run): readonly Uint32Array[] {
    if (kind !== 'ideograph') return this.#words.beginningWith(text).map((word) => this.#words.get(word));
    if (text.length === 1) return this.#pairs.beginningWith(text.charCodeAt(0));
    const places = Array.from({ length: text.length - 1 }, (_, at) => ({
      at,
      count: this.#pairCount(text, at),
    }));
    const [rarest, second] = places.sort((left, right) => left.count - right.count);
    if (rarest === undefined || rarest.count === 0) return [];
    const postings = this.#pairAt(text, rarest.at);
    return [second === undefined ? postings : intersection(postings, this.#pairAt(text, second.at))];
  }

  #pairCount(text: string, at: number): number {
    return this.#pairs.count(text.charCodeAt(at), text.charCodeAt(at + 1));
  }

  #pairAt(text: string, at: number): Uint32Array {
    return this.#pairs.get(text.charCodeAt(at), text.charCodeAt(at + 1));
  }

  #rarest(runs: readonly Run[]): Run {
    const sized = runs.map((run) => ({
      run,
      count: this.#postingsOf(run).reduce((sum, { length }) => sum + length, 0),
    }));
    const [rarest] = sized.sort((left, right) => left.count - right.count);
    return rarest?.run ?? { kind: 'letter', text: '' };
  }

  #makeRoom(row: number): void {
    if (row < this.#isAlive.length) return;
    const size = Math.ceil(row * 1.5);
    this.#isAlive = grown(this.#isAlive, new Uint8Array(size));
    this.#publications = grown(this.#publications, new Uint8Array(size));
    this.#publishedAt = grown(this.#publishedAt, new Float64Array(size));
    this.#titleLengths = grown(this.#titleLengths, new Uint16Array(size));
  }
}

function grown<T extends Uint8Array | Uint16Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

const PUBLICATIONS = Object.keys(PUBLICATION_MOVES);
const codeOfPublication = (publication: PublicationState): number => PUBLICATIONS.indexOf(publication);

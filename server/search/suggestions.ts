import type { Facet } from './facet-column.ts';
import { foldText } from './fold.ts';
import type { ItemIndex } from './item-index.ts';
import { marksOf } from './spoken-minutes.ts';
import type { Marks } from './highlights.ts';
import { initialsOf, nameSyllablesOf, spelledSyllables, syllablesOf } from './pinyin.ts';

/** What a suggestion is. */
export type SuggestionKind = 'tag' | 'series' | 'topic' | 'presenter' | 'place' | 'title';

/** Something whose beginning was typed. */
export interface Suggestion {
  readonly text: string;
  readonly kind: SuggestionKind;
  /** What to filter by, or of a title the item's id. */
  readonly value: string;
  readonly marks: Marks;
}

/** Kinds in the order in which equals are shown. */
const KINDS = [
  ['tag', 'tag'],
  ['series', 'series'],
  ['topic', 'topic'],
  ['presenter', 'presenter'],
  ['region', 'place'],
] as const satisfies readonly (readonly [Facet, SuggestionKind])[];

interface Term {
  readonly text: string;
  readonly folded: string;
  readonly kind: SuggestionKind;
  readonly value: string;
  readonly uses: number;
  readonly rank: number;
}

interface Spelling {
  readonly syllables: readonly string[];
  readonly initials: string;
}

/** The names of tags, series, topics, presenters and places, found by how they begin or are spelled. */
export class TermBook {
  readonly #terms: readonly Term[];
  readonly #spellings: ReadonlyMap<string, Spelling>;

  /** The terms of the items in `rows`; `before` lends what it knows of their spelling. */
  constructor(index: ItemIndex, rows: Uint32Array, before?: TermBook) {
    const spellings = new Map<string, Spelling>();
    this.#terms = KINDS.flatMap(([facet, kind], rank) => {
      const column = index.facets.columns[facet];
      const counts = new Uint32Array(column.size);
      column.tally(rows, counts);
      return Array.from(counts).flatMap((uses, code): readonly Term[] => {
        if (uses === 0) return [];
        const { value, label } = column.valueOf(code);
        const folded = foldText(label);
        if (!spellings.has(folded)) {
          spellings.set(folded, before?.spellingOf(folded) ?? spellingOf(folded, kind));
        }
        return [{ text: label, folded, kind, value, uses, rank }];
      });
    });
    this.#spellings = spellings;
  }

  /** What is known of a term's spelling. */
  spellingOf(folded: string): Spelling | undefined {
    return this.#spellings.get(folded);
  }

  /** The terms that `query` may be the beginning of, the likeliest first. */
  suggest(query: string, limit: number): readonly Suggestion[] {
    const folded = foldText(query);
    if (folded === '') return [];
    const letters = folded.replaceAll(' ', '');
    const isSpelled = /^[a-z]+$/.test(letters);
    const found: { readonly term: Term; readonly likeness: number; readonly marks: Marks }[] = [];
    for (const term of this.#terms) {
      const likeness = textLikeness(term.folded, folded);
      if (likeness > 0) {
        found.push({ term, likeness, marks: marksOf(term.text, [folded]) });
      } else if (isSpelled) {
        const spelled = this.#spelled(term, letters);
        if (spelled !== undefined) found.push({ term, ...spelled });
      }
    }
    return found
      .sort(
        (left, right) =>
          right.likeness - left.likeness ||
          left.term.rank - right.term.rank ||
          right.term.uses - left.term.uses ||
          left.term.text.length - right.term.text.length,
      )
      .slice(0, limit)
      .map(({ term: { text, kind, value }, marks }) => ({ text, kind, value, marks }));
  }

  /** A term that sounds like `query` and is written otherwise: what was typed with the wrong characters. */
  soundingLike(query: string): string | undefined {
    const folded = foldText(query);
    const { syllables } = spellingOf(folded);
    if (syllables.length < 2) return undefined;
    const sound = syllables.join(' ');
    const alike = this.#terms
      .filter(
        (term) => term.folded !== folded && this.#spellings.get(term.folded)?.syllables.join(' ') === sound,
      )
      .sort((left, right) => right.uses - left.uses);
    return alike[0]?.text;
  }

  #spelled(term: Term, letters: string): { readonly likeness: number; readonly marks: Marks } | undefined {
    const spelling = this.#spellings.get(term.folded);
    if (spelling === undefined || spelling.syllables.length === 0) return undefined;
    const { syllables, initials } = spelling;
    const mark = (from: number, count: number): Marks => marksOfSyllables(term.text, from, count);
    if (initials === letters) return { likeness: 6, marks: mark(0, letters.length) };
    if (initials.startsWith(letters)) return { likeness: 5, marks: mark(0, letters.length) };
    const whole = spelledSyllables(letters, syllables);
    if (whole > 0) return { likeness: whole === syllables.length ? 6 : 5, marks: mark(0, whole) };
    const mixed = spelledSyllables(letters, syllables, true);
    if (mixed > 0) return { likeness: 4, marks: mark(0, mixed) };
    const inside = letters.length >= 2 ? initials.indexOf(letters) : -1;
    if (inside > 0) return { likeness: 2, marks: mark(inside, letters.length) };
    return undefined;
  }
}

function spellingOf(folded: string, kind?: Suggestion['kind']): Spelling {
  const syllables = kind === 'presenter' ? nameSyllablesOf(folded) : syllablesOf(folded);
  return {
    syllables: syllables.split(/[ |]/).filter((syllable) => syllable !== ''),
    initials: initialsOf(syllables).replaceAll('|', ''),
  };
}

function textLikeness(folded: string, query: string): number {
  if (folded === query) return 8;
  if (folded.startsWith(query)) return 7;
  return folded.includes(query) ? 3 : 0;
}

/** The Han characters of a text from the `from`th on, as marks. */
function marksOfSyllables(text: string, from: number, count: number): Marks {
  const marks: [number, number][] = [];
  let place = 0;
  for (const { 0: character, index } of text.matchAll(/\p{Script=Han}/gu)) {
    if (place >= from && place < from + count) {
      const end = index + character.length;
      const last = marks.at(-1);
      if (last?.[1] === index) last[1] = end;
      else marks.push([index, end]);
    }
    place += 1;
  }
  return marks;
}

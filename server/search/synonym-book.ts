import { foldText } from './fold.ts';

/** A term with many readings costs a search for each. */
const MAX_WORDINGS = 8;

/** The groups as a search uses them. */
export class SynonymBook {
  readonly #others = new Map<string, readonly string[]>();

  constructor(groups: readonly { readonly words: readonly string[] }[]) {
    for (const { words } of groups) {
      const folded = words.map((word) => foldText(word).replaceAll(' ', ''));
      for (const word of folded) {
        this.#others.set(
          word,
          folded.filter((other) => other !== word),
        );
      }
    }
  }

  /** Other wordings of a folded term: itself with a word in it replaced by one that means the same. */
  wordingsOf(term: string): readonly string[] {
    const wordings = new Set<string>();
    for (const [word, others] of this.#others) {
      if (!term.includes(word)) continue;
      for (const other of others) {
        // The other word may hold this one: 电商 in 电商平台 is there already.
        if (!term.includes(other)) wordings.add(term.replaceAll(word, other));
      }
    }
    return [...wordings].slice(0, MAX_WORDINGS);
  }
}

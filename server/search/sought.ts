import type { Courseware } from '../catalogue/courseware.ts';
import type { Statements } from '../database/transaction.ts';
import type { SoughtTerm } from './matching.ts';
import type { QueryTerm } from './parse-query.ts';
import { momentsIn, type Moment } from './spoken-minutes.ts';
import { minuteKey, minutesSaying, readMinutes } from './spoken-rows.ts';
import type { SynonymBook } from './synonym-book.ts';

/** What is looked for, and where in lectures it is said. */
export interface Sought {
  readonly terms: readonly SoughtTerm[];
  /** Everything that is to be marked. */
  readonly wordings: readonly string[];
  /** For each minute in which something is said, how many of the terms. */
  readonly minutes: ReadonlyMap<number, number>;
}

/** What somebody looks for who types nothing. */
export const NOTHING_SOUGHT: Sought = { terms: [], wordings: [], minutes: new Map() };

/** A term, with the other words that mean the same. */
export interface WordedTerm extends QueryTerm {
  readonly synonyms: readonly string[];
}

const MAX_MOMENTS = 3;

/** Adds what means the same; what stands in quotation marks is meant to the letter. */
export function withSynonyms(terms: readonly QueryTerm[], book: SynonymBook): readonly WordedTerm[] {
  return terms.map((term) => ({ ...term, synonyms: term.isQuoted ? [] : book.wordingsOf(term.text) }));
}

/** Every wording of terms, each once. */
export function wordingsOf(terms: readonly WordedTerm[]): readonly string[] {
  return [...new Set(terms.flatMap(({ text, synonyms }) => [text, ...synonyms]))];
}

/**
 * Puts together what is looked for; pure.
 *
 * @param said - for each term, the minutes in which it is said
 */
export function soughtOf(terms: readonly WordedTerm[], said: readonly (readonly number[])[] = []): Sought {
  const minutes = new Map<number, number>();
  const sought = terms.map(({ text, synonyms, isQuoted }, index): SoughtTerm => {
    const spokenIn = new Set<number>();
    for (const id of said[index] ?? []) {
      minutes.set(id, (minutes.get(id) ?? 0) + 1);
      spokenIn.add(minuteKey(id).number);
    }
    return { text, synonyms, maySpell: !isQuoted && /^[a-z]{2,}$/.test(text), spokenIn };
  });
  return { terms: sought, wordings: wordingsOf(terms), minutes };
}

/** For each term, the minutes in which it is said in one wording or another. */
export function minutesOf(
  statements: Statements,
  terms: readonly WordedTerm[],
): Promise<readonly (readonly number[])[]> {
  return Promise.all(terms.map(({ text, synonyms }) => saidIn(statements, [text, ...synonyms])));
}

/**
 * The minutes in which one of several wordings is said. A single character is in every minute and says nothing.
 *
 * @param number - of the item, where only one is meant
 */
export async function saidIn(
  statements: Statements,
  wordings: readonly string[],
  number?: number,
): Promise<readonly number[]> {
  const ids = new Set<number>();
  for (const wording of wordings) {
    if (wording.length < 2) continue;
    for (const id of await minutesSaying(statements, wording, number)) ids.add(id);
  }
  return [...ids];
}

/** For each item, the minutes in which most of what was looked for is said, as moments. */
export async function bestMoments(
  statements: Statements,
  items: readonly Courseware[],
  sought: Sought,
): Promise<ReadonlyMap<number, readonly Moment[]>> {
  const byNumber = new Map<number, number[]>(items.map(({ number }) => [number, []]));
  for (const id of sought.minutes.keys()) byNumber.get(minuteKey(id).number)?.push(id);
  const terms = (id: number): number => sought.minutes.get(id) ?? 0;
  const best = [...byNumber].map(
    ([number, ids]) =>
      [
        number,
        ids.sort((left, right) => terms(right) - terms(left) || left - right).slice(0, MAX_MOMENTS),
      ] as const,
  );
  const read = await readMinutes(
    statements,
    best.flatMap(([, ids]) => ids),
  );
  return new Map(
    best.map(([number, ids]) => {
      const moments = ids.flatMap((id) => {
        const found = read.get(id);
        return found === undefined
          ? []
          : momentsIn(found.minute, sought.wordings, found.language).slice(0, 1);
      });
      return [number, moments.sort((left, right) => left.start - right.start)];
    }),
  );
}

import type { SearchField } from './posting-lists.ts';

/** What a term is worth where it stands; a title says what a lecture is about, a description mentions. */
export const FIELD_WEIGHTS: Readonly<Record<SearchField, number>> = {
  title: 10,
  tags: 6,
  about: 4,
  description: 1.5,
};

/** What a term is worth that is only said in the lecture. */
export const SPOKEN_WEIGHT = 1;
/** A synonym is worth a little less than what was typed. */
export const SYNONYM_SHARE = 0.9;
/** Letters that spell a word are worth less than the word. */
export const PINYIN_SHARE = 0.5;

/** A match that cuts words in two is often none: 乡土 in 新乡土地. */
const CUT_WORD_SHARE = 0.5;
/** What a title is worth besides that begins with just this. */
const WHOLE_BEGINNING = 0.5;

/** A term that is the whole of a short title says more than the same term in a long one. */
function specificity(termLength: number, textLength: number): number {
  return 0.7 + (0.3 * termLength) / Math.max(textLength, termLength);
}

function isBoundary(boundaries: readonly number[], at: number): boolean {
  for (const boundary of boundaries) {
    if (boundary >= at) return boundary === at;
  }
  return false;
}

/** What a term is worth at `at` in a title. */
export function titleWorth(
  at: number,
  termLength: number,
  titleLength: number,
  boundaries: readonly number[],
): number {
  const isWhole = isBoundary(boundaries, at) && isBoundary(boundaries, at + termLength);
  return (
    FIELD_WEIGHTS.title * specificity(termLength, titleLength) * (isWhole ? 1 : CUT_WORD_SHARE) +
    (at === 0 && isWhole ? WHOLE_BEGINNING : 0)
  );
}

/** What a term is worth at most, wherever in a title it stands. */
export function titleBound(termLength: number, titleLength: number): number {
  return FIELD_WEIGHTS.title * specificity(termLength, titleLength) + WHOLE_BEGINNING;
}

/** What a term is worth in a list of words parted by blanks: less where it is only a part of one. */
export function listWorth(weight: number, words: string, at: number, termLength: number): number {
  const beginsWord = at === 0 || words[at - 1] === ' ';
  const endsWord = at + termLength === words.length || words[at + termLength] === ' ';
  return beginsWord && endsWord ? weight : weight * (beginsWord || endsWord ? 0.8 : CUT_WORD_SHARE);
}

const DAY_MS = 86_400_000;
const FRESHNESS = 1.5;
const HALF_LIFE_DAYS = 365;

/** What being new is worth: enough to order equals, too little to lift a mention over a title. `day` counts days since 1970. */
export function freshness(publishedAt: number, day: number): number {
  const age = Math.max(0, day - publishedAt / DAY_MS);
  return FRESHNESS * 2 ** (-age / HALF_LIFE_DAYS);
}

/** The day of a moment, by which freshness goes; it stays the same while somebody pages through a list. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);

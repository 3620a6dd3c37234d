import { kindOf } from './character-kind.ts';
import { foldText } from './fold.ts';

/** One thing an item must contain. */
export interface QueryTerm {
  /** Folded. An unquoted term has no blank; a quoted one may, and is then looked for as it stands. */
  readonly text: string;
  /** Quoted: taken literally, without synonyms and without pinyin. */
  readonly isQuoted: boolean;
}

/** Longest query, in characters; what is beyond is not looked at. */
export const MAX_QUERY_CHARACTERS = 100;
const MAX_TERMS = 10;

const QUOTES = /["“”„‟＂「」『』]/;

/**
 * What a query asks for: blanks and punctuation part terms, all of which must be there; quotes keep words together. The same
 * term twice counts once; more than ten terms are not looked at.
 */
export function parseQuery(query: string): readonly QueryTerm[] {
  const terms = new Map<string, QueryTerm>();
  const pieces = Array.from(query).slice(0, MAX_QUERY_CHARACTERS).join('').split(QUOTES);
  for (const [index, piece] of pieces.entries()) {
    // Every second piece stands in quotes; a quote that is never closed is none.
    const isQuoted = index % 2 === 1 && index < pieces.length - 1;
    const folded = foldText(piece);
    for (const text of isQuoted ? [folded] : folded.split(' ')) {
      if (text !== '' && !terms.has(text) && terms.size < MAX_TERMS) terms.set(text, { text, isQuoted });
    }
  }
  return [...terms.values()];
}

/** A stretch of characters of one kind. */
export interface Run {
  readonly kind: 'ideograph' | 'letter' | 'digit';
  readonly text: string;
}

/** The runs of a folded text, in order; blanks are left out. */
export function runsOf(folded: string): readonly Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < folded.length;) {
    const kind = kindOf(folded.charCodeAt(at));
    let end = at + 1;
    while (end < folded.length && kindOf(folded.charCodeAt(end)) === kind) end += 1;
    if (kind !== 'other') runs.push({ kind, text: folded.slice(at, end) });
    at = end;
  }
  return runs;
}

/**
 * Where `term` stands in a folded text, from `from` on; -1 when nowhere. A term that begins with a letter or digit must begin a
 * run of them (`ppt` is not in `appt`), one that begins with an ideograph may stand anywhere.
 */
export function placeOfTerm(folded: string, term: string, from = 0): number {
  const kind = kindOf(term.charCodeAt(0));
  for (let at = folded.indexOf(term, from); at !== -1; at = folded.indexOf(term, at + 1)) {
    if (kind === 'ideograph' || at === 0 || kindOf(folded.charCodeAt(at - 1)) !== kind) return at;
  }
  return -1;
}

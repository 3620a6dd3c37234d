import { addDict, pinyin } from 'pinyin-pro';

import { kindOf } from './character-kind.ts';
import { LOCAL_READINGS } from './local-names.ts';

addDict(
  // The library wants tones in its dictionaries, and takes a syllable without one as it is.
  Object.fromEntries(Object.entries(LOCAL_READINGS).map(([word, reading]) => [word, [reading, 1]])),
  'local',
);

/** Grows when readings change, so that what was stored before is made again. */
export const PINYIN_EDITION = 2;

/**
 * The syllables of the Han runs of a folded text, without tones and with `v` for ü: blanks between syllables, `|` between runs.
 * `杨梅 4k 嫁接` is `yang mei|jia jie`.
 */
export function syllablesOf(folded: string): string {
  return readRuns(folded, 'off');
}

/** The same of a person's name, which begins with a surname: 单 is `shan` there, and 仇 `qiu`. */
export function nameSyllablesOf(folded: string): string {
  return readRuns(folded, 'head');
}

function readRuns(folded: string, surname: 'off' | 'head'): string {
  const runs: string[] = [];
  for (const run of folded.split(/[^\p{Script=Han}]+/u)) {
    if (run !== '') runs.push(readRun(run, surname));
  }
  return runs.join('|');
}

/** Readings that come again: tags, places and series do with every item, and a title is read once more for its place in lists. */
const READINGS = new Map<string, string>();
const MAX_READINGS = 20_000;
const MAX_KNOWN_RUN = 24;

function readRun(run: string, surname: 'off' | 'head'): string {
  const key = surname + run;
  const known = READINGS.get(key);
  if (known !== undefined) return known;
  const reading = pinyin(run, { toneType: 'none', type: 'array', v: true, surname }).join(' ');
  if (READINGS.size >= MAX_READINGS) READINGS.clear();
  if (run.length <= MAX_KNOWN_RUN) READINGS.set(key, reading);
  return reading;
}

/** The first letters of syllables: `yang mei|jia jie` gives `ym|jj`. */
export function initialsOf(syllables: string): string {
  return syllables.replace(/([^ |])[^ |]*/g, '$1').replaceAll(' ', '');
}

/**
 * How far `letters` spell the syllables from the start of `syllables`, the last of which may be incomplete: the number of
 * syllables they reach into, or 0. With `mayAbbreviate`, a syllable may be given by its first letter alone.
 */
export function spelledSyllables(
  letters: string,
  syllables: readonly string[],
  mayAbbreviate = false,
  from = 0,
): number {
  const syllable = syllables[from];
  if (letters === '') return 0;
  if (syllable === undefined) return 0;
  if (syllable.startsWith(letters)) return 1;
  if (letters.startsWith(syllable)) {
    const rest = spelledSyllables(letters.slice(syllable.length), syllables, mayAbbreviate, from + 1);
    if (rest > 0) return rest + 1;
  }
  if (mayAbbreviate && letters[0] === syllable[0]) {
    const rest = spelledSyllables(letters.slice(1), syllables, mayAbbreviate, from + 1);
    if (rest > 0) return rest + 1;
  }
  return 0;
}

/** A key by which Chinese titles sort as readers expect: pinyin for Han, numbers by their value, the title itself last. */
export function titleSortKey(folded: string): string {
  const parts: string[] = [];
  for (const [run] of folded.matchAll(/\p{Script=Han}+|\d+|[^\p{Script=Han}\d ]+/gu)) {
    const kind = kindOf(run.charCodeAt(0));
    if (kind === 'digit') parts.push(run.replace(/^0+(?=\d)/, '').padStart(9, '0'));
    else if (/^\p{Script=Han}/u.test(run)) parts.push(syllablesOf(run));
    else parts.push(run);
  }
  return `${parts.join(' ')}\u0001${folded}`;
}

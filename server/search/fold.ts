import { kindOf } from './character-kind.ts';
import { simplified } from './simplified.ts';

/**
 * A text as it is indexed and looked for: compatibility forms (NFKC), lower case, simplified characters, no accents on Latin
 * letters; whatever is neither letter nor digit has become one blank, and none is at the ends.
 */
export interface Folded {
  readonly text: string;
  /** For each unit of `text`, where its original begins and ends, in UTF-16 units. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Marks that carry no meaning for a search: variation selectors, zero-width characters, soft hyphens. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]|\p{Variation_Selector}/gu;
const ACCENT = /[\u0300-\u036f]/g;
const MARK = /\p{M}/u;
const WORD = /[\p{L}\p{N}]/u;

function foldedCluster(cluster: string): string {
  const plain = cluster.normalize('NFKD').replace(ACCENT, '').normalize('NFKC').toLowerCase();
  // Beyond the first plane one unit does not tell a rare character from a pictograph.
  if (cluster.length > 1 && cluster > '\ud800' && !WORD.test(plain)) return ' ';
  let folded = '';
  for (const character of plain.replace(INVISIBLE, '')) {
    folded += character > '\u2e7f' ? simplified(character) : character;
  }
  return folded;
}

/** A unit that folds to one unit whatever stands around it; 0 not asked yet, 1 for those that need a closer look. */
const single = new Uint16Array(0x10000);
const CLOSER = 1;

function singleOf(unit: number): number {
  if (unit < 0x20) return 0x20;
  const character = String.fromCharCode(unit);
  if ((unit >= 0xd800 && unit <= 0xdfff) || MARK.test(character)) return CLOSER;
  const folded = foldedCluster(character);
  return folded.length === 1 ? folded.charCodeAt(0) : CLOSER;
}

const foldOfUnit = (unit: number): number => single[unit] || (single[unit] = singleOf(unit));

function isMark(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return foldOfUnit(unit) === CLOSER && MARK.test(String.fromCharCode(unit));
}

/** Where the character at `from` ends, with the marks that stand on it. */
function clusterEnd(text: string, from: number): number {
  let end = from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1);
  while (end < text.length && isMark(text, end)) end += 1;
  return end;
}

/** Takes the folded units one by one, with the place of their original. */
type Sink = (unit: number, start: number, end: number) => void;

function eachFolded(text: string, take: Sink): void {
  for (let at = 0; at < text.length;) {
    const folded = foldOfUnit(text.charCodeAt(at));
    if (folded !== CLOSER && !(at + 1 < text.length && isMark(text, at + 1))) {
      take(folded, at, at + 1);
      at += 1;
      continue;
    }
    const end = clusterEnd(text, at);
    const cluster = foldedCluster(text.slice(at, end));
    for (let index = 0; index < cluster.length; index += 1) take(cluster.charCodeAt(index), at, end);
    at = end;
  }
}

const BLANK = 0x20;
let units = new Uint16Array(4096);

/** The folded text alone, without the way back. */
export function foldText(text: string): string {
  // A character may fold to 18 units at most.
  if (units.length < text.length * 18 + 18) units = new Uint16Array(text.length * 18 + 18);
  let length = 0;
  eachFolded(text, (unit) => {
    if (unit !== BLANK && kindOf(unit) !== 'other') units[length++] = unit;
    else if (length > 0 && units[length - 1] !== BLANK) units[length++] = BLANK;
  });
  if (length > 0 && units[length - 1] === BLANK) length -= 1;
  return textOf(units, length);
}

/** Short enough for the arguments of one call. */
const PIECE = 8192;

function textOf(from: Uint16Array, length: number): string {
  if (length <= PIECE) return String.fromCharCode(...from.subarray(0, length));
  let text = '';
  for (let at = 0; at < length; at += PIECE) {
    text += String.fromCharCode(...from.subarray(at, Math.min(at + PIECE, length)));
  }
  return text;
}

/** Folds a text and remembers where each unit came from: folding changes lengths (㈱ becomes 株, ½ becomes 1 and 2). */
export function fold(text: string): Folded {
  const folded: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  eachFolded(text, (unit, start, end) => {
    if (kindOf(unit) === 'other') {
      if (folded.length === 0 || folded.at(-1) === BLANK) return;
      folded.push(BLANK);
    } else {
      folded.push(unit);
    }
    starts.push(start);
    ends.push(end);
  });
  if (folded.at(-1) === BLANK) folded.pop();
  const { length } = folded;
  return {
    text: textOf(Uint16Array.from(folded), length),
    starts: Uint32Array.from(starts.slice(0, length)),
    ends: Uint32Array.from(ends.slice(0, length)),
  };
}

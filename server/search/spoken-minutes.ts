import { kindOf } from './character-kind.ts';
import { fold, foldText } from './fold.ts';
import { placeOfTerm, runsOf } from './parse-query.ts';

/** One caption as it is spoken: when, and what, without markup. */
export interface SpokenCue {
  readonly startMs: number;
  readonly text: string;
}

/** What is said in one minute of a lecture. */
export interface SpokenMinute {
  readonly minute: number;
  readonly cues: readonly SpokenCue[];
  /** How the next minute begins: words that are cut by the clock are found here. */
  readonly tail: string;
}

/** A place in a lecture where something is said. */
export interface Moment {
  /** Seconds. */
  readonly start: number;
  readonly text: string;
  /** What was looked for, in `text`: from and to, in UTF-16 units. */
  readonly marks: readonly (readonly [number, number])[];
  readonly language: string;
}

const MINUTE_MS = 60_000;
/** Longer than any term is likely to be. */
const TAIL = 20;
/** A minute of speech has 250 characters; PostgreSQL stops to see phrases after position 16,383. */
const MAX_MINUTE_UNITS = 8000;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: ' ',
  lrm: '',
  rlm: '',
};

/** The text of a WebVTT cue as it is read: without tags and escapes, on one line. */
export function spokenText(cueText: string): string {
  return cueText
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|nbsp|lrm|rlm);/g, (_, name: string) => ENTITIES[name] ?? '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Cuts captions into minutes by when they begin; pure. Minutes in which nothing is said are left out. */
export function cutIntoMinutes(cues: readonly SpokenCue[]): readonly SpokenMinute[] {
  const byMinute = new Map<number, SpokenCue[]>();
  for (const cue of [...cues].sort((left, right) => left.startMs - right.startMs)) {
    if (cue.text === '') continue;
    const minute = Math.floor(cue.startMs / MINUTE_MS);
    const known = byMinute.get(minute);
    if (known === undefined) byMinute.set(minute, [cue]);
    else known.push(cue);
  }
  const minutes = [...byMinute.entries()];
  return minutes.map(([minute, within], index) => ({
    minute,
    cues: within,
    tail: (minutes[index + 1]?.[1][0]?.text ?? '').slice(0, TAIL),
  }));
}

const isIdeograph = (unit: number): boolean => kindOf(unit) === 'ideograph';

/** Chinese goes on from one caption to the next, other words do not grow together. */
function gapBetween(before: string, after: string): string {
  const goesOn = isIdeograph(before.charCodeAt(before.length - 1)) && isIdeograph(after.charCodeAt(0));
  return goesOn ? '' : ' ';
}

interface JoinedMinute {
  readonly text: string;
  /** Where each cue begins in `text`; the tail's beginning is the last. */
  readonly starts: readonly number[];
}

function join({ cues, tail }: SpokenMinute): JoinedMinute {
  let text = '';
  const starts: number[] = [];
  for (const part of [...cues.map((cue) => cue.text), tail]) {
    if (text !== '' && part !== '') text += gapBetween(text, part);
    starts.push(text.length);
    text += part;
  }
  return { text: text.slice(0, MAX_MINUTE_UNITS), starts };
}

/** The folded text by which a minute is found. */
export function searchedText(minute: SpokenMinute): string {
  return foldText(join(minute).text);
}

/** How much of what is said around a find is shown, before and after; `…` stands for what is left out. */
const BEFORE = 12;
const AFTER = 36;

/** The places of a minute where one of `wordings` (folded) is said, in their order. */
export function momentsIn(
  minute: SpokenMinute,
  wordings: readonly string[],
  language: string,
): readonly Moment[] {
  const { text, starts } = join(minute);
  const folded = fold(text);
  const moments = new Map<number, Moment>();
  const tailAt = starts.at(-1) ?? text.length;
  for (const { from } of placesOf(folded.text, wordings)) {
    const place = folded.starts[from] ?? 0;
    if (minute.tail !== '' && place >= tailAt) continue;
    const index = starts.findLastIndex((start, at) => start <= place && at < minute.cues.length);
    const cue = minute.cues[index];
    if (cue === undefined || moments.has(index)) continue;
    const start = starts[index] ?? 0;
    const begin = Math.max(start, place - BEFORE);
    const end = Math.max(place + AFTER, begin + BEFORE + AFTER);
    const cut = text.slice(begin, end).trimEnd();
    const shown = `${begin > start ? '…' : ''}${cut}${end < text.length ? '…' : ''}`;
    moments.set(index, { start: cue.startMs / 1000, text: shown, marks: marksOf(shown, wordings), language });
  }
  return [...moments.entries()].sort(([left], [right]) => left - right).map(([, moment]) => moment);
}

function placesOf(
  folded: string,
  wordings: readonly string[],
): readonly { readonly from: number; readonly to: number }[] {
  const places: { from: number; to: number }[] = [];
  for (const wording of wordings) {
    if (wording === '') continue;
    let at = placeOfTerm(folded, wording);
    while (at !== -1) {
      places.push({ from: at, to: at + wording.length });
      at = placeOfTerm(folded, wording, at + wording.length);
    }
  }
  return places.sort((left, right) => left.from - right.from || right.to - left.to);
}

/**
 * Where `wordings` (folded) stand in an original text: from and to in UTF-16 units, ascending, never overlapping.
 */
export function marksOf(text: string, wordings: readonly string[]): readonly (readonly [number, number])[] {
  // Most texts contain nothing that was looked for, and without the way back folding costs a third.
  const plain = foldText(text);
  if (!wordings.some((wording) => wording !== '' && placeOfTerm(plain, wording) !== -1)) return [];
  const folded = fold(text);
  const marks: [number, number][] = [];
  for (const { from, to } of placesOf(folded.text, wordings)) {
    const start = folded.starts[from] ?? 0;
    const end = folded.ends[to - 1] ?? text.length;
    const last = marks.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else marks.push([start, end]);
  }
  return marks;
}

/** A folded text as the words of a full-text index: each ideograph with the next, the last of a run alone, other runs whole. */
export function indexWords(folded: string): readonly string[] {
  return runsOf(folded).flatMap(({ kind, text }) => {
    if (kind !== 'ideograph') return [text];
    return Array.from({ length: text.length }, (_, at) => text.slice(at, at + 2));
  });
}

/** A folded term as neighbouring words of the index, of which the last may be the beginning of one. */
export function phraseWords(term: string): { readonly words: readonly string[]; readonly isOpen: boolean } {
  const words = [...indexWords(term)];
  const last = runsOf(term).at(-1);
  if (last?.kind === 'ideograph' && last.text.length > 1) {
    // The last character alone would say that the run ends there.
    words.pop();
    return { words, isOpen: false };
  }
  return { words, isOpen: true };
}

import { readAss } from './ass.ts';
import type { CaptionFile, CaptionFormat, CaptionProblem, Cue, ReadCue, ReadCues } from './caption-file.ts';
import { decodeText } from './charset.ts';
import { cueProblem } from './problem-words.ts';
import { readSrt, readWebvtt } from './timed-text.ts';

const READERS: Readonly<Record<CaptionFormat, (lines: readonly string[]) => ReadCues>> = {
  srt: readSrt,
  ass: readAss,
  webvtt: readWebvtt,
};

/** Captions that touch by so little were meant to follow each other. */
const SLIGHT_OVERLAP_MS = 250;

/**
 * Reads a caption file: SRT, ASS, SSA or WebVTT, told by its content and not by its name, in UTF-8, UTF-16, GB18030 or Big5.
 * Reads what can be read and tells, line by line, what cannot; pure, and throws nothing.
 *
 * @example
 * const { cues, problems } = readCaptions(await readFile('lecture.srt'));
 * problems[0]; // { line: 37, code: 'end-before-start', message: '结束时间不晚于开始时间…', isLeftOut: true }
 */
export function readCaptions(bytes: Uint8Array): CaptionFile {
  const decoded = decodeText(bytes);
  if (decoded === undefined) {
    return { format: 'srt', charset: 'UTF-8', cues: [], problems: [cueProblem(1, 'no-cues')] };
  }
  const lines = decoded.text.split(/\r\n?|\n/);
  const format = formatOf(decoded.text);
  const read = READERS[format](lines);
  const { cues, problems } = inOrder(read.cues, format);
  const all = [...read.problems, ...problems, ...unreadableLines(lines)];
  if (cues.length === 0 && all.length === 0) all.push(cueProblem(1, 'no-cues'));
  return {
    format,
    charset: decoded.charset,
    cues,
    problems: all.toSorted((one, other) => one.line - other.line),
  };
}

function formatOf(text: string): CaptionFormat {
  if (/^\s*WEBVTT(\s|$)/.test(text)) return 'webvtt';
  return /^\s*\[(Script Info|V4\+? Styles|Events)\]\s*$/im.test(text) || /^Dialogue\s*:/m.test(text)
    ? 'ass'
    : 'srt';
}

function unreadableLines(lines: readonly string[]): readonly CaptionProblem[] {
  return lines.flatMap((line, place) =>
    line.includes('\ufffd') ? [cueProblem(place + 1, 'unreadable-text')] : [],
  );
}

/** Sorts the cues by their start; two languages that share their times become one cue of two lines. */
function inOrder(
  read: readonly ReadCue[],
  format: CaptionFormat,
): { readonly cues: readonly Cue[]; readonly problems: readonly CaptionProblem[] } {
  const cues: Cue[] = [];
  const problems: CaptionProblem[] = [];
  const sorted = read.toSorted((one, other) => one.startMs - other.startMs || one.line - other.line);
  for (const { line, ...cue } of sorted) {
    const before = cues.at(-1);
    if (before === undefined || before.endMs <= cue.startMs || before.place !== cue.place) {
      cues.push(cue);
    } else if (before.startMs === cue.startMs && before.endMs === cue.endMs) {
      const text = before.text === cue.text ? cue.text : `${before.text}\n${cue.text}`;
      cues[cues.length - 1] = { ...before, text };
    } else if (before.endMs - cue.startMs <= SLIGHT_OVERLAP_MS && before.startMs < cue.startMs) {
      cues[cues.length - 1] = { ...before, endMs: cue.startMs };
      cues.push(cue);
    } else {
      // In ASS, layers lie over each other on purpose.
      if (format !== 'ass') problems.push(cueProblem(line, 'overlap'));
      cues.push(cue);
    }
  }
  return { cues, problems };
}

import type { CaptionProblem, CuePlace, ReadCue, ReadCues } from './caption-file.ts';
import { isTimeLine, timesOf } from './cue-times.ts';
import { textOfSrt, textOfWebvtt } from './cue-text.ts';
import { cueProblem } from './problem-words.ts';

interface Block {
  /** From 0. */
  readonly timeLine: number;
  readonly text: string;
}

/** Reads SRT; pure. Numbers may be missing or wrong, and so may the blank lines between cues. */
export function readSrt(lines: readonly string[]): ReadCues {
  const blocks = blocksOf(lines, (before) => /^\s*\d+\s*$/.test(lines[before] ?? ''));
  return cuesOf(lines, blocks, (text) => textOfSrt(text));
}

/** Reads WebVTT (§4); pure. Notes, styles and regions are passed over. */
export function readWebvtt(lines: readonly string[]): ReadCues {
  const cueLines = withoutOtherBlocks(lines);
  // Any line may name the cue, when it stands alone before the times.
  const blocks = blocksOf(cueLines, (before) => (cueLines[before - 1] ?? '').trim() === '');
  return cuesOf(cueLines, blocks, (text, settings) => ({
    text: textOfWebvtt(text),
    place: placeOfSettings(settings),
  }));
}

function blocksOf(lines: readonly string[], isName: (line: number) => boolean): readonly Block[] {
  const timeLines = lines.flatMap((line, place) => (isTimeLine(line) ? [place] : []));
  return timeLines.map((timeLine, index) => {
    const next = timeLines[index + 1];
    const hasName = next !== undefined && next - 1 > timeLine && isName(next - 1);
    const end = next === undefined ? lines.length : next - (hasName ? 1 : 0);
    return { timeLine, text: lines.slice(timeLine + 1, end).join('\n') };
  });
}

function cuesOf(
  lines: readonly string[],
  blocks: readonly Block[],
  read: (text: string, settings: string) => { readonly text: string; readonly place: CuePlace },
): ReadCues {
  const cues: ReadCue[] = [];
  const problems: CaptionProblem[] = [];
  for (const { timeLine, text: source } of blocks) {
    const line = timeLine + 1;
    const times = timesOf(lines[timeLine] ?? '');
    if (times === undefined) {
      problems.push(cueProblem(line, 'bad-time'));
      continue;
    }
    const { text, place } = read(source, times.settings);
    if (times.endMs <= times.startMs) problems.push(cueProblem(line, 'end-before-start'));
    else if (text === '') problems.push(cueProblem(line, 'no-text'));
    else cues.push({ startMs: times.startMs, endMs: times.endMs, text, place, line });
  }
  return { cues, problems };
}

/** The same number of lines, those of the header, of notes, styles and regions blank. */
function withoutOtherBlocks(lines: readonly string[]): readonly string[] {
  let isOther = true;
  return lines.map((line, place) => {
    const isBlank = line.trim() === '';
    const startsBlock = place > 0 && (lines[place - 1] ?? '').trim() === '';
    if (isTimeLine(line) || isBlank) isOther = false;
    else if (startsBlock && /^(NOTE|STYLE|REGION)(\s|$)/.test(line)) isOther = true;
    return isOther ? '' : line;
  });
}

function placeOfSettings(settings: string): CuePlace {
  const line = /(?:^|\s)line:(-?[\d.]+)(%?)/.exec(settings);
  if (line === null) return 'bottom';
  const value = Number(line[1]);
  // In lines from the top, or from the bottom when negative; or as a share of the height.
  return line[2] === '%' ? (value < 50 ? 'top' : 'bottom') : value >= 0 && value < 8 ? 'top' : 'bottom';
}

import type { CaptionProblem, CuePlace, ReadCue, ReadCues } from './caption-file.ts';
import { assTimeOf } from './cue-times.ts';
import { textOfAss } from './cue-text.ts';
import { cueProblem } from './problem-words.ts';

/** The fields of an event where a file does not say (ASS, and SSA but for its first). */
const USUAL_FIELDS = [
  'layer',
  'start',
  'end',
  'style',
  'name',
  'marginl',
  'marginr',
  'marginv',
  'effect',
  'text',
];

/** Reads ASS and SSA; pure. Comments and drawings are passed over; of the styles only the place counts. */
export function readAss(lines: readonly string[]): ReadCues {
  const cues: ReadCue[] = [];
  const problems: CaptionProblem[] = [];
  const styles = new Map<string, CuePlace>();
  let section = '';
  let fields: readonly string[] = USUAL_FIELDS;
  for (const [place, given] of lines.entries()) {
    const line = given.trim();
    const heading = /^\[(.+)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = heading.toLowerCase();
      continue;
    }
    const [, name = '', value = ''] = /^(\w+)\s*:\s*(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    if (key === 'format') fields = value.split(',').map((field) => field.trim().toLowerCase());
    else if (key === 'style') readStyle(fields, value, section, styles);
    else if (key === 'dialogue') {
      const read = readEvent(fields, value, styles, place + 1);
      if (read !== undefined && 'code' in read) problems.push(read);
      else if (read !== undefined) cues.push(read);
    }
  }
  return { cues, problems };
}

function readStyle(
  fields: readonly string[],
  value: string,
  section: string,
  styles: Map<string, CuePlace>,
): void {
  const values = value.split(',');
  const field = (name: string): string => values[fields.indexOf(name)]?.trim() ?? '';
  const alignment = Number(field('alignment'));
  // SSA counts 5 to 7 for the top, ASS 7 to 9.
  const isTop = section.startsWith('v4+') ? alignment >= 7 : alignment >= 5 && alignment <= 7;
  styles.set(field('name').replace(/^\*/, ''), isTop ? 'top' : 'bottom');
}

function readEvent(
  fields: readonly string[],
  value: string,
  styles: ReadonlyMap<string, CuePlace>,
  line: number,
): ReadCue | CaptionProblem | undefined {
  // The text is the last field, and may hold commas itself.
  const values = value.split(',');
  if (values.length < fields.length) return cueProblem(line, 'bad-line');
  const field = (name: string): string => values[fields.indexOf(name)]?.trim() ?? '';
  const startMs = assTimeOf(field('start'));
  const endMs = assTimeOf(field('end'));
  if (startMs === undefined || endMs === undefined) return cueProblem(line, 'bad-time');
  const source = values.slice(fields.length - 1).join(',');
  const { text, place } = textOfAss(source, styles.get(field('style').replace(/^\*/, '')) ?? 'bottom');
  // Drawings and effects are events without text: nothing is wrong with them.
  if (text === '') return source.trim() === '' ? cueProblem(line, 'no-text') : undefined;
  if (endMs <= startMs) return cueProblem(line, 'end-before-start');
  return { startMs, endMs, text, place, line };
}

/** A time from the start, as SRT and WebVTT write it: hours and the fraction may be missing, comma and dot are equal. */
const TIME = String.raw`(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,:。](\d{1,3}))?`;
const ARROW = String.raw`\s*(?:-{1,3}\s?>|[=–—]{1,2}>|[→⟶])\s*`;
const TIMES = new RegExp(`^\\s*${TIME}${ARROW}${TIME}(?:\\s+(.*))?$`);

/** The times of a cue and the settings that follow them. */
export interface CueTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly settings: string;
}

/** True of a line that gives a cue's times, or was meant to. */
export function isTimeLine(line: string): boolean {
  const plain = plainWidth(line);
  // An arrow alone may be part of what is said.
  return (plain.includes('-->') && /\d\s*[:,.]\s*\w/.test(plain)) || TIMES.test(plain);
}

/** Reads a line with the two times of a cue; pure. `undefined` when they cannot be read. */
export function timesOf(line: string): CueTimes | undefined {
  const match = TIMES.exec(plainWidth(line));
  if (match === null) return undefined;
  const startMs = milliseconds(match.slice(1, 5));
  const endMs = milliseconds(match.slice(5, 9));
  if (startMs === undefined || endMs === undefined) return undefined;
  return { startMs, endMs, settings: match[9] ?? '' };
}

/** Reads the time of an ASS event, `0:00:01.50`; pure. */
export function assTimeOf(text: string): number | undefined {
  const match = new RegExp(`^\\s*${TIME}\\s*$`).exec(plainWidth(text));
  return match === null ? undefined : milliseconds(match.slice(1, 5));
}

function milliseconds([hours, minutes, seconds, fraction]: readonly (string | undefined)[]):
  number | undefined {
  if (Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const whole = (Number(hours ?? 0) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Number((fraction ?? '').padEnd(3, '0'));
}

/** Digits and colons typed with a Chinese input method are as wide as characters. */
function plainWidth(line: string): string {
  return line.normalize('NFKC');
}

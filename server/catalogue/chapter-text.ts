import { MAX_CHAPTER_TITLE, MAX_CHAPTERS, type Chapter } from '../../transcoder/index.ts';

/**
 * What is wrong with a line of a pasted list:
 *
 * - `no-time`: no time stands at its beginning or its end.
 * - `bad-time`: a minute or a second above 59.
 * - `no-title`: only a time.
 * - `title-too-long`: more than 100 characters.
 * - `out-of-order`: earlier than the line before, or at the same time.
 * - `beyond-end`: the lecture has ended by then.
 * - `too-many`: there are 200 chapters already.
 */
export type ChapterFaultCode =
  'no-time' | 'bad-time' | 'no-title' | 'title-too-long' | 'out-of-order' | 'beyond-end' | 'too-many';

/** A line that could not be taken. */
export interface ChapterFault {
  /** Counted from 1. */
  readonly line: number;
  readonly code: ChapterFaultCode;
  /** As it was pasted, cut to 60 characters. */
  readonly text: string;
}

/** What was read: the chapters of the good lines, and what is wrong with the others. */
export interface ChapterReading {
  readonly chapters: readonly Chapter[];
  readonly faults: readonly ChapterFault[];
}

const CLOCK = String.raw`(?:(?<h>\d{1,3}):)?(?<m>\d{1,3}):(?<s>\d{1,2})(?:[.,](?<f>\d{1,3})\d*)?(?![\d:])`;
const WORDS = String.raw`(?:(?<wh>\d{1,2})\s*(?:小时|时))?\s*(?:(?<wm>\d{1,3})\s*(?:分钟|分))?\s*(?:(?<ws>\d{1,2})\s*秒)?`;
const CLOCK_END = CLOCK.replace(/\?<\w>/g, '?:');
const OPEN = String.raw`[\[(【〔〈<《「（［]`;
const CLOSE = String.raw`[\])】〕〉>》」）］]`;
const BETWEEN = String.raw`(?:-->|[-–—~～至到])`;
const ORDINAL = String.raw`(?:\d{1,3}[.、)）]\s*|第\s*\d{1,3}\s*[章节]\s*)?`;
const BULLET = String.raw`^[\s\-–—•·*#●■◆]*`;

/** `00:00 开场`, `[05:30-10:00] 嫁接`, `1. 5分30秒 嫁接`. */
const TIME_FIRST = [CLOCK, String.raw`(?=\d+\s*(?:小时|时|分|秒))${WORDS}`].map(
  (time) =>
    new RegExp(
      String.raw`${BULLET}${ORDINAL}${OPEN}?\s*${time}\s*(?:${BETWEEN}\s*${CLOCK_END})?\s*${CLOSE}?` +
        String.raw`(?:\s*${BETWEEN}\s*${CLOCK_END}\s*${CLOSE}?)?[\s\-–—:|｜,、.。;；]*(?<title>.*)$`,
      'u',
    ),
);
/** `开场 …… 00:00`, `开场（00:00）`. */
const TIME_LAST = new RegExp(
  String.raw`${BULLET}${ORDINAL}(?<title>.*?[^\s\d:.…·\-–—|｜,、])[\s.…·\-–—:|｜,、]*${OPEN}?\s*${CLOCK}\s*${CLOSE}?\s*$`,
  'u',
);
const HEADING = /^(?:本课|本讲|课程|视频|内容)?(?:目录|章节|时间轴|提纲|chapters?|timeline)\s*:?$/iu;

/** A line with the longest title has its time and its decoration besides; patterns are not tried on whole books. */
const LONGEST_LINE = 300;
const UNWANTED = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]+/gu;

/**
 * Reads a pasted list of chapters, one a line; pure. Times and titles may stand in either order, with brackets, ordinals, full-width
 * digits and colons, as hours and minutes in words, or as a range whose end is not needed. Empty lines and a heading such as
 * `目录：` are passed over; every other line becomes a chapter or a fault.
 *
 * @param duration - of the lecture in seconds; undefined when it is not known yet
 */
export function readChapterText(text: string, duration: number | undefined): ChapterReading {
  const chapters: Chapter[] = [];
  const faults: ChapterFault[] = [];
  for (const [index, raw] of text.split(/\r\n|[\n\r]/u).entries()) {
    const line = raw.replace(UNWANTED, ' ').normalize('NFC').trim();
    if (line === '' || (chapters.length === 0 && HEADING.test(narrow(line)))) continue;
    const read = line.length > LONGEST_LINE ? 'title-too-long' : readLine(line);
    const code = typeof read === 'string' ? read : faultOf(read, chapters, duration);
    if (code === undefined && typeof read !== 'string') chapters.push(read);
    else if (code !== undefined) {
      faults.push({ line: index + 1, code, text: Array.from(line).slice(0, 60).join('') });
    }
  }
  return { chapters, faults };
}

function readLine(line: string): Chapter | 'no-time' | 'bad-time' {
  // As long as the line, so that the title is cut out of the line as it was written.
  const narrowed = narrow(line);
  for (const pattern of [...TIME_FIRST, TIME_LAST]) {
    const groups = pattern.exec(narrowed)?.groups;
    if (groups === undefined) continue;
    const start = secondsOf(groups);
    if (start === undefined) return 'bad-time';
    const title = groups['title'] ?? '';
    const from = pattern === TIME_LAST ? narrowed.indexOf(title) : narrowed.length - title.length;
    return { start, title: line.slice(from, from + title.length).trim() };
  }
  return 'no-time';
}

function secondsOf(groups: Readonly<Record<string, string | undefined>>): number | undefined {
  const [hours, minutes, seconds] = (['h', 'm', 's'] as const).map((unit) =>
    Number(groups[unit] ?? groups[`w${unit}`] ?? 0),
  ) as [number, number, number];
  const hasHours = (groups['h'] ?? groups['wh']) !== undefined;
  if (seconds > 59 || (hasHours && minutes > 59)) return undefined;
  return hours * 3600 + minutes * 60 + seconds + Number(`0.${groups['f'] ?? 0}`);
}

/** Full-width digits and signs as narrow ones, character by character. */
function narrow(line: string): string {
  return line.replace(/[０-９：﹕∶．，]/gu, (sign) =>
    sign === '﹕' || sign === '∶' ? ':' : String.fromCharCode(sign.charCodeAt(0) - 0xfee0),
  );
}

/** What is wrong with a chapter that would follow these. */
function faultOf(
  { start, title }: Chapter,
  before: readonly Chapter[],
  duration: number | undefined,
): ChapterFaultCode | undefined {
  if (title === '') return 'no-title';
  if (Array.from(title).length > MAX_CHAPTER_TITLE) return 'title-too-long';
  if (duration !== undefined && start >= duration) return 'beyond-end';
  if (start <= (before.at(-1)?.start ?? -1)) return 'out-of-order';
  return before.length >= MAX_CHAPTERS ? 'too-many' : undefined;
}

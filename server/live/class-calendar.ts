import type { LiveClass, LiveClassState } from './live-class.ts';
import { officeTime } from './moment.ts';

/** Where a class is found by whoever reads a calendar. */
export interface CalendarAddresses {
  /** The page of a class. */
  page(given: LiveClass): string;
}

/** The offices' zone; without summer time since 1991, so one rule is enough (RFC 5545, 3.6.5). */
const ZONE = 'Asia/Shanghai';
const ZONE_LINES = [
  'BEGIN:VTIMEZONE',
  `TZID:${ZONE}`,
  'BEGIN:STANDARD',
  'DTSTART:19910915T010000',
  'TZOFFSETFROM:+0800',
  'TZOFFSETTO:+0800',
  'TZNAME:CST',
  'END:STANDARD',
  'END:VTIMEZONE',
];

/**
 * Classes as an iCalendar file (RFC 5545), in Chinese time; pure. The UID of a class never changes, and its SEQUENCE grows with
 * whatever a calendar has to hear of, so that a calendar that has it moves or strikes it out instead of showing it twice.
 */
export function calendarOf(
  name: string,
  classes: readonly LiveClass[],
  addresses: CalendarAddresses,
): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Yuanjiao//直播课堂//ZH',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `NAME:${escaped(name)}`,
    `X-WR-CALNAME:${escaped(name)}`,
    `X-WR-TIMEZONE:${ZONE}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    'X-PUBLISHED-TTL:PT1H',
    ...ZONE_LINES,
    ...classes.flatMap((given) => eventLines(given, addresses)),
    'END:VCALENDAR',
  ];
  return `${lines.map((line) => folded(line)).join('\r\n')}\r\n`;
}

/** RFC 5545, 3.8.1.11. A class whose new time is not known is uncertain, not gone. */
const STATUS: Readonly<Partial<Record<LiveClassState, string>>> = {
  draft: 'TENTATIVE',
  scheduled: 'TENTATIVE',
  postponed: 'TENTATIVE',
  cancelled: 'CANCELLED',
};

const PREFIX: Readonly<Partial<Record<LiveClassState, string>>> = {
  postponed: '【延期】',
  cancelled: '【取消】',
};

function eventLines(given: LiveClass, addresses: CalendarAddresses): readonly string[] {
  const { id, state, hostUnit, channel, lecturers, announcement, description } = given;
  const page = addresses.page(given);
  const text = [
    announcement,
    lecturers.length === 0 ? undefined : `讲课人：${lecturers.join('、')}`,
    hostUnit === undefined ? undefined : `主办单位：${hostUnit}`,
    description === '' ? undefined : description,
    `收看：${page}`,
  ].filter((part) => part !== undefined);
  return [
    'BEGIN:VEVENT',
    // Not of a host's name, which need not stay; the id is random enough (RFC 7986, 5.3).
    `UID:live-class-${id}@yuanjiao`,
    `SEQUENCE:${given.calendarSequence}`,
    `DTSTAMP:${utc(given.updatedAt)}`,
    `LAST-MODIFIED:${utc(given.updatedAt)}`,
    `DTSTART;TZID=${ZONE}:${local(given.plannedStart)}`,
    `DTEND;TZID=${ZONE}:${local(given.plannedEnd)}`,
    `SUMMARY:${escaped(`${PREFIX[state] ?? ''}${given.title}`)}`,
    `DESCRIPTION:${escaped(text.join('\n'))}`,
    ...(channel === undefined ? [] : [`LOCATION:${escaped(channel)}`]),
    `URL:${page}`,
    `STATUS:${STATUS[state] ?? 'CONFIRMED'}`,
    'CATEGORIES:直播课堂',
    'TRANSP:OPAQUE',
    ...(state === 'announced' ? alarmLines(given.title) : []),
    'END:VEVENT',
  ];
}

/** A quarter of an hour is what a hall needs to switch everything on. */
function alarmLines(title: string): readonly string[] {
  return [
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-PT15M',
    `DESCRIPTION:${escaped(`直播课堂即将开始：${title}`)}`,
    'END:VALARM',
  ];
}

const utc = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

function local(at: string): string {
  return `${officeTime(at).replaceAll(/[-:]/g, '').replace(' ', 'T')}${at.slice(17, 19)}`;
}

/** RFC 5545, 3.3.11. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\\;,]/g, (character) => `\\${character}`)
    .replaceAll(/\r\n?|\n/g, '\\n')
    .replaceAll('\t', ' ');
}

const MOST_OCTETS = 75;

/** Lines of 75 octets at most, never cut within a character (RFC 5545, 3.1). */
function folded(line: string): string {
  const pieces: string[] = [];
  let piece = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > MOST_OCTETS) {
      pieces.push(piece);
      // What continues a line begins with a blank, which counts.
      [piece, octets] = ['', 1];
    }
    piece += character;
    octets += size;
  }
  return [...pieces, piece].join('\r\n ');
}

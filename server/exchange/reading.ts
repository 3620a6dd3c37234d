import type { CellValue } from './grid.ts';

/** What a cell means, or why it means nothing, in words for whoever fills in the table. */
export type Reading<Value> =
  { readonly value: Value; readonly problem?: never } | { readonly problem: string; readonly value?: never };

/** One entry of a list; an entry with a separator in it stands in quotes. */
const LIST_ENTRY = /"((?:[^"]|"")*)"\s*(?=[、，,;；\n]|$)|([^、，,;；\n]+)/g;
const NEEDS_QUOTES = /^"|[、，,;；\n]/;
const SHOWN_CHARACTERS = 30;

/** A cell's content as one line of text, of which at most thirty characters are shown in messages. */
export function shown(cell: CellValue): string {
  const text = textOf(cell).replaceAll(/\s+/g, ' ');
  const characters = Array.from(text);
  return characters.length > SHOWN_CHARACTERS ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…` : text;
}

/** A cell's content as text: trimmed, in NFC, dates as `2011-11-16`. */
export function textOf(cell: CellValue): string {
  if (cell instanceof Date) return isoDay(cell);
  const text = typeof cell === 'boolean' ? (cell ? '是' : '否') : String(cell);
  return text.normalize('NFC').replaceAll(/\r\n?/g, '\n').trim();
}

/** How a text may look. */
export interface TextRule {
  readonly atMost: number;
  readonly mayHaveLines?: true;
}

/** Reads a text. */
export function readText(cell: CellValue, rule: TextRule): Reading<string> {
  const text = textOf(cell);
  if (
    !text.isWellFormed() ||
    /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u.test(withoutLines(text, rule))
  ) {
    return {
      problem: rule.mayHaveLines
        ? '里面有看不见的控制字符；请删去后重新输入'
        : '里面有换行或看不见的控制字符；请删去，写成一行',
    };
  }
  const { length } = Array.from(text);
  return length > rule.atMost
    ? { problem: `有 ${length} 个字，最多 ${rule.atMost} 个；请缩短` }
    : { value: text };
}

function withoutLines(text: string, rule: TextRule): string {
  return rule.mayHaveLines ? text.replaceAll(/[\n\t]/g, '') : text;
}

/**
 * Reads texts that are separated by `、`, `，`, `,`, `；`, `;` or a line's end, or stand in quotes; repetitions are dropped.
 */
export function readList(
  cell: CellValue,
  rule: TextRule & { readonly items: number },
): Reading<readonly string[]> {
  const entries = [...textOf(cell).matchAll(LIST_ENTRY)].map(([, quoted, plain = '']) =>
    (quoted?.replaceAll('""', '"') ?? plain).trim(),
  );
  const list = [...new Set(entries.filter((entry) => entry !== ''))];
  if (list.length > rule.items) return { problem: `有 ${list.length} 项，最多 ${rule.items} 项；请减少` };
  for (const part of list) {
    const { problem } = readText(part, rule);
    if (problem !== undefined) return { problem: `其中“${shown(part)}”${problem}` };
  }
  return { value: list };
}

/** A list as {@link readList} reads it back. */
export function listText(list: readonly string[]): string {
  return list
    .map((entry) => (NEEDS_QUOTES.test(entry) ? `"${entry.replaceAll('"', '""')}"` : entry))
    .join('、');
}

/** Reads a whole number that may carry a unit, such as `2011年` or `第3集`. */
export function readWhole(
  cell: CellValue,
  rule: { readonly from: number; readonly to: number; readonly units: RegExp; readonly example: string },
): Reading<number> {
  const text = cell instanceof Date ? '' : halfWidth(textOf(cell)).replaceAll(rule.units, '').trim();
  const number = /^\d{1,9}(?:\.0+)?$/.test(text) ? Number(text) : Number.NaN;
  if (number >= rule.from && number <= rule.to) return { value: number };
  return {
    problem: `“${shown(cell)}”不是 ${rule.from} 到 ${rule.to} 的整数；请写成 ${rule.example}`,
  };
}

/** Full-width digits, signs and letters as plain ones. */
export function halfWidth(text: string): string {
  return text.normalize('NFKC');
}

const MONTHS = Array.from({ length: 12 }, (_, index) => index + 1);

/** Reads months: `3、4月`, `3-5`, `3月至5月`, over the turn of the year `11-2`, and `全年`. */
export function readMonths(cell: CellValue): Reading<readonly number[]> {
  if (cell instanceof Date) {
    return {
      problem: `“${cell.getUTCMonth() + 1}-${cell.getUTCDate()}”被表格软件当成了日期；请把这一格设为“文本”格式，写成 3月至5月`,
    };
  }
  const text = textOf(cell);
  if (/^(全年|常年|四季)$/.test(text)) return { value: MONTHS };
  const months = new Set<number>();
  for (const part of halfWidth(text)
    .split(/[、,;\s]+/)
    .filter((one) => one !== '')) {
    const match = /^(\d{1,2})月?(?:(?:-|~|—|–|―|到|至)+(\d{1,2})月?)?$/.exec(part.replaceAll('月份', '月'));
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (!MONTHS.includes(from) || !MONTHS.includes(to)) {
      return { problem: `看不懂“${shown(part)}”；请写月份，如 3、4月 或 3-5 或 11-2 或 全年` };
    }
    for (let month = from; ; month = (month % 12) + 1) {
      months.add(month);
      if (month === to) break;
    }
  }
  return { value: [...months].toSorted((a, b) => a - b) };
}

/** Months as they are written: `3、4、5`. */
export function monthsText(months: readonly number[]): string {
  return months.length === 12 ? '全年' : months.join('、');
}

const DAY_MS = 86_400_000;
/** Where spreadsheets begin to count days; a time of the day lies within the first. */
const SPREADSHEET_EPOCH = Date.UTC(1899, 11, 30);

/** Reads a day: a date, `2027-12-31`, `2027/12/31`, `2027.12.31`, `2027年12月31日` or `20271231`; gives `2027-12-31`. */
export function readDay(cell: CellValue): Reading<string> {
  const text = halfWidth(textOf(cell));
  const match =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  const [, year = '', month = '', day = ''] = match ?? [];
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const isReal = match !== null && isoDay(new Date(`${iso}T00:00:00Z`)) === iso && year >= '1900';
  return isReal ? { value: iso } : { problem: `“${shown(cell)}”不是日期；请写成 2027-12-31` };
}

function isoDay(date: Date): string {
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10);
}

/** A lecture of more than a day is a mistake. */
const MAX_SECONDS = 86_400;

/**
 * Reads a duration in seconds: `18:30` (minutes and seconds), `1:18:30`, `18分30秒`, `1小时5分`, or a plain number of seconds. A
 * spreadsheet takes a typed `18:30` for eighteen hours; that is asked back.
 */
export function readDuration(cell: CellValue): Reading<number> {
  if (cell instanceof Date) return readTimeOfDay(cell);
  const text = halfWidth(textOf(cell)).replaceAll(/\s/g, '');
  const clock = /^(?:(\d{1,2}):)?(\d{1,4}):(\d{1,2}(?:\.\d+)?)$/.exec(text);
  const words = /^(?:(\d{1,2})(?:小时|时))?(?:(\d{1,4})(?:分钟|分))?(?:(\d{1,5}(?:\.\d+)?)秒)?$/.exec(text);
  const plain = /^\d{1,6}(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
  const parts = clock ?? (text === '' ? null : words);
  const seconds =
    plain ??
    (parts === null
      ? Number.NaN
      : Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0));
  if (seconds > 0 && seconds <= MAX_SECONDS) return { value: seconds };
  return { problem: `“${shown(cell)}”不是时长；请写成 18:30 或 1:05:00 或 18分30秒` };
}

function readTimeOfDay(cell: Date): Reading<number> {
  const seconds = Math.round((cell.getTime() - SPREADSHEET_EPOCH) / 1000);
  if (!(seconds > 0 && seconds < DAY_MS / 1000)) {
    return { problem: '这是日期，不是时长；请写成 18分30秒' };
  }
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0 && rest === 0) {
    return {
      problem:
        `表格软件把它当成了 ${hours} 小时 ${minutes} 分；` +
        `请写成 ${hours}分${minutes}秒 或 ${hours}小时${minutes}分`,
    };
  }
  return { value: seconds };
}

/** A duration as it is written: `0:18:30`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  return `${Math.floor(whole / 3600)}:${String(minutes).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

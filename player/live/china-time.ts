// One zone since 1949, without summer time since 1992: no table of zones is needed, and old boxes have none.
const OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'];

function shifted(ms: number): Date {
  return new Date(ms + OFFSET_MS);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `14:05` by Beijing time. Pure. */
export function clockOfDay(ms: number): string {
  const date = shifted(ms);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/** `14:05:09` by Beijing time. Pure. */
export function clockWithSeconds(ms: number): string {
  return `${clockOfDay(ms)}:${two(shifted(ms).getUTCSeconds())}`;
}

/** Which day it is, counted so that two moments of one day give the same number. Pure. */
export function dayNumber(ms: number): number {
  return Math.floor((ms + OFFSET_MS) / DAY_MS);
}

/** `今天`, `明天`, `昨天`, `11 月 28 日 周六`, and with the year where it is another one. Pure. */
export function dayWords(ms: number, nowMs: number): string {
  const away = dayNumber(ms) - dayNumber(nowMs);
  if (away === 0) return '今天';
  if (away === 1) return '明天';
  if (away === -1) return '昨天';
  const date = shifted(ms);
  const year = date.getUTCFullYear();
  const isOtherYear = year !== shifted(nowMs).getUTCFullYear();
  const day = `${date.getUTCMonth() + 1} 月 ${date.getUTCDate()} 日 ${WEEKDAYS[date.getUTCDay()] ?? ''}`;
  return isOtherYear ? `${year} 年 ${day}` : day;
}

/** `今天 14:30 – 16:00`; the end's day is told where it is another one. Pure. */
export function spanWords(startMs: number, endMs: number, nowMs: number): string {
  const isSameDay = dayNumber(startMs) === dayNumber(endMs);
  const end = isSameDay ? clockOfDay(endMs) : `${dayWords(endMs, nowMs)} ${clockOfDay(endMs)}`;
  return `${dayWords(startMs, nowMs)} ${clockOfDay(startMs)} – ${end}`;
}

/** The value of a `datetime-local` field, by Beijing time. Pure. */
export function fieldOfTime(ms: number): string {
  return shifted(ms).toISOString().slice(0, 16);
}

/** The moment a `datetime-local` field names, by Beijing time; undefined for anything else. Pure. */
export function timeOfField(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return undefined;
  const ms = Date.parse(`${text.length === 16 ? `${text}:00` : text}+08:00`);
  return Number.isNaN(ms) ? undefined : ms;
}

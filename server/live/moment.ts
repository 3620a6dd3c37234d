import { CatalogueError } from '../catalogue/catalogue-error.ts';

/** The offices' time: China has had no summer time since 1991. */
export const OFFICE_OFFSET = '+08:00';
const OFFICE_OFFSET_MS = 8 * 3_600_000;

const MOMENT =
  /^(?<day>\d{4}-\d\d-\d\d)[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(?<zone>Z|[+-]\d\d:?\d\d)?$/;

/**
 * A moment as people write it: ISO 8601, with a blank instead of the `T` if they like, in the offices' time unless it says another.
 *
 * @returns epoch milliseconds
 * @throws {CatalogueError} `invalid-input`
 */
export function momentOf(text: string, field: string): number {
  const { day, time, zone = OFFICE_OFFSET } = MOMENT.exec(text.trim())?.groups ?? {};
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone}`);
  // February 30 is read as March 2.
  if (Number.isNaN(at) || new Date(Date.parse(`${day}T00:00:00Z`)).toISOString().slice(0, 10) !== day) {
    throw new CatalogueError(
      'invalid-input',
      `The ${field} must be a moment like 2026-12-01T14:30+08:00; got ${JSON.stringify(text.slice(0, 40))}`,
      { field },
    );
  }
  return at;
}

/** The day and the time of a moment in the offices' calendar: `2026-12-01 14:30`. */
export function officeTime(at: number | string): string {
  return new Date(new Date(at).getTime() + OFFICE_OFFSET_MS).toISOString().slice(0, 16).replace('T', ' ');
}

/** From one moment to another, as people say it: `2026-12-01 14:30–16:00`. */
export function officeSpan(from: number | string, until: number | string): string {
  const [begin, end] = [officeTime(from), officeTime(until)];
  return `${begin}–${begin.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}

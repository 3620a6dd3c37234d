import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { dayOf } from '../catalogue/courseware-text.ts';
import { OFFICE_OFFSET, officeTime } from './moment.ts';

/**
 * When a class comes again, at the same time of the day: every week or every other week for so many times altogether or until a
 * last day; or on days that are named.
 */
export type Recurrence =
  | { readonly pattern: 'weekly' | 'biweekly'; readonly times: number }
  | { readonly pattern: 'weekly' | 'biweekly'; readonly until: string }
  | { readonly pattern: 'dates'; readonly dates: readonly string[] };

/** Classes that may be planned together. */
export const MOST_OCCURRENCES = 104;

const DAY_MS = 86_400_000;

/**
 * The moments at which the classes of a recurrence begin, the first included, in their order; pure. Chinese time has no summer
 * time, so a week is always as long.
 *
 * @param startMs - when the first begins
 * @throws {CatalogueError} `invalid-input`
 */
export function occurrencesOf(startMs: number, recurrence: Recurrence): readonly number[] {
  const starts =
    recurrence.pattern === 'dates' ? onDates(startMs, recurrence.dates) : everyFewWeeks(startMs, recurrence);
  if (starts.length > MOST_OCCURRENCES) {
    throw new CatalogueError(
      'invalid-input',
      `A class may come ${MOST_OCCURRENCES} times at most; got ${starts.length}`,
      { field: 'recurrence' },
    );
  }
  return starts;
}

function everyFewWeeks(
  startMs: number,
  recurrence: Exclude<Recurrence, { readonly pattern: 'dates' }>,
): readonly number[] {
  const stepMs = (recurrence.pattern === 'weekly' ? 7 : 14) * DAY_MS;
  const times =
    'times' in recurrence ? recurrence.times : timesUntil(startMs, stepMs, dayOf(recurrence.until, 'until'));
  if (!Number.isInteger(times) || times < 1) {
    throw new CatalogueError('invalid-input', 'A class must come once at least', { field: 'recurrence' });
  }
  // One more than is allowed is enough to be refused.
  return Array.from(
    { length: Math.min(times, MOST_OCCURRENCES + 1) },
    (_, index) => startMs + index * stepMs,
  );
}

function timesUntil(startMs: number, stepMs: number, lastDay: string): number {
  const endMs = Date.parse(`${lastDay}T00:00${OFFICE_OFFSET}`) + DAY_MS;
  return endMs <= startMs ? 0 : Math.ceil((endMs - startMs) / stepMs);
}

function onDates(startMs: number, dates: readonly string[]): readonly number[] {
  const start = officeTime(startMs);
  const days = [start.slice(0, 10), ...dates.map((day) => dayOf(day, 'dates'))];
  // The seconds are kept too.
  const offsetMs = startMs - Date.parse(`${start.slice(0, 10)}T00:00${OFFICE_OFFSET}`);
  return [...new Set(days)].toSorted().map((day) => Date.parse(`${day}T00:00${OFFICE_OFFSET}`) + offsetMs);
}

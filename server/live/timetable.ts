import type { Statements, Transaction } from '../database/transaction.ts';
import { LiveClassError } from './live-class-error.ts';
import { LONGEST_CLASS_MS } from './live-class-input.ts';
import { selectClasses } from './live-class-rows.ts';
import { TIMETABLE_STATES, type LiveClass } from './live-class.ts';
import { officeSpan } from './moment.ts';

/** What a class takes of the timetable. */
export type Booking = Pick<
  LiveClass,
  'id' | 'title' | 'plannedStart' | 'plannedEnd' | 'lecturers' | 'hostUnit' | 'channel'
>;

/** What two classes want at the same time, in words; undefined when both can take place. Ends and beginnings may meet. Pure. */
export function clashOf(one: Booking, other: Booking): string | undefined {
  const overlaps =
    Date.parse(one.plannedStart) < Date.parse(other.plannedEnd) &&
    Date.parse(other.plannedStart) < Date.parse(one.plannedEnd);
  if (!overlaps || one.id === other.id) return undefined;
  const lecturer = one.lecturers.find((name) => other.lecturers.includes(name));
  if (lecturer !== undefined) return `讲课人“${lecturer}”`;
  if (one.channel !== undefined && one.channel === other.channel) return `频道“${one.channel}”`;
  if (one.hostUnit !== undefined && one.hostUnit === other.hostUnit) return `主办单位“${one.hostUnit}”`;
  return undefined;
}

/**
 * Lets nobody else plan anything until the transaction ends, so that two that are planned at once see each other. To be called
 * before anything of the timetable is read.
 */
export async function holdTimetable(transaction: Transaction): Promise<void> {
  await transaction.rows('UPDATE live_timetable SET last_number = last_number WHERE id = 1');
}

/**
 * Refuses a class for which somebody has no time.
 *
 * @param wanted - one or, of a recurrence, several; checked against each other too
 * @throws {LiveClassError} `timetable-overlap`, naming the other class
 */
export async function refuseOverlap(statements: Statements, wanted: readonly Booking[]): Promise<void> {
  const starts = wanted.map(({ plannedStart }) => Date.parse(plannedStart));
  const ends = wanted.map(({ plannedEnd }) => Date.parse(plannedEnd));
  if (wanted.length === 0) return;
  const planned = await selectClasses(
    statements,
    `WHERE l.planned_start < $1 AND l.planned_start > $2 AND l.planned_end > $3
       AND l.state IN (${TIMETABLE_STATES.map((state) => `'${state}'`).join(', ')}) ORDER BY l.planned_start, l.id`,
    Math.max(...ends),
    Math.min(...starts) - LONGEST_CLASS_MS,
    Math.min(...starts),
  );
  // One that is being planned anew does not stand in its own way.
  const ids = new Set<string>(wanted.map(({ id }) => id));
  const rest: readonly Booking[] = planned.filter(({ id }) => !ids.has(id));
  for (const [index, booking] of wanted.entries()) {
    for (const other of [...rest, ...wanted.slice(0, index)]) {
      const clash = clashOf(booking, other);
      if (clash !== undefined) throw overlap(booking, other, clash);
    }
  }
}

function overlap(booking: Booking, other: Booking, clash: string): LiveClassError {
  const { id, title, plannedStart, plannedEnd } = other;
  return new LiveClassError(
    'timetable-overlap',
    `《${booking.title}》排不进 ${officeSpan(booking.plannedStart, booking.plannedEnd)}：${clash}` +
      `在 ${officeSpan(plannedStart, plannedEnd)} 已有《${title}》（${id}）。请换一个时间，或先调整那一课。`,
    { id, title, plannedStart, plannedEnd },
  );
}

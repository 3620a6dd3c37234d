import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { dayOf, patternFor } from '../catalogue/courseware-text.ts';
import type { SqlValue, Statements } from '../database/transaction.ts';
import { LIVE_ID, selectClasses } from './live-class-rows.ts';
import { OVER_STATES, RUNNING_STATES, type LiveClass, type LiveClassState } from './live-class.ts';
import { OFFICE_OFFSET } from './moment.ts';

/**
 * A part of the timetable.
 *
 * - `running`: on the air at this moment, or interrupted.
 * - `upcoming`: running, or still to come; also what is cancelled or postponed, until its time is over or there is a new one.
 * - `past`: over, or its time went by without it.
 */
export type TimetablePart = 'running' | 'upcoming' | 'past';

/** What to list; every field may be left out. */
export interface LiveClassQuery {
  readonly part?: TimetablePart;
  readonly state?: LiveClassState;
  /** First and last day of the offices' calendar on which classes begin, `YYYY-MM-DD`. */
  readonly from?: string;
  readonly until?: string;
  /** Classes that were planned together with one. */
  readonly recurrence?: string;
  /** Classes whose title contains this, literally. */
  readonly text?: string;
  /** Only what was announced. Default false. */
  readonly onlyPublic?: boolean;
  /** `next` of the page before. */
  readonly after?: string;
  /** Classes per page, 1 to 100. Default 20. */
  readonly limit?: number;
}

/** A part of a list. */
export interface LiveClassPage {
  readonly items: readonly LiveClass[];
  /** Continues the list; undefined on the last page. */
  readonly next: string | undefined;
}

const oneOf = (states: readonly LiveClassState[]): string =>
  `l.state IN (${states.map((state) => `'${state}'`).join(', ')})`;

const UNDER_WAY = oneOf([...RUNNING_STATES, 'rehearsing', 'postponed']);
const OVER = oneOf(OVER_STATES);

/**
 * The timetable by the time of beginning; of what is past, the latest first.
 *
 * @param nowMs - epoch milliseconds
 * @throws {CatalogueError} `invalid-input`
 */
export async function listClasses(
  statements: Statements,
  query: LiveClassQuery,
  nowMs: number,
): Promise<LiveClassPage> {
  const limit = limitOf(query.limit);
  const values: SqlValue[] = [];
  const bind = (value: SqlValue): string => `$${values.push(value)}`;
  const isBackwards = query.part === 'past';
  const conditions = [
    ...(query.part === 'running' ? [oneOf(RUNNING_STATES)] : []),
    ...(query.part === 'upcoming'
      ? [`(${UNDER_WAY} OR (NOT ${OVER} AND l.planned_end >= ${bind(nowMs)}))`]
      : []),
    ...(query.part === 'past' ? [`(${OVER} OR (NOT ${UNDER_WAY} AND l.planned_end < ${bind(nowMs)}))`] : []),
    ...(query.state === undefined ? [] : [`l.state = ${bind(query.state)}`]),
    ...(query.from === undefined ? [] : [`l.planned_start >= ${bind(midnight(query.from, 'from'))}`]),
    ...(query.until === undefined
      ? []
      : [`l.planned_start < ${bind(midnight(query.until, 'until') + 86_400_000)}`]),
    ...(query.recurrence === undefined ? [] : [`l.recurrence_id = ${bind(query.recurrence.slice(0, 40))}`]),
    ...(query.text === undefined || query.text.trim() === ''
      ? []
      : [`l.title ${statements.words.like} ${bind(patternFor(searched(query.text)))} ESCAPE '!'`]),
    ...(query.onlyPublic === true ? ['l.announced_at IS NOT NULL'] : []),
  ];
  if (query.after !== undefined) {
    const mark = markOf(query.after);
    // Row values, not OR: only they let both databases walk the index from the mark on.
    conditions.push(
      `(l.planned_start, l.id) ${isBackwards ? '<' : '>'} (${bind(mark.startMs)}, ${bind(mark.id)})`,
    );
  }
  const direction = isBackwards ? 'DESC' : 'ASC';
  const found = await selectClasses(
    statements,
    `${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
     ORDER BY l.planned_start ${direction}, l.id ${direction} LIMIT ${bind(limit + 1)}`,
    ...values,
  );
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const next = found.length > limit && last !== undefined ? markAfter(last) : undefined;
  return { items, next };
}

const midnight = (day: string, field: string): number =>
  Date.parse(`${dayOf(day, field)}T00:00${OFFICE_OFFSET}`);

function searched(text: string): string {
  if (text.isWellFormed() && !text.includes('\0') && Array.from(text).length <= 200) return text.trim();
  throw new CatalogueError('invalid-input', 'The text to look for may have 200 characters at most', {
    field: 'text',
  });
}

function limitOf(limit = 20): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100) return limit;
  throw new CatalogueError('invalid-input', `The limit must be a whole number from 1 to 100; got ${limit}`, {
    field: 'limit',
  });
}

const markAfter = ({ plannedStart, id }: LiveClass): string => `${Date.parse(plannedStart)}-${id}`;

function markOf(mark: string): { readonly startMs: number; readonly id: string } {
  const { start, id } = /^(?<start>\d{1,15})-(?<id>.+)$/.exec(mark)?.groups ?? {};
  if (start !== undefined && id !== undefined && LIVE_ID.test(id)) return { startMs: Number(start), id };
  throw new CatalogueError(
    'invalid-input',
    'The mark "after" is none of this list; start at its first page',
    {
      field: 'after',
    },
  );
}

import { randomBytes } from 'node:crypto';

import { newId } from '../database/new-id.ts';
import type { SqlValue, Transaction } from '../database/transaction.ts';
import {
  checkedFields,
  LIVE_CLASS_DEFAULTS,
  refuseBackwards,
  type CheckedField,
  type LiveClassFields,
} from './live-class-input.ts';
import { getClass } from './live-class-rows.ts';
import { refuseUnknownItem, refuseUnplayable } from './live-class-writing.ts';
import type { LiveClass, LiveClassId, RecurrenceId } from './live-class.ts';
import { insertLiveChanges } from './live-history.ts';
import { occurrencesOf, type Recurrence } from './recurrence.ts';

/** What a new class needs; everything else has a default. */
export interface NewLiveClass extends LiveClassFields {
  readonly title: string;
  readonly plannedStart: string;
  readonly plannedEnd: string;
  /** `scheduled` takes its place in the timetable at once. Default `draft`. */
  readonly state?: 'draft' | 'scheduled';
  /** Makes a class of its own of every occurrence. */
  readonly recurrence?: Recurrence;
}

/** Classes that are to be written: one, or one for every occurrence. */
export interface ClassPlan {
  readonly checked: readonly CheckedField[];
  /** Epoch milliseconds at which they begin, in order; at least one. */
  readonly starts: readonly number[];
  readonly lengthMs: number;
  readonly state: 'draft' | 'scheduled';
  readonly recurrence: Recurrence | undefined;
}

/**
 * Checks what was wished for, as far as that can be done without the database; pure.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function planClasses(wanted: NewLiveClass): ClassPlan {
  const { state = 'draft', recurrence, ...fields } = wanted;
  const checked = checkedFields({ ...LIVE_CLASS_DEFAULTS, ...fields });
  const timeOf = (name: 'plannedStart' | 'plannedEnd'): number =>
    Number(checked.find(({ field }) => field === name)?.value);
  const [startMs, endMs] = [timeOf('plannedStart'), timeOf('plannedEnd')];
  refuseBackwards(startMs, endMs);
  const starts = recurrence === undefined ? [startMs] : occurrencesOf(startMs, recurrence);
  return { checked, starts, lengthMs: endMs - startMs, state, recurrence };
}

/**
 * Writes planned classes; the timetable is held.
 *
 * @returns them, the first one first
 * @throws {CatalogueError} `not-found` when the item to be played does not exist, `invalid-input`
 * @throws {LiveClassError} `timetable-overlap`, for what takes a place in the timetable
 */
export async function writePlan(
  transaction: Transaction,
  actor: string,
  { checked, starts, lengthMs, state, recurrence }: ClassPlan,
): Promise<readonly LiveClass[]> {
  await refuseUnknownItem(transaction, checked);
  const recurrenceId = recurrence === undefined ? null : await insertRecurrence(transaction, recurrence);
  const ids: LiveClassId[] = [];
  for (const startMs of starts) {
    const more = { startMs, endMs: startMs + lengthMs, state, recurrenceId };
    ids.push(await insertClass(transaction, actor, checked, more));
  }
  const classes: LiveClass[] = [];
  for (const id of ids) classes.push(await getClass(transaction, id));
  if (state === 'scheduled') await refuseUnplayable(transaction, classes);
  return classes;
}

/** Makes the thing that classes planned together have in common. */
async function insertRecurrence(transaction: Transaction, { pattern }: Recurrence): Promise<RecurrenceId> {
  const id = newId() as RecurrenceId;
  await transaction.rows(
    `INSERT INTO live_recurrence (id, pattern, created_at) VALUES ($1, $2, ${transaction.words.now})`,
    id,
    pattern,
  );
  return id;
}

/** Writes a new class, and that it was made. */
async function insertClass(
  transaction: Transaction,
  actor: string,
  checked: readonly CheckedField[],
  more: {
    readonly startMs: number;
    readonly endMs: number;
    readonly state: ClassPlan['state'];
    readonly recurrenceId: RecurrenceId | null;
  },
): Promise<LiveClassId> {
  const id = newId() as LiveClassId;
  const [counted] = await transaction.rows<{ last: number }>(
    'UPDATE live_timetable SET last_number = last_number + 1 WHERE id = 1 RETURNING last_number AS last',
  );
  const row: Readonly<Record<string, SqlValue>> = {
    ...Object.fromEntries(checked.map(({ column, value }) => [column, value])),
    planned_start: more.startMs,
    planned_end: more.endMs,
    id,
    number: counted?.last ?? 1,
    token: randomBytes(12).toString('hex'),
    recurrence_id: more.recurrenceId,
    state: more.state,
    revision: 1,
  };
  const columns = Object.keys(row);
  const { now } = transaction.words;
  await transaction.rows(
    `INSERT INTO live_class (${columns.join(', ')}, created_at, updated_at)
     VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')}, ${now}, ${now})`,
    ...Object.values(row),
  );
  await insertLiveChanges(transaction, id, 1, actor, [{ field: 'created', after: String(row['title']) }]);
  return id;
}

import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Change } from '../catalogue/history.ts';
import type { Transaction } from '../database/transaction.ts';
import { insertLiveChanges, recordLiveChanges } from './live-history.ts';
import { refuseBackwards, shownValue, storedValue, type CheckedField } from './live-class-input.ts';
import { getClass, selectClasses } from './live-class-rows.ts';
import { OVER_STATES, RUNNING_STATES, type LiveClass, type LiveClassState } from './live-class.ts';
import { refuseOverlap } from './timetable.ts';

/**
 * Writes what has changed of a locked class; the same class comes back when nothing has.
 *
 * @throws {CatalogueError} `invalid-move` for what cannot change any more, `invalid-input` when it would end before it begins
 */
export async function writeClass(
  transaction: Transaction,
  actor: string,
  before: LiveClass,
  wanted: readonly CheckedField[],
): Promise<LiveClass> {
  const changed = wanted.filter(({ field, value }) => storedValue(before, field) !== value);
  if (changed.length === 0) return before;
  for (const { field } of changed) refuseFrozen(before, field);
  const next = (field: 'plannedStart' | 'plannedEnd'): number =>
    Number(changed.find((one) => one.field === field)?.value ?? storedValue(before, field));
  refuseBackwards(next('plannedStart'), next('plannedEnd'));
  const isSeen = changed.some(({ field }) => CALENDAR_FIELDS.has(field));
  await transaction.rows(
    `UPDATE live_class SET ${changed.map(({ column }, index) => `${column} = $${index + 3}`).join(', ')},
       calendar_sequence = calendar_sequence + $2 WHERE id = $1`,
    before.id,
    isSeen ? 1 : 0,
    ...changed.map(({ value }) => value),
  );
  const changes = changed.map(({ field, value }): Change => ({
    field,
    before: shownValue(field, storedValue(before, field)),
    after: shownValue(field, value),
  }));
  await recordLiveChanges(transaction, before.id, actor, changes);
  return getClass(transaction, before.id);
}

/** What a calendar shows of a class. */
const CALENDAR_FIELDS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'lecturers',
  'hostUnit',
  'channel',
  'plannedStart',
  'plannedEnd',
]);

/** What stays as it is once a class is on the air. */
const FROZEN_ON_AIR: ReadonlySet<string> = new Set([
  'plannedStart',
  'source',
  'coursewareId',
  'ladder',
  'records',
]);
/** What stays as it is, besides, once it has ended. */
const FROZEN_AT_END: ReadonlySet<string> = new Set([
  'plannedEnd',
  'latency',
  'graceSeconds',
  'overrunMinutes',
]);

/** @throws {CatalogueError} `invalid-move` */
function refuseFrozen({ id, state }: LiveClass, field: string): void {
  const isOver = OVER_STATES.includes(state);
  const isFrozen =
    (FROZEN_ON_AIR.has(field) && (isOver || RUNNING_STATES.includes(state))) ||
    (FROZEN_AT_END.has(field) && isOver);
  if (isFrozen) {
    throw new CatalogueError(
      'invalid-move',
      `Live class ${id} is ${state}; its ${field} cannot change any more`,
      {
        field,
      },
    );
  }
}

/** How the times of a class change, and of those that follow it: by as much. */
export function shiftOf(
  before: LiveClass,
  checked: readonly CheckedField[],
): (one: LiveClass) => readonly CheckedField[] {
  const times = checked.filter(({ field }) => field === 'plannedStart' || field === 'plannedEnd');
  return (one) =>
    times.map((time) => ({
      ...time,
      value:
        Number(storedValue(one, time.field)) + Number(time.value) - Number(storedValue(before, time.field)),
    }));
}

/** States in which a class has not begun and may yet take place. */
const PENDING_STATES: readonly LiveClassState[] = ['draft', 'scheduled', 'announced', 'postponed'];

/** States in which nobody waits for a class, and nothing of it took place. */
export const REMOVABLE_STATES: readonly LiveClassState[] = ['draft', 'scheduled', 'postponed', 'cancelled'];

/** Those of its recurrence that come after a class and are in one of these states, locked; by default those that may take place. */
export async function followersOf(
  transaction: Transaction,
  { id, recurrenceId, plannedStart }: LiveClass,
  states: readonly LiveClassState[] = PENDING_STATES,
): Promise<readonly LiveClass[]> {
  if (recurrenceId === undefined) return [];
  const where = `WHERE l.recurrence_id = $1 AND (l.planned_start, l.id) > ($2, $3)
    AND l.state IN (${states.map((state) => `'${state}'`).join(', ')}) ORDER BY l.planned_start, l.id`;
  const values = [recurrenceId, Date.parse(plannedStart), id];
  await transaction.rows(`SELECT l.id FROM live_class l ${where}${transaction.words.forUpdate}`, ...values);
  return selectClasses(transaction, where, ...values);
}

/** @throws {CatalogueError} `not-found` when the item to be played does not exist */
export async function refuseUnknownItem(
  transaction: Transaction,
  checked: readonly CheckedField[],
): Promise<void> {
  const id = checked.find(({ field }) => field === 'coursewareId')?.value ?? null;
  if (id === null) return;
  const rows = await transaction.rows('SELECT id FROM courseware WHERE id = $1', id);
  if (rows.length === 0) {
    throw new CatalogueError('not-found', `There is no courseware ${JSON.stringify(id)}`, {
      field: 'coursewareId',
    });
  }
}

/**
 * Classes that take a place in the timetable must have something to show, and the place must be free.
 *
 * @throws {CatalogueError} `invalid-input`
 * @throws {LiveClassError} `timetable-overlap`
 */
export async function refuseUnplayable(
  transaction: Transaction,
  classes: readonly LiveClass[],
): Promise<void> {
  const empty = classes.find(
    ({ source, coursewareId }) => source === 'simulive' && coursewareId === undefined,
  );
  if (empty !== undefined) {
    throw new CatalogueError(
      'invalid-input',
      `Live class ${empty.id} plays an item of the catalogue; say which by coursewareId`,
      { field: 'coursewareId' },
    );
  }
  await refuseOverlap(transaction, classes);
}

/** What a removed class has left in the store and on the disk. */
export interface ClassLeftovers {
  readonly token: string;
  /** Names under `imageKey`. */
  readonly images: readonly string[];
}

/**
 * Removes a locked class.
 *
 * @throws {CatalogueError} `conflict` when somebody waits for it or it took place
 */
export async function removeClass(
  transaction: Transaction,
  actor: string,
  before: LiveClass,
): Promise<ClassLeftovers> {
  const { id, state, revision, title, token, slateImage } = before;
  if (!REMOVABLE_STATES.includes(state)) {
    throw new CatalogueError(
      'conflict',
      OVER_STATES.includes(state)
        ? `Live class ${id} has taken place; its records stay. Archive it instead`
        : `Live class ${id} is ${state}; cancel it first, so that everybody hears of it`,
      { field: 'state' },
    );
  }
  const slides = await transaction.rows<{ image: string }>(
    'SELECT image FROM live_slide WHERE class_id = $1',
    id,
  );
  await insertLiveChanges(transaction, id, revision + 1, actor, [{ field: 'removed', before: title }]);
  await transaction.rows('DELETE FROM live_class WHERE id = $1', id);
  const images = [...slides.map(({ image }) => image), ...(slateImage === undefined ? [] : [slateImage])];
  return { token, images };
}

/** Says which item of the catalogue holds a class's recording; called again for the same one it changes nothing. */
export async function noteRecording(
  transaction: Transaction,
  actor: string,
  { id, recordingCoursewareId: before }: Pick<LiveClass, 'id' | 'recordingCoursewareId'>,
  coursewareId: string,
): Promise<void> {
  if (before === coursewareId) return;
  await transaction.rows('UPDATE live_class SET recording_id = $2 WHERE id = $1', id, coursewareId);
  await recordLiveChanges(transaction, id, actor, [{ field: 'recording', before, after: coursewareId }]);
}

import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Change } from '../catalogue/history.ts';
import type { Transaction } from '../database/transaction.ts';
import { checkedFields, refuseBackwards, shownValue, storedValue } from './live-class-input.ts';
import { recordLiveChanges } from './live-history.ts';
import { getClass } from './live-class-rows.ts';
import {
  LIVE_CLASS_MOVES,
  RUNNING_STATES,
  TIMETABLE_STATES,
  type LiveClass,
  type LiveClassState,
} from './live-class.ts';
import { refuseOverlap } from './timetable.ts';

/** What goes with a move; every field may be left out. */
export interface MoveFacts {
  /** For the history. */
  readonly reason?: string | undefined;
  /** What everybody is told: where and how to take part, or why it is cancelled or when it will be instead. */
  readonly announcement?: string | undefined;
  /** A new time; ISO 8601. With it, a class that is postponed goes back to where it was, at its new time. */
  readonly plannedStart?: string | undefined;
  readonly plannedEnd?: string | undefined;
}

/** The moves from one state to another: none, one, or to `on_air` by way of `announced`. */
function pathTo(from: LiveClassState, to: LiveClassState): readonly LiveClassState[] | undefined {
  if (from === to) return [];
  if (LIVE_CLASS_MOVES[from].includes(to)) return [to];
  // What everybody can see was told to everybody.
  return from === 'scheduled' && to === 'on_air' ? ['announced', 'on_air'] : undefined;
}

/**
 * Moves a locked class.
 *
 * @param before - the class as it is
 * @param nowMs - epoch milliseconds
 * @throws {CatalogueError} `invalid-move`, `invalid-input`
 * @throws {LiveClassError} `timetable-overlap` when it comes back to a time that is taken
 */
export async function moveClass(
  transaction: Transaction,
  actor: string,
  before: LiveClass,
  to: LiveClassState,
  facts: MoveFacts,
  nowMs: number,
): Promise<LiveClass> {
  const path = pathTo(before.state, to);
  if (path === undefined) {
    const may = LIVE_CLASS_MOVES[before.state].join(', ');
    throw new CatalogueError(
      'invalid-move',
      `Live class ${before.id} is ${before.state} and cannot become ${to}; ` +
        (may === '' ? 'nothing more happens to it' : `it may become ${may}`),
    );
  }
  const hasNewTime = facts.plannedStart !== undefined || facts.plannedEnd !== undefined;
  // Postponed to a known time, it keeps its place among those that take place.
  const back =
    to === 'postponed' && hasNewTime && before.state !== 'postponed' ? returning(before) : undefined;
  const words = await writeWords(transaction, before, facts);
  const states = back === undefined ? path : [...path, back];
  const after: LiveClass = { ...before, ...words.after, state: states.at(-1) ?? before.state };
  await refuseUnfit(transaction, before, after, nowMs);
  const changes = [...words.changes, ...stepChanges(before.state, states, facts.reason)];
  if (changes.length === 0) return before;
  await writeSteps(transaction, before, states, nowMs);
  await recordLiveChanges(transaction, before.id, actor, changes);
  return getClass(transaction, before.id);
}

function stepChanges(
  from: LiveClassState,
  states: readonly LiveClassState[],
  reason: string | undefined,
): readonly Change[] {
  return states.map((state, index) => ({
    field: 'state',
    before: states[index - 1] ?? from,
    after: state,
    reason,
  }));
}

async function writeSteps(
  transaction: Transaction,
  before: LiveClass,
  states: readonly LiveClassState[],
  nowMs: number,
): Promise<void> {
  const last = states.at(-1);
  if (last === undefined) return;
  const has = (...wanted: readonly LiveClassState[]): boolean => wanted.some((one) => states.includes(one));
  // Who may see it: everybody since it was announced, nobody since that was taken back.
  const isHidden = last === 'draft' || last === 'scheduled';
  const announcedAt = msOf(before.announcedAt) ?? (has('announced', 'on_air') ? nowMs : null);
  await transaction.rows(
    `UPDATE live_class SET state = $2, announced_at = $3, on_air_at = $4, ended_at = $5,
       calendar_sequence = calendar_sequence + $6 WHERE id = $1`,
    before.id,
    last,
    isHidden ? null : announcedAt,
    msOf(before.onAirAt) ?? (has('on_air') ? nowMs : null),
    msOf(before.endedAt) ?? (has('ended') ? nowMs : null),
    calendarWord(last) === calendarWord(before.state) ? 0 : 1,
  );
}

const msOf = (at: string | undefined): number | null => (at === undefined ? null : Date.parse(at));

/** How a state looks in a calendar: what happens while a class takes place is none of its business (RFC 5545, 3.8.1.11). */
function calendarWord(state: LiveClassState): 'tentative' | 'postponed' | 'cancelled' | 'confirmed' {
  if (state === 'postponed' || state === 'cancelled') return state;
  return state === 'draft' || state === 'scheduled' ? 'tentative' : 'confirmed';
}

const returning = ({ state, announcedAt: since }: LiveClass): LiveClassState =>
  state === 'scheduled' || since === undefined ? 'scheduled' : 'announced';

async function writeWords(
  transaction: Transaction,
  before: LiveClass,
  { announcement, plannedStart, plannedEnd }: MoveFacts,
): Promise<{ readonly after: Partial<LiveClass>; readonly changes: readonly Change[] }> {
  const {
    announcement: words,
    plannedStart: start,
    plannedEnd: end,
  } = { announcement, plannedStart, plannedEnd };
  const given = checkedFields({
    ...(words !== undefined && { announcement: words }),
    ...(start !== undefined && { plannedStart: start }),
    ...(end !== undefined && { plannedEnd: end }),
  }).filter(({ field, value }) => storedValue(before, field) !== value);
  if (given.length === 0) return { after: {}, changes: [] };
  const time = given.filter(({ field }) => field !== 'announcement');
  await transaction.rows(
    `UPDATE live_class SET ${given.map(({ column }, index) => `${column} = $${index + 3}`).join(', ')},
       calendar_sequence = calendar_sequence + $2 WHERE id = $1`,
    before.id,
    time.length > 0 ? 1 : 0,
    ...given.map(({ value }) => value),
  );
  const iso = Object.fromEntries(
    time.map(({ field, value }) => [field, new Date(Number(value)).toISOString()]),
  );
  return {
    after: iso,
    changes: given.map(({ field, value }) => ({
      field,
      before: shownValue(field, storedValue(before, field)),
      after: shownValue(field, value),
    })),
  };
}

async function refuseUnfit(
  transaction: Transaction,
  before: LiveClass,
  after: LiveClass,
  nowMs: number,
): Promise<void> {
  const hasMoved = before.plannedStart !== after.plannedStart || before.plannedEnd !== after.plannedEnd;
  if (hasMoved && [...RUNNING_STATES, 'ended', 'recorded', 'archived'].includes(after.state)) {
    throw new CatalogueError('invalid-move', `Live class ${after.id} has begun; its time stays what it was`);
  }
  refuseBackwards(Date.parse(after.plannedStart), Date.parse(after.plannedEnd));
  if (!TIMETABLE_STATES.includes(after.state)) return;
  if (after.source === 'simulive' && after.coursewareId === undefined) {
    throw new CatalogueError(
      'invalid-input',
      `Live class ${after.id} plays an item of the catalogue, and none is chosen or it was removed; choose one`,
      { field: 'coursewareId' },
    );
  }
  if (after.state === 'announced' && before.state !== 'rehearsing' && Date.parse(after.plannedEnd) <= nowMs) {
    throw new CatalogueError(
      'invalid-input',
      `Live class ${after.id} was to end at ${after.plannedEnd}, which is over; give it a new time first`,
      { field: 'plannedEnd' },
    );
  }
  if (hasMoved || !TIMETABLE_STATES.includes(before.state)) await refuseOverlap(transaction, [after]);
}

import { OVER_STATES, type LiveClassId, type LiveClassState } from '../live-class.ts';
import type { OnAirInterval } from '../media-time.ts';
import { united, type SpanUnion, type TimeSpan } from './time-spans.ts';

/** What the room has to know of its class. */
export interface RoomClass {
  readonly id: LiveClassId;
  readonly title: string;
  readonly state: LiveClassState;
  /** Whether everybody may come. */
  readonly isAnnounced: boolean;
  /** Whether viewers may ask. */
  readonly asksQuestions: boolean;
  /** Epoch milliseconds. */
  readonly plannedStart: number;
  readonly plannedEnd: number;
  /** When pictures went out; the last has no end while they still do. */
  readonly onAir: readonly OnAirInterval[];
  readonly endedAt?: number | undefined;
  /** What everybody in the room was told, the newest first. */
  readonly notices: readonly RoomNotice[];
}

/** An announcement of the operator to everybody in the room. */
export interface RoomNotice {
  readonly id: string;
  readonly text: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Where the room learns of classes. */
export interface RoomClasses {
  /** The class; undefined when there is none of this id. */
  find(classId: string): Promise<RoomClass | undefined>;
}

/** Early birds are seen from so long before the planned start. */
const DOORS_OPEN_MS = 60 * 60_000;
/** Who watches at a delay sees the end after the end; who rewound may go on for so long. */
const AFTER_END_MS = 30 * 60_000;
/** Head-counts are due a day after the end. */
const RECEIPTS_UNTIL_MS = 24 * 3_600_000;

const RUNNING: ReadonlySet<LiveClassState> = new Set(['rehearsing', 'on_air', 'interrupted']);
const OVER: ReadonlySet<LiveClassState> = new Set(OVER_STATES);

/** When the class was on the air up to now; pure. */
export function onAirTime({ onAir }: Pick<RoomClass, 'onAir'>, now: number): SpanUnion {
  return united(
    onAir.map(({ fromMs, untilMs }): TimeSpan => ({ fromMs, toMs: Math.min(untilMs ?? now, now) })),
  );
}

/** Whether beats of players count now; pure. */
export function countsPresence(known: RoomClass, now: number): boolean {
  if (RUNNING.has(known.state)) return true;
  if (known.state === 'announced') return now >= known.plannedStart - DOORS_OPEN_MS;
  return OVER.has(known.state) && now <= endOf(known) + AFTER_END_MS;
}

/** Whether questions are taken and hands are seen now; pure. */
export function takesQuestions(known: RoomClass, now: number): boolean {
  return known.asksQuestions && countsPresence(known, now);
}

/** Whether receipts and head-counts are taken now; pure. */
export function takesReceipts(known: RoomClass, now: number): boolean {
  if (RUNNING.has(known.state) || known.state === 'announced') return true;
  return OVER.has(known.state) && now <= endOf(known) + RECEIPTS_UNTIL_MS;
}

/** Whether nobody comes to the room of the class any more; pure. */
export function isOver({ state }: Pick<RoomClass, 'state'>): boolean {
  return OVER.has(state) || state === 'cancelled';
}

/** When the class was over, or is going to be; epoch milliseconds; pure. */
export function endOf({ endedAt, onAir, plannedEnd }: RoomClass): number {
  return endedAt ?? onAir.at(-1)?.untilMs ?? plannedEnd;
}

import type { OverrunLimit } from './overrun.ts';

/** The states between which the clock and the encoder move a class; the operator moves it between all. */
export type RunState = 'waiting' | 'on_air' | 'interrupted';

/** What the clock decides from. All times in epoch milliseconds. */
export interface ClassHours {
  readonly state: RunState;
  readonly plannedStartMs: number;
  readonly plannedEndMs: number;
  /** May begin by itself: it is announced or scheduled, and nobody rehearses. */
  readonly startsByItself: boolean;
  /** Pictures, or sound alone, are coming in at this moment. */
  readonly hasInput: boolean;
  /** When something came in last while it was on the air, or when it went on the air. */
  readonly lastInputAtMs: number | undefined;
  /** How long it stays on the air without input. */
  readonly graceMs: number;
  /** How long after its planned end it may wait for input. */
  readonly overrunMs: number;
  /** When it ends though pictures come; undefined for what ends by itself. */
  readonly limit: OverrunLimit | undefined;
}

/** A move that is due, and why. */
export interface DueMove {
  readonly to: 'on_air' | 'interrupted' | 'ended';
  readonly reason:
    | 'first-picture'
    | 'input-back'
    | 'input-lost'
    | 'silence'
    | 'time-is-up'
    | 'overrun'
    | 'next-class'
    | 'played-out';
}

/** Without input for so long a class ends by itself, wherever the clock stands. */
export const LONGEST_SILENCE_MS = 30 * 60_000;

/** What is seen of the hours at one moment. */
interface Seen extends ClassHours {
  readonly nowMs: number;
  /** For how long nothing came in; 0 while something does. */
  readonly silentMs: number;
}

interface Rule extends DueMove {
  readonly from: readonly RunState[];
  holds(seen: Seen): boolean;
}

const ON_THE_AIR: readonly RunState[] = ['on_air', 'interrupted'];

const endsFor = (why: 'overrun' | 'next-class') => (seen: Seen) =>
  seen.limit?.endsAt?.why === why && seen.nowMs >= seen.limit.endsAt.ms;

const isPastGrace = ({ hasInput, silentMs, graceMs }: Seen): boolean => !hasInput && silentMs >= graceMs;

/** Every move that clock and encoder make; the first that holds is due. */
const RULES: readonly Rule[] = [
  {
    from: ['waiting'],
    to: 'on_air',
    reason: 'first-picture',
    holds: ({ startsByItself, hasInput, nowMs, plannedStartMs, plannedEndMs }) =>
      startsByItself && hasInput && nowMs >= plannedStartMs && nowMs < plannedEndMs,
  },
  { from: ON_THE_AIR, to: 'ended', reason: 'next-class', holds: endsFor('next-class') },
  { from: ON_THE_AIR, to: 'ended', reason: 'overrun', holds: endsFor('overrun') },
  { from: ['interrupted'], to: 'on_air', reason: 'input-back', holds: ({ hasInput }) => hasInput },
  {
    from: ON_THE_AIR,
    to: 'ended',
    reason: 'silence',
    holds: ({ hasInput, silentMs }) => !hasInput && silentMs >= LONGEST_SILENCE_MS,
  },
  {
    from: ON_THE_AIR,
    to: 'ended',
    reason: 'time-is-up',
    holds: (seen) => isPastGrace(seen) && seen.nowMs >= seen.plannedEndMs + seen.overrunMs,
  },
  { from: ['on_air'], to: 'interrupted', reason: 'input-lost', holds: isPastGrace },
];

/**
 * What is due now; pure.
 *
 * A class begins with the first picture inside its slot, stays on the air through the grace time without one, is then interrupted,
 * and ends after half an hour without input, or when its overrun is over and nothing comes. Who speaks is cut off only at the
 * limit of the overrun, of which the operator was told.
 */
export function dueMove(hours: ClassHours, nowMs: number): DueMove | undefined {
  const silentMs = hours.hasInput ? 0 : nowMs - (hours.lastInputAtMs ?? nowMs);
  const seen: Seen = { ...hours, nowMs, silentMs };
  const rule = RULES.find((one) => one.from.includes(hours.state) && one.holds(seen));
  return rule && { to: rule.to, reason: rule.reason };
}

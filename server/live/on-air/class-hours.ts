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
}

/** A move that is due, and why. */
export interface DueMove {
  readonly to: 'on_air' | 'interrupted' | 'ended';
  readonly reason: 'first-picture' | 'input-back' | 'input-lost' | 'silence' | 'time-is-up' | 'played-out';
}

/** Without input for so long a class ends by itself, wherever the clock stands. */
export const LONGEST_SILENCE_MS = 30 * 60_000;

/**
 * What is due now; pure.
 *
 * A class begins with the first picture inside its slot, stays on the air through the grace time without one, is then interrupted,
 * and ends after half an hour without input, or when its overrun is over and nothing comes. While somebody speaks the clock never
 * ends it.
 */
export function dueMove(hours: ClassHours, nowMs: number): DueMove | undefined {
  const { state, hasInput } = hours;
  if (state === 'waiting') {
    const isInSlot = nowMs >= hours.plannedStartMs && nowMs < hours.plannedEndMs;
    return hours.startsByItself && hasInput && isInSlot
      ? { to: 'on_air', reason: 'first-picture' }
      : undefined;
  }
  if (hasInput) return state === 'interrupted' ? { to: 'on_air', reason: 'input-back' } : undefined;
  const silentMs = nowMs - (hours.lastInputAtMs ?? nowMs);
  if (silentMs >= LONGEST_SILENCE_MS) return { to: 'ended', reason: 'silence' };
  if (silentMs < hours.graceMs) return undefined;
  if (nowMs >= hours.plannedEndMs + hours.overrunMs) return { to: 'ended', reason: 'time-is-up' };
  return state === 'on_air' ? { to: 'interrupted', reason: 'input-lost' } : undefined;
}

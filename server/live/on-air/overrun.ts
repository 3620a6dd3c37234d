/** How long before a class is ended by rule its operator is told so, at the least. */
export const OVERRUN_NOTICE_MS = 10 * 60_000;

/** What the end of an overrun is worked out from. All times in epoch milliseconds. */
export interface OverrunHours {
  readonly plannedStartMs: number;
  readonly plannedEndMs: number;
  /** When it went on the air first; undefined before. */
  readonly onAirAtMs: number | undefined;
  /** How long after its end a class may go on while pictures come; undefined: for as long as they do. */
  readonly longestOverrunMs: number | undefined;
  /** When the next class of the same channel is to begin. */
  readonly nextStartMs: number | undefined;
}

/** From when on a class is longer than planned, and what becomes of it then. */
export interface OverrunLimit {
  readonly sinceMs: number;
  /** When it is ended though pictures come; undefined where nothing but an operator ends it. */
  readonly endsAt: { readonly ms: number; readonly why: 'overrun' | 'next-class' } | undefined;
}

/**
 * How long a class may go on; pure. One that began after the end it was planned for may last as long as it was planned. It is ended
 * when its overrun is over, or, earlier, when its channel is needed; never with less notice than {@link OVERRUN_NOTICE_MS}.
 */
export function overrunLimit(hours: OverrunHours): OverrunLimit {
  const { plannedStartMs, plannedEndMs, onAirAtMs, longestOverrunMs, nextStartMs } = hours;
  const isLate = onAirAtMs !== undefined && onAirAtMs >= plannedEndMs;
  const sinceMs = isLate ? onAirAtMs + plannedEndMs - plannedStartMs : plannedEndMs;
  if (longestOverrunMs === undefined) return { sinceMs, endsAt: undefined };
  const longestMs = sinceMs + Math.max(longestOverrunMs, OVERRUN_NOTICE_MS);
  const neededMs = nextStartMs === undefined ? Infinity : Math.max(nextStartMs, sinceMs + OVERRUN_NOTICE_MS);
  return {
    sinceMs,
    endsAt: neededMs < longestMs ? { ms: neededMs, why: 'next-class' } : { ms: longestMs, why: 'overrun' },
  };
}

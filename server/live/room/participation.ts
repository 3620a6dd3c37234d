import { latestOf, measureOf, united, without, type SpanUnion, type TimeSpan } from './time-spans.ts';

/** Nobody watches faster: a player that catches up runs at 1.1, and a patient one at 1.25. */
const FASTEST_RATE = 1.25;
/** What may be left over for the next beat: beats come late and early by the length of one. */
const LEEWAY_MS = 30_000;
/** One beat vouches for no more than this; who was silent for longer has shown nothing for the time before. */
const LONGEST_SILENCE_MS = 10 * 60_000;
/** How far the clocks of two servers may differ. */
const SKEW_MS = 2000;
/** Older pictures are of no class that is going on. */
const OLDEST_MS = 24 * 3_600_000;
/** Players name stretches by the clock of their pictures, to the frame or so. */
const CLOSED_GAP_MS = 500;
/** Pieces kept of one participant; a lesson with an interruption every minute has fewer. */
const MOST_PIECES = 120;

/** What is known of one participant of a class. */
export interface Participation {
  /** The first and the latest beat by the server's clock, epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** How much more may be said to have been watched, in milliseconds. */
  readonly creditMs: number;
  /** Which pictures were played, by their own wall clock: at whatever time and on however many screens. */
  readonly played: SpanUnion;
}

/**
 * Adds what a beat tells. It cannot buy time: what is new in it may be no longer than what could have been watched since this
 * participant's beat before, by the server's clock and on one screen; a first beat has only the leeway. Told twice it adds nothing, and what a lost
 * beat would have told may come with the next. Pictures of the future do not count. Pure.
 *
 * @param claimed - what the player says it has played, by the wall clock of the pictures
 * @param now - the server's clock, epoch milliseconds
 */
export function withBeat(
  before: Participation | undefined,
  claimed: readonly TimeSpan[],
  now: number,
): Participation {
  const known = before ?? { firstAt: now, lastAt: now, creditMs: LEEWAY_MS, played: [] };
  const elapsedMs = Math.min(Math.max(now - known.lastAt, 0), LONGEST_SILENCE_MS);
  const creditMs = known.creditMs + Math.floor(elapsedMs * FASTEST_RATE);
  const possible = united(claimed.map((span) => within(span, now)));
  const played = affordable(known.played, possible, creditMs);
  const spentMs = measureOf(played) - measureOf(known.played);
  return {
    firstAt: known.firstAt,
    lastAt: Math.max(known.lastAt, now),
    creditMs: Math.max(0, Math.min(creditMs - spentMs, LEEWAY_MS)),
    played: fewest(played),
  };
}

function within({ fromMs, toMs }: TimeSpan, now: number): TimeSpan {
  return {
    fromMs: Math.max(Math.round(fromMs), now - OLDEST_MS),
    toMs: Math.min(Math.round(toMs), now + SKEW_MS),
  };
}

function affordable(played: SpanUnion, possible: SpanUnion, creditMs: number): SpanUnion {
  // Closing gaps counts as watching, or a beat of crumbs would buy what lies between them.
  const all = united([...played, ...possible], CLOSED_GAP_MS);
  if (measureOf(all) - measureOf(played) <= creditMs) return all;
  return united([...played, ...latestOf(without(possible, played), creditMs)]);
}

/** Whoever plays in crumbs loses the smallest. */
function fewest(played: SpanUnion): SpanUnion {
  if (played.length <= MOST_PIECES) return played;
  const lengths = played.map(({ fromMs, toMs }) => toMs - fromMs).toSorted((a, b) => b - a);
  const least = lengths[MOST_PIECES - 1] ?? 0;
  return played.filter(({ fromMs, toMs }) => toMs - fromMs >= least).slice(0, MOST_PIECES);
}

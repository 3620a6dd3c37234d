/** A stretch of a playlist: where it lies in the playlist and when it was taken. */
export interface DatedStretch {
  /** Seconds from the start of the playlist. */
  readonly start: number;
  /** Seconds. */
  readonly duration: number;
  /** Milliseconds since 1970, of its first picture. */
  readonly dateMs: number;
}

/**
 * Where in a playlist something was taken. An interruption leaves no stretch behind: whoever asks for a moment in it is given
 * the first picture after it.
 *
 * @param stretches in order
 * @returns seconds from the start of the playlist; undefined when it is empty
 */
export function positionOfDate(stretches: readonly DatedStretch[], dateMs: number): number | undefined {
  let position: number | undefined;
  for (const { start, duration, dateMs: beginsMs } of stretches) {
    if (dateMs < beginsMs) return start;
    const inside = (dateMs - beginsMs) / 1_000;
    if (inside < duration) return start + inside;
    position = start + duration;
  }
  return position;
}

/** The stretch of time that a viewer may go back over: from the class's first picture to the newest. */
export interface RewindSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A moment brought into the span. Pure. */
export function withinSpan({ fromMs, untilMs }: RewindSpan, dateMs: number): number {
  return Math.min(untilMs, Math.max(fromMs, dateMs));
}

/** Nearer to the newest picture than this there is nothing to go back for: it is the live edge. */
export const EDGE_MS = 12_000;

/** Whether asking for this moment means asking for the live edge. Pure. */
export function isEdge({ untilMs }: RewindSpan, dateMs: number): boolean {
  return dateMs >= untilMs - EDGE_MS;
}

/** A stretch of time in which pictures reached everybody. */
export interface OnAirInterval {
  /** Epoch milliseconds, by the server's clock. */
  readonly fromMs: number;
  /** Undefined while pictures still come. */
  readonly untilMs?: number | undefined;
  /** Where it begins in the recording; without it, right after the interval before. */
  readonly mediaStartMs?: number | undefined;
}

/**
 * The moment of the recording that a moment of the day has become; pure. A break leaves nothing in the recording: what was said
 * in it belongs to the picture that came next. What lies before the first picture becomes 0, what lies after the last its end.
 *
 * @param intervals - in order
 * @returns milliseconds from the recording's beginning; undefined when there is no recording
 */
export function mediaTimeOf(intervals: readonly OnAirInterval[], wallMs: number): number | undefined {
  let endMs: number | undefined;
  for (const { fromMs, untilMs, mediaStartMs } of intervals) {
    const startMs = mediaStartMs ?? endMs ?? 0;
    if (wallMs < fromMs) return startMs;
    if (untilMs === undefined || wallMs < untilMs) return startMs + wallMs - fromMs;
    endMs = startMs + untilMs - fromMs;
  }
  return endMs;
}

/**
 * The other way: when the picture was sent that a recording shows at a moment; pure.
 *
 * @returns epoch milliseconds; undefined for what the recording does not have
 */
export function wallTimeOf(intervals: readonly OnAirInterval[], mediaMs: number): number | undefined {
  let endMs = 0;
  for (const { fromMs, untilMs, mediaStartMs } of intervals) {
    const startMs = mediaStartMs ?? endMs;
    endMs = untilMs === undefined ? Number.POSITIVE_INFINITY : startMs + untilMs - fromMs;
    if (mediaMs >= startMs && mediaMs < endMs) return fromMs + mediaMs - startMs;
  }
  return undefined;
}

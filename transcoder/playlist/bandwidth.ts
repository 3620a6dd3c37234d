import type { SegmentRun } from '../segment-run.ts';

/** What a rendition takes of a line, in bit/s, measured on what was produced. */
export interface Bandwidth {
  readonly peak: number;
  readonly average: number;
}

/**
 * Measures a rendition; pure. The peak is the largest rate of any consecutive segments that together last between half of and
 * one and a half target durations (RFC 8216bis §4.4.6.2), so a last segment of three pictures is no peak of its own.
 */
export function measureBandwidth(runs: readonly SegmentRun[], targetDuration: number): Bandwidth {
  const segments = runs.flatMap((run) =>
    run.segments.map(([ticks, bytes]) => ({ seconds: ticks / run.timescale, bytes })),
  );
  const seconds = segments.reduce((sum, segment) => sum + segment.seconds, 0);
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const average = seconds > 0 ? (bytes * 8) / seconds : 0;
  let peak = 0;
  for (let first = 0; first < segments.length; first += 1) {
    let runSeconds = 0;
    let runBytes = 0;
    for (let last = first; last < segments.length; last += 1) {
      const segment = segments[last];
      if (segment === undefined) break;
      runSeconds += segment.seconds;
      runBytes += segment.bytes;
      if (runSeconds > targetDuration * 1.5) break;
      if (runSeconds >= targetDuration * 0.5) peak = Math.max(peak, (runBytes * 8) / runSeconds);
    }
  }
  // A lecture shorter than half a target duration has no such run: its average is its peak.
  return { peak: Math.ceil(Math.max(peak, average)), average: Math.ceil(average) };
}

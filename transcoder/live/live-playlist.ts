import type { Discontinuities, LiveSegment } from './live-segment.ts';

/** What a player asks of a playlist by `_HLS_msn`, `_HLS_part` and `_HLS_skip` (RFC 8216bis §6.2.5). */
export interface PlaylistQuery {
  readonly number?: number | undefined;
  readonly part?: number | undefined;
  readonly skips?: boolean | undefined;
}

/** How far another rendition has come. */
export interface RenditionReport {
  readonly rendition: string;
  readonly number: number;
  readonly part: number;
}

/** A rendition as it stands, for the text of its playlist. */
export interface LiveView {
  /** Closed ones in the window, the oldest first; numbers without a hole. */
  readonly closed: readonly LiveSegment[];
  readonly open: LiveSegment | undefined;
  readonly discontinuities: Discontinuities;
  readonly targetDurationS: number;
  readonly partTargetMs: number;
  /** More is being sent, so the next part is known by its name. */
  readonly isFed: boolean;
  readonly isEnded: boolean;
  readonly reports: readonly RenditionReport[];
}

/** Segments farther from the end may be left out of a delta update; six target durations (§4.4.3.8). */
const SKIP_TARGETS = 6;
/** Parts farther from the end, in target durations, are of no use to anybody (§6.2.2); nor are those of more closed segments. */
const PART_TARGETS = 3;
const PART_SEGMENTS = 2;

/** Names an init segment, a segment and a part; relative to the rendition's playlist. */
export const mediaName = {
  init: (init: number) => `i${init}.mp4`,
  segment: (number: number) => `s${number}.m4s`,
  part: (number: number, part: number) => `p${number}.${part}.m4s`,
} as const;

/** Milliseconds as a decimal number of seconds. */
export function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/**
 * Writes the playlist of a running class; pure. One text serves low-latency players and ordinary ones, which do not know the
 * tags of parts. Its last line is never an address: hls.js takes the segment before the end for the one that is to come, and dies of the
 * next playlist. When the input is gone the discontinuity stands there at once, before anything that follows it exists.
 */
export function formatLivePlaylist(view: LiveView, skips = false): string {
  const { closed, open, discontinuities, targetDurationS, partTargetMs } = view;
  const first = closed[0] ?? open;
  if (first === undefined) throw new RangeError('A playlist without a segment says nothing.');
  const totalMs = closed.reduce((sum, { durationMs }) => sum + durationMs, open?.durationMs ?? 0);
  const skipped = skips ? skippable(closed, totalMs - SKIP_TARGETS * 1000 * targetDurationS) : 0;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${targetDurationS}`,
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=${SKIP_TARGETS * targetDurationS},PART-HOLD-BACK=${seconds(3 * partTargetMs)},HOLD-BACK=${3 * targetDurationS}`,
    `#EXT-X-PART-INF:PART-TARGET=${seconds(partTargetMs)}`,
    ...sequenceLines(first, discontinuities),
    ...independenceLines([...closed, ...(open === undefined ? [] : [open])]),
  ];
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  let init: number | undefined;
  let leftMs = totalMs;
  closed.forEach((segment, index) => {
    if (index >= skipped) {
      const withParts =
        index >= closed.length - PART_SEGMENTS && leftMs <= PART_TARGETS * 1000 * targetDurationS;
      lines.push(...headLines(segment, init, discontinuities));
      if (withParts) lines.push(...partLines(segment));
      lines.push(...addressLines(segment, segment.durationMs));
      init = segment.init;
    }
    leftMs -= segment.durationMs;
  });
  if (open !== undefined) lines.push(...headLines(open, init, discontinuities), ...partLines(open));
  const next = (closed.at(-1)?.number ?? first.number - 1) + 1;
  if (open === undefined && discontinuities.isBefore(next)) lines.push('#EXT-X-DISCONTINUITY');
  if (view.isEnded) lines.push('#EXT-X-ENDLIST');
  else lines.push(...aheadLines(view, next));
  return `${lines.join('\n')}\n`;
}

/** The numbers with which a playlist begins. A first segment keeps its discontinuity tag, so it is not counted yet. */
export function sequenceLines(first: LiveSegment, discontinuities: Discontinuities): readonly string[] {
  const before = discontinuities.countTo(first.number) - (discontinuities.isBefore(first.number) ? 1 : 0);
  return [`#EXT-X-MEDIA-SEQUENCE:${first.number}`, `#EXT-X-DISCONTINUITY-SEQUENCE:${before}`];
}

/** Promised only as long as it is so: an encoder without key pictures has its segments cut all the same. */
export function independenceLines(segments: readonly LiveSegment[]): readonly string[] {
  const isKept = segments.every(({ parts }) => parts[0]?.isIndependent !== false);
  return isKept ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : [];
}

/** How many of the oldest segments end before `limitMs`, counted from the beginning of the first. */
export function skippable(segments: readonly LiveSegment[], limitMs: number): number {
  let endMs = 0;
  let count = 0;
  for (const segment of segments) {
    endMs += segment.durationMs;
    if (endMs > limitMs) break;
    count += 1;
  }
  return count;
}

/** What stands before the parts and the address of a segment. */
export function headLines(
  segment: LiveSegment,
  init: number | undefined,
  discontinuities: Discontinuities,
): readonly string[] {
  return [
    ...(discontinuities.isBefore(segment.number) ? ['#EXT-X-DISCONTINUITY'] : []),
    // An encoder that comes back has the same one, which holds across a discontinuity (§4.4.4.5).
    ...(init !== segment.init ? [`#EXT-X-MAP:URI="${mediaName.init(segment.init)}"`] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.wallClockMs).toISOString()}`,
  ];
}

/** The duration and the address of a closed segment. */
export function addressLines(segment: LiveSegment, durationMs: number): readonly string[] {
  return [
    ...(segment.state === 'gap' ? ['#EXT-X-GAP'] : []),
    `#EXTINF:${seconds(durationMs)},`,
    mediaName.segment(segment.number),
  ];
}

/** What is to come, here and in the other renditions. */
function aheadLines({ open, isFed, reports }: LiveView, next: number): readonly string[] {
  const hint = open === undefined ? mediaName.part(next, 0) : mediaName.part(open.number, open.parts.length);
  return [
    ...(isFed ? [`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${hint}"`] : []),
    ...reports.map(
      ({ rendition, number, part }) =>
        `#EXT-X-RENDITION-REPORT:URI="../${rendition}/index.m3u8",LAST-MSN=${number},LAST-PART=${part}`,
    ),
  ];
}

function partLines(segment: LiveSegment): readonly string[] {
  return segment.parts.map(
    ({ durationMs, isIndependent }, index) =>
      `#EXT-X-PART:DURATION=${seconds(durationMs)},URI="${mediaName.part(segment.number, index)}"${isIndependent ? ',INDEPENDENT=YES' : ''}`,
  );
}

import { addressLines, headLines, independenceLines, sequenceLines, skippable } from './live-playlist.ts';
import { savedShare, type Discontinuities, type LiveSegment } from './live-segment.ts';

/** A rendition from its first segment on, for winding back. */
export interface DvrView {
  /** Closed ones, the oldest first; numbers without a hole. */
  readonly closed: readonly LiveSegment[];
  readonly discontinuities: Discontinuities;
  readonly targetDurationS: number;
  readonly isEnded: boolean;
}

const SKIP_TARGETS = 6;

/**
 * Writes everything from the first segment on; pure. An EVENT while the class runs, whole with its ENDLIST. What the disk did not
 * take is a gap that players step over. A delta update leaves out what lies six target durations back, so whoever stays in it loads a
 * few lines instead of an hour's list.
 */
export function formatDvrPlaylist(view: DvrView, skips = false): string {
  const { closed, discontinuities, targetDurationS, isEnded } = view;
  const first = closed[0];
  if (first === undefined) throw new RangeError('A playlist without a segment says nothing.');
  const totalMs = closed.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const skipped = skips && !isEnded ? skippable(closed, totalMs - SKIP_TARGETS * 1000 * targetDurationS) : 0;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${targetDurationS}`,
    ...(isEnded
      ? []
      : [`#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=${SKIP_TARGETS * targetDurationS}`]),
    ...sequenceLines(first, discontinuities),
    `#EXT-X-PLAYLIST-TYPE:${isEnded ? 'VOD' : 'EVENT'}`,
    ...independenceLines(closed),
  ];
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  let init: number | undefined;
  for (const segment of closed.slice(skipped)) {
    const { parts, durationMs } = savedShare(segment);
    lines.push(...headLines(segment, init, discontinuities));
    if (parts.length === 0) lines.push(...addressLines({ ...segment, state: 'gap' }, segment.durationMs));
    else lines.push(...addressLines(segment, durationMs));
    init = segment.init;
  }
  if (isEnded) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

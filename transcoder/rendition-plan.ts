import type { Ladder, Rung } from './ladder.ts';
import type { VideoTrack } from './media-info.ts';

/** One size in which the picture will be encoded. */
export interface VideoRendition {
  /** `480p`: the lines of the short side; also its folder under the generation's prefix. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly rateFactor: number;
  readonly maxBitrate: number;
  /** Seconds over which the cap holds. */
  readonly bufferSeconds: number;
  /** The source's own packets are this rendition; nothing is encoded. */
  readonly isCopied: boolean;
}

/** The size of a picture as it is displayed. */
export type DisplaySize = Pick<VideoTrack, 'displayWidth' | 'displayHeight'>;

/** A rung a little above the source is worth its bits only when the source has this much more than the rung below. */
const WORTHWHILE_STEP = 1.1;

/**
 * Chooses the sizes worth encoding for this picture; pure.
 *
 * A lecture is never upscaled: rungs with more lines than the source are dropped, and the first of them is made at the
 * source's own size when that is at least a tenth above the rung below (a 576-line tape gets 360p, 480p and 576p). If every rung
 * is taller, the lowest is made at the source's size, so the plan is never empty. Lines are counted on the short side, so
 * an upright phone clip keeps its detail; 4:3 stays 4:3. Sizes are even, as 4:2:0 colour needs.
 *
 * @returns smallest first, at least one; heights differ
 */
export function planRenditions(video: DisplaySize, ladder: Ladder): readonly VideoRendition[] {
  const sourceLines = Math.min(video.displayWidth, video.displayHeight);
  const chosen: { rung: Rung; lines: number }[] = [];
  for (const rung of ladder.rungs.toSorted((a, b) => a.lines - b.lines)) {
    const below = chosen.at(-1)?.lines ?? 0;
    if (rung.lines <= sourceLines) {
      chosen.push({ rung, lines: rung.lines });
    } else if (sourceLines >= below * WORTHWHILE_STEP) {
      chosen.push({ rung, lines: sourceLines });
      break;
    } else break;
  }
  return chosen.map(({ rung, lines }, place) => ({
    name: `${lines}p`,
    ...scaledSize(video, lines / sourceLines),
    rateFactor: place === chosen.length - 1 ? (rung.topRateFactor ?? rung.rateFactor) : rung.rateFactor,
    maxBitrate: rung.maxBitrate,
    bufferSeconds: rung.bufferSeconds,
    isCopied: false,
  }));
}

function scaledSize(video: DisplaySize, scale: number): { width: number; height: number } {
  return { width: even(video.displayWidth * scale), height: even(video.displayHeight * scale) };
}

function even(size: number): number {
  return Math.max(2, Math.round(size / 2) * 2);
}

import { isHdr } from './color-plan.ts';
import { ratio, type FrameFacts, type MediaInfo, type Rational, type VideoTrack } from './media-info.ts';
import type { VideoRendition } from './rendition-plan.ts';

/** The longest segment a copied source may force on a lecture, in seconds; joining and seeking get slow beyond. */
const LONGEST_SEGMENT = 10;
const SHORTEST_SEGMENT = 4;
/** H.264 level 4.1: what television boxes decode. */
const HIGHEST_LEVEL = 41;
const PROFILES = new Set(['Constrained Baseline', 'Baseline', 'Main', 'High']);

/**
 * Whether the source's packets can be its own rung as they are, and with which segments; pure. It takes H.264 that every box
 * decodes, upright, progressive, square samples, in an MP4 (whose clock is exact), at the grid's own constant rate, within the rung's
 * cap, with key pictures at one constant distance, so that segments of whole distances exist.
 *
 * @returns pictures in a segment, or `undefined` when the source has to be encoded
 */
export function copiedSegmentFrames(
  media: MediaInfo,
  frames: FrameFacts,
  rate: Rational,
  rendition: VideoRendition,
): number | undefined {
  const { video } = media;
  const perSecond = ratio(rate);
  const fits =
    video !== undefined &&
    video.codec === 'h264' &&
    PROFILES.has(video.profile ?? '') &&
    (video.level ?? Number.POSITIVE_INFINITY) <= HIGHEST_LEVEL &&
    isShownAsItIs(video) &&
    media.format.split(',').includes('mov') &&
    rendition.width === video.codedWidth &&
    rendition.height === video.codedHeight &&
    frames.isConstantRate &&
    frames.start < 0.5 / perSecond &&
    Math.abs(frames.averageRate / perSecond - 1) < 0.001 &&
    (frames.sizeBytes * 8) / frames.end <= rendition.maxBitrate;
  return fits ? wholeDistances(frames, perSecond) : undefined;
}

function isShownAsItIs(video: VideoTrack): boolean {
  return (
    video.pixelFormat === 'yuv420p' &&
    video.fieldOrder === 'progressive' &&
    !isHdr(video) &&
    video.color.range !== 'pc' &&
    video.hasSquareSamples &&
    video.rotation === 0
  );
}

/** The fewest whole distances between key pictures that make a segment of at least four seconds. */
function wholeDistances(frames: FrameFacts, perSecond: number): number | undefined {
  const positions = frames.keyTimes.map((time) => Math.round((time - frames.start) * perSecond));
  const distance = positions[1] ?? frames.count;
  if (distance <= 0 || positions.some((position, index) => position !== index * distance)) return undefined;
  const count = distance * Math.ceil((SHORTEST_SEGMENT * perSecond) / distance);
  // Nearer to six seconds is better, if whole distances allow.
  const better = distance * Math.max(1, Math.round((6 * perSecond) / distance));
  const chosen = better >= count ? better : count;
  return chosen / perSecond <= LONGEST_SEGMENT ? chosen : undefined;
}

import { planAudio, type AudioPlan } from './audio-plan.ts';
import { captionSources, captionWarnings, type CaptionSource } from './captions/caption-source.ts';
import type { Chapter } from './chapters.ts';
import { PLAIN_COLOR, planColor, type ColorPlan } from './color-plan.ts';
import { copiedSegmentFrames } from './copy-admission.ts';
import type { EncoderProfile } from './encoder-profile.ts';
import { gridRate } from './frame-rate.ts';
import type { ContentProfile, Ladder } from './ladder.ts';
import {
  ratio,
  type FieldOrder,
  type FrameFacts,
  type MediaInfo,
  type Rational,
  type VideoTrack,
} from './media-info.ts';
import type { RemuxPlan } from './remux-plan.ts';
import { planRenditions, type VideoRendition } from './rendition-plan.ts';
import { sourceWarnings } from './source-warnings.ts';
import { planSpans, secondsSinceKey, type Span } from './span.ts';
import { planStill, STILL_RATE, STILL_SIZE, type Still } from './still.ts';

/** The grid of pictures and segments that all renditions of a lecture share. */
export interface PictureGrid {
  readonly rate: Rational;
  /** Pictures in a segment; every segment but the last has exactly so many. */
  readonly segmentFrames: number;
  readonly frameCount: number;
}

/** The picture's part of a plan. */
export interface VideoPlan {
  readonly streamIndex: number;
  /** What kind of picture the source was found to be; the renditions follow from it. */
  readonly profile: ContentProfile;
  readonly grid: PictureGrid;
  readonly fieldOrder: FieldOrder;
  /** The decoder has to turn the source's picture. */
  readonly isTurned: boolean;
  readonly color: ColorPlan;
  /** Seconds at which the source's last picture ends; it is held until the grid's end, where the sound goes on. */
  readonly pictureEnd: number;
  /** Set for a lecture of sound alone: what stands on the screen. Nothing of it is decoded from the source but a cover. */
  readonly still: Still | undefined;
  /** The same for all spans, so that their init segments match; a worker that lacks it hands the span back. */
  readonly encoder: EncoderProfile;
  readonly renditions: readonly VideoRendition[];
  readonly spans: readonly Span[];
}

/** All that is decided about a lecture before anything is encoded; plain data that survives JSON. */
export interface GenerationPlan {
  /** Seconds. */
  readonly duration: number;
  /** Seconds of a segment, as declared to players. */
  readonly segmentDuration: number;
  readonly video: VideoPlan | undefined;
  /** The default track first; empty when there is no sound. */
  readonly audio: readonly AudioPlan[];
  /** Text tracks to take along, by their indexes in the source as it was uploaded. */
  readonly captions: readonly CaptionSource[];
  /** The passes in which each worker first copies the source; all stream indexes of the plan count in the last copy. */
  readonly remux: readonly RemuxPlan[];
  /** What the source's container divides it into. */
  readonly chapters: readonly Chapter[];
  /** What is odd about the source, for its producer. */
  readonly warnings: readonly string[];
}

/** Seconds the sound may go on after the picture before the picture is held for it: every encoder leaves a few milliseconds. */
const SOUND_OVERHANG = 0.5;

/**
 * Decides how a source becomes a lecture; pure.
 *
 * @param media - what is in the form of the source that will be worked on, after the passes of `remux`
 * @param mayCopy - whether a source that already fits its rung may be copied for it
 * @param encoder - what the worker that plans has
 */
export function planGeneration(
  media: MediaInfo,
  ladder: Ladder,
  mayCopy: boolean,
  remux: readonly RemuxPlan[],
  encoder: EncoderProfile = 'x264',
): GenerationPlan {
  const video =
    media.video === undefined || media.frames === undefined
      ? planStillVideo(media, ladder, encoder)
      : planVideo(media, media.video, media.frames, ladder, mayCopy, encoder);
  const duration = framesToSeconds(video.grid, video.grid.frameCount);
  return {
    duration,
    segmentDuration: framesToSeconds(video.grid, video.grid.segmentFrames),
    video,
    audio: planAudio(media.audio, ladder, duration),
    captions: captionSources(media),
    remux,
    chapters: media.chapters,
    warnings: [...sourceWarnings(media), ...captionWarnings(media)],
  };
}

function planVideo(
  media: MediaInfo,
  video: VideoTrack,
  frames: FrameFacts,
  ladder: Ladder,
  mayCopy: boolean,
  encoder: EncoderProfile,
): VideoPlan {
  const rate = gridRate(video, frames, ladder.keepsFullRate);
  const perSecond = ratio(rate);
  const encoded = planRenditions(video, ladder);
  const top = encoded.at(-1);
  const isHeld = media.duration > frames.end + SOUND_OVERHANG;
  const copied =
    mayCopy && !isHeld && top !== undefined ? copiedSegmentFrames(media, frames, rate, top) : undefined;
  const renditions =
    copied === undefined
      ? encoded
      : encoded.map((rendition) => ({ ...rendition, isCopied: rendition === top }));
  const segmentFrames = copied ?? Math.round(ladder.segmentSeconds * perSecond);
  const end = isHeld ? media.duration : frames.end;
  const frameCount = copied === undefined ? Math.max(1, Math.round(end * perSecond)) : frames.count;
  const segmentSeconds = segmentFrames / perSecond;
  return {
    streamIndex: video.index,
    profile: ladder.profile,
    grid: { rate, segmentFrames, frameCount },
    fieldOrder: video.fieldOrder,
    isTurned: video.rotation !== 0,
    color: planColor(video),
    pictureEnd: frames.end,
    still: undefined,
    encoder,
    renditions,
    spans: planSpans(frameCount / segmentFrames, (segment) =>
      secondsSinceKey(frames.keyTimes, segment * segmentSeconds),
    ),
  };
}

/** One size for a lecture of sound alone: a still takes so few bits that a smaller one would save nothing. */
function planStillVideo(media: MediaInfo, ladder: Ladder, encoder: EncoderProfile): VideoPlan {
  const still = planStill(media);
  const perSecond = ratio(STILL_RATE);
  const frameCount = Math.max(1, Math.ceil(media.duration * perSecond));
  const segmentFrames = Math.round(ladder.segmentSeconds * perSecond);
  return {
    streamIndex: still.kind === 'cover' ? still.streamIndex : 0,
    profile: ladder.profile,
    grid: { rate: STILL_RATE, segmentFrames, frameCount },
    fieldOrder: 'progressive',
    isTurned: false,
    color: PLAIN_COLOR,
    pictureEnd: media.duration,
    still,
    encoder,
    renditions: planRenditions(STILL_SIZE, ladder).slice(-1),
    spans: planSpans(frameCount / segmentFrames),
  };
}

/** Pictures in a span: whole segments, but for the end of the lecture. */
export function spanFrames(
  grid: PictureGrid,
  span: Span,
): { readonly first: number; readonly count: number } {
  const first = span.firstSegment * grid.segmentFrames;
  return { first, count: Math.min(span.segmentCount * grid.segmentFrames, grid.frameCount - first) };
}

/** Seconds of so many pictures of a grid. */
export function framesToSeconds(grid: PictureGrid, frames: number): number {
  return (frames * grid.rate.denominator) / grid.rate.numerator;
}

/** The sizes that have to be encoded; a source that fits its rung is one less. */
export function encodedRenditions(video: VideoPlan): readonly VideoRendition[] {
  return video.renditions.filter((rendition) => !rendition.isCopied);
}

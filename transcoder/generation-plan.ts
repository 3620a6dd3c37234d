import { keptTracks, MAX_AUDIO_TRACKS, planAudio, type AudioPlan } from './audio-plan.ts';
import { captionSources, captionWarnings, type CaptionSource } from './captions/caption-source.ts';
import type { Chapter } from './chapters.ts';
import { copiedSegmentFrames } from './copy-admission.ts';
import type { EncoderProfile } from './encoder-profile.ts';
import { gridRate } from './frame-rate.ts';
import type { ContentProfile, Ladder } from './ladder.ts';
import { ratio, type FrameFacts, type MediaInfo, type Rational, type VideoTrack } from './media-info.ts';
import { planRenditions, type VideoRendition } from './rendition-plan.ts';
import { planSpans, secondsSinceKey, type Span } from './span.ts';

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
  readonly isInterlaced: boolean;
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
  /**
   * Set when the container cannot be entered exactly at a time: the streams each worker first copies, in this order, into one
   * that can. All stream indexes of the plan then count in the copy.
   */
  readonly remux: readonly number[] | undefined;
  /** What the source's container divides it into. */
  readonly chapters: readonly Chapter[];
  /** What is odd about the source, for its producer. */
  readonly warnings: readonly string[];
}

/** Containers with an index that lets ffmpeg start exactly at a time; in the others a cut loses or doubles pictures. */
const EXACT_CONTAINERS = ['mov', 'matroska', 'asf'];

/**
 * Decides how a source becomes a lecture; pure.
 *
 * @param mayCopy - whether a source that already fits its rung may be copied for it
 * @param encoder - what the worker that plans has
 */
export function planGeneration(
  media: MediaInfo,
  ladder: Ladder,
  mayCopy: boolean,
  encoder: EncoderProfile = 'x264',
): GenerationPlan {
  const tracks = keptTracks(media.audio);
  const isExact = EXACT_CONTAINERS.some((name) => media.format.split(',').includes(name));
  const remux = isExact
    ? undefined
    : [media.video?.index, ...tracks.map(({ index }) => index)].filter(
        (index): index is number => index !== undefined,
      );
  const indexIn = (index: number): number => (remux === undefined ? index : remux.indexOf(index));
  const video =
    media.video === undefined || media.frames === undefined
      ? undefined
      : planVideo(
          { ...media, video: { ...media.video, index: indexIn(media.video.index) } },
          media.video,
          media.frames,
          ladder,
          mayCopy,
          encoder,
        );
  const duration = video === undefined ? media.duration : framesToSeconds(video.grid, video.grid.frameCount);
  return {
    duration,
    segmentDuration:
      video === undefined ? ladder.segmentSeconds : framesToSeconds(video.grid, video.grid.segmentFrames),
    video,
    audio: planAudio(media.audio, ladder, duration, indexIn),
    captions: captionSources(media),
    remux,
    chapters: media.chapters,
    warnings: [...warningsFor(media), ...captionWarnings(media)],
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
  const copied = mayCopy && top !== undefined ? copiedSegmentFrames(media, frames, rate, top) : undefined;
  const renditions =
    copied === undefined
      ? encoded
      : encoded.map((rendition) => ({ ...rendition, isCopied: rendition === top }));
  const segmentFrames = copied ?? Math.round(ladder.segmentSeconds * perSecond);
  const frameCount = copied === undefined ? Math.max(1, Math.round(frames.end * perSecond)) : frames.count;
  const segmentSeconds = segmentFrames / perSecond;
  return {
    streamIndex: media.video?.index ?? video.index,
    profile: ladder.profile,
    grid: { rate, segmentFrames, frameCount },
    isInterlaced: video.isInterlaced,
    encoder,
    renditions,
    spans: planSpans(frameCount / segmentFrames, (segment) =>
      secondsSinceKey(frames.keyTimes, segment * segmentSeconds),
    ),
  };
}

function warningsFor(media: MediaInfo): readonly string[] {
  const warnings: string[] = [];
  const lost = (media.declaredDuration ?? media.duration) - media.duration;
  if (lost > Math.max(2, media.duration * 0.02)) {
    warnings.push(`片尾缺失约 ${Math.round(lost)} 秒：文件似乎没有传完或已损坏，只处理了能读出的部分。`);
  }
  if (media.video !== undefined && Math.min(media.video.displayWidth, media.video.displayHeight) < 360) {
    warnings.push(
      `画面只有 ${media.video.displayWidth}×${media.video.displayHeight}，投影时会模糊；如有更清晰的原片，请重新上传。`,
    );
  }
  if (media.video !== undefined && media.audio.length === 0) warnings.push('没有声音。');
  if (media.audio.length > MAX_AUDIO_TRACKS) {
    warnings.push(`文件里有 ${media.audio.length} 条音轨，只保留了 ${MAX_AUDIO_TRACKS} 条。`);
  }
  if (media.video === undefined) warnings.push('只有声音，没有画面。');
  if (media.frames !== undefined && media.frames.start > 1) {
    warnings.push(`开头 ${media.frames.start.toFixed(1)} 秒没有画面，已用第一帧补上。`);
  }
  return warnings;
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

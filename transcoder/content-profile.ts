import type { ContentProfile } from './ladder.ts';
import { ratio, type FrameFacts, type VideoTrack } from './media-info.ts';

/**
 * Bits a dot and second up to which a picture counts as slides, as x264 at the trial's constant quality spends them on what changes
 * from picture to picture. Slides with a speaker in the corner take 0.4, screen recordings 0.1; a road before a camera on a stand
 * takes 1.3 to 1.9, a classroom 1.7, interviews 1.2.
 */
const SLIDES_CHANGE_RATE = 0.7;

/** Bits a dot that a key picture takes when there is anything to be seen; a fade or a black title takes a tenth and does not vote. */
const LEAST_DETAIL = 0.06;

/**
 * Bits a dot and second of a source of which no trial is needed: it was encoded by somebody to so little that most of its picture
 * must stand still. 1080p at 620 kbit/s.
 */
const SURELY_SLIDES_RATE = 0.3;

/** Codecs that predict from picture to picture, so that what stands still costs nothing in them. */
const PREDICTING_CODECS = new Set(['h264', 'hevc', 'vp8', 'vp9', 'av1']);

/** What a trial encode of a moment of the source took. */
export interface TrialFacts {
  /** Dots of the picture that was encoded. */
  readonly dots: number;
  readonly picturesPerSecond: number;
  /** Bytes of each picture in coding order; the first is a key picture. */
  readonly pictureBytes: readonly number[];
}

/** Whether the source's own packets already say that it is slides, so that no trial is needed; pure. */
export function isSurelySlides(video: VideoTrack, frames: FrameFacts): boolean {
  const seconds = frames.end - frames.start;
  const dots = video.codedWidth * video.codedHeight;
  return (
    PREDICTING_CODECS.has(video.codec) &&
    seconds > 0 &&
    (frames.sizeBytes * 8) / seconds / dots <= SURELY_SLIDES_RATE
  );
}

/**
 * What kind of picture it is, by trial encodes of a few moments; pure. The middle one decides, so that a slide which changes in one of
 * them, or a film that is shown in between, does not. Without any trial it is `camera`, which serves everything.
 */
export function profileOfTrials(trials: readonly TrialFacts[]): ContentProfile {
  const rates = trials
    .filter(showsSomething)
    .map(changeRate)
    .toSorted((a, b) => a - b);
  const middle = rates[rates.length >> 1];
  return middle !== undefined && middle <= SLIDES_CHANGE_RATE ? 'slides' : 'camera';
}

/** Whether two trials agree, so that a third cannot change the answer; pure. */
export function isDecided(trials: readonly TrialFacts[]): boolean {
  const rates = trials.filter(showsSomething).map(changeRate);
  const slides = rates.filter((rate) => rate <= SLIDES_CHANGE_RATE).length;
  return slides >= 2 || rates.length - slides >= 2;
}

function showsSomething({ dots, pictureBytes: [key = 0] }: TrialFacts): boolean {
  return (key * 8) / dots >= LEAST_DETAIL;
}

/** Bits a dot and second that what changes takes; the key picture shows detail and not change, so it does not count. */
export function changeRate({ dots, picturesPerSecond, pictureBytes }: TrialFacts): number {
  const changed = pictureBytes.slice(1);
  if (changed.length === 0 || dots === 0) return Number.POSITIVE_INFINITY;
  const bytes = changed.reduce((sum, size) => sum + size, 0) / changed.length;
  return (bytes * 8 * picturesPerSecond) / dots;
}

/** The seconds at which to try, each at a key picture, so that nothing is decoded in vain; pure. */
export function trialTimes(frames: FrameFacts): readonly number[] {
  const wished = [0.2, 0.5, 0.8].map((share) => frames.start + share * (frames.end - frames.start));
  const times = wished.map((time) => frames.keyTimes.findLast((key) => key <= time) ?? 0);
  return [...new Set(times)];
}

/** Pictures a second of a source, which may not say. */
export function picturesPerSecond(video: VideoTrack, frames: FrameFacts): number {
  return frames.averageRate > 0 ? frames.averageRate : ratio(video.declaredFrameRate) || 25;
}

import { tmpdir } from 'node:os';
import { resolve } from 'node:path';

import { INPUT_OPTIONS } from './encode-args.ts';
import { TranscodeError } from './errors.ts';
import {
  isDecided,
  isSurelySlides,
  picturesPerSecond,
  profileOfTrials,
  trialTimes,
  type TrialFacts,
} from './content-profile.ts';
import { runFfmpeg, type FfmpegTask } from './ffmpeg.ts';
import { FragmentReader } from './fmp4.ts';
import type { ContentProfile } from './ladder.ts';
import type { MediaInfo, VideoTrack } from './media-info.ts';
import { openScratch, type Scratch } from './scratch.ts';
import type { ProbeSourceOptions } from './probe.ts';

/** Pictures of a trial: half a second. */
const TRIAL_PICTURES = 13;
/** Lines of the picture that is tried; fewer would take the noise away that camera work pays for. */
const TRIAL_LINES = 720;
/** Moments that are tried first, in one run; where they agree, the others are spared. */
const FIRST_TRIALS = 2;

/** Where and how long {@link recogniseContent} may work. */
export interface RecogniseOptions {
  /** Where the run's folder is made. */
  readonly scratchDir: string;
  readonly signal?: AbortSignal;
}

/**
 * Finds out what kind of picture a source has: from its packets where they say it, else by encoding two or three moments of half a
 * second, which costs half a second of processor time however long the lecture is.
 *
 * @returns `camera` also where nothing can be tried; a damaged moment fails no lecture here
 * @throws {TranscodeError} `canceled`, `scratch-full`, `tool-missing`
 */
export async function recogniseContent(
  path: string,
  media: MediaInfo,
  options: RecogniseOptions,
): Promise<ContentProfile> {
  const { video, frames } = media;
  if (video === undefined || frames === undefined) return 'camera';
  if (isSurelySlides(video, frames)) return 'slides';
  const scratch = await openScratch(options.scratchDir, path);
  try {
    const tryAt = async (times: readonly number[]): Promise<readonly TrialFacts[]> => {
      const { width, height } = trialSize(video);
      const moments = await tryMoments(scratch, video, times, options.signal);
      const rate = picturesPerSecond(video, frames);
      return moments.map((pictureBytes) => ({ dots: width * height, picturesPerSecond: rate, pictureBytes }));
    };
    const times = trialTimes(frames);
    const first = await tryAt(times.slice(0, FIRST_TRIALS));
    const others = times.slice(FIRST_TRIALS);
    return profileOfTrials(
      isDecided(first) || others.length === 0 ? first : [...first, ...(await tryAt(others))],
    );
  } finally {
    await scratch.remove();
  }
}

/**
 * What kind of picture a file has, as the transcoder will see it.
 *
 * @param media - what {@link probe} told of the file
 * @throws {TranscodeError} as {@link probe}
 *
 * @example
 * const media = await probe('lecture.mp4');
 * await contentOf('lecture.mp4', media); // 'slides'
 */
export function contentOf(
  path: string,
  media: MediaInfo,
  options: ProbeSourceOptions = {},
): Promise<ContentProfile> {
  return recogniseContent(resolve(path), media, {
    scratchDir: options.scratchDir ?? tmpdir(),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** @returns the sizes of each moment's pictures; none of a moment that cannot be tried */
async function tryMoments(
  scratch: Scratch,
  video: VideoTrack,
  times: readonly number[],
  signal: AbortSignal | undefined,
): Promise<readonly (readonly number[])[]> {
  try {
    await runFfmpeg(trialTask(video, times), scratch, signal === undefined ? {} : { signal });
    const sizes: (readonly number[])[] = [];
    for (const place of times.keys()) {
      const fragments = await new FragmentReader(scratch.path(trialName(place))).read();
      sizes.push(fragments.map(({ sizeBytes }) => sizeBytes));
    }
    return sizes;
  } catch (error) {
    const isOfSource =
      error instanceof TranscodeError && !['canceled', 'scratch-full', 'tool-missing'].includes(error.code);
    if (!isOfSource) throw error;
    if (times.length === 1) return [[]];
    // A damaged moment must not silence the others.
    const sizes: (readonly number[])[] = [];
    for (const time of times) sizes.push(...(await tryMoments(scratch, video, [time], signal)));
    return sizes;
  }
}

function trialName(place: number): string {
  return `trial-${place}.mp4`;
}

function trialSize(video: VideoTrack): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, TRIAL_LINES / Math.min(video.displayWidth, video.displayHeight));
  const even = (size: number): number => Math.max(2, Math.round((size * scale) / 2) * 2);
  return { width: even(video.displayWidth), height: even(video.displayHeight) };
}

/** Half a second from each of some key pictures on, at constant quality, one fragment a picture; pure. */
export function trialTask(video: VideoTrack, times: readonly number[]): FfmpegTask {
  const { width, height } = trialSize(video);
  const [inputOptions = [], ...moreInputs] = times.map((time) => [
    ...INPUT_OPTIONS,
    // What follows the last picture is not decoded on other processors for nothing.
    ...['-threads', '1'],
    ...(time === 0 ? [] : ['-noaccurate_seek', '-ss', time.toFixed(6)]),
  ]);
  return {
    inputOptions,
    moreInputs,
    outputs: times.map((_, place) => ({
      name: trialName(place),
      options: [
        ...['-map', `${place}:${video.index}`],
        // Cut off by a filter: the count of an output does not end the reading of its input.
        ...['-vf', `trim=end_frame=${TRIAL_PICTURES},scale=${width}:${height},setsar=1,format=yuv420p`],
        // No looking ahead and no B-frames: what a picture costs is then what has changed since the one before.
        ...['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-crf', '23', '-g', '1000'],
        ...['-threads', '1', '-f', 'mp4', '-movflags', '+frag_every_frame+empty_moov+default_base_moof'],
      ],
    })),
  };
}

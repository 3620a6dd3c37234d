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
const TRIAL_FILE = 'trial.mp4';

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
    const trials: TrialFacts[] = [];
    for (const time of trialTimes(frames)) {
      const pictureBytes = await tryMoment(scratch, video, time, options.signal);
      const dots = trialSize(video).width * trialSize(video).height;
      trials.push({ dots, picturesPerSecond: picturesPerSecond(video, frames), pictureBytes });
      if (isDecided(trials)) break;
    }
    return profileOfTrials(trials);
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

async function tryMoment(
  scratch: Scratch,
  video: VideoTrack,
  time: number,
  signal: AbortSignal | undefined,
): Promise<readonly number[]> {
  try {
    await runFfmpeg(trialTask(video, time), scratch, signal === undefined ? {} : { signal });
    const fragments = await new FragmentReader(scratch.path(TRIAL_FILE)).read();
    return fragments.map(({ sizeBytes }) => sizeBytes);
  } catch (error) {
    if (error instanceof TranscodeError && !['canceled', 'scratch-full', 'tool-missing'].includes(error.code))
      return [];
    throw error;
  }
}

function trialSize(video: VideoTrack): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, TRIAL_LINES / Math.min(video.displayWidth, video.displayHeight));
  const even = (size: number): number => Math.max(2, Math.round((size * scale) / 2) * 2);
  return { width: even(video.displayWidth), height: even(video.displayHeight) };
}

/** Half a second from a key picture on, at constant quality, one fragment a picture; pure. */
export function trialTask(video: VideoTrack, time: number): FfmpegTask {
  const { width, height } = trialSize(video);
  return {
    inputOptions: [
      ...INPUT_OPTIONS,
      // What follows the last picture is not decoded on other processors for nothing.
      ...['-threads', '1'],
      ...(time === 0 ? [] : ['-noaccurate_seek', '-ss', time.toFixed(6)]),
    ],
    outputs: [
      {
        name: TRIAL_FILE,
        options: [
          ...['-map', `0:${video.index}`, '-frames:v', String(TRIAL_PICTURES)],
          ...['-vf', `scale=${width}:${height},setsar=1,format=yuv420p`],
          // No looking ahead and no B-frames: what a picture costs is then what has changed since the one before.
          ...['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-crf', '23', '-g', '1000'],
          ...['-threads', '1', '-f', 'mp4', '-movflags', '+frag_every_frame+empty_moov+default_base_moof'],
        ],
      },
    ],
  };
}

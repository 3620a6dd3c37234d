import { rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { AudioPlan } from './audio-plan.ts';
import { INPUT_OPTIONS } from './encode-args.ts';
import { runFfmpeg, type FfmpegTask } from './ffmpeg.ts';
import type { JobRun } from './job-run.ts';
import { openScratch, type Scratch } from './scratch.ts';

const NAME = 'even.mkv';
/** A second of sixteen channels, uncompressed. */
const MOST_BYTES_A_SECOND = 48_000 * 16 * 2;

/** One sound track, alone in a file, in one form throughout. */
export interface EvenSound {
  /** Its source is the file; to be removed by who asked for it. */
  readonly scratch: Scratch;
  /** The track's plan, for that file. */
  readonly audio: AudioPlan;
}

/**
 * The encoder of sound that is decoded and kept. What comes out of a lossy coding has no more than 16 bits worth keeping; FLAC has at most
 * eight channels, and gathers samples across a gap.
 */
export const LOSSLESS = 'pcm_s16le';

/** Decodes one track and keeps it, at its times, in the form that it begins with. Pure. */
export function evenTask({ streamIndex, duration }: AudioPlan): FfmpegTask {
  return {
    limits: { cpuSeconds: 600 + duration, outputBytes: 2 ** 20 + Math.ceil(duration * MOST_BYTES_A_SECOND) },
    inputOptions: INPUT_OPTIONS,
    outputs: [{ name: NAME, options: ['-map', `0:${streamIndex}`, '-c:a', LOSSLESS, '-f', 'matroska'] }],
  };
}

/**
 * Gives one form to a track that changes its channels or its rate on the way, as recordings off the air and joined files do. ffmpeg
 * makes its filters anew at each change, and what they knew is lost: the silence they have put in front comes a second time.
 *
 * @throws what running ffmpeg throws
 */
export async function evenSound(run: JobRun, audio: AudioPlan, scratch: Scratch): Promise<EvenSound> {
  await runFfmpeg(evenTask(audio), scratch, { signal: run.signal });
  const path = resolve(join(scratch.folder, NAME));
  await rename(scratch.path(NAME), path);
  return { scratch: await openScratch(run.scratchDir, path), audio: { ...audio, streamIndex: 0 } };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  bareCommand,
  hearingCommand,
  CAMERA_RUNGS,
  separateCommand,
  SLIDE_RUNGS,
  soundCommand,
  type BareRung,
} from './bare-ffmpeg.ts';
import { machine, measure, median } from './cpu-meter.ts';
import { cameraLecture, copyableLecture, inMatroska, slideLecture } from './lecture.ts';

const ROUNDS = 3;
/** One ffmpeg for each rendition takes long and is far from its limit, so it is measured in the first rounds only. */
const SEPARATE_ROUNDS = 1;
// What a lecture costs once, such as starting Node, weighs on a real one of 45 minutes a tenth of what it weighs here.
const SLIDES_SECONDS = 240;
const CAMERA_SECONDS = 60;
const COPY_SECONDS = 120;
const ONCE = fileURLToPath(new URL('transcode-once.js', import.meta.url));

/**
 * Processor seconds of our whole pipeline (probing, spans, sandbox, storing with fsync, playlists, pictures) over those of one bare
 * ffmpeg that makes the same renditions from one decode, and over one ffmpeg for each; both with a run before that measures the
 * loudness, as the pipeline does. All with the same encoder settings
 * and one thread an encoder, in turn, in one run; the ratio is taken round by round. `copy_top_ratio` is our pipeline on a
 * source whose packets can be the top rendition, over the same packets in a container from which they are not copied.
 */
export async function run(): Promise<object> {
  const slides = await compare(await slideLecture(SLIDES_SECONDS), SLIDE_RUNGS);
  const camera = await compare(await cameraLecture(CAMERA_SECONDS), CAMERA_RUNGS);
  const copyTop = await compareCopy(await copyableLecture(COPY_SECONDS));
  return {
    ratio_bare: slides.bare,
    ratio_separate: slides.separate,
    camera_ratio_bare: camera.bare,
    camera_ratio_separate: camera.separate,
    copy_top_ratio: copyTop,
    slides_cpu_seconds: slides.ours,
    camera_cpu_seconds: camera.ours,
    rounds: ROUNDS,
    separate_rounds: SEPARATE_ROUNDS,
    machine: machine(),
  };
}

interface Comparison {
  readonly bare: number;
  readonly separate: number;
  readonly ours: number;
}

async function compare(source: string, rungs: readonly BareRung[]): Promise<Comparison> {
  const bareRatios: number[] = [];
  const separateRatios: number[] = [];
  const oursSeconds: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    await inFolder(async (folder) => {
      const ours = await cpuSeconds(pipeline(source, join(folder, 'ours'), rungs));
      const hearing = await cpuSeconds(hearingCommand(source));
      const bare = hearing + (await cpuSeconds(bareCommand(source, rungs, folder)));
      bareRatios.push(ours / bare);
      const separate =
        round > SEPARATE_ROUNDS ? undefined : hearing + (await separateSeconds(source, rungs, folder));
      if (separate !== undefined) separateRatios.push(ours / separate);
      oursSeconds.push(ours);
      console.log(
        `${source.split('/').at(-1)} round ${round}: ours ${ours.toFixed(1)} CPU-s, bare ${bare.toFixed(1)}${separate === undefined ? '' : `, separate ${separate.toFixed(1)}`}`,
      );
    });
  }
  return {
    bare: rounded(median(bareRatios)),
    separate: rounded(median(separateRatios)),
    ours: rounded(median(oursSeconds)),
  };
}

async function separateSeconds(source: string, rungs: readonly BareRung[], folder: string): Promise<number> {
  let seconds = await cpuSeconds(soundCommand(source, folder));
  for (const rung of rungs) seconds += await cpuSeconds(separateCommand(source, rung, folder));
  return seconds;
}

async function compareCopy(source: string): Promise<number> {
  const encodedSource = inMatroska(source);
  const ratios: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    await inFolder(async (folder) => {
      const copied = await cpuSeconds(pipeline(source, join(folder, 'copied'), SLIDE_RUNGS));
      const encoded = await cpuSeconds(pipeline(encodedSource, join(folder, 'encoded'), SLIDE_RUNGS));
      ratios.push(copied / encoded);
      console.log(
        `copying the top, round ${round}: ${copied.toFixed(1)} CPU-s, encoding it ${encoded.toFixed(1)}`,
      );
    });
  }
  return rounded(median(ratios));
}

function pipeline(source: string, folder: string, rungs: readonly BareRung[]): readonly string[] {
  const names = [...rungs.map(({ height }) => `${height}p`), 'audio'];
  return [process.execPath, ONCE, source, folder, names.join()];
}

async function cpuSeconds(command: readonly string[]): Promise<number> {
  return (await measure(command)).cpuSeconds;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-bench-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

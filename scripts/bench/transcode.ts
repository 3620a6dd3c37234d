import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
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

/** Even, so that each side has each processor equally often. */
const ROUNDS = 2;
// What a lecture costs once, such as starting Node, weighs on a real one of 45 minutes a sixth of what it weighs here.
const SLIDES_SECONDS = 480;
const CAMERA_SECONDS = 60;
const COPY_SECONDS = 120;
const ONCE = fileURLToPath(new URL('transcode-once.js', import.meta.url));

/** What one part of the benchmark finds out, by the names under which it is reported. */
type Figures = Readonly<Record<string, number | string>>;

const PARTS: Readonly<Record<string, () => Promise<Figures>>> = {
  slides: async () => {
    const { ratio, ours } = await compareBare(await slideLecture(SLIDES_SECONDS), SLIDE_RUNGS);
    return { ratio_bare: ratio, slides_cpu_seconds: ours };
  },
  'slides-separate': async () => ({
    ratio_separate: await compareSeparate(await slideLecture(SLIDES_SECONDS), SLIDE_RUNGS),
  }),
  camera: async () => {
    const { ratio, ours } = await compareBare(await cameraLecture(CAMERA_SECONDS), CAMERA_RUNGS);
    return { camera_ratio_bare: ratio, camera_cpu_seconds: ours };
  },
  'camera-separate': async () => ({
    camera_ratio_separate: await compareSeparate(await cameraLecture(CAMERA_SECONDS), CAMERA_RUNGS),
  }),
  copy: async () => ({ copy_top_ratio: await compareCopy(await copyableLecture(COPY_SECONDS)) }),
};

/**
 * Processor seconds of our whole pipeline (probing, spans, sandbox, storing with fsync, playlists, pictures) over those of one bare
 * ffmpeg that makes the same renditions from one decode, and over one ffmpeg for each; both with a run before that measures the
 * loudness, as the pipeline does. All with the same encoder settings, scaler and one thread an encoder. `copy_top_ratio` is our pipeline on a
 * source whose packets can be the top rendition, over the same packets in a container from which they are not copied.
 *
 * Of 60 seconds of slides decoding takes 2.5, scaling in a chain 2.4 and encoding 16.7: the bare command itself, which is one decode in
 * place of three and nothing else, takes 0.825 of separate runs, and what our pipeline adds comes on top: a second for looking into
 * the source, however long it is, and a fifth of one for each span.
 *
 * The two sides of a ratio run at the same time, each on a processor of its own, and change places: whatever else the machine does
 * and however it clocks, it does to both.
 *
 * After each part the figures so far are printed, so that a benchmark that is broken off has a last line too.
 *
 * @param parts - the names of some; all by default
 */
export async function run(...parts: readonly string[]): Promise<object> {
  const unknown = parts.find((part) => PARTS[part] === undefined);
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.keys(PARTS).join(', ')}`);
  const figures: Record<string, number | string> = {};
  for (const [name, measurePart] of Object.entries(PARTS)) {
    if (parts.length > 0 && !parts.includes(name)) continue;
    try {
      Object.assign(figures, await measurePart());
    } catch (error) {
      process.exitCode = 1;
      figures[`${name}_failure`] = error instanceof Error ? error.message : String(error);
    }
    console.log(JSON.stringify(figures));
  }
  return { ...figures, slides_seconds: SLIDES_SECONDS, rounds: ROUNDS, machine: machine() };
}

async function compareBare(
  source: string,
  rungs: readonly BareRung[],
): Promise<{ readonly ratio: number; readonly ours: number }> {
  const ratios: number[] = [];
  const oursSeconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await inFolder(async (folder) => {
      const [ours = 0, bare = 0] = await sideBySide(round, [
        [pipeline(source, join(folder, 'ours'), rungs)],
        [hearingCommand(source), bareCommand(source, rungs, folder)],
      ]);
      ratios.push(ours / bare);
      oursSeconds.push(ours);
      tell(source, round, { ours, bare });
    });
  }
  return { ratio: rounded(median(ratios)), ours: rounded(median(oursSeconds)) };
}

async function compareSeparate(source: string, rungs: readonly BareRung[]): Promise<number> {
  return await inFolder(async (folder) => {
    const [ours = 0, separate = 0] = await sideBySide(0, [
      [pipeline(source, join(folder, 'ours'), rungs)],
      [
        hearingCommand(source),
        soundCommand(source, folder),
        ...rungs.map((rung) => separateCommand(source, rung, folder)),
      ],
    ]);
    tell(source, 0, { ours, separate });
    return rounded(ours / separate);
  });
}

async function compareCopy(source: string): Promise<number> {
  const encodedSource = inMatroska(source);
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await inFolder(async (folder) => {
      const [copied = 0, encoded = 0] = await sideBySide(round, [
        [pipeline(source, join(folder, 'copied'), SLIDE_RUNGS)],
        [pipeline(encodedSource, join(folder, 'encoded'), SLIDE_RUNGS)],
      ]);
      ratios.push(copied / encoded);
      tell(source, round, { copied, encoded });
    });
  }
  return rounded(median(ratios));
}

type Command = readonly string[];

/**
 * Runs two sides at the same time, the commands of each one after the other on a processor of its own, which is the other one in every
 * second round.
 *
 * @returns processor seconds of each side
 */
async function sideBySide(round: number, sides: readonly (readonly Command[])[]): Promise<readonly number[]> {
  return await Promise.all(
    sides.map(async (commands, side) => {
      const processor = availableParallelism() > 1 ? (round + side) % 2 : 0;
      let seconds = 0;
      for (const command of commands) {
        seconds += (await measure(['taskset', '-c', String(processor), ...command])).cpuSeconds;
      }
      return seconds;
    }),
  );
}

function tell(source: string, round: number, seconds: Readonly<Record<string, number>>): void {
  const words = Object.entries(seconds).map(([side, value]) => `${side} ${value.toFixed(1)} CPU-s`);
  console.log(`${source.split('/').at(-1)} round ${round + 1}: ${words.join(', ')}`);
}

function pipeline(source: string, folder: string, rungs: readonly BareRung[]): Command {
  const names = [...rungs.map(({ height }) => `${height}p`), 'audio'];
  return [process.execPath, ONCE, source, folder, names.join()];
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

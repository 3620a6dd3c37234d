import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PLAIN_COLOR } from './color-plan.ts';
import { spanTask } from './encode-args.ts';
import { checkSpan } from './encode-span.ts';
import { deviceOptions, HARDWARE_PROFILES, type EncoderProfile } from './encoder-profile.ts';
import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { FragmentReader } from './fmp4.ts';
import type { VideoPlan } from './generation-plan.ts';
import { firstPictureIsIdr } from './h264.ts';
import { openScratch, type Scratch } from './scratch.ts';

/** Which encoder is wanted; `auto` takes the first graphics chip that proves itself, and x264 where none does. */
export type EncoderWish = EncoderProfile | 'auto';

/** What a worker encodes with, and what was tried in vain. */
export interface EncoderChoice {
  readonly wish: EncoderWish;
  readonly profile: EncoderProfile;
  /** Profiles that were wanted and do not work here, with what ffmpeg says. */
  readonly refusals: readonly { readonly profile: EncoderProfile; readonly why: string }[];
}

const WIDTH = 640;
const HEIGHT = 360;
const TRIAL_MS = 30_000;

/**
 * Chooses the encoder by trying it: each candidate encodes a second of pictures in two sizes with the very arguments that lectures are
 * encoded with, in the same box, and the result is checked as a span's is. That a driver is installed proves nothing.
 *
 * @param scratchDir - where the trial is made; the system's temporary folder by default
 * @returns x264 when it is wanted, or when nothing else works
 * @throws {TranscodeError} `tool-missing`
 */
export async function chooseEncoder(wish: EncoderWish, scratchDir = tmpdir()): Promise<EncoderChoice> {
  const refusals: EncoderChoice['refusals'][number][] = [];
  for (const profile of candidates(wish)) {
    const why = await tryEncoder(profile, scratchDir);
    if (why === undefined) return { wish, profile, refusals };
    refusals.push({ profile, why });
  }
  return { wish, profile: 'x264', refusals };
}

function candidates(wish: EncoderWish): readonly EncoderProfile[] {
  if (wish === 'x264') return [];
  return wish === 'auto' ? HARDWARE_PROFILES : [wish];
}

/**
 * Encodes a second of pictures.
 *
 * @returns why the profile cannot be used here, or `undefined` when it can
 * @throws {TranscodeError} `tool-missing`
 */
export async function tryEncoder(
  profile: EncoderProfile,
  scratchDir = tmpdir(),
): Promise<string | undefined> {
  await mkdir(scratchDir, { recursive: true });
  const folder = await mkdtemp(join(scratchDir, `run-${process.pid}-trial-`));
  try {
    const plan = trialPlan(profile);
    const source = join(folder, 'pictures.yuv');
    await writeFile(source, trialPictures(plan.grid.frameCount));
    const scratch = await openScratch(folder, source);
    await encode(plan, scratch);
    await prove(plan, scratch);
    return undefined;
  } catch (error) {
    if (!(error instanceof TranscodeError) || error.code === 'tool-missing') throw error;
    const said = error.ffmpeg?.stderrTail.split('\n').find((line) => line.trim() !== '');
    return said?.replace(/^\[[^\]]*\]\s*/, '') ?? error.message;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function trialPlan(profile: EncoderProfile): VideoPlan {
  const rendition = { rateFactor: 23, maxBitrate: 1_000_000, bufferSeconds: 2, isCopied: false };
  return {
    streamIndex: 0,
    grid: { rate: { numerator: 25, denominator: 1 }, segmentFrames: 8, frameCount: 24 },
    fieldOrder: 'progressive',
    isTurned: false,
    color: PLAIN_COLOR,
    pictureEnd: 24 / 25,
    still: undefined,
    encoder: profile,
    profile: 'camera',
    renditions: [
      { ...rendition, name: 'half', width: WIDTH / 2, height: HEIGHT / 2 },
      { ...rendition, name: 'whole', width: WIDTH, height: HEIGHT },
    ],
    spans: [{ index: 0, firstSegment: 0, segmentCount: 3 }],
  };
}

/** A slope of grey that moves on by five lines a picture, as raw 4:2:0. */
function trialPictures(count: number): Buffer {
  const brightness = WIDTH * HEIGHT;
  const bytes = Buffer.alloc(count * brightness * 1.5, 128);
  for (let picture = 0; picture < count; picture++) {
    const start = picture * brightness * 1.5;
    for (let line = 0; line < HEIGHT; line++) {
      bytes.fill((line + picture * 5) & 0xff, start + line * WIDTH, start + (line + 1) * WIDTH);
    }
  }
  return bytes;
}

async function encode(plan: VideoPlan, scratch: Scratch): Promise<void> {
  const [span] = plan.spans;
  if (span === undefined) return;
  const raw = [
    '-f',
    'rawvideo',
    '-video_size',
    `${WIDTH}x${HEIGHT}`,
    '-pixel_format',
    'yuv420p',
    '-framerate',
    '25',
  ];
  await runFfmpeg(
    {
      ...spanTask(plan, span, 1),
      inputOptions: [...deviceOptions(plan.encoder), '-v', 'warning', '-stats', ...raw],
    },
    scratch,
    { signal: AbortSignal.timeout(TRIAL_MS) },
  );
}

async function prove(plan: VideoPlan, scratch: Scratch): Promise<void> {
  const [span] = plan.spans;
  if (span === undefined) return;
  for (const { name } of plan.renditions) {
    const path = scratch.path(`${name}.mp4`);
    const reader = new FragmentReader(path);
    const fragments = await reader.read();
    checkSpan(plan, span, name, fragments, reader.header?.timescale ?? 0);
    for (const fragment of fragments) {
      if (fragment.startsWithSync && (await firstPictureIsIdr(path, fragment))) continue;
      throw new TranscodeError('output-invalid', 'The segments it makes do not begin with an IDR picture.');
    }
  }
}

import type { AudioPlan } from './audio-plan.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { DamageCounter, type PictureDamage } from './picture-damage.ts';
import type { Scratch } from './scratch.ts';
import { measureTask, STEREO_PROBES } from './sound-args.ts';
import {
  chooseMix,
  SILENCE_LUFS,
  UNCORRECTED,
  type ChannelMix,
  type SoundCorrection,
  type SoundMeasure,
  type StereoLevels,
} from './sound-correction.ts';

/** How {@link measureSound} may be followed and stopped. */
export interface MeasureOptions {
  readonly signal?: AbortSignal;
  /** Called about twice a second with the seconds of the track heard so far. */
  readonly onProgress?: (seconds: number) => void;
}

/** Stands in for minus infinity, which JSON cannot carry. */
const FLOOR_DB = -120;

/**
 * Hears a whole track, boxed, and finds its loudness, its range and its true peak in the mix that will be encoded. A stereo source
 * is heard once in its usual mix; only where that turns out wrong (a dead or a turned-over channel) a second time.
 *
 * @throws {TranscodeError} what running ffmpeg throws
 */
export async function measureSound(
  plan: AudioPlan,
  scratch: Scratch,
  options: MeasureOptions = {},
): Promise<SoundMeasure> {
  const usual: ChannelMix =
    plan.sourceChannels === 1 ? 'mono' : plan.sourceChannels === 2 ? 'both' : 'centre';
  const { log, damage } = await hear(plan, usual, scratch, options);
  const mix = usual === 'both' ? chooseMix(readLevels(log)) : usual;
  const measure = readMeter(mix === usual ? log : (await hear(plan, mix, scratch, options)).log);
  return {
    mix,
    ...measure,
    ...(countForms(log) > 1 && { changesForm: true }),
    ...(damage.lost > 0 && { lostSeconds: damage.lost * SHORTEST_PACKET }),
  };
}

/** Seconds of sound in a packet, at least: 960 samples of Opus, 1024 of AAC, 1152 of MP3, more of all others. */
const SHORTEST_PACKET = 0.02;

/**
 * Hears a whole track as a correction would leave it.
 *
 * @returns its integrated loudness in LUFS
 * @throws {TranscodeError} what running ffmpeg throws
 */
export async function measureCorrected(
  plan: AudioPlan,
  mix: ChannelMix,
  correction: SoundCorrection,
  scratch: Scratch,
  options: MeasureOptions = {},
): Promise<number> {
  const { log } = await hear(plan, mix, scratch, options, correction);
  return readMeter(log).loudness;
}

async function hear(
  plan: AudioPlan,
  mix: ChannelMix,
  scratch: Scratch,
  options: MeasureOptions,
  correction: SoundCorrection = UNCORRECTED,
): Promise<{ readonly log: readonly string[]; readonly damage: PictureDamage }> {
  const log: string[] = [];
  const counter = new DamageCounter();
  await runFfmpeg(measureTask(plan, mix, correction), scratch, {
    ...options,
    onLog: (line) => {
      if (FIGURE.test(line)) log.push(line);
      counter.note(line);
    },
  });
  return { log, damage: counter.damage };
}

/** What ffmpeg says when it begins to decode. */
const BEGINNING = 'Stream mapping:';
/** The lines that are kept: that one, those of `ebur128`'s summary and of `volumedetect`. */
const FIGURE = /^Stream mapping:|^\s+(?:I|LRA|Peak):\s|volumedetect@\w+ .*mean_volume:/;

/**
 * How many forms the sound has, one after the other; pure. Filters are made anew at each change, and `ebur128` sums up when it ends. It did
 * so before the first sound too, when ffmpeg had read the filters to learn what they need.
 */
export function countForms(log: readonly string[]): number {
  return log.slice(log.indexOf(BEGINNING)).filter((line) => /^\s+I:\s/.test(line)).length;
}

/** Reads ffmpeg's `ebur128` summary; pure. Of several the loudest counts. */
export function readMeter(
  log: readonly string[],
): Pick<SoundMeasure, 'loudness' | 'loudnessRange' | 'truePeak'> {
  const figures = (name: string): number[] =>
    log.flatMap((line) => {
      const value = new RegExp(String.raw`^\s+${name}:\s+(\S+)`).exec(line)?.[1];
      return value === undefined ? [] : [decibels(value)];
    });
  const loudness = Math.max(FLOOR_DB, ...figures('I'));
  return {
    loudness: Number.isFinite(loudness) ? loudness : SILENCE_LUFS,
    loudnessRange: Math.max(0, ...figures('LRA')),
    truePeak: Math.max(FLOOR_DB, ...figures('Peak')),
  };
}

/** Reads `volumedetect`'s means; pure. */
export function readLevels(log: readonly string[]): StereoLevels {
  const level = (name: string): number =>
    Math.max(
      FLOOR_DB,
      ...log.flatMap((line) => {
        const value = new RegExp(String.raw`volumedetect@${name} .*mean_volume:\s+(\S+)`).exec(line)?.[1];
        return value === undefined ? [] : [decibels(value)];
      }),
    );
  const names = Object.keys(STEREO_PROBES) as (keyof StereoLevels)[];
  return Object.fromEntries(names.map((name) => [name, level(name)])) as unknown as StereoLevels;
}

function decibels(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : FLOOR_DB;
}

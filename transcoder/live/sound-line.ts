import type { AudioConfig } from './audio-config.ts';
import { silentFrame } from './silent-frame.ts';

/** A frame of sound in its place. */
export interface PlacedSound {
  /** Of decoding, in ticks of the track: its sample rate. */
  readonly ticks: number;
  readonly durationTicks: number;
  /** The same as {@link ticks} in milliseconds, not rounded. */
  readonly timeMs: number;
  readonly data: Buffer;
}

/** Beyond it stamps are not rounded or jittery, but frames are missing or there are too many. */
const BREAK_MS = 100;
/** Below it nothing is corrected: stamps are rounded to the millisecond, and some encoders stamp what they send when they send it. */
const TOLERANCE_MS = 5;
/** Frames over which the distance from the stamps is averaged. */
const SMOOTHING = 32;
/** The share of a frame by which it is made longer or shorter: 0.4 %, which nobody hears. */
const CORRECTION = 1 / 256;

/**
 * Counts frames of sound by their samples, as decoders do, and keeps the count with the encoder's clock: where the sound card's clock
 * drifts against it, durations are corrected by less than can be heard, so that sound and picture stay together for hours. Where frames are
 * missing there is silence.
 */
export class SoundLine {
  readonly #config: AudioConfig;
  readonly #silence: Buffer | undefined;
  #next: number | undefined;
  #error = 0;
  #isCorrecting = false;

  constructor(config: AudioConfig) {
    this.#config = config;
    this.#silence = silentFrame(config);
  }

  /** Where the next frame belongs, in milliseconds; undefined before the first. */
  get endMs(): number | undefined {
    return this.#next === undefined ? undefined : this.#toMs(this.#next);
  }

  /**
   * Places the next frame, behind the silence before it if there is a hole.
   *
   * @param stampMs - where the encoder's clock has it
   * @returns nothing when it lies where sound is already
   */
  place(stampMs: number, data: Buffer): readonly PlacedSound[] {
    const stamp = this.#toTicks(stampMs);
    this.#next ??= Math.round(stamp);
    const breakTicks = this.#toTicks(BREAK_MS);
    const distance = stamp - this.#next;
    if (distance < -breakTicks) return [];
    if (distance <= breakTicks) {
      this.#error += (distance - this.#error) / SMOOTHING;
      return [this.#add(data, this.#config.frameSamples + this.#correction())];
    }
    const silence = this.fill(stampMs);
    // What is left is less than a frame, or all of it where silence cannot be coded: a hole.
    this.#next = Math.max(this.#next, Math.round(stamp));
    return [...silence, this.#add(data, this.#config.frameSamples)];
  }

  /**
   * Silence up to a moment, in whole frames; nothing where it cannot be coded.
   *
   * @param fromMs - where it begins if there was no sound before
   */
  fill(untilMs: number, fromMs = untilMs): readonly PlacedSound[] {
    const silence = this.#silence;
    this.#next ??= Math.round(this.#toTicks(fromMs));
    this.#error = 0;
    this.#isCorrecting = false;
    if (silence === undefined) return [];
    const { frameSamples } = this.#config;
    const count = Math.max(0, Math.floor((this.#toTicks(untilMs) - this.#next) / frameSamples));
    return Array.from({ length: count }, () => this.#add(silence, frameSamples));
  }

  #add(data: Buffer, durationTicks: number): PlacedSound {
    const ticks = this.#next ?? 0;
    this.#next = ticks + durationTicks;
    return { ticks, durationTicks, timeMs: this.#toMs(ticks), data };
  }

  /** Once begun it goes on until the middle is reached, so that durations are equal for most of the time. */
  #correction(): number {
    const distance = Math.abs(this.#error);
    const step = Math.ceil(this.#config.frameSamples * CORRECTION);
    if (distance > this.#toTicks(TOLERANCE_MS)) this.#isCorrecting = true;
    else if (distance < step) this.#isCorrecting = false;
    if (!this.#isCorrecting) return 0;
    const correction = Math.sign(this.#error) * step;
    this.#error -= correction;
    return correction;
  }

  #toTicks(ms: number): number {
    return Math.max(0, (ms * this.#config.sampleRate) / 1000);
  }

  #toMs(ticks: number): number {
    return (ticks * 1000) / this.#config.sampleRate;
  }
}

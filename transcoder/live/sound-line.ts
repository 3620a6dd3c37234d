import type { AudioConfig } from './audio-config.ts';

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
 * drifts against it, durations are corrected by less than can be heard, so that sound and picture stay together for hours.
 */
export class SoundLine {
  readonly #config: AudioConfig;
  #next: number | undefined;
  #error = 0;
  #isCorrecting = false;

  constructor(config: AudioConfig) {
    this.#config = config;
  }

  /** Where the next frame belongs, in milliseconds; undefined before the first. */
  get endMs(): number | undefined {
    return this.#next === undefined ? undefined : this.#toMs(this.#next);
  }

  /**
   * Places the next frame.
   *
   * @param stampMs - where the encoder's clock has it
   * @returns undefined when it lies where sound is already
   */
  place(stampMs: number, data: Buffer): PlacedSound | undefined {
    const { sampleRate, frameSamples } = this.#config;
    const stamp = Math.max(0, (stampMs * sampleRate) / 1000);
    this.#next ??= Math.round(stamp);
    const error = stamp - this.#next;
    const breakTicks = (BREAK_MS * sampleRate) / 1000;
    if (error < -breakTicks) return undefined;
    if (error > breakTicks) {
      this.#next = Math.round(stamp);
      this.#error = 0;
      this.#isCorrecting = false;
    } else this.#error += (error - this.#error) / SMOOTHING;
    const ticks = this.#next;
    const durationTicks = frameSamples + this.#correction();
    this.#next += durationTicks;
    return { ticks, durationTicks, timeMs: this.#toMs(ticks), data };
  }

  /** Once begun it goes on until the middle is reached, so that durations are equal for most of the time. */
  #correction(): number {
    const { sampleRate, frameSamples } = this.#config;
    const distance = Math.abs(this.#error);
    const step = Math.ceil(frameSamples * CORRECTION);
    if (distance > (TOLERANCE_MS * sampleRate) / 1000) this.#isCorrecting = true;
    else if (distance < step) this.#isCorrecting = false;
    if (!this.#isCorrecting) return 0;
    const correction = Math.sign(this.#error) * step;
    this.#error -= correction;
    return correction;
  }

  #toMs(ticks: number): number {
    return (ticks * 1000) / this.#config.sampleRate;
  }
}

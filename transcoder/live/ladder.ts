import { EncoderInput, type InputPicture, type InputSound } from './encoder-input.ts';
import { flvBytes, flvHeader, type FlvTag } from './flv-tag.ts';
import { LadderProcess, type LiveRung } from './ladder-process.ts';
import { readMessage } from './media-message.ts';
import { PICTURE_PATIENCE_MS } from './packaged-run.ts';
import type { VideoConfig } from './video-config.ts';

/** The sizes below a source of 720 or 1080 lines: for halls with 2 Mbit/s, and for telephones. Largest first. */
export const LIVE_RUNGS: readonly LiveRung[] = [
  { name: '480p', lines: 480, rateFactor: 24, maxBitrate: 800_000 },
  { name: '360p', lines: 360, rateFactor: 25, maxBitrate: 450_000 },
];

/**
 * Why a rung is not made any more. `not-smaller`: the source has no more lines. `too-slow`: this machine cannot keep up.
 * `keeps-failing`: ffmpeg has ended three times within a minute. `codec`: only H.264 is made smaller.
 */
export type LadderDropReason = 'not-smaller' | 'too-slow' | 'keeps-failing' | 'codec';

/** How a {@link LiveLadder} works, and whom it tells. */
export interface LiveLadderOptions {
  /** Largest first; {@link LIVE_RUNGS} by default. */
  readonly rungs?: readonly LiveRung[];
  /** Where ffmpeg's working folders are made. */
  readonly scratchFolder: string;
  /**
   * A tag of a rendition: its pictures made smaller, its sound as the source has it, in the order of their stamps. The stamps are the source's,
   * set straight; its packager follows the source's.
   */
  readonly onTag: (rendition: string, tag: FlvTag) => void;
  /** A rendition stops for a while, because ffmpeg starts again: its packager is to end, and goes on with the next tags. */
  readonly onInterrupted: (rendition: string, why: string) => void;
  /** A rendition is given up for the rest of the input. */
  readonly onDropped: (rendition: string, why: LadderDropReason, details: string) => void;
  /** Milliseconds of any clock; `performance.now` by default. */
  readonly now?: () => number;
  /** A picture that could have come out so long ago means that the machine is too slow; 2500 by default. */
  readonly lateMs?: number;
}

const DEFAULT_LATE_MS = 2500;
/** A process has so much longer for its first picture. */
const START_MS = 5000;
/** Pictures that must go in before one can come out: the most that H.264 keeps to put them in order. */
const REORDERED = 16;
/** What ffmpeg may leave unread; more would only be late. */
const MAX_BACKLOG_BYTES = 16 * 2 ** 20;
const FINISH_MS = 2000;
const FAILURES = 3;
const FAILURE_WINDOW_MS = 60_000;
/** Sound that waits for its picture; more than a picture may be late. */
const KEPT_SOUND_MS = 15_000;
/** Stamps begin here in every process, so that none is ever negative. */
const BASE_MS = 1000;

interface Rendition {
  readonly rung: LiveRung;
  /** Sound that waits for its picture. */
  sounds: FlvTag[];
  audioConfig: FlvTag | undefined;
  /** Pictures that went in and have not come out, by their presentation. */
  pending: { readonly shownMs: number; readonly at: number }[];
  hasOutput: boolean;
}

/**
 * Makes smaller renditions of a live source, with one ffmpeg for all. Its key pictures and stamps are the source's to the millisecond, so
 * the packagers of all renditions cut alike.
 *
 * It never holds the source up: taking a tag does not wait, and a machine that is too slow loses the largest rung, then the next.
 */
export class LiveLadder {
  readonly #options: LiveLadderOptions;
  readonly #now: () => number;
  readonly #input = new EncoderInput();
  #renditions: Rendition[];
  /** How the pictures are coded, while they can be made smaller. */
  #config: VideoConfig | undefined;
  #latestPictureMs = 0;
  #audioConfig: FlvTag | undefined;
  #process: LadderProcess | undefined;
  #startedAt = 0;
  #baseMs = 0;
  #failures: number[] = [];
  #isStopped = false;
  #isEnding = false;
  readonly #stopping = new Set<Promise<void>>();

  constructor(options: LiveLadderOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#renditions = (options.rungs ?? LIVE_RUNGS)
      .toSorted((a, b) => b.lines - a.lines)
      .map((rung) => ({ rung, sounds: [], audioConfig: undefined, pending: [], hasOutput: false }));
  }

  /** The renditions that are being made, largest first. */
  get renditions(): readonly string[] {
    return this.#renditions.map(({ rung }) => rung.name);
  }

  /** Takes the source's next tag: the same ones that its packager gets, from the input's first. */
  push(tag: FlvTag): void {
    if (this.#isStopped || this.#isEnding || this.#renditions.length === 0) return;
    const event = this.#input.read(tag);
    switch (event.kind) {
      case 'video-change':
        return this.#takeConfig(event.config);
      case 'audio-change':
        this.#audioConfig = event.config === undefined ? undefined : tag;
        return;
      case 'picture':
        return this.#takePicture(event);
      case 'sound':
        return this.#takeSound(event, tag);
      case 'unsupported':
        if (event.track === 'video') this.#dropAll('codec', event.codec);
        return;
      case 'damaged':
      case 'nothing':
    }
  }

  /** The input is over: what is still in the making comes out, but for no longer than two seconds. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#process?.finish(FINISH_MS);
    await this.stop();
  }

  /** Ends it at once. Nothing is told any more. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopProcess();
    await Promise.all(this.#stopping);
  }

  #takeConfig(config: VideoConfig | undefined): void {
    this.#interrupt('the source has changed');
    this.#config = undefined;
    if (config === undefined) return;
    if (config.codec !== 'avc') return this.#dropAll('codec', config.codecs);
    this.#config = config;
    const { width, height } = config.format;
    const lines = Math.min(width, height);
    for (const { rung } of this.#renditions.filter(({ rung }) => rung.lines >= lines)) {
      this.#drop(rung.name, 'not-smaller', `the source has ${lines} lines`);
    }
  }

  #takePicture({ ms, compositionMs, isKey, data }: InputPicture): void {
    this.#latestPictureMs = ms;
    const config = this.#config;
    if (config === undefined) return;
    if (this.#process === undefined) {
      if (!isKey) return;
      this.#startProcess(config, ms);
    }
    this.#process?.write(avcTag(ms - this.#baseMs, isKey, { type: 1, compositionMs, data }));
    const at = this.#now();
    for (const { pending } of this.#renditions) pending.push({ shownMs: ms + compositionMs, at });
    this.#watch(at);
  }

  #takeSound({ ms }: InputSound, tag: FlvTag): void {
    if (this.#process === undefined) return;
    for (const rendition of this.#renditions) {
      rendition.sounds.push({ ...tag, timestampMs: ms });
      // What no picture has come out for by now will not be asked for.
      while ((rendition.sounds[0]?.timestampMs ?? ms) < ms - KEPT_SOUND_MS) rendition.sounds.shift();
      // The source has lost its picture: its renditions hold the last one as it does, and need the sound for that.
      if (rendition.hasOutput && ms - this.#latestPictureMs >= PICTURE_PATIENCE_MS)
        this.#releaseSound(rendition, ms);
    }
  }

  #startProcess(config: VideoConfig, firstMs: number): void {
    this.#baseMs = firstMs - BASE_MS;
    this.#startedAt = this.#now();
    for (const rendition of this.#renditions) {
      Object.assign(rendition, { sounds: [], pending: [], hasOutput: false });
    }
    const rungs = this.#renditions.map(({ rung }) => rung);
    const renditions = [...this.#renditions];
    const process = new LadderProcess(rungs, config.format, this.#options.scratchFolder, {
      onTag: (place, out) => {
        const rendition = renditions[place];
        if (this.#process === process && rendition !== undefined) this.#emit(rendition, out);
      },
      onGone: (why) => {
        if (this.#process === process) this.#fail(why);
      },
    });
    this.#process = process;
    process.write(flvHeader({ video: true, audio: false }));
    process.write(avcTag(BASE_MS, true, { type: 0, compositionMs: 0, data: config.record }));
  }

  /** A tag that ffmpeg made, and before it the sound that belongs before it. */
  #emit(rendition: Rendition, out: FlvTag): void {
    if (this.#isStopped || out.kind !== 'video') return;
    const { onTag } = this.#options;
    const { name } = rendition.rung;
    const message = readMessage(out);
    const ms = out.timestampMs + this.#baseMs;
    if (message.kind === 'picture') {
      const shownMs = ms + message.compositionMs;
      rendition.hasOutput = true;
      while ((rendition.pending[0]?.shownMs ?? Number.POSITIVE_INFINITY) <= shownMs)
        rendition.pending.shift();
      this.#releaseSound(rendition, shownMs);
    }
    onTag(name, stamped(out, ms));
  }

  #releaseSound(rendition: Rendition, untilMs: number): void {
    const { onTag } = this.#options;
    const { name } = rendition.rung;
    if (this.#audioConfig !== undefined && rendition.audioConfig !== this.#audioConfig) {
      rendition.audioConfig = this.#audioConfig;
      onTag(name, this.#audioConfig);
    }
    const ready = rendition.sounds.findIndex(({ timestampMs }) => timestampMs > untilMs);
    const count = ready === -1 ? rendition.sounds.length : ready;
    for (const sound of rendition.sounds.splice(0, count)) onTag(name, stamped(sound, sound.timestampMs));
  }

  /** Gives up the largest rung when pictures are overdue. Asked at every picture, so that it needs no clock of its own. */
  #watch(now: number): void {
    const lateMs = this.#options.lateMs ?? DEFAULT_LATE_MS;
    const isLate = this.#renditions.some(({ pending, hasOutput }) => {
      const due = pending[REORDERED];
      return due !== undefined && now - due.at > (hasOutput ? lateMs : lateMs + START_MS);
    });
    const backlog = this.#process?.backlogBytes ?? 0;
    if (!isLate && backlog <= MAX_BACKLOG_BYTES) return;
    const [largest] = this.#renditions;
    if (largest === undefined) return;
    const seconds = ((now - this.#startedAt) / 1000).toFixed(0);
    this.#interrupt('this machine is too slow for all sizes', largest.rung.name);
    this.#drop(largest.rung.name, 'too-slow', `after ${seconds} s, ${backlog} bytes behind`);
  }

  #fail(why: string): void {
    const now = this.#now();
    this.#failures = [...this.#failures.filter((at) => at > now - FAILURE_WINDOW_MS), now];
    if (this.#failures.length >= FAILURES) this.#dropAll('keeps-failing', why);
    else this.#interrupt(why);
  }

  /** Starts anew with the next key picture. */
  #interrupt(why: string, except?: string): void {
    if (this.#process === undefined) return;
    this.#stopProcess();
    for (const { rung } of this.#renditions) {
      if (rung.name !== except) this.#options.onInterrupted(rung.name, why);
    }
  }

  #dropAll(why: LadderDropReason, details: string): void {
    for (const { rung } of [...this.#renditions]) this.#drop(rung.name, why, details);
  }

  #drop(name: string, why: LadderDropReason, details: string): void {
    this.#renditions = this.#renditions.filter(({ rung }) => rung.name !== name);
    if (this.#renditions.length === 0) this.#stopProcess();
    this.#options.onDropped(name, why, details);
  }

  #stopProcess(): void {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined) return;
    const stopped = process.stop().finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }
}

/** A tag in FLV's first manner, whichever the encoder used: ffmpeg reads no other before version 6.1. */
function avcTag(
  timestampMs: number,
  isKey: boolean,
  { type, compositionMs, data }: { type: 0 | 1; compositionMs: number; data: Buffer },
): Buffer {
  const head = Buffer.from([isKey ? 0x17 : 0x27, type, 0, 0, 0]);
  head.writeIntBE(compositionMs, 2, 3);
  return flvBytes({ kind: 'video', timestampMs, body: Buffer.concat([head, data]) });
}

/** FLV's stamps have 32 bits. */
function stamped(tag: FlvTag, ms: number): FlvTag {
  return { ...tag, timestampMs: ms >>> 0 };
}

import type { AudioConfig } from './audio-config.ts';
import type { Cut, PartCut } from './cut.ts';
import { initSegment } from './init-segment.ts';
import { mediaFragment, type SoundSample } from './media-fragment.ts';
import { Segmenter, type LeadingSample, type SegmenterOptions, type Stretch } from './segmenter.ts';
import { SoundLine, type PlacedSound } from './sound-line.ts';
import { LEAD_IN_MS, type TimeLine } from './time-line.ts';
import type { VideoConfig } from './video-config.ts';

/** A picture on the class's time line. */
export interface RunPicture {
  readonly decodeMs: number;
  readonly shownMs: number;
  readonly isKey: boolean;
  readonly data: Buffer;
}

/** What leads: a picture, or a frame of sound where there is none. {@link LeadingSample.timeMs} is where a key picture is shown. */
interface Lead extends LeadingSample {
  readonly shownMs: number;
  /** Of a picture. */
  readonly data?: Buffer;
}

/** What a run is made of. */
export interface RunOptions {
  readonly video: VideoConfig | undefined;
  readonly audio: AudioConfig | undefined;
  /** On the class's line; sound that begins more than half a frame before is left out. */
  readonly startMs: number;
  /** From a key picture's decoding to its presentation. */
  readonly reorderMs: number;
  readonly timeLine: TimeLine;
  readonly segmenter: SegmenterOptions<LeadingSample>;
}

/** Sound that stays behind the picture by so much is replaced by silence until it is back. */
const SOUND_PATIENCE_MS = 1500;
/** A picture that stays behind the sound by so much is replaced by the last key picture until there is a new one. */
export const PICTURE_PATIENCE_MS = 2000;
/** Such a still comes so often, at the same moments in every rendition. */
const STILL_MS = 500;

/**
 * One init segment and the parts that go with it: an input, or as much of it as lies between two changes of its coding. The picture
 * leads where there is one: parts end with it, and hold the sound that begins before their end.
 *
 * What an init segment has promised is kept up: browsers stop where one of two tracks has a hole.
 */
export class PackagedRun {
  readonly #options: RunOptions;
  readonly #segmenter: Segmenter<Lead>;
  #audio: AudioConfig | undefined;
  #soundLine: SoundLine | undefined;
  #sounds: PlacedSound[] = [];
  #isSilent = false;
  #lastKey: Buffer | undefined;
  #isStill = false;
  #isOpen = false;
  #endMs: number;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#segmenter = new Segmenter<Lead>(options.segmenter);
    this.#endMs = options.startMs;
    this.takeAudio(options.audio);
  }

  get hasVideo(): boolean {
    return this.#options.video !== undefined;
  }

  get hasAudio(): boolean {
    return this.#audio !== undefined;
  }

  /** Where the last finished part ends. */
  get endMs(): number {
    return this.#endMs;
  }

  /** The sample whose length is not known yet. */
  get heldMs(): number | undefined {
    return this.#segmenter.held?.timeMs;
  }

  /**
   * Sound that was announced late. A run that has said what it holds does not take it.
   *
   * @returns false when it is too late
   */
  takeAudio(audio: AudioConfig | undefined): boolean {
    if (this.#isOpen) return false;
    this.#audio = audio;
    this.#soundLine = audio === undefined ? undefined : new SoundLine(audio);
    this.#sounds = [];
    return true;
  }

  /** Takes the next picture in decoding order. The first must be a key picture. */
  addPicture({ decodeMs, shownMs, isKey, data }: RunPicture): readonly Cut[] {
    const before = this.heldMs ?? Number.NEGATIVE_INFINITY;
    if (this.#isStill) {
      // Pictures that build on what a still has pushed aside cannot be shown.
      if (!isKey || shownMs <= before) return [];
      this.#isStill = false;
    }
    if (isKey) this.#lastKey = data;
    // A key picture stands exactly where it is shown: encoders round the two stamps by themselves, so the distance between them varies.
    const wantedMs = isKey ? shownMs : decodeMs + this.#options.reorderMs;
    return this.#addLead({ timeMs: Math.max(wantedMs, before + 1), shownMs, isKey, data });
  }

  /** Takes the next frame of sound. */
  addSound(stampMs: number, data: Buffer): readonly Cut[] {
    const audio = this.#audio;
    if (audio === undefined) return [];
    this.#isSilent = false;
    const halfFrameMs = (audio.frameSamples * 500) / audio.sampleRate;
    if (stampMs < this.#options.startMs - halfFrameMs) return [];
    const placed = this.#soundLine?.place(stampMs, data) ?? [];
    this.#sounds.push(...placed);
    if (this.hasVideo) return this.#addStills(stampMs);
    return placed.flatMap(({ timeMs }) => this.#addLead({ timeMs, shownMs: timeMs, isKey: true }));
  }

  /**
   * Ends with what there is.
   *
   * @param untilMs - where the next run is known to begin
   */
  end(untilMs = Number.POSITIVE_INFINITY): readonly Cut[] {
    const last = this.hasVideo ? undefined : this.#sounds.at(-1);
    const lastMs =
      last === undefined ? undefined : Math.min(this.#soundLine?.endMs ?? 0, untilMs) - last.timeMs;
    const cuts = this.#cut(this.#segmenter.end(lastMs));
    return this.#isOpen ? [...cuts, { kind: 'end' }] : [];
  }

  /** Holds the last key picture while the sound goes on without any. */
  #addStills(soundMs: number): readonly Cut[] {
    const cuts: Cut[] = [];
    const data = this.#lastKey;
    const held = this.heldMs;
    if (data === undefined || held === undefined) return cuts;
    if (!this.#isStill && soundMs - held < PICTURE_PATIENCE_MS) return cuts;
    for (let at = (Math.floor(held / STILL_MS) + 1) * STILL_MS; at <= soundMs - STILL_MS; at += STILL_MS) {
      this.#isStill = true;
      cuts.push(...this.#addLead({ timeMs: at, shownMs: at, isKey: true, data }));
    }
    return cuts;
  }

  #addLead(lead: Lead): readonly Cut[] {
    return this.#cut(this.#segmenter.push(lead));
  }

  #cut(stretches: readonly Stretch<Lead>[]): readonly Cut[] {
    return stretches.flatMap((stretch) =>
      this.#isOpen ? [this.#part(stretch)] : [this.#open(), this.#part(stretch)],
    );
  }

  #open(): Cut {
    this.#isOpen = true;
    const { video } = this.#options;
    const audio = this.#audio;
    const codecs = [video?.codecs, audio?.codecs].filter((name) => name !== undefined).join(',');
    const size =
      video === undefined ? {} : { size: { width: video.format.width, height: video.format.height } };
    return {
      kind: 'init',
      bytes: initSegment({ video, audio }),
      facts: { codecs, ...size, hasVideo: video !== undefined, hasAudio: audio !== undefined },
    };
  }

  #part({ samples, startMs, endMs, startsSegment }: Stretch<Lead>): PartCut {
    const decodeTimeMs = Math.round(startMs);
    this.#fillSilence(endMs);
    // Offsets in the media are never negative: ffmpeg and what is built on it would show the picture late.
    const reorderMs = Math.min(this.#options.reorderMs, LEAD_IN_MS);
    const pictures = samples.flatMap(({ sample: { data, timeMs, shownMs, isKey }, durationMs }) =>
      data === undefined ? [] : [{ data, isKey, durationMs, compositionMs: shownMs - timeMs + reorderMs }],
    );
    const bytes = mediaFragment({
      // Grows with the class, whatever number of inputs it takes (ISO/IEC 14496-12 §8.8.5).
      sequenceNumber: decodeTimeMs + 1,
      pictures: { decodeTime: decodeTimeMs + LEAD_IN_MS - reorderMs, samples: pictures },
      sounds: this.#soundsBefore(endMs),
    });
    this.#endMs = Math.round(endMs);
    return {
      kind: 'part',
      bytes,
      duration: (this.#endMs - decodeTimeMs) / 1000,
      isIndependent: samples[0]?.sample.isKey ?? false,
      startsSegment,
      decodeTimeMs,
      wallClockMs: this.#options.timeLine.wallClockMs(decodeTimeMs),
    };
  }

  #fillSilence(endMs: number): void {
    const line = this.#soundLine;
    if (line === undefined || !this.hasVideo) return;
    const { startMs } = this.#options;
    this.#isSilent ||= endMs - (line.endMs ?? startMs) > SOUND_PATIENCE_MS;
    if (this.#isSilent) this.#sounds.push(...line.fill(endMs, startMs));
  }

  #soundsBefore(endMs: number): { decodeTime: number; samples: readonly SoundSample[] } {
    const found = this.#sounds.findIndex(({ timeMs }) => timeMs >= endMs);
    const taken = this.#sounds.splice(0, found === -1 ? this.#sounds.length : found);
    const leadIn = (LEAD_IN_MS * (this.#audio?.sampleRate ?? 0)) / 1000;
    return {
      decodeTime: Math.round((taken[0]?.ticks ?? 0) + leadIn),
      // Frames that are missing in between make the one before them longer: a run of samples has no holes.
      samples: taken.map(({ ticks, durationTicks, data }, place) => ({
        data,
        duration: (taken[place + 1]?.ticks ?? ticks + durationTicks) - ticks,
      })),
    };
  }
}

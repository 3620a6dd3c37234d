import type { AudioConfig } from './audio-config.ts';
import type { Cut, PartCut } from './cut.ts';
import { initSegment } from './init-segment.ts';
import { mediaFragment, type SoundSample } from './media-fragment.ts';
import { Segmenter, type LeadingSample, type SegmenterOptions, type Stretch } from './segmenter.ts';
import { SoundLine, type PlacedSound } from './sound-line.ts';
import { LEAD_IN_MS, type TimeLine } from './time-line.ts';
import type { VideoConfig } from './video-config.ts';

/** A picture in its place: {@link LeadingSample.timeMs} is where a key picture is shown. */
export interface PlacedPicture extends LeadingSample {
  /** From there to where it is shown; negative for pictures that are shown before ones that are decoded earlier. */
  readonly offsetMs: number;
  readonly data: Buffer;
}

type Lead = LeadingSample & { readonly picture?: PlacedPicture };

/** What a run is made of. */
export interface RunOptions {
  readonly video: VideoConfig | undefined;
  /** On the class's line; sound that begins more than half a frame before is left out. */
  readonly startMs: number;
  /** From a key picture's decoding to its presentation. */
  readonly reorderMs: number;
  readonly timeLine: TimeLine;
  readonly segmenter: SegmenterOptions<LeadingSample>;
}

/**
 * One init segment and the parts that go with it: an input, or as much of it as lies between two changes of its coding. The picture
 * leads where there is one: parts end with it, and hold the sound that begins before their end.
 */
export class PackagedRun {
  readonly #options: RunOptions;
  readonly #segmenter: Segmenter<Lead>;
  #audio: AudioConfig | undefined;
  #soundLine: SoundLine | undefined;
  #sounds: PlacedSound[] = [];
  #isOpen = false;
  #endMs = 0;

  constructor(options: RunOptions, audio: AudioConfig | undefined) {
    this.#options = options;
    this.#segmenter = new Segmenter(options.segmenter);
    this.#takeAudio(audio);
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
  takeAudio(audio: AudioConfig): boolean {
    if (this.#isOpen) return false;
    this.#takeAudio(audio);
    return true;
  }

  addPicture(picture: PlacedPicture): readonly Cut[] {
    return this.#cut(this.#segmenter.push({ timeMs: picture.timeMs, isKey: picture.isKey, picture }));
  }

  addSound(stampMs: number, data: Buffer): readonly Cut[] {
    const audio = this.#audio;
    if (audio === undefined) return [];
    const halfFrameMs = (audio.frameSamples * 500) / audio.sampleRate;
    if (stampMs < this.#options.startMs - halfFrameMs) return [];
    const placed = this.#soundLine?.place(stampMs, data);
    if (placed === undefined) return [];
    this.#sounds.push(placed);
    if (this.hasVideo) return [];
    return this.#cut(this.#segmenter.push({ timeMs: placed.timeMs, isKey: true }));
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

  #takeAudio(audio: AudioConfig | undefined): void {
    this.#audio = audio;
    this.#soundLine = audio === undefined ? undefined : new SoundLine(audio);
    this.#sounds = [];
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
    // Offsets in the media are never negative: ffmpeg and what is built on it would show the picture late.
    const reorderMs = Math.min(this.#options.reorderMs, LEAD_IN_MS);
    const pictures = samples.flatMap(({ sample: { picture }, durationMs }) =>
      picture === undefined ? [] : [{ ...picture, durationMs, compositionMs: picture.offsetMs + reorderMs }],
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

import type { AudioConfig } from './audio-config.ts';
import type { Cut, PartCut } from './cut.ts';
import { initSegment } from './init-segment.ts';
import { mediaFragment, type SoundSample } from './media-fragment.ts';
import { Segmenter, type LeadingSample, type SegmenterOptions, type Stretch } from './segmenter.ts';
import { SoundLine, type PlacedSound } from './sound-line.ts';
import { LEAD_IN_MS, type TimeLine } from './time-line.ts';
import { withParameterSets, type VideoConfig } from './video-config.ts';

/** A picture on the class's time line. */
export interface RunPicture {
  readonly decodeMs: number;
  readonly shownMs: number;
  readonly isKey: boolean;
  readonly data: Buffer;
}

/** What leads: a picture, or a frame of sound where there is none. */
interface Lead extends LeadingSample {
  readonly picture?: HeldPicture;
}

interface HeldPicture extends RunPicture {
  /** To the next one's decoding; known when that has come. */
  durationMs: number;
}

/** What a run is made of. */
export interface RunOptions {
  readonly video: VideoConfig | undefined;
  readonly audio: AudioConfig | undefined;
  /** On the class's line; sound that begins more than half a frame before is left out. */
  readonly startMs: number;
  readonly timeLine: TimeLine;
  readonly segmenter: Omit<SegmenterOptions<LeadingSample>, 'maySplit'>;
}

/** Sound that stays behind the picture by so much is replaced by silence until it is back. */
const SOUND_PATIENCE_MS = 1500;
/**
 * A picture that stays behind the sound by so much, and by three of its kind, is replaced by the last key picture until there is a new one.
 * Players are a second and a half behind: what comes later than that stops them.
 */
export const PICTURE_PATIENCE_MS = 1000;
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
  #lastPicture: HeldPicture | undefined;
  #lastKey: RunPicture | undefined;
  #isStill = false;
  #isOpen = false;
  #endMs: number;

  constructor(options: RunOptions) {
    this.#options = options;
    const maySplit = (): boolean => this.hasVideo && this.hasAudio;
    this.#segmenter = new Segmenter<Lead>({ ...options.segmenter, maySplit });
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
  addPicture(picture: RunPicture): readonly Cut[] {
    if (!this.#isStill) return this.#addPicture(picture);
    // Pictures that build on what a still has pushed aside cannot be shown.
    if (!picture.isKey || picture.shownMs <= (this.heldMs ?? 0)) return [];
    const stills = this.#stillsUntil(picture.shownMs - 1);
    this.#isStill = false;
    return [...stills, ...this.#addPicture(picture)];
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
    return placed.flatMap(({ timeMs }) => this.#cut(this.#segmenter.push({ timeMs, isKey: true })));
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
    if (this.#lastPicture !== undefined) {
      this.#lastPicture.durationMs = Math.round(this.#segmenter.paceMs ?? FALLBACK_PICTURE_MS);
    }
    const cuts = this.#cut(this.#segmenter.end(lastMs));
    return this.#isOpen ? [...cuts, { kind: 'end' }] : [];
  }

  /** Holds the last key picture while the sound goes on without any. */
  #addStills(soundMs: number): readonly Cut[] {
    const held = this.heldMs;
    const patienceMs = Math.max(PICTURE_PATIENCE_MS, 3 * (this.#segmenter.paceMs ?? PICTURE_PATIENCE_MS));
    if (held === undefined || (!this.#isStill && soundMs - held < patienceMs)) return [];
    this.#isStill = true;
    return this.#stillsUntil(soundMs - STILL_MS);
  }

  #stillsUntil(lastMs: number): readonly Cut[] {
    const cuts: Cut[] = [];
    const key = this.#lastKey;
    if (key === undefined) return cuts;
    const reorderMs = key.shownMs - key.decodeMs;
    for (let at = nextStill(this.heldMs); at <= lastMs; at += STILL_MS) {
      cuts.push(...this.#addPicture({ decodeMs: at - reorderMs, shownMs: at, isKey: true, data: key.data }));
    }
    return cuts;
  }

  /**
   * Cuts follow the line on which key pictures stand exactly where they are shown, so that renditions are cut alike in whatever order they are
   * coded. Others stand as long after their decoding as the last key picture did.
   */
  #addPicture({ decodeMs, shownMs, isKey, data }: RunPicture): readonly Cut[] {
    const { video } = this.#options;
    const last = this.#lastPicture;
    const picture: HeldPicture = {
      decodeMs: Math.max(decodeMs, (last?.decodeMs ?? Number.NEGATIVE_INFINITY) + 1),
      shownMs,
      isKey,
      data: isKey && video !== undefined ? withParameterSets(video, data) : data,
      durationMs: 0,
    };
    if (last !== undefined) last.durationMs = picture.decodeMs - last.decodeMs;
    this.#lastPicture = picture;
    if (isKey) this.#lastKey = picture;
    const key = this.#lastKey ?? picture;
    const timeMs = isKey
      ? Math.max(shownMs, this.#segmenter.earliestMs)
      : Math.max(decodeMs + key.shownMs - key.decodeMs, (this.heldMs ?? shownMs) + 1);
    return this.#cut(this.#segmenter.push({ timeMs, isKey, picture }));
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

  #part({ samples, startMs, endMs, startsSegment, endsSegment }: Stretch<Lead>): PartCut {
    const decodeTimeMs = Math.round(startMs);
    this.#fillSilence(endMs, samples.length === 0);
    const pictures = samples.flatMap(({ picture }) => picture ?? []);
    const bytes = mediaFragment({
      // Grows with the class, whatever number of inputs it takes (ISO/IEC 14496-12 §8.8.5).
      sequenceNumber: decodeTimeMs + 1,
      pictures: {
        decodeTime: Math.max(0, (pictures[0]?.decodeMs ?? 0) + LEAD_IN_MS),
        samples: pictures.map(({ shownMs, decodeMs, ...picture }) => ({
          ...picture,
          compositionMs: shownMs - decodeMs,
        })),
      },
      sounds: this.#soundsBefore(endMs),
    });
    this.#endMs = Math.round(endMs);
    return {
      kind: 'part',
      bytes,
      duration: (this.#endMs - decodeTimeMs) / 1000,
      isIndependent: samples[0]?.isKey ?? false,
      startsSegment,
      endsSegment,
      decodeTimeMs,
      wallClockMs: this.#options.timeLine.wallClockMs(decodeTimeMs),
    };
  }

  /** @param isNeeded - the part would hold nothing else */
  #fillSilence(endMs: number, isNeeded: boolean): void {
    const line = this.#soundLine;
    if (line === undefined || !this.hasVideo) return;
    const { startMs } = this.#options;
    this.#isSilent ||= endMs - (line.endMs ?? startMs) > SOUND_PATIENCE_MS;
    if (this.#isSilent || (isNeeded && this.#sounds.length === 0))
      this.#sounds.push(...line.fill(endMs, startMs));
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

/** Of an input of one single picture. */
const FALLBACK_PICTURE_MS = 40;

function nextStill(heldMs = 0): number {
  return (Math.floor(heldMs / STILL_MS) + 1) * STILL_MS;
}

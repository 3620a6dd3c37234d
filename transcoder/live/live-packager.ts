import { readAudioConfig, type AudioConfig } from './audio-config.ts';
import type { Cut } from './cut.ts';
import { EncoderClock } from './encoder-clock.ts';
import { encoderLight, type EncoderLight } from './encoder-light.ts';
import { EncoderMeter } from './encoder-meter.ts';
import type { FlvTag } from './flv-tag.ts';
import { LiveError } from './live-error.ts';
import { readMessage } from './media-message.ts';
import { PackagedRun, type PlacedPicture } from './packaged-run.ts';
import type { LeadingSample } from './segmenter.ts';
import { TimeLine, type InputStart } from './time-line.ts';
import { pictureKind, readVideoConfig, type VideoCodec, type VideoConfig } from './video-config.ts';

/** How a {@link LivePackager} cuts, and where on the class's time line. */
export type PackagerOptions = CutTargets &
  (
    | InputStart
    /**
     * For a lower rendition: the packager of the source that it was made from. Its encoder's stamps are mapped as the source's are,
     * it begins with a segment of the source, and its segments begin where the source's do, to the millisecond.
     */
    | { readonly follows: LivePackager }
  );

/** Lengths that are aimed at, in seconds. */
export interface CutTargets {
  /** No part is longer; 0.5 by default. */
  readonly partTarget?: number;
  /** A segment ends at the first key picture from here on; 2 by default. */
  readonly segmentTarget?: number;
  /** A segment ends here, key picture or not; 12 by default, which is more than the usual encoders leave between them. */
  readonly segmentLimit?: number;
  /** Milliseconds since 1970; `Date.now` by default. Tells how late tags arrive, and what time it is after a jump of the encoder's. */
  readonly now?: () => number;
}

/** A key picture that comes so much too early is taken for on time. */
const EARLY_KEY_MS = 50;
/** Sound alone is packaged when no picture was announced for so long. */
const SOUND_ALONE_MS = 1000;
/** The same where one was announced and none came. */
const NO_PICTURE_MS = 3000;

/**
 * Turns what an encoder sends into fragmented MP4: an init segment and parts, the least that HLS can publish. One packager is for one
 * input; the next input of the class gets another, which starts where this one ended.
 *
 * It never throws for what an encoder sends. What cannot be packaged is left out.
 */
export class LivePackager {
  readonly #partTargetMs: number;
  readonly #segmentTargetMs: number;
  readonly #segmentLimitMs: number;
  readonly #source: LivePackager | undefined;
  readonly #timeLine: TimeLine;
  readonly #now: () => number;
  readonly #meter: EncoderMeter;
  #clock: EncoderClock | undefined;
  #video: VideoConfig | undefined;
  #audio: AudioConfig | undefined;
  #run: PackagedRun | undefined;
  /** Sound that came before its picture. */
  #early: { readonly ms: number; readonly data: Buffer }[] = [];
  /** From a key picture's decoding to its presentation. */
  #reorderMs = 0;
  #lastDecodeMs = Number.NEGATIVE_INFINITY;
  #endMs = Number.NEGATIVE_INFINITY;

  constructor(options: PackagerOptions) {
    this.#partTargetMs = Math.round((options.partTarget ?? 0.5) * 1000);
    this.#segmentTargetMs = Math.round((options.segmentTarget ?? 2) * 1000);
    this.#segmentLimitMs = Math.round((options.segmentLimit ?? 12) * 1000);
    this.#now = options.now ?? Date.now;
    this.#meter = new EncoderMeter(this.#now);
    this.#source = 'follows' in options ? options.follows : undefined;
    this.#timeLine = 'follows' in options ? options.follows.#timeLine : new TimeLine(options);
  }

  /** The latest stamp of the encoder, set straight; undefined before the first. */
  get encoderMs(): number | undefined {
    return this.#clock?.latestMs;
  }

  /** What the encoder sends and what is wrong with it, as of now. */
  get light(): EncoderLight {
    return encoderLight(this.#meter.facts(this.#video, this.#audio));
  }

  /** Takes the next tag. Returns what is finished with it, in order; the bytes belong to whoever gets them. */
  push(tag: FlvTag): readonly Cut[] {
    const message = readMessage(tag);
    switch (message.kind) {
      case 'video-config':
        return this.#takeVideoConfig(message.codec, message.record);
      case 'audio-config':
        return this.#takeAudioConfig(message.record);
      case 'picture':
        return this.#takePicture(tag.timestampMs, message);
      case 'sound':
        return this.#takeSound(tag.timestampMs, message.data);
      case 'unsupported':
        this.#meter.sawUnsupported(message.track, message.codec);
        return [];
      case 'broken':
        this.#meter.sawTrouble('damage');
        return [];
      case 'nothing':
        return [];
    }
  }

  /** The input is over or was interrupted: ends with what there is. More tags may follow; they begin anew, at a key picture. */
  end(): readonly Cut[] {
    return this.#endRun();
  }

  /** @param untilMs - where the next picture is known to begin */
  #endRun(untilMs?: number): readonly Cut[] {
    const run = this.#run;
    this.#run = undefined;
    this.#early = [];
    if (run === undefined) return [];
    const cuts = run.end(untilMs);
    this.#endMs = Math.max(this.#endMs, run.endMs);
    return cuts;
  }

  #takeVideoConfig(codec: VideoCodec, record: Buffer): readonly Cut[] {
    if (this.#video?.codec === codec && this.#video.record.equals(record)) return [];
    const had = this.#video !== undefined;
    this.#video = this.#readable('video', () => readVideoConfig(codec, record));
    return had ? this.end() : [];
  }

  #takeAudioConfig(record: Buffer): readonly Cut[] {
    if (this.#audio?.record.equals(record)) return [];
    const audio = this.#readable('audio', () => readAudioConfig(record));
    this.#audio = audio;
    this.#early = [];
    const run = this.#run;
    if (run === undefined) return [];
    const isTaken = audio === undefined ? !run.hasAudio : run.takeAudio(audio);
    return isTaken ? [] : this.end();
  }

  #takePicture(
    timestampMs: number,
    { codec, compositionMs, data }: { codec: VideoCodec; compositionMs: number; data: Buffer },
  ): readonly Cut[] {
    const video = this.#video;
    if (video === undefined || video.codec !== codec) return [];
    const kind = pictureKind(video, data);
    if (kind === 'broken') {
      this.#meter.sawTrouble('damage');
      return [];
    }
    const ms = this.#read('video', timestampMs);
    const isKey = kind === 'key';
    this.#meter.sawPicture(ms, compositionMs, isKey, data.length);
    if (this.#run?.hasVideo === true)
      return this.#run.addPicture(this.#place(ms, compositionMs, isKey, data));
    if (!isKey) return [];
    return this.#beginWithPicture(video, ms, compositionMs, data);
  }

  #beginWithPicture(video: VideoConfig, ms: number, compositionMs: number, data: Buffer): readonly Cut[] {
    const shownMs = ms + compositionMs;
    if (this.#timeLine.epochMs === undefined) {
      if (this.#source !== undefined) return [];
      this.#timeLine.begin(shownMs);
    }
    const startMs = this.#timeLine.place(shownMs);
    if (this.#source === undefined) {
      // Sound without a picture has come further than this: the next key picture will do.
      if (startMs < Math.max(this.#endMs, this.#run?.heldMs ?? 0)) return [];
    } else if (!this.#timeLine.isSegmentStart(startMs) || startMs < this.#endMs) return [];
    const early = this.#early;
    const cuts = this.#endRun(startMs);
    this.#reorderMs = compositionMs;
    this.#lastDecodeMs = startMs - 1;
    const run = this.#open(startMs, video);
    this.#noteSegment(startMs);
    return [
      ...cuts,
      ...run.addPicture(this.#place(ms, compositionMs, true, data)),
      ...early.flatMap((sound) => run.addSound(this.#timeLine.place(sound.ms), sound.data)),
    ];
  }

  /** Decoding is moved so that a key picture stands where it is shown: whatever order they are coded in, renditions are then cut alike. */
  #place(ms: number, compositionMs: number, isKey: boolean, data: Buffer): PlacedPicture {
    const shownMs = this.#timeLine.place(ms + compositionMs);
    // Exactly there: encoders round the two stamps by themselves, and the distance between them varies by one.
    const wantedMs = isKey ? shownMs : this.#timeLine.place(ms + this.#reorderMs);
    const timeMs = Math.max(wantedMs, this.#lastDecodeMs + 1);
    this.#lastDecodeMs = timeMs;
    return { timeMs, isKey, offsetMs: shownMs - timeMs, data };
  }

  #takeSound(timestampMs: number, data: Buffer): readonly Cut[] {
    if (this.#audio === undefined) return [];
    const ms = this.#read('audio', timestampMs);
    this.#meter.sawSound(ms, data.length);
    const run = this.#run;
    if (run !== undefined) {
      if (!run.hasVideo) this.#keepEarly(ms, data);
      return run.addSound(this.#timeLine.place(ms), data);
    }
    this.#keepEarly(ms, data);
    const [first] = this.#early;
    const patienceMs = this.#video === undefined ? SOUND_ALONE_MS : NO_PICTURE_MS;
    if (first === undefined || ms - first.ms < patienceMs || this.#source !== undefined) return [];
    return this.#beginWithSound(first.ms);
  }

  #beginWithSound(firstMs: number): readonly Cut[] {
    if (this.#timeLine.epochMs === undefined) this.#timeLine.begin(firstMs);
    const startMs = Math.max(this.#endMs, this.#timeLine.place(firstMs));
    const run = this.#open(startMs, undefined);
    this.#noteSegment(Math.round(startMs));
    return this.#early.flatMap((sound) => run.addSound(this.#timeLine.place(sound.ms), sound.data));
  }

  #keepEarly(ms: number, data: Buffer): void {
    this.#early.push({ ms, data });
    while ((this.#early[0]?.ms ?? ms) < ms - NO_PICTURE_MS - 500) this.#early.shift();
  }

  #open(startMs: number, video: VideoConfig | undefined): PackagedRun {
    const run = new PackagedRun(
      {
        video,
        startMs,
        reorderMs: this.#reorderMs,
        timeLine: this.#timeLine,
        segmenter: {
          partTargetMs: this.#partTargetMs,
          beginsSegment: (sample, segmentStartMs, isPartFull) => {
            const begins =
              this.#source === undefined
                ? this.#isSegmentDue(sample, segmentStartMs, isPartFull, video !== undefined)
                : sample.isKey && this.#timeLine.isSegmentStart(sample.timeMs);
            if (begins) this.#noteSegment(Math.round(sample.timeMs));
            return begins;
          },
        },
      },
      this.#audio,
    );
    this.#run = run;
    return run;
  }

  #isSegmentDue(sample: LeadingSample, startMs: number, isPartFull: boolean, hasVideo: boolean): boolean {
    const sofarMs = sample.timeMs - startMs;
    // Sound can be cut anywhere: after as many whole parts as come nearest.
    if (!hasVideo) return isPartFull && sofarMs >= this.#segmentTargetMs - this.#partTargetMs / 2;
    return (
      (sample.isKey && sofarMs >= this.#segmentTargetMs - EARLY_KEY_MS) || sofarMs >= this.#segmentLimitMs
    );
  }

  #noteSegment(startMs: number): void {
    if (this.#source === undefined) this.#timeLine.noteSegment(startMs);
  }

  #read(track: 'video' | 'audio', timestampMs: number): number {
    const near = this.#source?.encoderMs;
    this.#clock ??= new EncoderClock(near === undefined ? {} : { near });
    const { ms, hasJumped } = this.#clock.read(track, timestampMs);
    if (hasJumped) {
      this.#meter.sawTrouble('jump');
      if (this.#source === undefined) this.#timeLine.setWallClock(this.#timeLine.place(ms), this.#now());
    }
    return ms;
  }

  #readable<C>(track: 'video' | 'audio', read: () => C): C | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof LiveError)) throw error;
      this.#meter.sawUnsupported(track, 'unreadable');
      return undefined;
    }
  }
}

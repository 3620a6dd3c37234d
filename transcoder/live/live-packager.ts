import type { AudioConfig } from './audio-config.ts';
import type { Cut } from './cut.ts';
import { EncoderInput, type InputPicture, type InputSound } from './encoder-input.ts';
import { encoderLight, type EncoderLight } from './encoder-light.ts';
import { EncoderMeter } from './encoder-meter.ts';
import type { FlvTag } from './flv-tag.ts';
import { PackagedRun } from './packaged-run.ts';
import type { LeadingSample } from './segmenter.ts';
import { TimeLine, type InputStart } from './time-line.ts';
import type { VideoConfig } from './video-config.ts';

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
  /**
   * No part is longer; 0.52 by default: thirteen pictures at 25 a second. With 0.5 a segment of two seconds would end with a sliver of two
   * pictures, which hls.js at times leaves out, and then stalls at the hole.
   */
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
/**
 * When the order of coding changes, the first picture may be shown before the last one has ended, and all that follows is moved. Where it
 * is more than this, the next key picture will do.
 */
const MAX_OVERLAP_MS = 1000;
/** Sound alone is packaged when no picture was announced for so long. */
const SOUND_ALONE_MS = 1000;
/** The same where one was announced and none came. */
const NO_PICTURE_MS = 3000;
/** Sound that is kept for the picture that it goes with. */
const EARLY_SOUND_MS = NO_PICTURE_MS + 500;

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
  #input: EncoderInput | undefined;
  #run: PackagedRun | undefined;
  /** Sound that came before its picture. */
  #early: InputSound[] = [];
  /** On the class's line, the end of what was cut before the present run. */
  #endMs = Number.NEGATIVE_INFINITY;

  constructor(options: PackagerOptions) {
    this.#partTargetMs = Math.round((options.partTarget ?? 0.52) * 1000);
    this.#segmentTargetMs = Math.round((options.segmentTarget ?? 2) * 1000);
    this.#segmentLimitMs = Math.round((options.segmentLimit ?? 12) * 1000);
    this.#now = options.now ?? Date.now;
    this.#meter = new EncoderMeter(this.#now);
    this.#source = 'follows' in options ? options.follows : undefined;
    this.#timeLine = 'follows' in options ? options.follows.#timeLine : new TimeLine(options);
  }

  /** The latest stamp of the encoder, in a count that does not wrap and does not jump; undefined before the first. */
  get encoderMs(): number | undefined {
    return this.#input?.latestMs;
  }

  /** What the encoder sends and what is wrong with it, as of now. */
  get light(): EncoderLight {
    return encoderLight(this.#meter.facts(this.#input?.video, this.#input?.audio));
  }

  /** Takes the next tag. Returns what is finished with it, in order; the bytes belong to whoever gets them. */
  push(tag: FlvTag): readonly Cut[] {
    this.#input ??= new EncoderInput(this.#source?.encoderMs);
    const event = this.#input.read(tag);
    switch (event.kind) {
      case 'picture':
        return this.#takePicture(event);
      case 'sound':
        return this.#takeSound(event);
      case 'video-change':
        if (event.config === undefined) this.#meter.sawUnsupported('video', 'unreadable');
        return event.had ? this.end() : [];
      case 'audio-change':
        if (event.config === undefined) this.#meter.sawUnsupported('audio', 'unreadable');
        return this.#takeAudio(event.config);
      case 'unsupported':
        this.#meter.sawUnsupported(event.track, event.codec);
        return [];
      case 'damaged':
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

  #takeAudio(config: AudioConfig | undefined): readonly Cut[] {
    this.#early = [];
    const run = this.#run;
    if (run === undefined || run.takeAudio(config)) return [];
    return config === undefined && !run.hasAudio ? [] : this.end();
  }

  #takePicture(picture: InputPicture): readonly Cut[] {
    const { ms, compositionMs, isKey, data } = picture;
    this.#meter.sawPicture(ms, compositionMs, isKey, data.length);
    this.#noteJump(picture);
    const run = this.#run;
    if (run?.hasVideo === true) return this.#addPicture(run, picture);
    const video = this.#input?.video;
    return isKey && video !== undefined ? this.#beginWithPicture(video, picture) : [];
  }

  #beginWithPicture(video: VideoConfig, picture: InputPicture): readonly Cut[] {
    const shownMs = picture.ms + picture.compositionMs;
    if (this.#timeLine.epochMs === undefined) {
      if (this.#source !== undefined) return [];
      this.#timeLine.begin(shownMs);
    }
    const endMs = Math.max(this.#endMs, this.#run?.heldMs ?? 0);
    const overlapMs = endMs - this.#timeLine.place(shownMs);
    if (overlapMs > 0) {
      if (this.#source !== undefined || overlapMs > MAX_OVERLAP_MS) return [];
      this.#timeLine.delay(overlapMs);
    }
    const startMs = this.#timeLine.place(shownMs);
    if (this.#source !== undefined && !this.#timeLine.isSegmentStart(startMs)) return [];
    const early = this.#early;
    const cuts = this.#endRun(startMs);
    const run = this.#open(startMs, video);
    return [
      ...cuts,
      ...this.#addPicture(run, picture),
      ...early.flatMap(({ ms, data }) => run.addSound(this.#timeLine.place(ms), data)),
    ];
  }

  #addPicture(run: PackagedRun, { ms, compositionMs, isKey, data }: InputPicture): readonly Cut[] {
    const decodeMs = this.#timeLine.place(ms);
    return run.addPicture({ decodeMs, shownMs: decodeMs + compositionMs, isKey, data });
  }

  #takeSound(sound: InputSound): readonly Cut[] {
    const { ms, data } = sound;
    this.#meter.sawSound(ms, data.length);
    this.#noteJump(sound);
    const run = this.#run;
    if (run?.hasVideo !== true) this.#keepEarly(sound);
    if (run !== undefined) return run.addSound(this.#timeLine.place(ms), data);
    const [first] = this.#early;
    const patienceMs = this.#input?.video === undefined ? SOUND_ALONE_MS : NO_PICTURE_MS;
    if (first === undefined || ms - first.ms < patienceMs || this.#source !== undefined) return [];
    return this.#beginWithSound(first.ms);
  }

  #beginWithSound(firstMs: number): readonly Cut[] {
    if (this.#timeLine.epochMs === undefined) this.#timeLine.begin(firstMs);
    const run = this.#open(Math.max(this.#endMs, this.#timeLine.place(firstMs)), undefined);
    return this.#early.flatMap(({ ms, data }) => run.addSound(this.#timeLine.place(ms), data));
  }

  #keepEarly(sound: InputSound): void {
    this.#early.push(sound);
    while ((this.#early[0]?.ms ?? sound.ms) < sound.ms - EARLY_SOUND_MS) this.#early.shift();
  }

  #open(startMs: number, video: VideoConfig | undefined): PackagedRun {
    const hasVideo = video !== undefined;
    this.#noteSegment(startMs);
    this.#run = new PackagedRun({
      video,
      audio: this.#input?.audio,
      startMs,
      timeLine: this.#timeLine,
      segmenter: {
        partTargetMs: this.#partTargetMs,
        beginsSegment: (sample, segmentStartMs, isPartFull) => {
          const begins =
            this.#source === undefined
              ? this.#isSegmentDue(sample, segmentStartMs, isPartFull, hasVideo)
              : sample.isKey && this.#timeLine.isSegmentStart(sample.timeMs);
          if (begins) this.#noteSegment(sample.timeMs);
          return begins;
        },
      },
    });
    return this.#run;
  }

  #isSegmentDue(sample: LeadingSample, startMs: number, isPartFull: boolean, hasVideo: boolean): boolean {
    const sofarMs = sample.timeMs - startMs;
    // Sound can be cut anywhere: after as many whole parts as come nearest.
    if (!hasVideo) return isPartFull && sofarMs >= this.#segmentTargetMs - this.#partTargetMs / 2;
    const isKeyDue = sample.isKey && sofarMs >= this.#segmentTargetMs - EARLY_KEY_MS;
    return isKeyDue || sofarMs >= this.#segmentLimitMs;
  }

  #noteSegment(startMs: number): void {
    if (this.#source === undefined) this.#timeLine.noteSegment(Math.round(startMs));
  }

  /** Time went by that the encoder did not count: what it sends now is of now. */
  #noteJump({ ms, hasJumped }: InputPicture | InputSound): void {
    if (!hasJumped) return;
    this.#meter.sawTrouble('jump');
    if (this.#source === undefined) this.#timeLine.setWallClock(this.#timeLine.place(ms), this.#now());
  }
}

import type { Chapter } from './chapters.ts';
import type { Breaks } from './packet-spacing.ts';

/** A ratio of whole numbers, such as 30000/1001 frames a second. */
export interface Rational {
  readonly numerator: number;
  readonly denominator: number;
}

/**
 * How the lines of a picture were scanned. Interlaced pictures hold two moments, one in the even and one in the odd lines; which
 * comes first matters, or movement goes back and forth.
 */
export type FieldOrder = 'progressive' | 'top-first' | 'bottom-first';

/** Colour as a stream declares it, in ffmpeg's names (ISO/IEC 23091-2); undefined where it says nothing. */
export interface ColorTags {
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
  readonly matrix: string | undefined;
  /** `tv`: black is 16 of 255. `pc`: black is 0. */
  readonly range: string | undefined;
}

/** The picture of a source, as it is meant to be seen. */
export interface VideoTrack {
  /** ffmpeg's stream index. */
  readonly index: number;
  readonly codec: string;
  readonly profile: string | undefined;
  readonly level: number | undefined;
  readonly pixelFormat: string | undefined;
  /** Stored size, before rotation and without the sample aspect ratio. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** Size as displayed: after rotation, with square samples, even numbers. */
  readonly displayWidth: number;
  readonly displayHeight: number;
  /** Degrees a player must turn the picture; 0, 90, 180 or 270. */
  readonly rotation: number;
  /** Measured on the picture where it moves; what the stream says where nothing moves. */
  readonly fieldOrder: FieldOrder;
  /** True for square samples. */
  readonly hasSquareSamples: boolean;
  /** What the container says; {@link MediaInfo.frames} says what is there. */
  readonly declaredFrameRate: Rational;
  readonly color: ColorTags;
}

/** One sound track of a source. */
export interface AudioTrack {
  readonly index: number;
  readonly codec: string;
  readonly channels: number;
  readonly sampleRate: number;
  /** As the container has it; mostly ISO 639-2, such as `chi`. */
  readonly language: string | undefined;
  /** What its author called it. */
  readonly title: string | undefined;
  readonly isDefault: boolean;
  /** Somebody talks about the lecture, or describes its pictures, instead of giving it. */
  readonly isCommentary: boolean;
  /** Seconds from the start of the file to the first sound and to the end of the last, jumps of the clock taken out. */
  readonly start: number;
  readonly end: number;
  /** False where packets stand beside their places again and again, as a clock that is only guessed puts them. */
  readonly hasSteadyClock: boolean;
}

/** Packets of one stream that have to be moved in time, so that the clock no longer jumps. */
export interface TimeShift {
  /** ffmpeg's stream index. */
  readonly stream: number;
  /** The number of the first packet, counted in the order of the file from 0; all that follow are moved too. */
  readonly fromPacket: number;
  /** Seconds to add; holds until the stream's next shift. */
  readonly seconds: number;
}

/** One track of captions in a source: text, or pictures of text. */
export interface SubtitleTrack {
  readonly index: number;
  readonly codec: string;
  readonly language: string | undefined;
  readonly title: string | undefined;
}

/** What reading every packet of the picture told; the container's own words are not to be trusted. */
export interface FrameFacts {
  readonly count: number;
  /** Seconds from the start of the file to the first picture; jumps of the clock are taken out of all times. */
  readonly start: number;
  /** Seconds from the start of the file to the end of the last picture. */
  readonly end: number;
  /** True when every picture lasts equally long, to a tick of the container's clock. */
  readonly isConstantRate: boolean;
  /** Pictures per second on average. */
  readonly averageRate: number;
  /** Seconds of each key picture, ascending. */
  readonly keyTimes: readonly number[];
  readonly sizeBytes: number;
}

/** What is in a source file. */
export interface MediaInfo {
  /** ffmpeg's names of the container, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string;
  readonly sizeBytes: number;
  /** Seconds from the first picture or sound on; what the container declares. */
  readonly declaredDuration: number | undefined;
  /** How much of the file nothing reads, such as a second recording behind the first; from 0 to 1, and 0 for most. */
  readonly unreadShare: number;
  /** Seconds that are really there: the end of the last packet of picture or sound, jumps of the clock taken out. */
  readonly duration: number;
  readonly video: VideoTrack | undefined;
  readonly frames: FrameFacts | undefined;
  readonly audio: readonly AudioTrack[];
  readonly subtitles: readonly SubtitleTrack[];
  /** What the container divides the lecture into; empty for most. */
  readonly chapters: readonly Chapter[];
  /** Stream index of the cover in a file of sound alone. */
  readonly cover: number | undefined;
  /** Where there is neither picture nor sound on the way. */
  readonly breaks: Breaks;
  /** What straightens a clock that jumps; empty when it does not. */
  readonly shifts: readonly TimeShift[];
}

/** The value of a ratio; 0 when its denominator is 0. */
export function ratio(rational: Rational): number {
  return rational.denominator === 0 ? 0 : rational.numerator / rational.denominator;
}

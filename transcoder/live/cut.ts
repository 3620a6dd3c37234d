/** What an input's media is, as far as players must be told. */
export interface InputFacts {
  /** RFC 6381, such as `avc1.64001f,mp4a.40.2`. */
  readonly codecs: string;
  /** Pixels; absent when there is no picture. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
}

/** An init segment: before anything else, and again when the encoder changes what it sends. */
export interface InitCut {
  readonly kind: 'init';
  readonly bytes: Buffer;
  readonly facts: InputFacts;
}

/** A part: one `moof` and its `mdat`, the least that is published (RFC 8216bis §4.4.4.9). */
export interface PartCut {
  readonly kind: 'part';
  readonly bytes: Buffer;
  /** Seconds, to the millisecond; the durations of a segment's parts add up to the segment's. */
  readonly duration: number;
  /** Begins with a key picture; always so without a picture. */
  readonly isIndependent: boolean;
  /** The part with which its segment begins. */
  readonly startsSegment: boolean;
  /** The part with which its segment is whole: published at once, and not when the next part is finished. */
  readonly endsSegment: boolean;
  /**
   * Where the part begins, in milliseconds of the class's own time line, which no reconnection takes back. The same in every rendition; in
   * the media all times are one second later, and pictures that need it are decoded a little before.
   */
  readonly decodeTimeMs: number;
  /** When the first picture was taken, as well as can be told: milliseconds since 1970. */
  readonly wallClockMs: number;
}

/** What a packager has finished. A segment ends where the next part starts one, and with {@link EndCut}. */
export type Cut = InitCut | PartCut | EndCut;

/** The input is over or was interrupted: the running segment ends with what it has. */
export interface EndCut {
  readonly kind: 'end';
}

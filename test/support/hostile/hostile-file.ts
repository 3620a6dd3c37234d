import type { TranscodeErrorCode } from 'yuanjiao/transcoder';

/** What hostile files are made of: healthy clips to be spoilt, and baits that must stay untouched. */
export interface Materials {
  /** A second of a clock and a tone, 320×180, in each container. */
  readonly clips: Readonly<Record<ClipName, Buffer>>;
  /** A listener's address, such as `http://127.0.0.1:4711`. */
  readonly url: string;
  /** The port of that listener, on which datagrams are awaited too. */
  readonly port: number;
  /** The path of somebody else's lecture. */
  readonly neighbour: string;
  /** The path of a text that nobody may read. */
  readonly secret: string;
}

export type ClipName =
  | 'clip.mp4'
  | 'silent.mp4'
  | 'wide-samples.mp4'
  | 'clip.avi'
  | 'clip.flv'
  | 'clip.mpg'
  | 'clip.ogg'
  | 'clip.mp3'
  | 'clip.wmv'
  | 'vp8.webm'
  | 'vp9.webm'
  | 'fonts.mkv';

/** A file that somebody uploads who means no good, or whose disk has eaten it. */
export interface HostileFile {
  readonly name: string;
  /** What it is after, as the end of a sentence: "… is refused" or "… harms nobody". */
  readonly tries: string;
  readonly make: (materials: Materials) => Buffer | string;
  /**
   * How it is refused; `accepted` when it is taken for what is sound in it; `made` when the test also sees it become a lecture (or fail
   * with the codes), because encoding reads more of it than the first look.
   */
  readonly outcome: readonly TranscodeErrorCode[] | 'accepted' | 'made';
  /** True when it is tried whole though it is refused in the end: the first look does not decode what is wrong. */
  readonly isRefusedLate?: true;
}

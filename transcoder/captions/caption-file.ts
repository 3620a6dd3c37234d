/** Where on the picture a cue stands: below, as usual, or above, where it must not cover what is shown below. */
export type CuePlace = 'bottom' | 'top';

/** One caption: when it is on the screen, and what it says. */
export interface Cue {
  /** Milliseconds from the start of the lecture. */
  readonly startMs: number;
  readonly endMs: number;
  /** WebVTT cue text (§3.5): `&`, `<` and `>` are escaped, and `<b>`, `<i>` and `<u>` are the only tags, all closed. */
  readonly text: string;
  readonly place: CuePlace;
}

/** The kinds of caption files that are read. */
export type CaptionFormat = 'srt' | 'ass' | 'webvtt';

/** The ways text is written as bytes that are told apart. */
export type Charset = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE' | 'GB18030' | 'Big5' | 'windows-1252';

/**
 * What may be wrong with a line of a caption file:
 *
 * - `no-cues`: nothing in the file looks like a caption.
 * - `bad-time`: the line with the times cannot be read.
 * - `end-before-start`: the caption would end before, or at the moment that, it begins.
 * - `no-text`: there is a time and no text.
 * - `bad-line`: an event whose fields are not those that its file announces.
 * - `unreadable-text`: bytes that are no characters.
 * - `overlap`: the caption begins while the one before is still on the screen.
 */
export type CaptionProblemCode =
  'no-cues' | 'bad-time' | 'end-before-start' | 'no-text' | 'bad-line' | 'unreadable-text' | 'overlap';

/** Something wrong with a caption file, in words for whoever has to mend it. */
export interface CaptionProblem {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly code: CaptionProblemCode;
  /** Chinese: what is wrong and what to do. */
  readonly message: string;
  /** True when the caption was left out; false when it is shown all the same. */
  readonly isLeftOut: boolean;
}

/** A caption file as it was understood. */
export interface CaptionFile {
  readonly format: CaptionFormat;
  readonly charset: Charset;
  /** Ascending by their start. */
  readonly cues: readonly Cue[];
  /** Ascending by line. */
  readonly problems: readonly CaptionProblem[];
}

/** A cue with the line it came from, before a file's cues are put in order. */
export interface ReadCue extends Cue {
  readonly line: number;
}

/** What a reader of one format finds in a text. */
export interface ReadCues {
  readonly cues: readonly ReadCue[];
  readonly problems: readonly CaptionProblem[];
}

import type { Cue } from './caption-file.ts';

/** How a file's times become those of the lecture: `time × stretch + offset`. */
export interface Timing {
  /** Milliseconds; positive when the captions come too early. */
  readonly offsetMs: number;
  /** 1 leaves the pace; 25 / 23.976 slows captions down that were made for 25 pictures a second. */
  readonly stretch: number;
}

/** The times as they are in the file. */
export const AS_WRITTEN: Timing = { offsetMs: 0, stretch: 1 };

/** Moves cues in time; pure. What would end before the lecture begins is gone, what would begin before it is cut. */
export function retime(cues: readonly Cue[], { offsetMs, stretch }: Timing): readonly Cue[] {
  return cues
    .map((cue) => ({
      ...cue,
      startMs: Math.max(0, Math.round(cue.startMs * stretch + offsetMs)),
      endMs: Math.round(cue.endMs * stretch + offsetMs),
    }))
    .filter((cue) => cue.endMs > cue.startMs);
}

/** Where an input stands in its class. */
export interface InputStart {
  /** Milliseconds on the class's time line at which the input's first picture belongs. */
  readonly startsAtMs: number;
  /** When that picture was taken, as well as can be told: milliseconds since 1970. */
  readonly startsAtWallMs: number;
}

/**
 * In the media times are by so much later than on the class's line. Pictures that are shown in another order than they are decoded in are
 * decoded before the first is shown, and there is no time before 0.
 */
export const LEAD_IN_MS = 1000;

/** Segment starts that are remembered for renditions which lag behind. */
const REMEMBERED_STARTS = 64;

/** Maps an encoder's straightened count onto the time line of its class. All renditions of an input share one. */
export class TimeLine {
  readonly #start: InputStart;
  #epochMs: number | undefined;
  #wallShiftMs = 0;
  readonly #segmentStarts: number[] = [];

  constructor(start: InputStart) {
    this.#start = start;
  }

  /** The encoder's count at the first picture's presentation; undefined before there is one. */
  get epochMs(): number | undefined {
    return this.#epochMs;
  }

  /** Fixes the line: this moment of the encoder is where the input starts. */
  begin(encoderMs: number): void {
    this.#epochMs = encoderMs;
  }

  /** Moves what comes from here on to a later place. */
  delay(byMs: number): void {
    this.#epochMs = (this.#epochMs ?? 0) - byMs;
  }

  /** A moment of the encoder on the class's line. */
  place(encoderMs: number): number {
    return this.#start.startsAtMs + encoderMs - (this.#epochMs ?? encoderMs);
  }

  /** The time of day at a moment of the line. */
  wallClockMs(timeMs: number): number {
    return this.#start.startsAtWallMs + timeMs - this.#start.startsAtMs + this.#wallShiftMs;
  }

  /** Says what time of day it is at a moment of the line, where time went by that the encoder did not count. It never goes back. */
  setWallClock(timeMs: number, wallMs: number): void {
    this.#wallShiftMs += Math.max(0, wallMs - this.wallClockMs(timeMs));
  }

  /** Remembers that a segment starts here. */
  noteSegment(startMs: number): void {
    this.#segmentStarts.push(startMs);
    if (this.#segmentStarts.length > REMEMBERED_STARTS) this.#segmentStarts.shift();
  }

  isSegmentStart(timeMs: number): boolean {
    return this.#segmentStarts.includes(timeMs);
  }
}

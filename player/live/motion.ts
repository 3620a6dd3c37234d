// A picture that moved this lately is moving: longer than between two looks at it.
const MOVING_MS = 800;
const LEAST_SECONDS = 0.01;
const HAVE_CURRENT_DATA = 2;

/** What of a video element tells whether its picture moves. */
export type SeenVideo = Pick<HTMLVideoElement, 'currentTime' | 'readyState'>;

/** Whether a picture moves, told by looking at it again and again. Times are milliseconds of one clock that never goes back. */
export class Motion {
  #position = 0;
  #movedAt = -Infinity;
  // When it last moved, or last came to be expected to.
  #stillSince: number;
  #isMoving = false;

  constructor(nowMs: number) {
    this.#stillSince = nowMs;
  }

  /**
   * @param isRunning false for an element that is paused, seeking or at its end: whatever its time does, that is no motion
   * @returns whether it has moved since the last look
   */
  look(video: SeenVideo, isRunning: boolean, nowMs: number): boolean {
    const { currentTime, readyState } = video;
    const isElsewhere = Math.abs(currentTime - this.#position) > LEAST_SECONDS;
    const hasMoved = isRunning && isElsewhere && readyState >= HAVE_CURRENT_DATA && currentTime > 0;
    this.#position = currentTime;
    if (hasMoved) this.#movedAt = this.#stillSince = nowMs;
    this.#isMoving = isRunning && nowMs - this.#movedAt < MOVING_MS;
    return hasMoved;
  }

  /** At the last look. */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  /** How long it has stood still although it was expected to move. */
  stillMs(nowMs: number): number {
    return nowMs - this.#stillSince;
  }

  /** From now on it is expected to move. */
  expect(nowMs: number): void {
    this.#stillSince = nowMs;
  }

  /** What moved is gone. */
  forget(): void {
    this.#movedAt = -Infinity;
    this.#isMoving = false;
  }
}

const CALM_MS = 5 * 60_000;

/**
 * Says when the latency that stalls have raised may come down again. hls.js raises it at each stall and never lowers it, so
 * that a site with one bad moment would stay behind for the rest of the lesson.
 */
export class Calm {
  #stalledAt: number | undefined;

  /** The picture had to wait. */
  stalled(nowMs: number): void {
    this.#stalledAt = nowMs;
  }

  /** Whether it is time: once, five minutes after the last stall. */
  isDue(nowMs: number): boolean {
    if (this.#stalledAt === undefined || nowMs - this.#stalledAt < CALM_MS) return false;
    this.#stalledAt = undefined;
    return true;
  }
}

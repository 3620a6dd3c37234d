const KEPT = 8;

/**
 * The server's clock as this device can know it. A hall's box without a battery starts in 1970, so its own wall clock counts
 * for nothing; only its monotonic clock does. Whatever states a time was written before it arrived, perhaps a minute before
 * by way of a cache: each statement is a lower bound, and the highest of the last few is the truth but for the line.
 */
export class ServerClock {
  #bounds: number[] = [];

  /**
   * @param statedMs the server's time in a document, milliseconds since 1970
   * @param arrivedMs when it arrived, on this device's monotonic clock (`performance.now()`)
   */
  learn(statedMs: number, arrivedMs: number): void {
    if (!Number.isFinite(statedMs)) return;
    this.#bounds = this.#bounds.concat(statedMs - arrivedMs).slice(-KEPT);
  }

  get isKnown(): boolean {
    return this.#bounds.length > 0;
  }

  /** The server's time at a moment of the monotonic clock, in milliseconds since 1970; undefined before it was ever told. */
  timeAt(deviceMs: number): number | undefined {
    return this.#bounds.length === 0 ? undefined : Math.max(...this.#bounds) + deviceMs;
  }
}

const WINDOW_MS = 10_000;

/** How fast bytes have been going over the last ten seconds, and how long the rest will take. */
export class TransferRate {
  #samples: { readonly at: number; readonly bytes: number }[] = [];

  /** @param at epoch milliseconds */
  add(bytes: number, at: number): void {
    const last = this.#samples[this.#samples.length - 1];
    if (last !== undefined && bytes < last.bytes) this.#samples = []; // began again further back
    this.#samples.push({ at, bytes });
    this.#samples = this.#samples.filter((sample) => at - sample.at <= WINDOW_MS);
  }

  /** After a pause: what was measured before says nothing any more. */
  reset(): void {
    this.#samples = [];
  }

  /** Bytes per second; undefined until two readings lie apart. */
  get bytesPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples[this.#samples.length - 1];
    if (first === undefined || last === undefined || last.at - first.at < 500) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }

  /** Seconds; undefined while nothing moves. */
  remainingSeconds(total: number): number | undefined {
    const speed = this.bytesPerSecond;
    const last = this.#samples[this.#samples.length - 1];
    return speed === undefined || last === undefined || speed <= 0 ? undefined : (total - last.bytes) / speed;
  }
}

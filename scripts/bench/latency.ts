/** Times of one side of a comparison, in milliseconds. */
export class Latency {
  readonly #times: number[] = [];

  /** Does `work` and notes how long it took. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    this.#times.push(performance.now() - startedAt);
    return result;
  }

  /** Half, and all but one in a hundred, took no longer. */
  figures(): { readonly p50_ms: number; readonly p99_ms: number; readonly max_ms: number } {
    const sorted = this.#times.toSorted((left, right) => left - right);
    const at = (share: number): number =>
      Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 1000) / 1000;
    return { p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) };
  }
}

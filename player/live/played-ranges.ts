/** A stretch of a class that was on this screen, by the time it was taken. */
export interface PlayedRange {
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Two samples farther apart than this are not one stretch: somebody went back, or an interruption lies between. */
const LONGEST_STEP_MS = 4_000;

/** Lays stretches together: in order, without overlap. Pure. */
export function unionOf(ranges: readonly PlayedRange[]): readonly PlayedRange[] {
  const inOrder = Array.from(ranges)
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .sort((one, other) => one.fromMs - other.fromMs);
  const union: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of inOrder) {
    const last = union[union.length - 1];
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else union.push({ fromMs, toMs });
  }
  return union;
}

/** What is left of some stretches when others are taken out. Pure. */
export function without(
  ranges: readonly PlayedRange[],
  taken: readonly PlayedRange[],
): readonly PlayedRange[] {
  let left = unionOf(ranges);
  for (const cut of taken) {
    const next: PlayedRange[] = [];
    for (const range of left) {
      if (cut.toMs <= range.fromMs || cut.fromMs >= range.toMs) next.push(range);
      else {
        if (cut.fromMs > range.fromMs) next.push({ fromMs: range.fromMs, toMs: cut.fromMs });
        if (cut.toMs < range.toMs) next.push({ fromMs: cut.toMs, toMs: range.toMs });
      }
    }
    left = next;
  }
  return left;
}

/** Collects what is on the screen, sample by sample, until it has been told to the server. */
export class PlayedRanges {
  #ranges: readonly PlayedRange[];
  #lastMs: number | undefined;

  /** @param untold what an earlier visit left untold */
  constructor(untold: readonly PlayedRange[] = []) {
    this.#ranges = unionOf(untold);
  }

  /** In order, without overlap. */
  get untold(): readonly PlayedRange[] {
    return this.#ranges;
  }

  /** The moving picture that was taken at this moment is on the screen. To be called about once a second. */
  sample(playingMs: number): void {
    const last = this.#lastMs;
    this.#lastMs = playingMs;
    if (last === undefined) return;
    const step = playingMs - last;
    if (step <= 0 || step > LONGEST_STEP_MS) return;
    this.#ranges = unionOf(this.#ranges.concat({ fromMs: last, toMs: playingMs }));
  }

  /** The picture stands: what comes next is a new stretch. */
  rest(): void {
    this.#lastMs = undefined;
  }

  /** The server has kept these. */
  acknowledge(told: readonly PlayedRange[]): void {
    this.#ranges = without(this.#ranges, told);
  }
}

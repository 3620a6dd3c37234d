import { prepared } from './generation-jobs.ts';
import { generationWork, type GenerationWork } from './generation-progress.ts';
import type { Job } from './job.ts';

interface Sample {
  readonly atMs: number;
  /** Work done since the first look, in seconds of a slot. */
  readonly made: number;
  readonly active: number;
}

/** The pace is that of the last two minutes: long enough for the beats of a span, short enough to notice a second worker. */
const WINDOW_MS = 120_000;
/** Before so long and so much was watched, there is no pace to speak of. */
const LEAST_MS = 4_000;
const LEAST_SHARE = 0.02;
/** A job that is alone on a machine is faster than one of several, because the decoder and each encoder have threads of their own. */
const ALONE_FASTER = 2;
/** How fast what is told follows what is estimated, so that it does not jump about. */
const FOLLOW_MS = 8_000;

/**
 * Tells how many seconds a lecture still takes, from the pace at which its work is seen to be done. One for each generation;
 * give it the jobs now and then, every second or every ten.
 *
 * Unknown until there is a pace, and again when nothing was done for two minutes: a lecture that waits for workers has no
 * honest figure.
 */
export class RemainingTime {
  readonly #now: () => number;
  #samples: Sample[] = [];
  #doneAtLast = 0;
  #isMoving = false;
  #told: { readonly atMs: number; readonly seconds: number } | undefined;

  /** @param now - milliseconds from any origin that never go back; the process's clock by default */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Seconds from now until the lecture is ready, or `undefined`. */
  look(jobs: readonly Job[]): number | undefined {
    if (prepared(jobs) === undefined) return undefined;
    const work = generationWork(jobs);
    const atMs = this.#now();
    this.#remember(work, atMs);
    const estimate = this.#estimate(work);
    if (estimate === undefined) {
      this.#told = undefined;
      return undefined;
    }
    const before = this.#told;
    const passedMs = before === undefined ? 0 : atMs - before.atMs;
    const expected = before === undefined ? estimate : Math.max(0, before.seconds - passedMs / 1000);
    const seconds = expected + (estimate - expected) * (1 - Math.exp(-passedMs / FOLLOW_MS));
    this.#told = { atMs, seconds };
    return seconds;
  }

  #remember(work: GenerationWork, atMs: number): void {
    const done = work.total - work.leftAtEnd - work.left.reduce((sum, rest) => sum + rest, 0);
    const last = this.#samples.at(-1);
    const gained = last === undefined ? 0 : Math.max(0, done - this.#doneAtLast);
    this.#doneAtLast = done;
    // What comes first has taken who knows how long; the pace is that of what follows.
    if (last?.made === 0 && gained > 0 && !this.#isMoving) {
      this.#isMoving = true;
      this.#samples = [{ atMs, made: 0, active: work.active }];
      return;
    }
    this.#samples.push({ atMs, made: (last?.made ?? 0) + gained, active: work.active });
    // The one at the window's edge stays, so that the window is always full.
    while ((this.#samples[1]?.atMs ?? Infinity) <= atMs - WINDOW_MS) this.#samples.shift();
  }

  #estimate(work: GenerationWork): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const seconds = (last.atMs - first.atMs) / 1000;
    const made = last.made - first.made;
    const left = work.leftAtEnd + work.left.reduce((sum, rest) => sum + rest, 0);
    const enough = Math.min(LEAST_SHARE * work.total, left);
    if (seconds * 1000 < LEAST_MS || made <= 0 || made < enough) return undefined;
    const slots = Math.max(1, Math.round(mean(this.#samples.map(({ active }) => active))));
    const pace = made / seconds;
    const longest = work.left[0] ?? 0;
    return Math.max(left, (longest * slots) / ALONE_FASTER + work.leftAtEnd) / pace;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

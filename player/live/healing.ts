import type { LiveTrouble } from './live-engine.ts';

/** What is to be done; `rebuild` throws the engine away and makes a new one from a fresh state document. */
export type Cure =
  { readonly kind: 'none' | 'resume' | 'recover' } | { readonly kind: 'rebuild'; readonly pauseMs: number };

/** Milliseconds; tests pass shorter ones. */
export interface HealingTimes {
  /** How long a picture that should move may stand before its engine is given up. */
  readonly patienceMs: number;
  /** Three thousand halls that lost one server come back spread over this. */
  readonly firstSpreadMs: number;
  readonly longestSpreadMs: number;
}

/** The defaults. */
export const HEALING_TIMES: HealingTimes = {
  patienceMs: 8_000,
  firstSpreadMs: 5_000,
  longestSpreadMs: 30_000,
};

const NOTHING: Cure = { kind: 'none' };
const RESUMES_BEFORE_REBUILD = 3;
const RESUME_EVERY_MS = 1_000;
const RECOVER_EVERY_MS = 10_000;
// A picture that moved this long is well again: the next trouble is a new one.
const WELL_AFTER_MS = 60_000;

/**
 * Decides how a live player gets over trouble: the mildest cure first, and a new engine when nothing milder helps. Knows no
 * timer: it is told the time.
 */
export class Healing {
  readonly #times: HealingTimes;
  #resumes = 0;
  #resumedAt = -Infinity;
  #recoveredAt = -Infinity;
  #rebuilds = 0;
  #movesSince: number | undefined;

  constructor(times: HealingTimes = HEALING_TIMES) {
    this.#times = times;
  }

  /** The picture moves at this moment. */
  moved(nowMs: number): void {
    this.#movesSince ??= nowMs;
    if (nowMs - this.#movesSince < WELL_AFTER_MS) return;
    this.#resumes = 0;
    this.#rebuilds = 0;
  }

  /** @param chance 0 to 1 */
  onTrouble(trouble: LiveTrouble, nowMs: number, chance: number): Cure {
    this.#movesSince = undefined;
    if (trouble === 'line' && this.#resumes < RESUMES_BEFORE_REBUILD) {
      if (nowMs - this.#resumedAt < RESUME_EVERY_MS) return NOTHING;
      this.#resumes += 1;
      this.#resumedAt = nowMs;
      return { kind: 'resume' };
    }
    if (trouble === 'media' && nowMs - this.#recoveredAt >= RECOVER_EVERY_MS) {
      this.#recoveredAt = nowMs;
      return { kind: 'recover' };
    }
    return this.#rebuild(chance);
  }

  /**
   * The picture has stood for so long although it should move.
   *
   * @param stillMs since it last moved, or since it might have begun to
   */
  onStill(stillMs: number, chance: number): Cure {
    if (stillMs < this.#times.patienceMs) return NOTHING;
    return this.#rebuild(chance);
  }

  /** A playlist ended although the class goes on, as when its rendition was given up. */
  onEarlyEnd(chance: number): Cure {
    return this.#rebuild(chance);
  }

  #rebuild(chance: number): Cure {
    const { firstSpreadMs, longestSpreadMs } = this.#times;
    const spread = Math.min(longestSpreadMs, firstSpreadMs * 2 ** Math.min(this.#rebuilds, 10));
    this.#rebuilds += 1;
    this.#resumes = 0;
    this.#movesSince = undefined;
    return { kind: 'rebuild', pauseMs: Math.round(spread * chance) };
  }
}

/** Where a viewer of the live edge stands; all in seconds. */
export interface LiveDistance {
  /** How far behind the place he should be at; negative: nearer to the lecturer than that. */
  readonly behind: number;
  /** How much picture lies ready in front of him. */
  readonly ready: number;
}

/** How a mode comes back to its place; all in seconds. */
export interface CatchUpRule {
  /** Farther behind than this begins to hurry; what is less comes of playlists that arrive late. */
  readonly from: number;
  /** Nearer than this is there. */
  readonly until: number;
  /** Farther behind than this hurries at the highest rate. */
  readonly fastFrom: number;
  /** With less than this ready nobody hurries: the next stall would cost more. */
  readonly reserve: number;
  /** Farther behind than this leaps, where the engine does not do so itself. */
  readonly leapFrom: number;
}

/** What to do now: play at this rate, or leap to the place. */
export type Pace = { readonly kind: 'rate'; readonly rate: number } | { readonly kind: 'leap' };

/** Two seconds behind the lecturer: small steps, and as soon as it may. */
export const LOW_LATENCY_RULE: CatchUpRule = {
  from: 0.1,
  until: 0.05,
  fastFrom: 0.25,
  reserve: 1,
  leapFrom: 13,
};

/** Six seconds behind: whole segments come at once, so that half a second more or less means nothing. */
export const ORDINARY_RULE: CatchUpRule = {
  from: 1.5,
  until: 0.2,
  fastFrom: 4,
  reserve: 2,
  leapFrom: 14,
};

/** Hardly heard in speech. */
const GENTLE_RATE = 1.05;
/** The most that a lecture bears. */
const FAST_RATE = 1.1;

/**
 * Brings a viewer of the live edge back to his place after a stall or a short pause, by playing a little faster. Knows no
 * timer and no player: it is told where he stands. A viewer who went back on purpose is never asked about.
 */
export class CatchUp {
  readonly #rule: CatchUpRule;
  #hurries = false;

  constructor(rule: CatchUpRule) {
    this.#rule = rule;
  }

  /** To be asked several times a second while the picture moves. */
  paceAt({ behind, ready }: LiveDistance): Pace {
    const { from, until, fastFrom, reserve, leapFrom } = this.#rule;
    if (behind > leapFrom) {
      this.#hurries = false;
      return { kind: 'leap' };
    }
    this.#hurries = behind > (this.#hurries ? until : from);
    if (!this.#hurries || ready <= reserve) return { kind: 'rate', rate: 1 };
    return { kind: 'rate', rate: behind > fastFrom ? FAST_RATE : GENTLE_RATE };
  }
}

const WINDOW_MS = 8_000;
const STALL_SECONDS = 1;
const MOST_STALL_SECONDS = 3;

/**
 * Learns where a browser that plays HLS by itself wants to be. What it calls its edge steps with each playlist, so the least
 * distance of some seconds counts; the first such is the browser's own choice, and each stall says that it was too near.
 */
export class OwnDistance {
  #samples: { readonly atMs: number; readonly distance: number }[] = [];
  #chosen: number | undefined;
  #stalls = 0;

  /**
   * @param distance seconds from the picture on the screen to the browser's edge
   * @returns seconds behind its own choice; undefined until that is known
   */
  behindAt(nowMs: number, distance: number): number | undefined {
    const [first] = this.#samples;
    const isFull = first !== undefined && nowMs - first.atMs >= WINDOW_MS;
    this.#samples.push({ atMs: nowMs, distance });
    while ((this.#samples[1]?.atMs ?? nowMs) <= nowMs - WINDOW_MS) this.#samples.shift();
    if (!isFull) return undefined;
    const least = Math.min(...this.#samples.map((sample) => sample.distance));
    this.#chosen ??= least;
    return least - this.#chosen - Math.min(this.#stalls * STALL_SECONDS, MOST_STALL_SECONDS);
  }

  /** Seconds behind the browser's edge where it wants to be; undefined until that is known. */
  get chosen(): number | undefined {
    return this.#chosen;
  }

  /** The picture had to wait. */
  stalled(): void {
    if (this.#chosen !== undefined) this.#stalls += 1;
  }

  /** It has been calm for long: stalls are forgotten. */
  forgetStalls(): void {
    this.#stalls = 0;
  }

  /** The viewer was moved: what was seen before says nothing of now. */
  moved(): void {
    this.#samples = [];
  }
}

/** Seconds of picture that lie ready in front of what is shown. */
export function readySeconds({ buffered, currentTime }: HTMLVideoElement): number {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime && currentTime < buffered.end(index)) {
      return buffered.end(index) - currentTime;
    }
  }
  return 0;
}

/** Plays at this rate from now on. */
export function playAt(video: HTMLVideoElement, rate: number): void {
  if (video.playbackRate !== rate) video.playbackRate = rate;
}

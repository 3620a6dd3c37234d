/** So much has to be really seen before a play counts. */
const COUNTED_AFTER_SECONDS = 10;
// Positions are told several times a second; more between two of them is a jump, not watching.
const LONGEST_STEP_SECONDS = 3;

/** What is known of the player at one moment. */
export interface PlayMoment {
  readonly phase: string;
  /** Seconds. */
  readonly position: number;
  readonly speed: number;
}

/** Adds up what was really played and says once when it is enough. Jumps, pauses and waiting add nothing. */
export class PlayCount {
  readonly #onCounted: () => void;
  #before: PlayMoment | undefined;
  #seconds = 0;
  #isCounted = false;

  constructor(onCounted: () => void) {
    this.#onCounted = onCounted;
  }

  /** Told whenever something changes. A lecture shorter than the ten seconds counts at its end. */
  follow(moment: PlayMoment): void {
    if (this.#isCounted) return;
    const before = this.#before;
    this.#before = moment;
    const step = moment.position - (before?.position ?? moment.position);
    if (before?.phase === 'playing' && step > 0 && step <= LONGEST_STEP_SECONDS * moment.speed) {
      this.#seconds += step;
    }
    const isWhole = moment.phase === 'ended' && this.#seconds > 0 && this.#seconds >= moment.position - 1;
    if (this.#seconds < COUNTED_AFTER_SECONDS && !isWhole) return;
    this.#isCounted = true;
    this.#onCounted();
  }
}

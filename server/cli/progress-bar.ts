import { clock, cutToWidth, displayWidth, printable } from './terminal-text.ts';

/** Where a bar is drawn; `process.stderr` by default, so that what a command answers can be piped. */
export interface BarOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a bar may be given. */
export interface ProgressBarOptions {
  readonly output?: BarOutput;
  /** Milliseconds, from any origin; default a clock that never goes back. */
  readonly now?: () => number;
}

const REDRAW_MS = 100;
/** A log of an unattended run stays readable. */
const LINE_MS = 5_000;
/** Below this share the speed so far says nothing about the time that is left. */
const LEAST_SHARE = 0.02;
const LEAST_BAR_CELLS = 12;
const MOST_BAR_CELLS = 30;

// Plain characters: a Chinese terminal may take two cells for a block.
function barOf(share: number, cells: number): string {
  const filled = Math.round(share * cells);
  return `[${'#'.repeat(filled)}${'-'.repeat(cells - filled)}]`;
}

/**
 * Shows how far something has come: on a terminal a bar with percent, elapsed and remaining time, redrawn in place; elsewhere
 * a plain line at most every five seconds.
 */
export class ProgressBar {
  readonly #output: BarOutput;
  readonly #now: () => number;
  readonly #label: string;
  readonly #startedAt: number;
  #shownAt = Number.NEGATIVE_INFINITY;
  #isDrawn = false;
  /** How far it was when we began to look: what others had made by then says nothing about the speed. */
  #from: number | undefined;
  #share = 0;
  #stage = '';
  #remainingSeconds: number | undefined | null = null;

  constructor(label: string, options: ProgressBarOptions = {}) {
    this.#label = printable(label);
    this.#output = options.output ?? process.stderr;
    this.#now = options.now ?? ((): number => performance.now());
    this.#startedAt = this.#now();
  }

  /**
   * Shows a share from 0 to 1 and, in a word or two, what is being done.
   *
   * @param remainingSeconds - what is left, `undefined` when nobody can tell; `null`, the default, lets the bar judge by the pace
   */
  update(share: number, stage = '', remainingSeconds: number | undefined | null = null): void {
    this.#share = Math.min(1, Math.max(0, share));
    this.#remainingSeconds = remainingSeconds;
    this.#from ??= this.#share;
    const isNewStage = stage !== this.#stage;
    this.#stage = stage;
    const pause = this.#output.isTTY === true ? REDRAW_MS : LINE_MS;
    if (!isNewStage && this.#now() - this.#shownAt < pause) return;
    if (this.#output.isTTY !== true && this.#now() - this.#shownAt < LINE_MS) return;
    this.#show();
  }

  /** Shows the last state and leaves the line. */
  finish(): void {
    this.#show();
    if (this.#isDrawn) this.#output.write('\n');
    this.#isDrawn = false;
  }

  /** Wipes the bar off, so that a message can take its place. */
  clear(): void {
    if (this.#isDrawn) this.#output.write('\r\u001b[K');
    this.#isDrawn = false;
  }

  #show(): void {
    this.#shownAt = this.#now();
    if (this.#output.isTTY !== true) {
      this.#output.write(`${this.#label}: ${this.#facts().join(', ')}\n`);
      return;
    }
    // A terminal that does not know its width says 0.
    const columns = this.#output.columns || 80;
    const facts = this.#facts().join('  ');
    const room = columns - 1 - displayWidth(facts);
    const label = cutToWidth(this.#label, Math.max(0, room - LEAST_BAR_CELLS - 6));
    const cells = Math.min(MOST_BAR_CELLS, room - displayWidth(label) - 6);
    const bar = cells < LEAST_BAR_CELLS ? [] : [barOf(this.#share, cells)];
    this.#output.write(`\r\u001b[K${cutToWidth([label, ...bar, facts].join('  '), columns - 1)}`);
    this.#isDrawn = true;
  }

  #facts(): readonly string[] {
    const elapsed = (this.#now() - this.#startedAt) / 1000;
    const remaining = this.#remainingSeconds === null ? this.#ownEstimate(elapsed) : this.#remainingSeconds;
    return [
      `${String(Math.floor(this.#share * 100)).padStart(3)}%`.trimStart(),
      `${clock(elapsed)} elapsed`,
      ...(remaining === undefined || this.#share >= 1 ? [] : [`还需 ${clock(remaining)}`]),
      ...(this.#stage === '' ? [] : [this.#stage]),
    ];
  }

  #ownEstimate(elapsed: number): number | undefined {
    const made = this.#share - (this.#from ?? 0);
    return made >= LEAST_SHARE ? (elapsed * (1 - this.#share)) / made : undefined;
  }
}

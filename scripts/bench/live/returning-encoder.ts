import { ClockEncoder } from './clock-encoder.ts';

/** How soon encoders try again when they are cut off; the shortest that OBS can be set to. */
const AGAIN_MS = 1_000;

/** A lecturer's encoder that comes back by itself when it is cut off or refused, unless its line is down. */
export class ReturningEncoder {
  readonly #outputs: readonly string[];
  #encoder: ClockEncoder | undefined;
  #again: NodeJS.Timeout | undefined;
  #isAway = false;

  constructor(publishUrl: string) {
    this.#outputs = ['-flags', '+global_header', '-f', 'flv', publishUrl];
    this.#start();
  }

  /** As when its line breaks: the connection is lost, and none can be made. */
  async goAway(): Promise<void> {
    this.#isAway = true;
    clearTimeout(this.#again);
    await this.#encoder?.stop();
  }

  async close(): Promise<void> {
    await this.goAway();
  }

  comeBack(): void {
    this.#isAway = false;
    this.#start();
  }

  /** Freezes it: nothing comes, and its connection stays. */
  hold(): void {
    this.#encoder?.hold();
  }

  release(): void {
    this.#encoder?.release();
  }

  #start(): void {
    const encoder = new ClockEncoder(this.#outputs);
    this.#encoder = encoder;
    void encoder.ended.then(() => {
      if (!this.#isAway) this.#again = setTimeout(() => this.#start(), AGAIN_MS);
    });
  }
}

import { RoomError } from './room-error.ts';

/** Questions that one address may send at once: a hall full of telephones. */
const BURST = 60;
/** And how many more in each second after that. */
const PER_SECOND = 1;
/** Addresses that are remembered; the longest silent are forgotten first. */
const MOST_ADDRESSES = 10_000;

interface Allowance {
  left: number;
  atMs: number;
}

/**
 * Keeps one place from filling the operator's queue under ever new names. Counted in memory: it is about a flood, and a server that
 * starts anew may forget it.
 */
export class AskingThrottle {
  readonly #allowances = new Map<string, Allowance>();

  /**
   * Lets a question of an address pass and counts it.
   *
   * @param nowMs - of a clock that is never set
   * @throws {RoomError} `asked-too-often`
   */
  admit(address: string, nowMs: number = performance.now()): void {
    const known = this.#allowances.get(address) ?? { left: BURST, atMs: nowMs };
    const left = Math.min(BURST, known.left + ((nowMs - known.atMs) / 1000) * PER_SECOND);
    this.#allowances.delete(address);
    this.#allowances.set(address, { left: left < 1 ? left : left - 1, atMs: nowMs });
    const [oldest] = this.#allowances.keys();
    if (this.#allowances.size > MOST_ADDRESSES && oldest !== undefined) this.#allowances.delete(oldest);
    if (left < 1) {
      const seconds = Math.ceil((1 - left) / PER_SECOND);
      throw new RoomError(
        'asked-too-often',
        `Too many questions come from one place; wait ${seconds} s`,
        seconds,
      );
    }
  }
}

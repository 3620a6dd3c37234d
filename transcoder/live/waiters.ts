interface Waiter {
  readonly isReady: () => boolean;
  readonly wake: (outcome: 'ready' | 'news') => void;
}

/** Requests that are parked until what they ask for exists. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();

  /** How many are parked now. */
  get count(): number {
    return this.#waiting.size;
  }

  /**
   * Waits until `isReady`, which is looked at whenever something came.
   *
   * @returns `news` when {@link release} let everybody go, `late` at the deadline
   * @throws what the signal was aborted with
   */
  async wait(
    isReady: () => boolean,
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<'ready' | 'news' | 'late'> {
    if (isReady()) return 'ready';
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(waiter);
      };
      const waiter: Waiter = {
        isReady,
        wake: (outcome) => {
          leave();
          resolve(outcome);
        },
      };
      const abort = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        leave();
        resolve('late');
      }, deadlineMs);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Something came: whoever waited for it goes. */
  look(): void {
    for (const waiter of [...this.#waiting]) if (waiter.isReady()) waiter.wake('ready');
  }

  /** Lets everybody go, whatever they wait for. */
  release(): void {
    for (const waiter of [...this.#waiting]) waiter.wake(waiter.isReady() ? 'ready' : 'news');
  }
}

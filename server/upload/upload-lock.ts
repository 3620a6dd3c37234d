import { UploadError } from '../errors.ts';

interface Holder {
  /** Asks the holder to let go. */
  readonly askToStop: () => Promise<void> | void;
  readonly released: Promise<void>;
  readonly release: () => void;
}

/** A holder that has moved no bytes for so long sits on a dead line and is asked to make room. */
const STALE_MS = 5_000;
/** How long it gets for that. */
const PATIENCE_MS = 10_000;

/**
 * One writer per upload. A second one is refused at once while the first makes progress, and takes over from one whose
 * line went dead. (The library's own lock stops a healthy writer for any newcomer, and waits for it in a busy loop.)
 */
export class UploadLocks {
  readonly #holders = new Map<string, Holder>();
  readonly #progressAt = new Map<string, number>();

  /** Says that bytes of the upload have just arrived. */
  touch(id: string): void {
    if (this.#holders.has(id)) this.#progressAt.set(id, performance.now());
  }

  /**
   * Takes the lock; the result lets it go.
   *
   * @throws {UploadError} `upload-busy`
   */
  async take(id: string, askToStop: () => Promise<void> | void): Promise<() => void> {
    const holder = this.#holders.get(id);
    if (holder !== undefined) {
      if (performance.now() - (this.#progressAt.get(id) ?? 0) < STALE_MS) throw busy();
      await holder.askToStop();
      await Promise.race([holder.released, refuseAfter(PATIENCE_MS)]);
      // Others may have waited for the same holder; the first of them has it now.
      if (this.#holders.has(id)) throw busy();
    }
    let settle: (() => void) | undefined;
    const released = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const fresh: Holder = {
      askToStop,
      released,
      release: () => {
        if (this.#holders.get(id) !== fresh) return;
        this.#holders.delete(id);
        this.#progressAt.delete(id);
        settle?.();
      },
    };
    this.#holders.set(id, fresh);
    this.touch(id);
    return fresh.release;
  }
}

function busy(): UploadError {
  return new UploadError(
    'upload-busy',
    'This upload is being written by another request. Try again shortly.',
  );
}

async function refuseAfter(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(busy()), milliseconds).unref();
  });
}

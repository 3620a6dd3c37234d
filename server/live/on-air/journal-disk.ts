import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Why a disk takes nothing, and since when that is known. */
export interface DiskFault {
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  /** Else it is broken or too slow. */
  readonly isFull: boolean;
}

/** What a {@link JournalDisk} works with. */
export interface JournalDiskOptions {
  /** Where something may be written and deleted again. */
  readonly folder: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly onFault: (error: unknown) => void;
  readonly onRecovered: () => void;
}

/** About a second of a class. */
const PROBE_BYTES = 256 * 1024;
/** A disk that has not taken that by then takes no class. */
const SLOW_MS = 20_000;
/** How often a disk is tried that took the last probe. */
const SOUND_MS = 60_000;

/**
 * Whether the disk takes what a class needs: tried by writing, so that it is known before a class is on the air, and after a restart
 * too. A class that is on the air finds out by itself, with its next part.
 */
export class JournalDisk {
  readonly #options: JournalDiskOptions;
  #fault: DiskFault | undefined;
  #probing: Promise<void> | undefined;
  #soundAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: JournalDiskOptions) {
    this.#options = options;
  }

  /** Undefined while the disk takes what is written. */
  get fault(): DiskFault | undefined {
    return this.#fault;
  }

  /** Tries it, unless it was sound a minute ago; settles when that is known, and never rejects. */
  async look(): Promise<void> {
    if (this.#fault === undefined && this.#options.now() - this.#soundAtMs < SOUND_MS) return;
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    const slow = new AbortController();
    const isLate = pause(SLOW_MS, true, { ref: false, signal: slow.signal }).catch(() => false);
    if (await Promise.race([this.#probing.then(() => false), isLate]))
      this.#failed(new Error(`the disk has not taken ${PROBE_BYTES} bytes in ${SLOW_MS} ms`));
    slow.abort();
  }

  /** Settles when nothing is being written any more, or the disk does not answer. */
  async close(): Promise<void> {
    await Promise.race([this.#probing, pause(SLOW_MS, undefined, { ref: false })]);
  }

  async #probe(): Promise<void> {
    const path = join(this.#options.folder, 'probe');
    try {
      await mkdir(this.#options.folder, { recursive: true });
      try {
        const handle = await open(path, 'w');
        try {
          await handle.writeFile(Buffer.alloc(PROBE_BYTES, 1));
          await handle.datasync();
        } finally {
          await handle.close();
        }
      } finally {
        await rm(path, { force: true });
      }
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#soundAtMs = this.#options.now();
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#options.onRecovered();
  }

  #failed(error: unknown): void {
    const isNew = this.#fault === undefined;
    this.#fault = { sinceMs: this.#fault?.sinceMs ?? this.#options.now(), isFull: isFullDisk(error) };
    if (isNew) this.#options.onFault(error);
  }
}

/** Whether that is what the system says of a disk, or a share of one, without room. */
export function isFullDisk(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

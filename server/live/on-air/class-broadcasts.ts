import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { Broadcast, type BroadcastOptions } from '../../../transcoder/live/index.ts';
import type { BroadcastShelf } from '../broadcast-shelf.ts';
import { OVER_STATES, RUNNING_STATES, type LiveClass } from '../live-class.ts';
import { isFullDisk, type DiskFault } from './journal-disk.ts';

/** Where rehearsals lie, below the folder of the journals; nothing there outlives the process. */
export const REHEARSALS = 'rehearsals';

/** A disk that does not take a class, or did not for a while: what is kept of it has a hole there. */
export interface DiskTrouble {
  /** Epoch milliseconds: since when. */
  readonly sinceMs: number;
  /** Undefined while it lasts. */
  readonly untilMs: number | undefined;
  /** Else it is broken or too slow. */
  readonly isFull: boolean;
  /** How often it has happened to this class; 0 where nothing of it was lost yet. */
  readonly holes: number;
}

/** What the broadcasts of a class need. */
export interface ClassBroadcastsOptions {
  /** The class as it is at this moment. */
  readonly liveClass: () => LiveClass;
  /** Where players find what they may watch. */
  readonly shelf: BroadcastShelf;
  /** Where the journals of all classes lie. */
  readonly folder: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** What was found about the disk of the journals, whoever writes. */
  readonly diskFault: () => DiskFault | undefined;
  /** The disk does not take a class any more; it goes on from memory. */
  readonly onTrouble: (error: unknown) => void;
  /** The disk takes it again; so many parts are missing in the recording. */
  readonly onRecovered: (lostParts: number) => void;
}

/**
 * The two broadcasts of a class: what everybody sees, which is kept, and the rehearsal before it, which only operators see and
 * nobody keeps.
 */
export class ClassBroadcasts {
  readonly #options: ClassBroadcastsOptions;
  #air: Broadcast | undefined;
  #rehearsal: Broadcast | undefined;
  #diskTrouble: DiskTrouble | undefined;
  /** True while the journal itself has said so and will say when it is over. */
  #isRefused = false;

  constructor(options: ClassBroadcastsOptions) {
    this.#options = options;
  }

  /** What everybody sees; undefined before it was opened. */
  get air(): Broadcast | undefined {
    return this.#air;
  }

  /** What only operators see; undefined before it was opened, and once the class is over. */
  get rehearsal(): Broadcast | undefined {
    return this.#rehearsal;
  }

  /** That the disk does not take what everybody sees, or would not, or the last time it did not; undefined when it always has. */
  get diskTrouble(): DiskTrouble | undefined {
    const latest = this.#diskTrouble;
    const fault = this.#options.diskFault();
    const isOver = OVER_STATES.includes(this.#options.liveClass().state);
    if (fault === undefined || isOver || (latest !== undefined && latest.untilMs === undefined))
      return latest;
    return { ...fault, untilMs: undefined, holes: latest?.holes ?? 0 };
  }

  /** The class was on the air when the process before ended; where the disk takes nothing now, nothing is kept since then. */
  resume(sinceMs: number): void {
    const fault = this.#options.diskFault();
    if (fault !== undefined) this.#troubled({ ...fault, sinceMs });
  }

  /** Whatever is written now, the disk takes; a journal that has troubles of its own tells by itself. */
  diskRecovered(): void {
    if (!this.#isRefused && this.#diskTrouble?.untilMs === undefined) this.#recovered(1);
  }

  /**
   * Opens what is not open yet: what the journal has of the class, and an empty rehearsal, unless the class has begun.
   *
   * @throws {Error} what the system says when a folder cannot be made or read
   */
  async open(): Promise<void> {
    const { liveClass, folder, onTrouble, onRecovered } = this.#options;
    const { token } = liveClass();
    this.#air ??= await this.#openOne(token, join(folder, token), {
      onTrouble: (error) => {
        this.#isRefused = true;
        this.#troubled({ sinceMs: this.#options.now(), isFull: isFullDisk(error) });
        onTrouble(error);
      },
      onRecovered: (lostParts) => {
        this.#isRefused = false;
        this.#recovered(lostParts);
        onRecovered(lostParts);
      },
    });
    // A class that is on the air again after a restart has its folders already: they can be opened on a full disk.
    if (![...RUNNING_STATES, ...OVER_STATES].includes(liveClass().state)) {
      const fresh = randomBytes(12).toString('hex');
      this.#rehearsal ??= await this.#openOne(fresh, join(folder, REHEARSALS, fresh), {
        onTrouble,
        onRecovered,
      });
    }
    this.shelve();
  }

  /** What was public once stays so until it is swept: whoever watches may watch it to its end. */
  shelve(): void {
    const { liveClass, shelf } = this.#options;
    const isPublic = [...RUNNING_STATES, ...OVER_STATES].includes(liveClass().state);
    if (this.#air !== undefined) shelf.put(this.#air, isPublic);
    if (this.#rehearsal !== undefined) shelf.put(this.#rehearsal, false);
  }

  /** Ends the rehearsal, and deletes what there was of it. */
  async closeRehearsal(): Promise<void> {
    const rehearsal = this.#rehearsal;
    this.#rehearsal = undefined;
    if (rehearsal === undefined) return;
    this.#options.shelf.take(rehearsal.token);
    await rehearsal.close();
    await rm(rehearsal.folder, { recursive: true, force: true });
  }

  /** Lets go of both; the journal can be opened again. */
  async close(): Promise<void> {
    await this.closeRehearsal();
    if (this.#air !== undefined) this.#options.shelf.take(this.#air.token);
    await this.#air?.close();
    this.#air = undefined;
  }

  async #openOne(
    token: string,
    folder: string,
    hooks: Pick<BroadcastOptions, 'onTrouble' | 'onRecovered'>,
  ): Promise<Broadcast> {
    await mkdir(folder, { recursive: true });
    return Broadcast.open({ folder, token, ...hooks });
  }

  #troubled({ sinceMs, isFull }: DiskFault): void {
    const latest = this.#diskTrouble;
    const isSame = latest !== undefined && latest.untilMs === undefined;
    this.#diskTrouble = isSame
      ? { ...latest, isFull }
      : { sinceMs, untilMs: undefined, isFull, holes: (latest?.holes ?? 0) + 1 };
  }

  #recovered(lostParts: number): void {
    const trouble = this.#diskTrouble;
    if (trouble === undefined) return;
    const isHarmless = lostParts === 0 && trouble.holes === 1;
    this.#diskTrouble = isHarmless ? undefined : { ...trouble, untilMs: this.#options.now() };
  }
}

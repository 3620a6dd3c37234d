import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { Broadcast, type BroadcastOptions } from '../../../transcoder/live/index.ts';
import type { BroadcastShelf } from '../broadcast-shelf.ts';
import { OVER_STATES, RUNNING_STATES, type LiveClass } from '../live-class.ts';

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
  /** How often it has happened to this class. */
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

  /** The last time the disk did not take what everybody sees; undefined when it always has. */
  get diskTrouble(): DiskTrouble | undefined {
    return this.#diskTrouble;
  }

  /**
   * Opens what is not open yet: what the journal has of the class, and an empty rehearsal, unless the class is over.
   *
   * @throws {Error} what the system says when a folder cannot be made or read
   */
  async open(): Promise<void> {
    const { liveClass, folder, onTrouble, onRecovered } = this.#options;
    const { token } = liveClass();
    this.#air ??= await this.#openOne(token, join(folder, token), {
      onTrouble: (error) => {
        this.#troubled(error);
        onTrouble(error);
      },
      onRecovered: (lostParts) => {
        this.#recovered(lostParts);
        onRecovered(lostParts);
      },
    });
    if (!OVER_STATES.includes(liveClass().state)) {
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

  #troubled(error: Error): void {
    const { code = '' } = error as NodeJS.ErrnoException;
    this.#diskTrouble = {
      sinceMs: this.#options.now(),
      untilMs: undefined,
      isFull: code === 'ENOSPC' || code === 'EDQUOT',
      holes: (this.#diskTrouble?.holes ?? 0) + 1,
    };
  }

  #recovered(lostParts: number): void {
    const trouble = this.#diskTrouble;
    if (trouble === undefined) return;
    const isHarmless = lostParts === 0 && trouble.holes === 1;
    this.#diskTrouble = isHarmless ? undefined : { ...trouble, untilMs: this.#options.now() };
  }
}

import { createWriteStream } from 'node:fs';
import { mkdtemp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { objectKey, type ObjectStore } from '../storage/index.ts';
import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import type { GenerationId } from './job.ts';
import type { RemuxPlan } from './remux-plan.ts';
import { openScratch } from './scratch.ts';
import { remuxTask } from './source-args.ts';

/** Which form of a source a job needs. */
export interface SourceWish {
  readonly generation: GenerationId;
  readonly sourceKey: string;
  /** The passes in which it is copied; none for the file as it is. */
  readonly remux?: readonly RemuxPlan[];
}

interface Copy {
  readonly path: Promise<string>;
  readonly generation: GenerationId;
}

/** Generations whose sources are kept at once; a worker that hops between more lectures fetches again. */
const KEPT = 4;

/**
 * The sources a worker reads, as files on its own disk: where the store is a folder, the object itself; else a copy that
 * all jobs of the generation share.
 */
export class SourceCopies {
  readonly #store: ObjectStore;
  readonly #scratchDir: string;
  readonly #localSource: (sourceKey: string) => string | undefined;
  readonly #copies = new Map<string, Copy>();
  #folder: Promise<string> | undefined;

  /** @param localSource - answers with the path of a source that is in no store */
  constructor(
    store: ObjectStore,
    scratchDir: string,
    localSource: (sourceKey: string) => string | undefined,
  ) {
    this.#store = store;
    this.#scratchDir = scratchDir;
    this.#localSource = localSource;
  }

  /**
   * The absolute path of a source.
   *
   * @throws {StorageError} what the store throws
   * @throws {TranscodeError} `scratch-full`, `canceled`, and what a run of ffmpeg throws
   */
  async open(wish: SourceWish, signal: AbortSignal): Promise<string> {
    // The passes of a plan never change, so their number names the copy.
    const name = [wish.generation, ...(wish.remux ?? []).map(() => 'remux')].join('-');
    let copy = this.#copies.get(name);
    if (copy === undefined) {
      copy = { generation: wish.generation, path: this.#make(wish, name, signal) };
      this.#copies.set(name, copy);
      // A failed copy is not kept: the next job makes a new one.
      copy.path.catch(() => this.#copies.delete(name));
      await this.#dropOldest(wish.generation);
    }
    return copy.path;
  }

  /** Forgets a generation's copies. */
  async drop(generation: GenerationId): Promise<void> {
    for (const [name, copy] of this.#copies) {
      if (copy.generation === generation) await this.#remove(name, copy);
    }
  }

  async close(): Promise<void> {
    this.#copies.clear();
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  async #make(wish: SourceWish, name: string, signal: AbortSignal): Promise<string> {
    const pass = wish.remux?.at(-1);
    if (pass === undefined) return this.#original(wish, name, signal);
    const before = await this.open({ ...wish, remux: wish.remux?.slice(0, -1) ?? [] }, signal);
    const scratch = await openScratch(this.#scratchDir, before);
    try {
      await runFfmpeg(remuxTask(pass), scratch, { signal });
      const path = join(await this.#ownFolder(), `${name}.mkv`);
      await rename(scratch.path('source.mkv'), path);
      return path;
    } finally {
      await scratch.remove();
    }
  }

  async #original(wish: SourceWish, name: string, signal: AbortSignal): Promise<string> {
    const local =
      this.#localSource(wish.sourceKey) ?? (await this.#store.localPath?.(objectKey(wish.sourceKey)));
    return local === undefined ? this.#fetch(wish, name, signal) : resolve(local);
  }

  async #fetch(wish: SourceWish, name: string, signal: AbortSignal): Promise<string> {
    const object = await this.#store.get(objectKey(wish.sourceKey), undefined, { signal });
    const path = join(await this.#ownFolder(), `${name}.source`);
    try {
      await pipeline(object.body, createWriteStream(path), { signal });
    } catch (error) {
      await rm(path, { force: true });
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
        throw new TranscodeError(
          'scratch-full',
          `Cannot fetch the source: the disk with ${this.#scratchDir} is full. Free ${Math.ceil(object.sizeBytes / 1e6)} MB; the work is then tried again by itself.`,
          { cause: error },
        );
      }
      throw error;
    }
    const { size } = await stat(path);
    if (size !== object.sizeBytes) {
      await rm(path, { force: true });
      throw new TranscodeError(
        'probe-failed',
        `The source arrived with ${size} of ${object.sizeBytes} bytes. The work is tried again.`,
      );
    }
    return path;
  }

  async #ownFolder(): Promise<string> {
    this.#folder ??= mkdir(this.#scratchDir, { recursive: true }).then(() =>
      mkdtemp(join(this.#scratchDir, `run-${process.pid}-sources-`)),
    );
    return this.#folder;
  }

  /** A copy may be in the making out of another one of its own generation, so those stay. */
  async #dropOldest(used: GenerationId): Promise<void> {
    if (this.#copies.size <= KEPT) return;
    const oldest = [...this.#copies].find(([, { generation }]) => generation !== used);
    if (oldest !== undefined) await this.#remove(oldest[0], oldest[1]);
  }

  /** Removes a copy of ours; an open one stays readable for the runs that have it, as the name is all that goes. */
  async #remove(name: string, copy: Copy): Promise<void> {
    this.#copies.delete(name);
    const path = await copy.path.catch(() => undefined);
    const own = this.#folder === undefined ? undefined : await this.#folder;
    if (path !== undefined && own !== undefined && path.startsWith(own)) await rm(path, { force: true });
  }
}

import type { ObjectStore } from '../storage/index.ts';
import { generationPrefix, type GenerationId } from '../transcoder/index.ts';
import { findSuperseded, foldersInUse, recordObjectsRemoved } from './catalogue/superseded.ts';
import type { Database } from './database/transaction.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** What a sweep works with. */
export interface SupersededSweepOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  /** How long the objects of a replaced making stay, for players that opened it before. */
  readonly graceMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

const AT_ONCE = 20;

/**
 * Removes the objects of makings that were replaced longer ago than the grace time: what lies under `lectures/<generation>/` and
 * nothing else, but for captions there that the item still shows. It is recorded when all of them are gone, so a sweep that is broken off is done again from its start, and
 * two servers that sweep at the same time do no harm.
 */
export class SupersededSweep {
  readonly #options: SupersededSweepOptions;

  constructor(options: SupersededSweepOptions) {
    this.#options = options;
  }

  /**
   * Sweeps what is due, up to twenty makings.
   *
   * @param signal - ends it between two objects
   * @returns the makings whose objects are gone
   * @throws {StorageError} what the store throws; the rest is done next time
   */
  async sweep(signal?: AbortSignal): Promise<readonly GenerationId[]> {
    const { database, graceMs, log, metrics } = this.#options;
    const due = await database.read((statements) => findSuperseded(statements, graceMs, AT_ONCE));
    const swept: GenerationId[] = [];
    for (const generation of due) {
      const removed = await this.#remove(generation, signal);
      if (signal?.aborted === true) break;
      const isOurs = await database.write((transaction) => recordObjectsRemoved(transaction, generation));
      metrics.supersededObjects.inc(removed.objects);
      metrics.supersededBytes.inc(removed.sizeBytes);
      if (isOurs) log.info({ generation, ...removed }, 'removed the objects of a replaced making');
      swept.push(generation);
    }
    return swept;
  }

  async #remove(
    generation: GenerationId,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly objects: number; readonly sizeBytes: number }> {
    const { database, store } = this.#options;
    const kept = await database.read((statements) => foldersInUse(statements, generation));
    let objects = 0;
    let sizeBytes = 0;
    for await (const facts of store.list(`${generationPrefix(generation)}/`)) {
      if (signal?.aborted === true) break;
      if (kept.some((folder) => facts.key.startsWith(folder))) continue;
      await store.delete(facts.key);
      objects += 1;
      sizeBytes += facts.sizeBytes;
    }
    return { objects, sizeBytes };
  }
}

import { isWorkerGone, newWorkerName } from '../../transcoder/index.ts';
import type { Database } from '../database/transaction.ts';

/** Without a word for so long, a keeper is taken for dead. */
const LEASE_MS = 60_000;
const RENEW_MS = 15_000;

/**
 * Sees to it that one process at a time takes files out of a folder, on however many machines the service runs. A process that
 * was killed on this machine is succeeded at once, on another one after a minute.
 */
export class FolderKeeper {
  readonly #database: Database;
  readonly #folder: string;
  readonly #name = newWorkerName();
  readonly #lost = new AbortController();
  #renewing: NodeJS.Timeout | undefined;

  private constructor(database: Database, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  /**
   * @param folder - its real path
   * @returns undefined while another process keeps the folder
   */
  static async take(database: Database, folder: string): Promise<FolderKeeper | undefined> {
    const keeper = new FolderKeeper(database, folder);
    if (!(await keeper.#renew())) return undefined;
    keeper.#renewing = setInterval(() => void keeper.#keepUp(), RENEW_MS);
    keeper.#renewing.unref();
    return keeper;
  }

  /** Aborted when another process has taken the folder over, because this one was not heard of. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Lets go of the folder. */
  async release(): Promise<void> {
    clearInterval(this.#renewing);
    await this.#database.write((transaction) =>
      transaction.rows(
        'DELETE FROM intake_keeper WHERE folder = $1 AND keeper = $2',
        this.#folder,
        this.#name,
      ),
    );
  }

  async #keepUp(): Promise<void> {
    // A database that is away for a moment takes nothing from anybody: nobody else can reach it either.
    const isKept = await this.#renew().catch(() => true);
    if (!isKept) this.#lost.abort(new Error(`Another process looks after ${this.#folder} now`));
  }

  #renew(): Promise<boolean> {
    return this.#database.write(async (transaction) => {
      const { now } = transaction.words;
      const [before] = await transaction.rows<{ keeper: string }>(
        'SELECT keeper FROM intake_keeper WHERE folder = $1',
        this.#folder,
      );
      const gone = before !== undefined && isWorkerGone(before.keeper) ? before.keeper : this.#name;
      const kept = await transaction.rows(
        `INSERT INTO intake_keeper (folder, keeper, until) VALUES ($1, $2, ${now} + ${LEASE_MS})
         ON CONFLICT (folder) DO UPDATE SET keeper = excluded.keeper, until = excluded.until
           WHERE intake_keeper.until < ${now} OR intake_keeper.keeper IN (excluded.keeper, $3)
         RETURNING keeper`,
        this.#folder,
        this.#name,
        gone,
      );
      return kept.length > 0;
    });
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import {
  MAX_ATTEMPTS,
  OLDEST_SHARE,
  type FailureVerdict,
  type GenerationId,
  type Job,
  type JobCheckpoint,
  type JobFailure,
  type JobStore,
  type Json,
  type Lease,
  type NewJob,
} from '../../transcoder/index.ts';
import type { Database, Transaction } from '../database/transaction.ts';
import { Contended, isAnyDue, leaseNext, type LeaseOrder } from './due-jobs.ts';
import { endAttempt, endExpiredAttempts } from './ended-attempts.ts';
import { cancelGeneration, insertJobs, listJobs, lockGeneration } from './job-rows.ts';

/**
 * Called within the transaction that changed the state of one of the generation's jobs, or a result that can be shown;
 * `jobs` are all of the generation as they now are. When it throws, nothing of the change is kept.
 */
export type JobsChanged = (
  transaction: Transaction,
  generation: GenerationId,
  jobs: readonly Job[],
) => Promise<void>;

/** How a {@link SqlJobStore} is made. */
export interface SqlJobStoreOptions {
  readonly onChange?: JobsChanged;
  /** 0 to 1, drawn for each lease; below `OLDEST_SHARE` it goes to the oldest job. Chance by default. */
  readonly lot?: () => number;
}

/**
 * The jobs in the service's own database, for as many workers and machines as share it. Leases are measured by the
 * database's clock.
 */
export class SqlJobStore implements JobStore {
  readonly #database: Database;
  readonly #onChange: JobsChanged;
  readonly #lot: () => number;

  constructor(database: Database, options: SqlJobStoreOptions = {}) {
    this.#database = database;
    this.#onChange = options.onChange ?? (async () => {});
    this.#lot = options.lot ?? Math.random;
  }

  async enqueue(jobs: readonly NewJob[]): Promise<void> {
    await this.#database.write(async (transaction) => {
      for (const generation of await insertJobs(transaction, jobs)) {
        await this.#tell(transaction, generation);
      }
    });
  }

  async lease(worker: string, leaseMs: number): Promise<Lease | undefined> {
    await this.#expire();
    const order: LeaseOrder = this.#lot() < OLDEST_SHARE ? 'age' : 'priority';
    let contended: readonly GenerationId[] = [];
    const deadline = performance.now() + 2000;
    for (;;) {
      // Workers without work ask every second; only one that will probably get a job takes the write lock.
      if (!(await this.#database.read((statements) => isAnyDue(statements)))) {
        return undefined;
      }
      try {
        const passedOver = contended;
        const lease = await this.#database.write(async (transaction) => {
          const leased = await leaseNext(transaction, { worker, leaseMs, order }, passedOver);
          if (leased !== undefined) await this.#tell(transaction, leased.job.generation);
          return leased;
        });
        if (lease !== undefined || contended.length === 0) {
          return lease;
        }
        // All that is left belongs to generations that others are busy with; their transactions are short.
        contended = [];
      } catch (error) {
        if (!(error instanceof Contended)) {
          throw error;
        }
        contended = [...contended, error.generation];
      }
      if (performance.now() > deadline) {
        return undefined;
      }
      await delay(5 + Math.random() * 10);
    }
  }

  async reclaim(isGone: (worker: string) => boolean): Promise<void> {
    const held = await this.#database.read((statements) =>
      statements.rows<{ generation: GenerationId; lease_owner: string }>(
        "SELECT DISTINCT generation, lease_owner FROM job WHERE state = 'active'",
      ),
    );
    for (const { generation, lease_owner: owner } of held.filter((row) => isGone(row.lease_owner))) {
      await this.#database.write(async (transaction) => {
        await lockGeneration(transaction, generation);
        await transaction.rows(
          `UPDATE job SET lease_until = ${transaction.words.now}
            WHERE generation = $1 AND lease_owner = $2 AND state = 'active'`,
          generation,
          owner,
        );
        await this.#expireIn(transaction, generation);
      });
    }
  }

  async hasten(generation: GenerationId, isUrgent: boolean): Promise<void> {
    await this.#database.write(async (transaction) => {
      await lockGeneration(transaction, generation);
      const hastened = await transaction.rows(
        `UPDATE job SET is_urgent = $1 WHERE generation = $2 AND is_urgent <> $1 RETURNING id`,
        isUrgent ? 1 : 0,
        generation,
      );
      if (hastened.length > 0) {
        await this.#tell(transaction, generation);
      }
    });
  }

  /** Takes jobs away from workers that stopped beating. */
  async #expire(): Promise<void> {
    const generations = await this.#database.read((statements) =>
      statements.rows<{ generation: GenerationId }>(
        `SELECT DISTINCT generation FROM job WHERE state = 'active' AND lease_until <= ${statements.words.now}`,
      ),
    );
    for (const { generation } of generations) {
      await this.#database.write((transaction) => this.#expireIn(transaction, generation));
    }
  }

  async #expireIn(transaction: Transaction, generation: GenerationId): Promise<void> {
    if (await endExpiredAttempts(transaction, generation)) {
      await this.#tell(transaction, generation);
    }
  }

  async beat(
    lease: Lease,
    leaseMs: number,
    checkpoint: JobCheckpoint = {},
  ): Promise<'held' | 'lost' | 'canceled'> {
    return this.#database.write(async (transaction) => {
      const shows = checkpoint.result !== undefined;
      if (shows) {
        await lockGeneration(transaction, lease.job.generation);
      }
      const { now } = transaction.words;
      const progress = Math.min(1, Math.max(0, checkpoint.progress ?? 0)) || 0;
      const held = await transaction.rows(
        `UPDATE job SET lease_until = ${now} + CAST($1 AS BIGINT), updated_at = ${now},
            progress = CASE WHEN progress < CAST($2 AS DOUBLE PRECISION) THEN CAST($2 AS DOUBLE PRECISION)
              ELSE progress END,
            furthest = CASE WHEN furthest < CAST($2 AS DOUBLE PRECISION) THEN CAST($2 AS DOUBLE PRECISION)
              ELSE furthest END,
            result = COALESCE($3, result)
          WHERE id = $4 AND lease_token = $5 AND state = 'active' RETURNING id`,
        Math.round(leaseMs),
        progress,
        shows ? JSON.stringify(checkpoint.result) : null,
        Number(lease.job.id),
        lease.token,
      );
      if (held.length > 0) {
        if (shows) {
          await this.#tell(transaction, lease.job.generation);
        }
        return 'held';
      }
      const [row] = await transaction.rows<{ state: string }>(
        'SELECT state FROM job WHERE id = $1 AND lease_token = $2',
        Number(lease.job.id),
        lease.token,
      );
      return row?.state === 'canceled' ? 'canceled' : 'lost';
    });
  }

  async complete(lease: Lease, result: Json, next: readonly NewJob[] = []): Promise<boolean> {
    return this.#database.write(async (transaction) => {
      const { generation } = lease.job;
      await lockGeneration(transaction, generation);
      const done = await transaction.rows(
        `UPDATE job SET state = 'done', progress = 1, furthest = 1, result = $1, failure = NULL, lease_owner = NULL,
            lease_until = NULL, updated_at = ${transaction.words.now}
          WHERE id = $2 AND lease_token = $3 AND state = 'active' RETURNING id`,
        JSON.stringify(result),
        Number(lease.job.id),
        lease.token,
      );
      if (done.length === 0) {
        return false;
      }
      const grown = await insertJobs(transaction, next);
      for (const changed of new Set([generation, ...grown])) {
        await this.#tell(transaction, changed);
      }
      return true;
    });
  }

  async fail(lease: Lease, failure: JobFailure, verdict: FailureVerdict): Promise<boolean> {
    return this.#database.write(async (transaction) => {
      const { generation } = lease.job;
      await lockGeneration(transaction, generation);
      const [row] = await transaction.rows<{ id: number; failures: number }>(
        `UPDATE job SET failures = failures + 1
          WHERE id = $1 AND lease_token = $2 AND state = 'active' RETURNING id, failures`,
        Number(lease.job.id),
        lease.token,
      );
      if (row === undefined) {
        return false;
      }
      const isLast = verdict === 'give-up' || row.failures >= MAX_ATTEMPTS;
      const retryAfterMs = verdict === 'give-up' ? 0 : verdict.retryAfterMs;
      await endAttempt(transaction, { id: row.id, generation, isLast, retryAfterMs, failure });
      await this.#tell(transaction, generation);
      return true;
    });
  }

  async release(lease: Lease): Promise<void> {
    await this.#database.write(async (transaction) => {
      await lockGeneration(transaction, lease.job.generation);
      const released = await transaction.rows(
        `UPDATE job SET state = 'queued', attempts = attempts - 1, progress = 0, lease_owner = NULL, lease_until = NULL,
            updated_at = ${transaction.words.now}
          WHERE id = $1 AND lease_token = $2 AND state = 'active' RETURNING id`,
        Number(lease.job.id),
        lease.token,
      );
      if (released.length > 0) {
        await this.#tell(transaction, lease.job.generation);
      }
    });
  }

  async cancel(generation: GenerationId): Promise<void> {
    await this.#database.write(async (transaction) => {
      if (await cancelGeneration(transaction, generation)) {
        await this.#tell(transaction, generation);
      }
    });
  }

  async retry(generation: GenerationId): Promise<void> {
    await this.#database.write(async (transaction) => {
      await lockGeneration(transaction, generation);
      const { now } = transaction.words;
      const revived = await transaction.rows(
        `UPDATE job SET state = 'queued', attempts = 0, failures = 0, progress = 0, run_at = ${now},
            updated_at = ${now}
          WHERE generation = $1 AND state IN ('dead', 'canceled') RETURNING id`,
        generation,
      );
      if (revived.length > 0) {
        await this.#tell(transaction, generation);
      }
    });
  }

  list(generation: GenerationId): Promise<readonly Job[]> {
    return this.#database.read((statements) => listJobs(statements, generation));
  }

  async #tell(transaction: Transaction, generation: GenerationId): Promise<void> {
    await this.#onChange(transaction, generation, await listJobs(transaction, generation));
  }
}

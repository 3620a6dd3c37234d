import type { GenerationId, Job, JobFailure, JobId, Json, NewJob } from '../../transcoder/index.ts';
import type { Statements, Transaction } from '../database/transaction.ts';

/** A job as the table has it. */
export interface JobRow {
  readonly id: number;
  readonly kind: Job['kind'];
  readonly generation: GenerationId;
  readonly name: string;
  readonly payload: string;
  readonly priority: number;
  readonly is_urgent: number;
  readonly waits_for_rest: number;
  readonly state: Job['state'];
  readonly attempts: number;
  readonly failures: number;
  readonly progress: number;
  readonly furthest: number;
  readonly result: string | null;
  readonly failure: string | null;
  readonly run_at: number;
  readonly lease_token: number;
}

/** The columns of {@link JobRow}. */
export const JOB_COLUMNS =
  'id, kind, generation, name, payload, priority, is_urgent, waits_for_rest, state, attempts, failures, progress, ' +
  'furthest, result, failure, run_at, lease_token';

/** Reads a job off its row. */
export function jobOf(row: JobRow): Job {
  return {
    id: String(row.id) as JobId,
    kind: row.kind,
    generation: row.generation,
    name: row.name,
    payload: JSON.parse(row.payload) as Json,
    priority: row.priority,
    isUrgent: row.is_urgent === 1,
    waitsForRest: row.waits_for_rest === 1,
    state: row.state,
    attempts: row.attempts,
    failures: row.failures,
    progress: row.progress,
    furthest: row.furthest,
    result: row.result === null ? undefined : (JSON.parse(row.result) as Json),
    failure: row.failure === null ? undefined : (JSON.parse(row.failure) as JobFailure),
    runAt: row.run_at,
  };
}

/**
 * Keeps everybody else from changing the jobs of a generation until the transaction ends: who derives a state from all of
 * them must not miss one that is being finished at the same moment. SQLite has one writer anyway.
 */
export function lockGeneration(transaction: Transaction, generation: GenerationId): Promise<void> {
  return lockName(transaction, generation);
}

/** Lets one transaction at a time hold a name that has no row of its own, such as an object's key; until it ends. */
export async function lockName(transaction: Transaction, name: string): Promise<void> {
  if (transaction.dialect === 'postgres') {
    await transaction.rows('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', name);
  }
}

/**
 * Queues jobs; those whose generation and name exist are left as they are.
 *
 * @returns the generations that got a job
 */
export async function insertJobs(
  transaction: Transaction,
  jobs: readonly NewJob[],
): Promise<ReadonlySet<GenerationId>> {
  const grown = new Set<GenerationId>();
  // In one order for all, or two callers with the same generations could wait for each other.
  for (const generation of [...new Set(jobs.map((job) => job.generation))].toSorted()) {
    await lockGeneration(transaction, generation);
  }
  const { now } = transaction.words;
  for (const job of jobs) {
    const rows = await transaction.rows(
      `INSERT INTO job (generation, name, kind, payload, priority, is_urgent, waits_for_rest, state, attempts,
         progress, furthest, run_at, lease_token, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, COALESCE((SELECT MAX(is_urgent) FROM job WHERE generation = $1), 0), $6,
         'queued', 0, 0, 0, ${now}, 0, ${now}, ${now})
       ON CONFLICT (generation, name) DO NOTHING RETURNING id`,
      job.generation,
      job.name,
      job.kind,
      JSON.stringify(job.payload),
      job.priority ?? 0,
      job.waitsForRest === true ? 1 : 0,
    );
    if (rows.length > 0) {
      grown.add(job.generation);
    }
  }
  return grown;
}

/** All jobs of a generation in the order they were queued. */
export async function listJobs(statements: Statements, generation: GenerationId): Promise<readonly Job[]> {
  const rows = await statements.rows<JobRow>(
    `SELECT ${JOB_COLUMNS} FROM job WHERE generation = $1 ORDER BY id`,
    generation,
  );
  return rows.map(jobOf);
}

/**
 * Cancels all that is not finished of a generation.
 *
 * @returns true when there was something to cancel
 */
export async function cancelGeneration(transaction: Transaction, generation: GenerationId): Promise<boolean> {
  await lockGeneration(transaction, generation);
  const rows = await transaction.rows(
    `UPDATE job SET state = 'canceled', lease_owner = NULL, lease_until = NULL,
        updated_at = ${transaction.words.now}
      WHERE generation = $1 AND state IN ('queued', 'active', 'dead') RETURNING id`,
    generation,
  );
  return rows.length > 0;
}

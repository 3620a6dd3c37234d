import { MAX_LEASES, type GenerationId, type JobFailure } from '../../transcoder/index.ts';
import type { Transaction } from '../database/transaction.ts';
import { lockGeneration } from './job-rows.ts';

/** An attempt at a job that came to nothing. */
export interface EndedAttempt {
  readonly id: number;
  readonly generation: GenerationId;
  /** Whether there will be no other. Then nobody needs the rest of the generation, which is canceled; a retry brings it back. */
  readonly isLast: boolean;
  /** When the next one may begin; default 0. */
  readonly retryAfterMs?: number;
  readonly failure: JobFailure;
}

/** Writes down that an attempt has ended without a result. The generation is locked. */
export async function endAttempt(transaction: Transaction, attempt: EndedAttempt): Promise<void> {
  const { id, generation, isLast, retryAfterMs = 0, failure } = attempt;
  const { now } = transaction.words;
  await transaction.rows(
    `UPDATE job SET state = $1, progress = 0, run_at = ${now} + CAST($2 AS BIGINT), failure = $3, lease_owner = NULL,
        lease_until = NULL, updated_at = ${now} WHERE id = $4`,
    isLast ? 'dead' : 'queued',
    Math.max(0, Math.round(retryAfterMs)),
    JSON.stringify(failure),
    id,
  );
  if (!isLast) return;
  await transaction.rows(
    `UPDATE job SET state = 'canceled', updated_at = ${now} WHERE generation = $1 AND state = 'queued'`,
    generation,
  );
}

/**
 * Ends the attempts of a generation whose workers have stopped beating.
 *
 * @returns false when there were none
 */
export async function endExpiredAttempts(
  transaction: Transaction,
  generation: GenerationId,
): Promise<boolean> {
  await lockGeneration(transaction, generation);
  const { now, forUpdate } = transaction.words;
  const expired = await transaction.rows<{
    readonly id: number;
    readonly name: string;
    readonly attempts: number;
    readonly lease_owner: string;
  }>(
    `SELECT id, name, attempts, lease_owner FROM job
      WHERE generation = $1 AND state = 'active' AND lease_until <= ${now} ORDER BY id${forUpdate}`,
    generation,
  );
  for (const { id, name, attempts, lease_owner: owner } of expired) {
    const isLast = attempts >= MAX_LEASES;
    const message =
      `Worker ${owner} stopped answering during attempt ${attempts} at ${name}` +
      (isLast ? '; its source seems to bring workers down. Look at the worker log before retrying' : '');
    await endAttempt(transaction, { id, generation, isLast, failure: { code: 'lease-expired', message } });
  }
  return expired.length > 0;
}

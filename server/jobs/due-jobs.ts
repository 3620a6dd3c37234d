import type { GenerationId, Lease } from '../../transcoder/index.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import { JOB_COLUMNS, jobOf, type JobRow } from './job-rows.ts';

/** In which order due jobs are leased. Those of an urgent generation go first either way. */
export type LeaseOrder = 'priority' | 'age';

const ORDERS: Readonly<Record<LeaseOrder, string>> = {
  priority: 'j.is_urgent DESC, j.priority DESC, j.id',
  age: 'j.is_urgent DESC, j.id',
};

/** Somebody is changing this generation right now; the transaction it is thrown in has to be given up. */
export class Contended extends Error {
  readonly generation: GenerationId;

  constructor(generation: GenerationId) {
    super(`generation ${generation} is being changed`);
    this.generation = generation;
  }
}

/** What makes job `j` one to be leased now. */
const isDue = (statements: Statements): string =>
  `j.state = 'queued' AND j.run_at <= ${statements.words.now} AND (j.waits_for_rest = 0 OR NOT EXISTS (
     SELECT 1 FROM job other WHERE other.generation = j.generation AND other.waits_for_rest = 0
       AND other.state IN ('queued', 'active')))`;

/** Whether any job could be leased now. */
export async function isAnyDue(statements: Statements): Promise<boolean> {
  const rows = await statements.rows(`SELECT j.id FROM job j WHERE ${isDue(statements)} LIMIT 1`);
  return rows.length > 0;
}

/**
 * Leases the next due job to a worker.
 *
 * @param passedOver - generations whose jobs are not taken
 * @throws {Contended} on PostgreSQL, when the next one's generation is being changed
 */
export async function leaseNext(
  transaction: Transaction,
  {
    worker,
    leaseMs,
    order,
  }: { readonly worker: string; readonly leaseMs: number; readonly order: LeaseOrder },
  passedOver: readonly GenerationId[],
): Promise<Lease | undefined> {
  const { now, skipLocked } = transaction.words;
  const others = passedOver.map((_, index) => `$${index + 3}`).join(', ');
  const [row] = await transaction.rows<JobRow>(
    `UPDATE job SET state = 'active', attempts = attempts + 1, progress = 0, lease_token = lease_token + 1,
        lease_owner = $1, lease_until = ${now} + CAST($2 AS BIGINT), updated_at = ${now}
      WHERE id = (SELECT j.id FROM job j WHERE ${isDue(transaction)}
        ${passedOver.length === 0 ? '' : `AND j.generation NOT IN (${others})`}
        ORDER BY ${ORDERS[order]} LIMIT 1${skipLocked})
      RETURNING ${JOB_COLUMNS}`,
    worker,
    Math.round(leaseMs),
    ...passedOver,
  );
  if (row === undefined) return undefined;
  if (transaction.dialect === 'postgres') {
    // Everybody else takes the generation's lock before a job's row. Waiting for it here, the other way round, would be a
    // deadlock; so this one steps back and looks for another job.
    const [lock] = await transaction.rows<{ taken: boolean }>(
      'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken',
      row.generation,
    );
    if (lock?.taken !== true) throw new Contended(row.generation);
  }
  return { job: jobOf(row), token: row.lease_token, worker };
}

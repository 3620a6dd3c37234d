import { createHash } from 'node:crypto';

import { CatalogueError } from './catalogue-error.ts';
import type { Transaction } from '../database/transaction.ts';

/** Long enough for any client that repeats a request because it heard no answer. */
const KEPT_MS = 24 * 3_600_000;

/** One request to make something, as its sender names it. */
export interface RepeatableRequest {
  readonly actor: string;
  readonly key: string;
  /** Everything that was asked for, and of what. */
  readonly content: unknown;
}

/** How something is made, and found again for whoever asks the same once more. */
export interface OnceOnly<Made> {
  make(): Promise<Made>;
  /** What it is found by again. */
  idOf(made: Made): string;
  again(id: string): Promise<Made>;
}

const fingerprintOf = ({ content }: RepeatableRequest): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex');

/**
 * Makes something once for one request, in the transaction that makes it. Where the same request was made before, also a moment ago
 * and still under way, gives what it made; a request that failed has left no key. Keys are forgotten after a day.
 *
 * @param request - undefined for what nobody can repeat; it is made then
 * @throws {CatalogueError} `conflict` when the key was used for something else, with the field `idempotencyKey`
 */
export async function once<Made>(
  transaction: Transaction,
  request: RepeatableRequest | undefined,
  steps: OnceOnly<Made>,
): Promise<Made> {
  if (request === undefined) return steps.make();
  const { now } = transaction.words;
  const fingerprint = fingerprintOf(request);
  await transaction.rows(`DELETE FROM repeatable_creation WHERE at < ${now} - ${KEPT_MS}`);
  // Written before it is looked up: a second request waits here on PostgreSQL until the first is over.
  const taken = await transaction.rows(
    `INSERT INTO repeatable_creation (actor, request_key, fingerprint, made_id, at)
       VALUES ($1, $2, $3, '', ${now}) ON CONFLICT (actor, request_key) DO NOTHING RETURNING made_id`,
    request.actor,
    request.key,
    fingerprint,
  );
  if (taken.length === 0) return steps.again(await madeBefore(transaction, request, fingerprint));
  const made = await steps.make();
  await transaction.rows(
    'UPDATE repeatable_creation SET made_id = $3 WHERE actor = $1 AND request_key = $2',
    request.actor,
    request.key,
    steps.idOf(made),
  );
  return made;
}

async function madeBefore(
  transaction: Transaction,
  { actor, key }: RepeatableRequest,
  fingerprint: string,
): Promise<string> {
  const [row] = await transaction.rows<{ fingerprint: string; made_id: string }>(
    'SELECT fingerprint, made_id FROM repeatable_creation WHERE actor = $1 AND request_key = $2',
    actor,
    key,
  );
  if (row?.fingerprint !== fingerprint) {
    throw new CatalogueError(
      'conflict',
      `The key ${JSON.stringify(key)} was used for another request; take a fresh one`,
      { field: 'idempotencyKey' },
    );
  }
  return row.made_id;
}

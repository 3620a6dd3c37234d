import { createHash } from 'node:crypto';

import { CatalogueError } from './catalogue-error.ts';
import type { Transaction } from './transaction.ts';

/** Long enough for any client that repeats a request because it heard no answer. */
const KEPT_MS = 24 * 3_600_000;

/** One request to create an item, as its sender names it. */
export interface RepeatableRequest {
  readonly actor: string;
  readonly key: string;
  /** Everything that was asked for. */
  readonly content: unknown;
}

const fingerprintOf = ({ content }: RepeatableRequest): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex');

/**
 * Takes the request's key for the item `freshId`, in the transaction that is about to make it. Where the same request was
 * made before, also a moment ago and still under way, gives the item it made.
 *
 * @returns the id of the item made before, or undefined when it is to be made now
 * @throws {CatalogueError} `conflict` when the key was used for something else, with the field `idempotencyKey`
 */
export async function takeKey(
  transaction: Transaction,
  request: RepeatableRequest,
  freshId: string,
): Promise<string | undefined> {
  const { now } = transaction.words;
  const fingerprint = fingerprintOf(request);
  await transaction.rows(`DELETE FROM repeatable_creation WHERE at < ${now} - ${KEPT_MS}`);
  // Written before it is looked up: a second request waits here on PostgreSQL until the first is over.
  const taken = await transaction.rows(
    `INSERT INTO repeatable_creation (actor, request_key, fingerprint, courseware_id, at)
       VALUES ($1, $2, $3, $4, ${now}) ON CONFLICT (actor, request_key) DO NOTHING RETURNING courseware_id`,
    request.actor,
    request.key,
    fingerprint,
    freshId,
  );
  if (taken.length > 0) {
    return undefined;
  }
  const [row] = await transaction.rows<{ fingerprint: string; courseware_id: string }>(
    'SELECT fingerprint, courseware_id FROM repeatable_creation WHERE actor = $1 AND request_key = $2',
    request.actor,
    request.key,
  );
  if (row?.fingerprint !== fingerprint) {
    throw new CatalogueError(
      'conflict',
      `The key ${JSON.stringify(request.key)} was used for another request; take a fresh one`,
      { field: 'idempotencyKey' },
    );
  }
  return row.courseware_id;
}

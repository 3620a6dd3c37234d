import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { actorName } from '../accounts/access.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { RepeatableRequest } from '../catalogue/repeated-creation.ts';
import { RequestError } from '../errors.ts';
import type { Call, Route } from './route.ts';

/** How the header is described. */
export const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  description:
    'Names the request (draft-ietf-httpapi-idempotency-key-header): 8 to 128 visible ASCII characters, in quotes or not. ' +
    'The same key with the same request, within a day, makes nothing again and gives what was made.',
} as const;

const KEY = /^[\x21-\x7e]{8,128}$/;

/**
 * What a sender calls his request; undefined when he gives it no name.
 *
 * @throws {RequestError} `malformed-request`
 */
export function repeatableOf(
  { method, path, isRepeatable, file }: Route,
  {
    params,
    query,
    body,
    bytes,
    principal,
  }: Pick<Call<unknown, unknown, unknown>, 'params' | 'query' | 'body' | 'bytes' | 'principal'>,
  request: IncomingMessage,
): RepeatableRequest | undefined {
  const given = request.headers['idempotency-key'];
  if (isRepeatable !== true || given === undefined) return undefined;
  // A string of structured fields (RFC 9651) stands in quotes; most clients send it bare.
  const key = typeof given === 'string' ? (/^"(.*)"$/.exec(given)?.[1] ?? given) : '';
  if (!KEY.test(key)) {
    throw new RequestError('malformed-request', 'Idempotency-Key must be 8 to 128 visible ASCII characters.');
  }
  const sha256 = file && createHash('sha256').update(bytes).digest('hex');
  return { actor: actorName(principal), key, content: { method, path, params, query, body, sha256 } };
}

/** @throws {RequestError} `key-reused` for a key that names another request; else what was given */
export function refuseReusedKey(error: unknown): never {
  if (error instanceof CatalogueError && error.field === 'idempotencyKey') {
    throw new RequestError('key-reused', error.message, { cause: error });
  }
  throw error;
}

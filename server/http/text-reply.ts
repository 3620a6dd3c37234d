import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { acceptsGzip, isUnchanged, isUnmodified } from './conditional.ts';

/** A text that is made anew for each request. */
export interface TextReply {
  readonly contentType: string;
  readonly text: string;
  /** When what it is made from changed last; epoch milliseconds. */
  readonly changedAt?: number | undefined;
  /** False for what not everybody may see. Default true. */
  readonly isPublic?: boolean;
}

const compress = promisify(gzip);
/** Below, compressing costs more than it saves. */
const WORTH_COMPRESSING = 1024;
/** A date of whole seconds tells nothing about a second that is not over (RFC 9110, 8.8.2.2). */
const SETTLED_MS = 2000;

/** Answers a GET or HEAD with a text, compressed where that is taken, or with 304 to whoever has it already. */
export async function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  { contentType, text, changedAt, isPublic = true }: TextReply,
): Promise<void> {
  const plain = Buffer.from(text);
  const isGzip = acceptsGzip(request.headers) && plain.length >= WORTH_COMPRESSING;
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  const etag = isGzip ? `"${digest}-gzip"` : `"${digest}"`;
  const isSettled = changedAt !== undefined && Date.now() - changedAt >= SETTLED_MS;
  response.setHeader('Cache-Control', isPublic ? 'public, no-cache' : 'private, no-cache');
  response.setHeader('ETag', etag);
  response.setHeader('Vary', isPublic ? 'Accept-Encoding' : 'Accept-Encoding, Cookie, Authorization');
  if (isSettled) response.setHeader('Last-Modified', new Date(changedAt).toUTCString());
  if (isUnchanged(request.headers, etag) || (isSettled && isUnmodified(request.headers, changedAt))) {
    response.writeHead(304).end();
    return;
  }
  const body = isGzip ? await compress(plain) : plain;
  response.setHeader('Content-Type', contentType);
  if (isGzip) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', body.length);
  response.writeHead(200);
  if (request.method === 'HEAD') response.end();
  else response.end(body);
}

import type { IncomingHttpHeaders } from 'node:http';

import { RequestError } from '../errors.ts';

/** Whether `If-None-Match` says that the client has this representation already (RFC 9110, 13.1.2: weak comparison). */
export function isUnchanged(headers: IncomingHttpHeaders, etag: string): boolean {
  const header = headers['if-none-match'];
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/**
 * Whether `If-Modified-Since` says so; it counts only without an `If-None-Match`, which tells more (RFC 9110, 13.1.3).
 *
 * @param changedAt - epoch milliseconds
 */
export function isUnmodified(headers: IncomingHttpHeaders, changedAt: number): boolean {
  if (headers['if-none-match'] !== undefined) return false;
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && Math.floor(changedAt / 1000) * 1000 <= since;
}

/**
 * The `Range` header, unless an `If-Range` with another entity tag (or any date: ours carry none) asks for the whole
 * representation instead (RFC 9110, 13.1.5: strong comparison).
 */
export function rangeHeader(headers: IncomingHttpHeaders, etag: string): string | undefined {
  const condition = headers['if-range'];
  return condition === undefined || condition === etag ? headers.range : undefined;
}

/** Whether the client takes gzip: named or `*`, and not refused by `q=0`. */
export function acceptsGzip(headers: IncomingHttpHeaders): boolean {
  const accepted = headers['accept-encoding'];
  if (accepted === undefined) return false;
  let star = false;
  for (const entry of accepted.split(',')) {
    const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (coding === 'gzip') return !isRefused;
    if (coding === '*') star = !isRefused;
  }
  return star;
}

/**
 * The revision an `If-Match` asks for; `undefined` when it asks for none.
 *
 * @throws {RequestError} `malformed-request`
 */
export function revisionOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim());
  if (match === null) {
    throw new RequestError('malformed-request', 'If-Match must be the ETag of the item, such as "7".');
  }
  return Number(match[1]);
}

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

import { parseByteRange, type ByteRange, type ObjectFacts } from '../../storage/index.ts';
import { acceptsGzip, isUnchanged, rangeHeader } from './conditional.ts';
import type { DeliveryAddress } from './delivery-address.ts';
import type { PreparedText } from './prepared-text.ts';

/** How a request for an object is answered; the bytes of `range` follow, when there is one. */
export interface MediaReply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly range: ByteRange | undefined;
}

/** How a request for a playlist is answered. */
export interface PlaylistReply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
}

const IMMUTABLE = 'max-age=31536000, immutable';

/** Decides how an object or a part of it is sent; pure. */
export function replyWithMedia(
  asking: IncomingHttpHeaders,
  { contentType }: Pick<DeliveryAddress, 'contentType'>,
  facts: Pick<ObjectFacts, 'etag' | 'sizeBytes'>,
  isPublic: boolean,
): MediaReply {
  const etag = `"${facts.etag}"`;
  const headers: OutgoingHttpHeaders = {
    'Content-Type': contentType,
    'Cache-Control': isPublic ? `public, ${IMMUTABLE}` : `private, ${IMMUTABLE}`,
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
  if (!isPublic) headers['Vary'] = 'Cookie, Authorization';
  if (isUnchanged(asking, etag)) return { status: 304, headers, range: undefined };
  const { sizeBytes } = facts;
  const asked = parseByteRange(rangeHeader(asking, etag), sizeBytes);
  if (asked === 'unsatisfiable') {
    headers['Cache-Control'] = 'no-store';
    headers['Content-Range'] = `bytes */${sizeBytes}`;
    headers['Content-Length'] = 0;
    return { status: 416, headers, range: undefined };
  }
  if (asked === 'whole') {
    headers['Content-Length'] = sizeBytes;
    return { status: 200, headers, range: { offset: 0, length: sizeBytes } };
  }
  headers['Content-Length'] = asked.length;
  headers['Content-Range'] = `bytes ${asked.offset}-${asked.offset + asked.length - 1}/${sizeBytes}`;
  return { status: 206, headers, range: asked };
}

/** Decides how a playlist is sent; pure. */
export function replyWithPlaylist(
  asking: IncomingHttpHeaders,
  address: Pick<DeliveryAddress, 'contentType'>,
  playlist: PreparedText,
  isPublic: boolean,
): PlaylistReply {
  const isGzip = acceptsGzip(asking) && playlist.gzip.length < playlist.plain.length;
  const body = isGzip ? playlist.gzip : playlist.plain;
  const etag = isGzip ? playlist.gzipEtag : playlist.plainEtag;
  const headers: OutgoingHttpHeaders = {
    'Content-Type': address.contentType,
    'Cache-Control': isPublic ? 'no-cache' : 'private, no-cache',
    ETag: etag,
    Vary: isPublic ? 'Accept-Encoding' : 'Accept-Encoding, Cookie, Authorization',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
  if (isUnchanged(asking, etag)) return { status: 304, headers, body: undefined };
  if (isGzip) headers['Content-Encoding'] = 'gzip';
  headers['Content-Length'] = body.length;
  return { status: 200, headers, body };
}

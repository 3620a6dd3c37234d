import type { PlaylistQuery } from '../../transcoder/live/index.ts';
import { RequestError } from '../errors.ts';

/** What an address of a live class asks for. */
export type LiveAddress =
  | { readonly kind: 'multivariant'; readonly token: string; readonly list: 'live' | 'dvr' }
  | {
      readonly kind: 'playlist';
      readonly token: string;
      readonly rendition: string;
      readonly list: 'live' | 'dvr';
      readonly query: PlaylistQuery;
    }
  | { readonly kind: 'media'; readonly token: string; readonly rendition: string; readonly name: string }
  | { readonly kind: 'state'; readonly classId: string };

/**
 * The only shapes an address may have, matched as a whole. Pages of a class (`/live/<id>`) have no extension and are none of
 * these; a token is never as short as the word `class`.
 */
const ADDRESS =
  /^\/live\/(?:class\/([\w-]{1,64})\.json|([a-z0-9]{8,64})\/(?:(index|dvr)\.m3u8|([a-z0-9-]{1,20})\/(?:(index|dvr)\.m3u8|(i\d{1,9}\.mp4|s\d{1,9}\.m4s|p\d{1,9}\.\d{1,4}\.m4s))))$/;

/**
 * Reads an address; `undefined` when it is none of a live class.
 *
 * @throws {RequestError} `malformed-request` when it is one and its directives make no sense
 */
export function parseLiveAddress(url: string): LiveAddress | undefined {
  if (!url.startsWith('/live/')) return undefined;
  const queryAt = url.indexOf('?');
  const match = ADDRESS.exec(queryAt < 0 ? url : url.slice(0, queryAt));
  if (match === null) return undefined;
  const [, classId, token = '', lists, rendition = '', list, name] = match;
  if (classId !== undefined) return { kind: 'state', classId };
  if (lists !== undefined) return { kind: 'multivariant', token, list: lists === 'dvr' ? 'dvr' : 'live' };
  if (name !== undefined) return { kind: 'media', token, rendition, name };
  const query = queryAt < 0 ? {} : parseDirectives(url.slice(queryAt + 1));
  return { kind: 'playlist', token, rendition, list: list === 'dvr' ? 'dvr' : 'live', query };
}

/** Delivery directives (RFC 8216bis §6.2.5); other arguments are the edges' and count for nothing here. */
function parseDirectives(query: string): PlaylistQuery {
  const given = new URLSearchParams(query);
  const number = wholeNumber(given, '_HLS_msn');
  const part = wholeNumber(given, '_HLS_part');
  if (part !== undefined && number === undefined) {
    throw new RequestError('malformed-request', '_HLS_part means nothing without _HLS_msn.');
  }
  const skip = given.get('_HLS_skip');
  if (skip !== null && skip !== 'YES' && skip !== 'v2') {
    throw new RequestError('malformed-request', '_HLS_skip must be YES or v2.');
  }
  return {
    ...(number !== undefined && { number }),
    ...(part !== undefined && { part }),
    ...(skip !== null && { skips: true }),
  };
}

function wholeNumber(given: URLSearchParams, name: string): number | undefined {
  const text = given.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    throw new RequestError('malformed-request', `${name} must be a whole number.`);
  }
  return Number(text);
}

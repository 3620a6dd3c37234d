import type { IncomingHttpHeaders } from 'node:http';

import { StorageError, type StorageErrorCode } from './errors.ts';
import type { ObjectKey } from './object-key.ts';
import type { ObjectFacts } from './object-store.ts';

/** The error document of an S3 server, or what its headers say of it: a HEAD has no body. */
export interface Refused {
  /** S3's error code, such as `NoSuchKey`; empty when the server gave none. */
  readonly code: string;
  readonly message: string;
  /** Finds the request in the server's log. */
  readonly requestId: string;
}

/** What a message about a refusal names. */
export interface RefusalContext {
  readonly server: string;
  readonly bucket: string;
  readonly key: ObjectKey | undefined;
}

/** One page of a ListObjectsV2 reply. */
export interface ListPage {
  readonly objects: readonly (Omit<ObjectFacts, 'key'> & { readonly name: string })[];
  /** Where the next page starts; `undefined` on the last. */
  readonly next: string | undefined;
}

interface Meaning {
  readonly code: StorageErrorCode;
  readonly advice: string;
}

const WRONG_KEYS: Meaning = {
  code: 'store-denied',
  advice: 'The access key or the secret key is wrong; set the ones that the server knows.',
};
const FULL: Meaning = {
  code: 'store-full',
  advice: 'Free space on the server or raise the quota, then try again.',
};
const CLOCK: Meaning = {
  code: 'store-denied',
  advice: 'The clocks of this machine and of the server differ by more than 15 minutes; set them by NTP.',
};
const GONE: Meaning = {
  code: 'store-unavailable',
  advice: 'The bucket is not there; it is made again when the store is opened or checked.',
};
const NOT_ALLOWED: Meaning = {
  code: 'store-denied',
  advice:
    'These keys may not do this; grant them s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject, ' +
    's3:AbortMultipartUpload and s3:ListBucketMultipartUploads on the bucket.',
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  InvalidAccessKeyId: WRONG_KEYS,
  SignatureDoesNotMatch: WRONG_KEYS,
  AuthorizationHeaderMalformed: {
    code: 'store-denied',
    advice: 'The server expects another region; set the one of its bucket.',
  },
  RequestTimeTooSkewed: CLOCK,
  RequestExpired: CLOCK,
  NoSuchBucket: GONE,
  NoSuchKey: { code: 'object-not-found', advice: '' },
  KeyTooLongError: { code: 'invalid-key', advice: 'The server does not take keys that long.' },
  XMinioInvalidObjectName: { code: 'invalid-key', advice: 'The server does not take this key.' },
  XMinioStorageFull: FULL,
  XMinioAdminBucketQuotaExceeded: FULL,
  QuotaExceeded: FULL,
};

/** What the server says went wrong. */
export function refusalIn(headers: IncomingHttpHeaders, body: string): Refused {
  return {
    code: textOf(body, 'Code') ?? headerOf(headers, 'x-minio-error-code') ?? '',
    message: textOf(body, 'Message') ?? headerOf(headers, 'x-minio-error-desc') ?? '',
    requestId: textOf(body, 'RequestId') ?? headerOf(headers, 'x-amz-request-id') ?? '',
  };
}

/** Whether the same call may fare better in a moment. */
export function isPassingStatus(status: number, code: string): boolean {
  if (code in MEANINGS) return false;
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 507);
}

/** A refusal in our words. */
export function refusal(status: number, refused: Refused, context: RefusalContext): StorageError {
  const { server, bucket, key } = context;
  const meaning = MEANINGS[refused.code] ?? meaningOfStatus(status);
  const what = key === undefined ? `bucket "${bucket}"` : JSON.stringify(key);
  const cause = new Error(
    [status, refused.code, refused.message, refused.requestId && `(request ${refused.requestId})`]
      .filter((part) => part !== '')
      .join(' '),
  );
  if (meaning.code === 'object-not-found' && key !== undefined) {
    return new StorageError('object-not-found', `No object ${what} in the bucket "${bucket}" on ${server}.`, {
      key,
      cause,
    });
  }
  return new StorageError(
    meaning.code,
    `The S3 server ${server} refused a call for ${what}: ${cause.message}. ${meaning.advice}`.trim(),
    { ...(key === undefined ? {} : { key }), cause },
  );
}

function meaningOfStatus(status: number): Meaning {
  if (status === 401 || status === 403) return NOT_ALLOWED;
  if (status === 404) return { code: 'object-not-found', advice: '' };
  if (status === 507) return FULL;
  if (status >= 300 && status < 400) {
    return {
      code: 'store-unavailable',
      advice: 'Is the address the one of the S3 interface, and the region right?',
    };
  }
  return { code: 'store-unavailable', advice: 'Look into the log of the server.' };
}

/**
 * Reads a ListObjectsV2 reply. The library's reader is not used: it takes keys such as `1e3` and `007` for numbers.
 *
 * @throws {Error} when it is not such a document
 */
export function parseListPage(xml: string): ListPage {
  if (!/<ListBucketResult[\s>]/.test(xml) || !xml.includes('</ListBucketResult>')) {
    throw new Error('the reply to a listing is not a whole ListBucketResult document');
  }
  const isUrlEncoded = textOf(xml, 'EncodingType') === 'url';
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, contents = '']) => {
    const name = textOf(contents, 'Key') ?? '';
    return {
      name: isUrlEncoded ? decodeURIComponent(name.replaceAll('+', ' ')) : name,
      sizeBytes: Number(textOf(contents, 'Size')),
      modifiedAt: wholeSecond(Date.parse(textOf(contents, 'LastModified') ?? '')),
      etag: bareEtag(textOf(contents, 'ETag')),
    };
  });
  const next = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : undefined;
  return { objects, next };
}

/** One page of a ListMultipartUploads reply. */
export interface UploadPage {
  readonly uploads: readonly {
    readonly name: string;
    readonly uploadId: string;
    readonly startedAt: number;
  }[];
  /** The parameters that ask for the next page; `undefined` on the last. */
  readonly next: Record<string, string> | undefined;
}

/** Reads a ListMultipartUploads reply. */
export function parseUploadPage(xml: string): UploadPage {
  const isUrlEncoded = textOf(xml, 'EncodingType') === 'url';
  const nameIn = (text: string): string =>
    isUrlEncoded ? decodeURIComponent(text.replaceAll('+', ' ')) : text;
  const uploads = [...xml.matchAll(/<Upload>(.*?)<\/Upload>/gs)].map(([, upload = '']) => ({
    name: nameIn(textOf(upload, 'Key') ?? ''),
    uploadId: textOf(upload, 'UploadId') ?? '',
    startedAt: Date.parse(textOf(upload, 'Initiated') ?? ''),
  }));
  if (textOf(xml, 'IsTruncated') !== 'true') return { uploads, next: undefined };
  const next = {
    'key-marker': nameIn(textOf(xml, 'NextKeyMarker') ?? ''),
    'upload-id-marker': textOf(xml, 'NextUploadIdMarker') ?? '',
  };
  return { uploads, next };
}

/** Facts in the headers of a GET or HEAD. */
export function factsIn(headers: IncomingHttpHeaders, key: ObjectKey): ObjectFacts {
  const total = /\/(\d+)$/.exec(headerOf(headers, 'content-range') ?? '')?.[1];
  return {
    key,
    sizeBytes: Number(total ?? headers['content-length']),
    modifiedAt: wholeSecond(Date.parse(headers['last-modified'] ?? '')),
    etag: bareEtag(headerOf(headers, 'etag')),
  };
}

/** An etag without its quotes. */
export function bareEtag(text: string | undefined): string {
  return (text ?? '').replace(/^W\//, '').replaceAll('"', '');
}

/** Listings have milliseconds where headers have seconds; facts about one object must agree. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** The text of the first element of this name. */
export function textOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, entity) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[entity as string] ?? whole;
  });
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

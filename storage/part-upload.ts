import { createHash } from 'node:crypto';

import { StorageError } from './errors.ts';
import type { HashedBytes, MinioConnection, S3Call } from './minio-connection.ts';
import type { ObjectKey } from './object-key.ts';
import type { SourceReader } from './object-source.ts';
import { bareEtag, refusal, refusalIn, textOf } from './s3-reply.ts';

/** Also the largest object that is stored by one call. S3 takes no part below 5 MiB but the last. */
const PART_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 10_000;
const PARTS_AT_ONCE = 3;

/** Whether an object of this size goes up in several parts. */
export function needsParts(sizeBytes: number): boolean {
  return sizeBytes > PART_BYTES;
}

/** Gathers the next `length` bytes of a source, hashing as they come so that no turn of the event loop takes long. */
export async function gather(
  connection: MinioConnection,
  reader: SourceReader,
  length: number,
  rest: { bytes: Buffer },
): Promise<HashedBytes> {
  const bytes = Buffer.allocUnsafe(length);
  const hash = createHash(connection.hashName);
  for (let filled = 0; filled < length;) {
    if (rest.bytes.length === 0) {
      const step = await reader.pieces.next();
      if (step.done === true) throw new Error('the source yields less than it promised');
      rest.bytes = step.value;
    }
    const piece = rest.bytes.subarray(0, length - filled);
    rest.bytes = rest.bytes.subarray(piece.length);
    piece.copy(bytes, filled);
    hash.update(piece);
    filled += piece.length;
  }
  return { bytes, digest: hash.digest() };
}

/** Lets a source tell that it has ended where it should; one that has more throws. */
export async function expectEnd(reader: SourceReader): Promise<void> {
  for await (const piece of reader.pieces) {
    if (piece.length > 0) throw new Error('the source yields more than it promised');
  }
}

/**
 * Stores a large object in parts, {@link PARTS_AT_ONCE} at a time, each held in memory once. Nothing is visible before
 * the last call; when anything fails the parts are taken away again.
 */
export async function uploadInParts(
  connection: MinioConnection,
  key: ObjectKey,
  reader: SourceReader,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const started = await connection.sendForText({
    method: 'POST',
    key,
    query: { uploads: '' },
    headers,
    signal,
  });
  const uploadId = textOf(started.text, 'UploadId') ?? '';
  try {
    const etags = await sendParts(connection, key, uploadId, reader, signal);
    await expectEnd(reader);
    return await complete(connection, key, uploadId, etags, signal);
  } catch (error) {
    await abortUpload(connection, key, uploadId).catch(() => {}); // the first reason wins; a later sweep finds it
    throw error;
  }
}

/** Takes away the parts of an upload that will not be completed. */
export async function abortUpload(
  connection: MinioConnection,
  key: ObjectKey,
  uploadId: string,
): Promise<void> {
  await connection.sendForText({ method: 'DELETE', key, query: { uploadId }, understands: [404] });
}

async function sendParts(
  connection: MinioConnection,
  key: ObjectKey,
  uploadId: string,
  reader: SourceReader,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { sizeBytes } = reader;
  const partBytes = Math.max(PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS));
  const etags: string[] = [];
  const rest = { bytes: Buffer.alloc(0) };
  const stop = new AbortController();
  const cancel = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', cancel);
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const send = async (index: number, body: HashedBytes): Promise<void> => {
    const query = { partNumber: String(index + 1), uploadId };
    const { reply } = await connection.sendForText({ method: 'PUT', key, query, body, signal: stop.signal });
    etags[index] = bareEtag(reply.headers.etag);
  };
  for (let index = 0; index * partBytes < sizeBytes && failures.length === 0; index++) {
    try {
      const length = Math.min(partBytes, sizeBytes - index * partBytes);
      const body = await gather(connection, reader, length, rest);
      const sending = send(index, body)
        .catch(async (error: unknown) => {
          failures.push(error);
          await reader.close(); // wakes up a wait for bytes that are of no use any more
        })
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size === PARTS_AT_ONCE) await Promise.race(underWay);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) stop.abort(failures[0]);
  await Promise.all(underWay);
  signal?.removeEventListener('abort', cancel);
  if (failures.length > 0) throw connection.told({ method: 'PUT', key, signal }, failures[0]);
  return etags;
}

async function complete(
  connection: MinioConnection,
  key: ObjectKey,
  uploadId: string,
  etags: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  );
  const document = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
  const call: S3Call = {
    method: 'POST',
    key,
    query: { uploadId },
    headers: { 'content-type': 'application/xml' },
    body: connection.hashed(Buffer.from(document)),
    signal,
    understands: [404],
  };
  const { reply, text } = await connection.sendForText(call);
  if (reply.statusCode === 200 && text.includes('</CompleteMultipartUploadResult>')) {
    return bareEtag(textOf(text, 'ETag'));
  }
  const refused = refusalIn(reply.headers, text);
  const expected = etagOfParts(etags);
  if (refused.code === 'NoSuchUpload') {
    // the reply to an earlier try was lost, and that one has completed the upload
    const head = await connection.sendForText({ method: 'HEAD', key, signal, understands: [404] });
    if (bareEtag(head.reply.headers.etag) === expected) return expected;
  }
  const { host, port, bucket } = connection.endpoint;
  // S3 may begin with 200 to keep the connection alive, and tell the failure in the body
  const status = reply.statusCode === 200 ? 500 : (reply.statusCode ?? 500);
  const error = refusal(status, refused, { server: `${host}:${port}`, bucket, key });
  throw error.code === 'object-not-found'
    ? new StorageError('store-unavailable', error.message, { key, cause: error.cause })
    : error;
}

/** The etag that S3 gives an object made of parts: the MD5 of their MD5s, and how many they were. */
function etagOfParts(etags: readonly string[]): string {
  const digests = Buffer.concat(etags.map((etag) => Buffer.from(etag, 'hex')));
  return `${createHash('md5').update(digests).digest('hex')}-${etags.length}`;
}

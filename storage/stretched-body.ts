import type { IncomingMessage } from 'node:http';
import { PassThrough, pipeline, Readable } from 'node:stream';

import type { ByteRange } from './byte-range.ts';
import { StorageError } from './errors.ts';
import type { MinioConnection, S3Call } from './minio-connection.ts';
import type { ObjectKey } from './object-key.ts';
import { canceled } from './object-source.ts';
import type { ObjectFacts } from './object-store.ts';

/** What is asked for at a time, and the most that a body keeps in memory. */
const STRETCH_BYTES = 4 * 1024 * 1024;

/**
 * Asks for the first stretch of a range: a reply with its bytes, or one with status 416.
 *
 * @throws {StorageError} `object-not-found`, `store-denied`, `store-unavailable`, `canceled`
 */
export async function askForStretch(
  connection: MinioConnection,
  key: ObjectKey,
  { offset, length }: ByteRange,
  etag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const last = offset + Math.min(length, STRETCH_BYTES) - 1;
  const headers = {
    range: `bytes=${offset}-${last}`,
    ...(etag === undefined ? {} : { 'if-match': `"${etag}"` }),
  };
  const call: S3Call = {
    method: 'GET',
    key,
    headers,
    signal,
    understands: etag === undefined ? [416] : [412],
  };
  const reply = await connection.send(call);
  if (reply.statusCode === 416) return reply;
  if (reply.statusCode !== 412) {
    if (reply.statusCode === 206 && reply.headers['content-range']?.startsWith(`bytes ${offset}-`))
      return reply;
    reply.destroy();
    throw new StorageError(
      'store-unavailable',
      `The S3 server sent other bytes of ${JSON.stringify(key)} than the ones asked for. Does it know Range requests?`,
      { key },
    );
  }
  reply.resume();
  throw new StorageError(
    'store-unavailable',
    `${JSON.stringify(key)} was replaced while it was read. Read it again from the start.`,
    { key },
  );
}

/**
 * The bytes of a range as a stream, fetched in stretches that are taken off the wire as fast as they come. One request
 * for all would do, but a MinIO server keeps an object locked while a reply is under way: a reader that pauses would
 * stop everybody who wants to replace or delete it. As a gain, a connection that breaks is taken up where it broke; the
 * etag makes sure that all stretches are of one version.
 */
export function stretchedBody(
  connection: MinioConnection,
  facts: ObjectFacts,
  range: ByteRange,
  first: IncomingMessage,
  signal: AbortSignal | undefined,
): Readable {
  const { key, etag } = facts;
  const call: S3Call = { method: 'GET', key, signal };
  const end = range.offset + range.length;
  let arriving = takeOff(first);
  const pieces = async function* (): AsyncGenerator<Buffer> {
    let barren = 0;
    for (let at = range.offset; at < end;) {
      const start = at;
      let failure: unknown = new Error('the reply has no bytes');
      try {
        for await (const piece of arriving) {
          at += (piece as Buffer).length;
          yield piece as Buffer;
        }
      } catch (error) {
        if (error instanceof StorageError) throw error; // the stream was destroyed with it
        failure = error;
      }
      if (at > end) throw connection.told(call, new Error('the reply has more bytes than were asked for'));
      // one stretch may come to nothing: what had arrived of it unread is lost when its connection breaks
      barren = at === start ? barren + 1 : 0;
      if (barren === 2 || signal?.aborted) throw connection.told(call, failure);
      const left = { offset: at, length: end - at };
      if (at < end) arriving = takeOff(await askForStretch(connection, key, left, etag, signal));
    }
  };
  const body = Readable.from(pieces(), { objectMode: false, highWaterMark: 64 * 1024 });
  const cancel = (): void => {
    if (signal !== undefined) body.destroy(canceled(key, signal));
  };
  signal?.addEventListener('abort', cancel);
  body.once('close', () => {
    signal?.removeEventListener('abort', cancel);
    arriving.destroy();
  });
  return body;
}

function takeOff(reply: IncomingMessage): PassThrough {
  const taken = new PassThrough({ highWaterMark: STRETCH_BYTES });
  pipeline(reply, taken, () => {}); // a failure destroys `taken` with it
  return taken;
}

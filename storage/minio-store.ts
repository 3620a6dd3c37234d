import { Readable } from 'node:stream';

import { clampRange, type ByteRange } from './byte-range.ts';
import { StorageError } from './errors.ts';
import { MinioConnection, type S3Call, type S3Endpoint } from './minio-connection.ts';
import { canStartKey, compareKeys, objectKey, type ObjectKey } from './object-key.ts';
import { openSource, type SourceReader } from './object-source.ts';
import type {
  ListOptions,
  ObjectFacts,
  ObjectSource,
  ObjectStore,
  OpenObject,
  PutOptions,
} from './object-store.ts';
import { abortUpload, expectEnd, gather, needsParts, uploadInParts } from './part-upload.ts';
import { askForStretch, stretchedBody } from './stretched-body.ts';
import {
  bareEtag,
  factsIn,
  parseListPage,
  parseUploadPage,
  refusal,
  refusalIn,
  textOf,
  type ListPage,
  type Refused,
} from './s3-reply.ts';

/** An upload without an end for so long has lost its writer. */
const STALE_UPLOAD_MS = 24 * 60 * 60 * 1000;
const CHECK_KEY = objectKey('.yuanjiao-check');

/** Objects in one bucket of MinIO or any other S3 server. */
export class MinioStore implements ObjectStore {
  readonly #connection: MinioConnection;
  #bucket: Promise<void> | undefined;

  private constructor(connection: MinioConnection) {
    this.#connection = connection;
  }

  /** Makes the store without asking the server, so that a process can start while its storage is down. */
  static async open(endpoint: S3Endpoint, timeoutMs: number): Promise<MinioStore> {
    return new MinioStore(await MinioConnection.open(endpoint, timeoutMs));
  }

  async put(key: ObjectKey, source: ObjectSource, options: PutOptions = {}): Promise<ObjectFacts> {
    const { signal, contentType = 'application/octet-stream' } = options;
    const reader = await openSource(key, source, signal);
    try {
      await this.#ready();
      const headers = { 'content-type': contentType };
      const etag = needsParts(reader.sizeBytes)
        ? await uploadInParts(this.#connection, key, reader, headers, signal)
        : await this.#putWhole(key, reader, headers, signal);
      return await this.#readBack(key, reader.sizeBytes, etag);
    } finally {
      await reader.close();
    }
  }

  async get(
    key: ObjectKey,
    range?: ByteRange,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<OpenObject> {
    const { signal } = options;
    const wanted = clampRange(range, Number.POSITIVE_INFINITY);
    if (wanted === undefined) throw unsatisfiable(key, range);
    await this.#ready();
    if (wanted.length === 0) return await this.#getNothing(key, range);
    const reply = await askForStretch(this.#connection, key, wanted, undefined, signal);
    if (reply.statusCode === 416) {
      reply.resume();
      return await this.#getNothing(key, range);
    }
    const facts = factsIn(reply.headers, key);
    const clamped = clampRange(range, facts.sizeBytes);
    if (clamped === undefined) throw unsatisfiable(key, range);
    return { ...facts, range: clamped, body: stretchedBody(this.#connection, facts, clamped, reply, signal) };
  }

  async head(key: ObjectKey): Promise<ObjectFacts | undefined> {
    await this.#ready();
    const { reply } = await this.#connection.sendForText({ method: 'HEAD', key, understands: [404] });
    if (reply.statusCode !== 404) return factsIn(reply.headers, key);
    const refused = refusalIn(reply.headers, '');
    if (refused.code === 'NoSuchBucket') throw this.#refusal(404, refused, key);
    return undefined;
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectFacts> {
    const start = prefix.normalize('NFC');
    if (!canStartKey(start)) return;
    await this.#ready();
    // MinIO takes no prefix that ends in a part "." or ".."
    const asked = /(?:^|\/)\.\.?$/.test(start) ? start.slice(0, start.lastIndexOf('/') + 1) : start;
    let last: string | undefined = options.after;
    for (let token: string | undefined; ;) {
      const call: S3Call = {
        method: 'GET',
        signal: options.signal,
        query: {
          'list-type': '2',
          'encoding-type': 'url',
          'max-keys': '1000',
          prefix: asked,
          ...(last === undefined ? {} : { 'start-after': last }),
          ...(token === undefined ? {} : { 'continuation-token': token }),
        },
      };
      const { text } = await this.#connection.sendForText(call);
      const page = readPage(text);
      for (const { name, ...facts } of page.objects) {
        if (last !== undefined && compareKeys(name, last) <= 0) {
          throw disorder(`lists ${JSON.stringify(name)} after ${JSON.stringify(last)}`);
        }
        last = name;
        const key = name.startsWith(start) ? keyFrom(name) : undefined;
        if (key !== undefined) yield { key, ...facts };
      }
      if (page.next === undefined) return;
      token = page.next;
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    await this.#ready();
    const { reply, text } = await this.#connection.sendForText({ method: 'DELETE', key, understands: [404] });
    const refused = refusalIn(reply.headers, text);
    if (refused.code === 'NoSuchBucket') throw this.#refusal(404, refused, key);
  }

  async check(): Promise<void> {
    this.#bucket = undefined;
    await this.#ready();
    // Begun and given up at once: needs the same right as a put, and no listing ever shows it.
    const { text } = await this.#connection.sendForText({
      method: 'POST',
      key: CHECK_KEY,
      query: { uploads: '' },
    });
    await abortUpload(this.#connection, CHECK_KEY, textOf(text, 'UploadId') ?? '');
    await this.#sweepUploads();
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  /** Makes the bucket once, when it is missing; a failure is not remembered. */
  async #ready(): Promise<void> {
    this.#bucket ??= this.#makeBucket().catch((error: unknown) => {
      this.#bucket = undefined;
      throw error;
    });
    await this.#bucket;
  }

  async #makeBucket(): Promise<void> {
    const call: S3Call = { method: 'HEAD', understands: [403, 404] };
    const { reply } = await this.#connection.sendForText(call);
    if (reply.statusCode === 200) return;
    const { region, bucket } = this.#connection.endpoint;
    const refused = refusalIn(reply.headers, '');
    if (reply.statusCode === 403) {
      // Keys may be good for the objects and not for the bucket; the next call tells, with a body that says why.
      if (refused.code === '' || refused.code === 'AccessDenied') return;
      throw this.#refusal(403, refused, undefined);
    }
    const body =
      region === 'us-east-1'
        ? ''
        : `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
    const made = await this.#connection.sendForText({
      method: 'PUT',
      body: this.#connection.hashed(Buffer.from(body)),
      understands: [403, 409],
    });
    const status = made.reply.statusCode ?? 0;
    if (status === 200) return;
    const why = refusalIn(made.reply.headers, made.text);
    if (why.code === 'BucketAlreadyOwnedByYou') return; // another process was quicker
    const cause = this.#refusal(status, why, undefined);
    throw new StorageError(
      'store-denied',
      `The bucket "${bucket}" is missing and these keys may not make it (${why.code || status}). ` +
        'Make it on the server, or grant s3:CreateBucket.',
      { cause },
    );
  }

  async #putWhole(
    key: ObjectKey,
    reader: SourceReader,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const body = await gather(this.#connection, reader, reader.sizeBytes, { bytes: Buffer.alloc(0) });
    await expectEnd(reader);
    const { reply } = await this.#connection.sendForText({ method: 'PUT', key, headers, body, signal });
    return bareEtag(reply.headers.etag);
  }

  /** A reply to a put has no time of change, and has been seen for objects that then were not there. */
  async #readBack(key: ObjectKey, sizeBytes: number, etag: string): Promise<ObjectFacts> {
    const { reply } = await this.#connection.sendForText({ method: 'HEAD', key, understands: [404] });
    if (reply.statusCode === 404) {
      throw disorder(`confirmed ${JSON.stringify(key)}, but it is not there (or was deleted at once)`, key);
    }
    const facts = factsIn(reply.headers, key);
    if (facts.etag === etag && facts.sizeBytes !== sizeBytes) {
      throw disorder(`keeps ${facts.sizeBytes} of the ${sizeBytes} bytes of ${JSON.stringify(key)}`, key);
    }
    // another writer may have replaced it since; what we stored is what we tell
    return { ...facts, etag, sizeBytes };
  }

  /** For what cannot be asked as a range: no bytes, also those of an object that has none. */
  async #getNothing(key: ObjectKey, range: ByteRange | undefined): Promise<OpenObject> {
    const facts = await this.head(key);
    if (facts === undefined) {
      throw new StorageError('object-not-found', `No object ${JSON.stringify(key)} in the store.`, { key });
    }
    const clamped = clampRange(range, facts.sizeBytes);
    if (clamped === undefined) throw unsatisfiable(key, range);
    if (clamped.length > 0)
      throw disorder(`has no bytes of ${JSON.stringify(key)}, whose size it tells`, key);
    return { ...facts, range: clamped, body: Readable.from([]) };
  }

  /** Gives up uploads whose writers died; their parts take up space and no listing of objects shows them. */
  async #sweepUploads(): Promise<void> {
    const before = Date.now() - STALE_UPLOAD_MS;
    for (let marker: Record<string, string> = {}; ;) {
      const { text } = await this.#connection.sendForText({
        method: 'GET',
        query: { uploads: '', 'encoding-type': 'url', 'max-uploads': '1000', ...marker },
      });
      const page = parseUploadPage(text);
      for (const { name, uploadId, startedAt } of page.uploads) {
        const key = keyFrom(name);
        if (key !== undefined && startedAt < before) await abortUpload(this.#connection, key, uploadId);
      }
      if (page.next === undefined) return;
      marker = page.next;
    }
  }

  #refusal(status: number, refused: Refused, key: ObjectKey | undefined): StorageError {
    const { host, port, bucket } = this.#connection.endpoint;
    return refusal(status, refused, { server: `${host}:${port}`, bucket, key });
  }
}

function unsatisfiable(key: ObjectKey, range: ByteRange | undefined): StorageError {
  return new StorageError(
    'range-not-satisfiable',
    `Cannot read ${JSON.stringify(key)} from byte ${range?.offset}: it ends before that.`,
    { key },
  );
}

/** For a server that breaks the rules of S3. */
function disorder(what: string, key?: ObjectKey): StorageError {
  return new StorageError(
    'store-unavailable',
    `The S3 server ${what}. Look into its log.`,
    key === undefined ? {} : { key },
  );
}

function readPage(text: string): ListPage {
  try {
    return parseListPage(text);
  } catch (cause) {
    throw new StorageError(
      'store-unavailable',
      `The S3 server sent a listing that cannot be read: ${String(cause)}.`,
      {
        cause,
      },
    );
  }
}

/** Names that no key can have, such as the folder marks `a/` of other programs, are none of ours. */
function keyFrom(name: string): ObjectKey | undefined {
  try {
    const key = objectKey(name);
    return key === name ? key : undefined;
  } catch {
    return undefined;
  }
}

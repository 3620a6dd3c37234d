import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

import { FileStore } from '@tus/file-store';
import { Server, Upload, type KvStore, type Locker } from '@tus/server';

import { UploadError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import type { Landing, UploadRecord } from './landing.ts';
import { readIntent, type UploadDesk, type UploadIntent } from './upload-desk.ts';
import { UploadLocks } from './upload-lock.ts';

/** What resumable uploads need of the rest. */
export interface TusDoorOptions {
  /** Where it is mounted, such as `/api/v1/uploads`. */
  readonly path: string;
  readonly landing: Landing;
  readonly desk: UploadDesk;
  readonly metrics: Metrics;
  readonly maxUploadBytes: number;
  readonly expiryMs: number;
}

/** The verbs that reach the library. It would also answer GET, with the uploaded bytes. */
export const TUS_METHODS = ['OPTIONS', 'POST', 'HEAD', 'PATCH', 'DELETE'] as const;

/**
 * Resumable uploads by the tus protocol 1.0.0. Whoever calls {@link handle} has checked who is asking: the library asks
 * nobody about HEAD and DELETE.
 */
export class TusDoor {
  readonly #options: TusDoorOptions;
  readonly #server: Server;
  readonly #locks = new UploadLocks();
  readonly #inUse = new Map<string, number>();
  readonly #errors = new WeakMap<object, unknown>();

  constructor(options: TusDoorOptions) {
    this.#options = options;
    const { desk, landing } = options;
    const store = new LandingStore(options, {
      onBytes: (id, count) => {
        this.#locks.touch(id);
        options.metrics.uploadBytes.inc(count);
      },
    });
    this.#server = new Server({
      path: options.path,
      datastore: store,
      locker: lockerOf(this.#locks),
      relativeLocation: true,
      maxSize: options.maxUploadBytes,
      lockDrainTimeout: 500,
      allowedOrigins: () => false,
      namingFunction: () => desk.newUploadId(),
      onUploadCreate: async (_, upload) => {
        await desk.check(intentOf(upload));
        return {};
      },
      onUploadFinish: async (_, upload) => {
        const record = await landing.readRecord(upload.id);
        if (record?.acceptedAt === undefined) await desk.finish(upload.id);
        return {};
      },
      onResponseError: (request, error) => {
        this.#errors.set(request, error);
        return undefined;
      },
    });
  }

  /** True while a request for the upload is being answered. */
  isInUse(uploadId: string): boolean {
    return this.#inUse.has(uploadId);
  }

  /**
   * Answers one request of the protocol.
   *
   * @throws {UploadError} for everything that is refused, and what the desk throws; nothing was sent then
   */
  async handle(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const id = /\/([^/?]+)\/?(?:\?.*)?$/.exec(url)?.[1] ?? '';
    const isWriting = request.method === 'PATCH' || request.method === 'POST';
    if (isWriting) this.#options.metrics.uploadsInFlight.inc();
    this.#inUse.set(id, (this.#inUse.get(id) ?? 0) + 1);
    try {
      await this.#answer(request, response, url);
    } catch (error) {
      // What is left of the body of a refused upload may be gigabytes; nobody reads it.
      if (isWriting && !request.complete && !response.headersSent) response.setHeader('Connection', 'close');
      throw error;
    } finally {
      if (isWriting) this.#options.metrics.uploadsInFlight.dec();
      const users = (this.#inUse.get(id) ?? 1) - 1;
      if (users === 0) this.#inUse.delete(id);
      else this.#inUse.set(id, users);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const asked = webRequest(request, url);
    const reply = await this.#server.handleWeb(asked);
    for (const [name, value] of reply.headers) {
      if (!name.startsWith('access-control-')) response.setHeader(name, value);
    }
    if (reply.status >= 400) {
      throw uploadErrorOf(this.#errors.get(asked), reply.status, await reply.text());
    }
    response.setHeader('Cache-Control', 'no-store');
    response.writeHead(reply.status);
    response.end();
  }
}

/** The request in the shape the library reads. */
function webRequest(request: IncomingMessage, url: string): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const method = request.method ?? 'GET';
  const hasBody = method === 'PATCH' || method === 'POST';
  const init: RequestInit & { duplex?: 'half' } = {
    method,
    headers,
    // `Readable.toWeb` throws outside of any promise when a client leaves at the wrong moment; an iterator just ends.
    ...(hasBody && {
      body: ReadableStream.from(request.iterator({ destroyOnReturn: false })),
      duplex: 'half',
    }),
  };
  return new Request(new URL(url, 'http://upload.invalid'), init);
}

function uploadErrorOf(error: unknown, status: number, text: string): Error {
  if (error instanceof Error && !('status_code' in error)) return error;
  const message = text.trim();
  switch (status) {
    case 404:
      return new UploadError('upload-not-found', message);
    case 409:
      return new UploadError('upload-offset', message);
    case 410:
      return new UploadError('upload-gone', message);
    case 413:
      return new UploadError('upload-too-large', message);
    case 423:
      return new UploadError('upload-busy', message);
    default:
      return status < 500 || status === 501
        ? new UploadError('upload-invalid', message)
        : new UploadError('upload-failed', message);
  }
}

function intentOf(upload: Upload): UploadIntent {
  return readIntent(upload.metadata, upload.size);
}

function lockerOf(locks: UploadLocks): Locker {
  return {
    newLock(id) {
      let release: (() => void) | undefined;
      return {
        async lock(_, askToStop) {
          release = await locks.take(id, askToStop);
        },
        async unlock() {
          release?.();
        },
      };
    },
  };
}

/** The library's folder store, made durable: it flushes nothing, and writes its records in place. */
class LandingStore extends FileStore {
  readonly #landing: Landing;
  readonly #desk: UploadDesk;
  readonly #onBytes: (id: string, count: number) => void;

  constructor(options: TusDoorOptions, listeners: { readonly onBytes: (id: string, count: number) => void }) {
    super({
      directory: options.landing.folder,
      configstore: recordStore(options.landing),
      expirationPeriodInMilliseconds: options.expiryMs,
    });
    // A length that is announced later could not be checked against the disk before the first byte.
    this.extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];
    this.#landing = options.landing;
    this.#desk = options.desk;
    this.#onBytes = listeners.onBytes;
  }

  override async create(upload: Upload): Promise<Upload> {
    try {
      const created = await super.create(upload);
      await this.#landing.settleNew(upload.id);
      await this.#desk.open(upload.id, intentOf(upload));
      return created;
    } catch (error) {
      await this.#landing.remove(upload.id).catch(() => {});
      throw diskError(error);
    }
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    const record = await this.#landing.readRecord(id);
    if (record?.acceptedAt !== undefined) return offset;
    // Left early, a plain iterator destroys the stream, and the library would tell of that instead of the full disk.
    const bytes = source.iterator({ destroyOnReturn: false });
    return this.#landing.append(id, offset, bytes, (count) => this.#onBytes(id, count));
  }

  override async getUpload(id: string): Promise<Upload> {
    const found = await this.#landing.find(id);
    if (found === undefined) throw new UploadError('upload-not-found', 'There is no such upload.');
    const { record, offset } = found;
    const isReceipt = record.acceptedAt !== undefined;
    return new Upload({
      id,
      size: record.size,
      offset,
      metadata: { ...record.metadata },
      // The library counts the expiry from here; the sweep counts it from the last byte, and a receipt has none.
      creation_date: new Date(isReceipt ? Date.now() : found.touchedAt).toISOString(),
      storage: { type: 'file', path: this.#landing.path(id) },
    });
  }

  override async remove(id: string): Promise<void> {
    if ((await this.#landing.readRecord(id)) === undefined) {
      throw new UploadError('upload-not-found', 'There is no such upload.');
    }
    await this.#desk.discard(id);
  }
}

function diskError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new UploadError('disk-full', 'The disk is full.', error)
    : error;
}

function recordStore(landing: Landing): KvStore {
  return {
    async get(id) {
      const record = await landing.readRecord(id);
      return record === undefined
        ? undefined
        : new Upload({ ...record, metadata: { ...record.metadata }, offset: 0 });
    },
    async set(id, upload) {
      const record: UploadRecord = {
        id,
        size: upload.size ?? 0,
        metadata: upload.metadata ?? {},
        creation_date: upload.creation_date ?? new Date().toISOString(),
      };
      await landing.writeRecord(record);
    },
    delete: (id) => landing.removeRecord(id),
    list: async () => [...(await landing.ids())],
  };
}

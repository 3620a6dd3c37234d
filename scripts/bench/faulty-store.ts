import { Readable } from 'node:stream';

import {
  StorageError,
  type ByteRange,
  type ListOptions,
  type ObjectFacts,
  type ObjectKey,
  type ObjectSource,
  type ObjectStore,
  type OpenObject,
  type PutOptions,
} from 'yuanjiao/storage';

/** What may go wrong with a put: it fails before or after the bytes are there, or is acknowledged and lost. */
export type PutFault = 'before' | 'after' | 'lost';
/** What may go wrong with a get: its body ends early as if that were all, or breaks off. */
export type GetFault = 'cut' | 'broken';

/** Decides what goes wrong; called once for each operation. */
export interface StoreFaults {
  readonly put?: (key: ObjectKey) => PutFault | undefined | Promise<PutFault | undefined>;
  readonly get?: (key: ObjectKey) => GetFault | undefined;
}

/** A store that fails on request. It has no local paths, so that sources are fetched from it as from another machine. */
export class FaultyStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #faults: StoreFaults;

  constructor(inner: ObjectStore, faults: StoreFaults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  async put(key: ObjectKey, source: ObjectSource, options?: PutOptions): Promise<ObjectFacts> {
    const fault = await this.#faults.put?.(key);
    if (fault === 'before') throw unavailable(key, 'the connection was refused');
    const facts = await this.#inner.put(key, source, options);
    if (fault === 'after') throw unavailable(key, 'the connection broke before the answer');
    if (fault === 'lost') await this.#inner.delete(key);
    return facts;
  }

  async get(
    key: ObjectKey,
    range?: ByteRange,
    options?: { readonly signal?: AbortSignal },
  ): Promise<OpenObject> {
    const fault = this.#faults.get?.(key);
    const object = await this.#inner.get(key, range, options);
    if (fault === undefined) return object;
    const body = Readable.from(half(object, fault === 'broken' ? key : undefined), { objectMode: false });
    return { ...object, body };
  }

  head(key: ObjectKey): Promise<ObjectFacts | undefined> {
    return this.#inner.head(key);
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectFacts> {
    return this.#inner.list(prefix, options);
  }

  delete(key: ObjectKey): Promise<void> {
    return this.#inner.delete(key);
  }

  check(): Promise<void> {
    return this.#inner.check();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

async function* half(object: OpenObject, broken: ObjectKey | undefined): AsyncGenerator<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of object.body) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  yield bytes.subarray(0, bytes.length >> 1);
  if (broken !== undefined) throw unavailable(broken, 'the connection broke');
}

function unavailable(key: ObjectKey, what: string): StorageError {
  return new StorageError('store-unavailable', `Object ${key}: ${what}.`, { key });
}

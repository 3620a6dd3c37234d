import type { Readable } from 'node:stream';

import type { ByteRange } from './byte-range.ts';
import type { ObjectKey } from './object-key.ts';

/** What is known of a stored object without reading it. */
export interface ObjectFacts {
  readonly key: ObjectKey;
  readonly sizeBytes: number;
  /** Epoch milliseconds of the last complete put; S3 servers tell whole seconds. */
  readonly modifiedAt: number;
  /** Opaque; changes whenever the bytes change. Without quotes. */
  readonly etag: string;
}

/** An opened object: its facts and the bytes that were asked for. The caller reads or destroys `body`. */
export interface OpenObject extends ObjectFacts {
  readonly body: Readable;
  /** The run of bytes that `body` yields. */
  readonly range: ByteRange;
}

/**
 * What to store: bytes in memory, a file to read (or a run of its bytes), or a stream of a known size. The stream is read
 * to its end, or destroyed when the put fails.
 */
export type ObjectSource =
  | Uint8Array
  | { readonly path: string; readonly range?: ByteRange }
  | { readonly stream: Readable; readonly sizeBytes: number };

/** What goes with the bytes of {@link ObjectStore.put}. */
export interface PutOptions {
  /** MIME type; `application/octet-stream` when absent. Kept by stores that can keep it. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** How {@link ObjectStore.list} goes through the keys. */
export interface ListOptions {
  /** Only keys that come after this one. */
  readonly after?: ObjectKey;
  readonly signal?: AbortSignal;
}

/**
 * Bytes by key. Two implementations, a folder and any S3 server through the MinIO client, keep the same promises
 * (`test/contract/object-store.ts` holds them to it):
 *
 * - **Whole or not at all.** A reader sees the complete old object or the complete new one, whatever fails and whenever
 *   a process dies. A put that throws has changed nothing.
 * - **Durable.** When `put` or `delete` resolves, the change survives a power cut (as far as the server behind it keeps
 *   its own promise).
 * - **Read your writes.** After `put` resolves, every later `get`, `head` and `list` in any process sees it.
 * - **Typed failure.** Everything thrown is a {@link StorageError}; nothing hangs for ever: a server that stops answering
 *   ends in `store-unavailable`.
 *
 * Lay out keys so that none is a folder of another (`a` beside `a/b`). Both can be put, read and deleted in every store,
 * but a MinIO server leaves `a/b` out of its listings for as long as `a` exists.
 */
export interface ObjectStore {
  /**
   * Stores an object, replacing any older one under the key.
   *
   * @throws {StorageError} `source-failed` when the source breaks off, `size-mismatch` when it is shorter or longer than
   *   announced, `store-full`, `store-denied`, `store-unavailable`, `canceled`
   */
  put(key: ObjectKey, source: ObjectSource, options?: PutOptions): Promise<ObjectFacts>;

  /**
   * Opens an object. A range that reaches past the end is clamped.
   *
   * @throws {StorageError} `object-not-found`; `range-not-satisfiable` when the range starts at or after the end;
   *   `store-denied`, `store-unavailable`. The `body` fails with the same class if the bytes break off later.
   */
  get(key: ObjectKey, range?: ByteRange, options?: { readonly signal?: AbortSignal }): Promise<OpenObject>;

  /** Facts about an object, or `undefined` when there is none. */
  head(key: ObjectKey): Promise<ObjectFacts | undefined>;

  /**
   * Every object whose key starts with `prefix` (any text, not only whole parts; empty for all), in ascending order of
   * the keys' UTF-8 bytes. Memory stays bounded however many there are. An object that is put or deleted meanwhile may or
   * may not be among them.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectFacts>;

  /** Deletes an object; deleting what is not there is no error. */
  delete(key: ObjectKey): Promise<void>;

  /** Checks that the store can be reached and written; throws a {@link StorageError} that says what to do. */
  check(): Promise<void>;

  /**
   * A path on this machine that holds the object's bytes, where the store has one (a folder has). It is read-only for the
   * caller and valid until the object is replaced or deleted.
   */
  localPath?(key: ObjectKey): Promise<string | undefined>;

  /** Releases connections. Idempotent. */
  close(): Promise<void>;
}

/**
 * Reads a whole object into memory; for playlists and records, not for media.
 *
 * @throws {StorageError} what {@link ObjectStore.get} throws
 */
export async function readObject(
  store: ObjectStore,
  key: ObjectKey,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Buffer> {
  const object = await store.get(key, undefined, options);
  const pieces: Buffer[] = [];
  for await (const piece of object.body) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/**
 * Deletes every object whose key lies below `folder`, a key without a slash at its end. Broken off and called again, it goes on.
 *
 * @throws {StorageError} `store-denied`, `store-unavailable`; what was deleted until then is gone
 */
export async function deleteBelow(store: ObjectStore, folder: string): Promise<void> {
  for await (const { key } of store.list(`${folder}/`)) await store.delete(key);
}

import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { objectKey, StorageError, type ByteRange, type ObjectStore } from '../storage/index.ts';
import { throwIfCanceled } from './errors.ts';
import { keyUnder } from './segment-run.ts';

/**
 * Reads exactly these bytes of an object of a lecture, by its name under the lecture's folder. One call, one answer: nothing stays
 * open between calls.
 *
 * @throws {StorageError} what a store throws; `store-unavailable` when there are fewer bytes
 */
export type ObjectReader = (name: string, range: ByteRange, signal?: AbortSignal) => Promise<Buffer>;

/** Reads the objects of a lecture from a store. */
export function storeReader(store: ObjectStore, prefix: string): ObjectReader {
  return async (name, range, signal) => {
    const key = keyUnder(prefix, name);
    const { body } = await store.get(key, range, signal === undefined ? {} : { signal });
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece as Buffer);
    return checkLength(Buffer.concat(pieces), name, range);
  };
}

/** Reads the objects of a lecture from a folder of ordinary files, as `transcodeToFolder` or a mirror leaves it. */
export function folderReader(folder: string): ObjectReader {
  return async (name, range, signal) => {
    throwIfCanceled(signal);
    // A name comes from a list that came from elsewhere; as a key it cannot lead out of the folder.
    const file = await open(join(folder, objectKey(name)), 'r');
    try {
      const bytes = Buffer.alloc(range.length);
      const { bytesRead } = await file.read(bytes, 0, range.length, range.offset);
      return checkLength(bytes.subarray(0, bytesRead), name, range);
    } finally {
      await file.close();
    }
  };
}

function checkLength(bytes: Buffer, name: string, range: ByteRange): Buffer {
  if (bytes.length === range.length) return bytes;
  throw new StorageError(
    'store-unavailable',
    `Only ${bytes.length} of ${range.length} bytes from ${range.offset} of ${name} could be read: it is shorter than its list says. Mirror or make the lecture anew.`,
  );
}

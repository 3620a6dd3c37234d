import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';

import { clampRange, type ByteRange } from './byte-range.ts';
import { StorageError } from './errors.ts';
import { errorCode, folderError } from './folder-error.ts';
import { walkFolder } from './folder-walk.ts';
import { canStartKey, objectKey, type ObjectKey } from './object-key.ts';
import { canceled, openSource, piecesOfFile, throwIfCanceled, type SourceReader } from './object-source.ts';
import type {
  ListOptions,
  ObjectFacts,
  ObjectSource,
  ObjectStore,
  OpenObject,
  PutOptions,
} from './object-store.ts';
import { sweepOrphans, writerName } from './temp-file.ts';

/** Directories known to be durable; forgotten all at once when there are more. */
const MAX_SYNCED_DIRECTORIES = 10_000;
const STATS_AT_ONCE = 64;
const READ_BYTES = 256 * 1024;

/**
 * Objects as plain files below one folder, for one machine or several that share a file system.
 *
 * A key with `n` parts lies under `objects/<n>/`, its parts unchanged: `lectures/7/poster.jpg` is the file
 * `objects/3/lectures/7/poster.jpg`. So within one tree files are at one depth and directories above it, and the keys
 * `a` and `a/b` never meet. Unfinished files are in `temp/`, where no key leads.
 */
export class FolderStore implements ObjectStore {
  readonly #root: string;
  readonly #objects: string;
  readonly #temp: string;
  readonly #writer: string;
  /** Directory → inode, of those whose every ancestor is synced. */
  readonly #synced = new Map<string, bigint>();

  private constructor(root: string, writer: string) {
    this.#root = root;
    this.#objects = join(root, 'objects');
    this.#temp = join(root, 'temp');
    this.#writer = writer;
  }

  /**
   * Opens the store in `folder`, which is made when missing, and removes what writers that died have left behind.
   *
   * @throws {StorageError} `store-denied`, `store-full`, `store-unavailable`
   */
  static async open(folder: string): Promise<FolderStore> {
    const root = resolve(folder);
    const store = new FolderStore(root, await writerName());
    await store.#told(undefined, async () => {
      await mkdir(store.#objects, { recursive: true });
      await mkdir(store.#temp, { recursive: true });
      await syncDirectory(root);
      await syncDirectory(dirname(root)).catch(ignoreDenied);
      await sweepOrphans(store.#temp);
    });
    return store;
  }

  async put(key: ObjectKey, source: ObjectSource, options: PutOptions = {}): Promise<ObjectFacts> {
    const reader = await openSource(key, source, options.signal);
    const temp = join(this.#temp, `${this.#writer}.${randomUUID()}`);
    try {
      return await this.#told(key, async () => {
        const facts = await writeWhole(temp, key, reader);
        throwIfCanceled(key, options.signal);
        await this.#moveIn(temp, this.#pathOf(key));
        return facts;
      });
    } catch (error) {
      await unlink(temp).catch(() => {});
      throw error;
    } finally {
      await reader.close();
    }
  }

  async get(
    key: ObjectKey,
    range?: ByteRange,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<OpenObject> {
    throwIfCanceled(key, options.signal);
    return await this.#told(key, async () => {
      const file = await open(this.#pathOf(key), 'r');
      try {
        const facts = await factsOf(key, file);
        const clamped = clampRange(range, facts.sizeBytes);
        if (clamped === undefined) {
          throw new StorageError(
            'range-not-satisfiable',
            `Cannot read ${JSON.stringify(key)} from byte ${range?.offset}: it has ${facts.sizeBytes} bytes.`,
            { key },
          );
        }
        return { ...facts, range: clamped, body: this.#body(key, file, clamped, options.signal) };
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  async head(key: ObjectKey): Promise<ObjectFacts | undefined> {
    return await this.#told(key, () => statFacts(key, this.#pathOf(key)));
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectFacts> {
    const start = prefix.normalize('NFC');
    if (!canStartKey(start)) return;
    let batch: ObjectKey[] = [];
    const factsOfBatch = async (): Promise<(ObjectFacts | undefined)[]> => {
      throwIfCanceled(undefined, options.signal);
      const keys = batch;
      batch = [];
      return await this.#told(undefined, () =>
        Promise.all(keys.map((key) => statFacts(key, this.#pathOf(key)))),
      );
    };
    const walk = walkFolder(this.#objects, start, options.after);
    try {
      for (;;) {
        const step = await this.#told(undefined, () => walk.next());
        if (step.done === true) break;
        if (!isKey(step.value)) continue; // put there by hand
        batch.push(step.value);
        if (batch.length < STATS_AT_ONCE) continue;
        for (const facts of await factsOfBatch()) if (facts !== undefined) yield facts;
      }
      for (const facts of await factsOfBatch()) if (facts !== undefined) yield facts;
    } finally {
      await walk.return(undefined);
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    await this.#told(key, async () => {
      const path = this.#pathOf(key);
      try {
        await unlink(path);
        await syncDirectory(dirname(path));
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
      }
      await this.#prune(dirname(path));
    });
  }

  async check(): Promise<void> {
    const temp = join(this.#temp, `${this.#writer}.${randomUUID()}`);
    await this.#told(undefined, async () => {
      await mkdir(this.#objects, { recursive: true });
      await mkdir(this.#temp, { recursive: true });
      try {
        const file = await open(temp, 'wx');
        try {
          await file.writeFile('check');
          await file.sync();
        } finally {
          await file.close();
        }
        const folder = await stat(this.#objects);
        if ((await stat(temp)).dev !== folder.dev) {
          throw new StorageError(
            'store-unavailable',
            `The folder store ${this.#root} has objects/ and temp/ on different file systems; both must be on one.`,
          );
        }
      } finally {
        await unlink(temp).catch(() => {});
      }
    });
  }

  async localPath(key: ObjectKey): Promise<string | undefined> {
    return (await this.head(key)) === undefined ? undefined : this.#pathOf(key);
  }

  async close(): Promise<void> {}

  #pathOf(key: ObjectKey): string {
    return join(this.#objects, String(key.split('/').length), key);
  }

  /** Runs `work` and turns what the file system says into our words. */
  async #told<T>(key: ObjectKey | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof StorageError ? error : folderError(error, this.#root, key);
    }
  }

  async #moveIn(temp: string, path: string): Promise<void> {
    const directory = dirname(path);
    // A delete may prune the directory between mkdir and rename; each round needs another such delete.
    for (let round = 0; ; round++) {
      try {
        await rename(temp, path);
        break;
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' || round === 20) throw error;
        if (!(await exists(temp))) throw error;
        await mkdir(directory, { recursive: true });
      }
    }
    await this.#syncUp(directory);
  }

  /**
   * Makes a directory's entries durable and, the first time, its name in every directory above: whoever made it may not
   * have done so yet. The inode tells a directory that was pruned and made again.
   */
  async #syncUp(directory: string): Promise<void> {
    const fresh: [string, bigint][] = [];
    for (let at = directory; at.length >= this.#objects.length; at = dirname(at)) {
      const inode = await syncDirectory(at);
      if (inode === undefined) return; // pruned: a later delete has taken the object away again
      if (this.#synced.get(at) === inode) break;
      fresh.push([at, inode]);
    }
    if (this.#synced.size >= MAX_SYNCED_DIRECTORIES) this.#synced.clear();
    for (const [at, inode] of fresh) this.#synced.set(at, inode);
  }

  async #prune(directory: string): Promise<void> {
    const top = this.#objects.length;
    for (let at = directory; dirname(at).length > top; at = dirname(at)) {
      try {
        await rmdir(at);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') return; // not empty, or not ours to remove
      }
      this.#synced.delete(at);
    }
  }

  #body(key: ObjectKey, file: FileHandle, range: ByteRange, signal: AbortSignal | undefined): Readable {
    const body = Readable.from(
      bodyPieces(file, range, (error) => folderError(error, this.#root, key)),
      {
        objectMode: false,
        highWaterMark: READ_BYTES,
      },
    );
    const cancel = (): void => {
      if (signal !== undefined) body.destroy(canceled(key, signal));
    };
    signal?.addEventListener('abort', cancel);
    // not in the generator: one that was never asked for bytes does not run its `finally`
    body.once('close', () => {
      signal?.removeEventListener('abort', cancel);
      file.close().catch(() => {});
    });
    return body;
  }
}

async function* bodyPieces(
  file: FileHandle,
  { offset, length }: ByteRange,
  tell: (error: unknown) => StorageError,
): AsyncGenerator<Buffer> {
  let left = length;
  try {
    for await (const piece of piecesOfFile(file, offset, length)) {
      left -= piece.length;
      yield piece;
    }
  } catch (error) {
    // a destroyed stream throws its own reason in here
    throw error instanceof StorageError ? error : tell(error);
  }
  if (left > 0) throw tell(new Error(`the file ends ${left} bytes too early`));
}

async function writeWhole(temp: string, key: ObjectKey, reader: SourceReader): Promise<ObjectFacts> {
  const file = await open(temp, 'wx');
  try {
    for await (const piece of reader.pieces) await writeAll(file, piece);
    // The kernel stamps files with the time of its last tick, some milliseconds old; two versions of one size that get
    // the same inode in turn would then share an etag.
    const now = (Date.now() + (performance.now() % 1)) / 1000;
    await file.utimes(now, now);
    await file.sync();
    return await factsOf(key, file);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

interface FileFacts {
  readonly size: bigint;
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  isFile(): boolean;
}

async function factsOf(key: ObjectKey, file: FileHandle): Promise<ObjectFacts> {
  const facts = factsFrom(key, await file.stat({ bigint: true }));
  if (facts === undefined) throw Object.assign(new Error('it is not a file'), { code: 'ENOENT' });
  return facts;
}

async function statFacts(key: ObjectKey, path: string): Promise<ObjectFacts | undefined> {
  try {
    return factsFrom(key, await stat(path, { bigint: true }));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

function factsFrom(key: ObjectKey, facts: FileFacts): ObjectFacts | undefined {
  if (!facts.isFile()) return undefined;
  return {
    key,
    sizeBytes: Number(facts.size),
    modifiedAt: Number(facts.mtimeNs / 1_000_000n),
    etag: `${facts.ino.toString(36)}-${facts.size.toString(36)}-${facts.mtimeNs.toString(36)}`,
  };
}

/** Makes the entries of a directory durable; its inode, or `undefined` when it is not there. */
async function syncDirectory(path: string): Promise<bigint | undefined> {
  try {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
      return (await directory.stat({ bigint: true })).ino;
    } finally {
      await directory.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** The folder above the store may be one that we may not open; it then was there before us. */
function ignoreDenied(error: unknown): void {
  const code = errorCode(error);
  if (code !== 'EACCES' && code !== 'EPERM') throw error;
}

function isKey(text: string): text is ObjectKey {
  try {
    return objectKey(text) === text;
  } catch {
    return false;
  }
}

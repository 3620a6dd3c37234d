import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { UploadError } from '../errors.ts';

/** What is remembered of an upload beside its bytes. */
export interface UploadRecord {
  readonly id: string;
  /** Bytes that were announced. */
  readonly size: number;
  readonly metadata: Readonly<Record<string, string | null>>;
  /** ISO 8601. */
  readonly creation_date: string;
  /** Set once the bytes are in the store and the catalogue has them; the landing's own copy is gone then. */
  readonly acceptedAt?: number;
}

/** An upload as it lies in the landing. */
export interface LandedUpload {
  readonly record: UploadRecord;
  /** Bytes that are safely on disk. */
  readonly offset: number;
  /** Epoch milliseconds of the last byte. */
  readonly touchedAt: number;
}

/** Bounds what a power cut can leave to be written when a long request ends. */
const SYNC_EVERY_BYTES = 64 * 2 ** 20;
/** Uploads whose digest is carried along from request to request; the others are read again at the end. */
const MAX_ROLLING = 256;
const UPLOAD_ID = /^[a-z0-9]{8,64}$/;

/**
 * The folder where uploads arrive: `<id>` holds the bytes, `<id>.json` the record. What {@link append} and {@link find}
 * say is there has been flushed to the disk and survives a power cut.
 */
export class Landing {
  readonly folder: string;
  readonly #records: string;
  readonly #quarantine: string;
  readonly #synced = new Map<string, number>();
  readonly #rolling = new Map<string, { readonly hash: Hash; position: number }>();

  private constructor(folder: string) {
    this.folder = folder;
    this.#records = join(folder, 'records');
    this.#quarantine = join(folder, 'quarantine');
  }

  /** Opens the folder, making it when missing. */
  static async open(folder: string): Promise<Landing> {
    const landing = new Landing(folder);
    await mkdir(landing.#records, { recursive: true, mode: 0o700 });
    await mkdir(landing.#quarantine, { recursive: true, mode: 0o700 });
    return landing;
  }

  /** Where the bytes of an upload lie. */
  path(id: string): string {
    if (!UPLOAD_ID.test(id)) throw notFound();
    return join(this.folder, id);
  }

  /** The record, or `undefined` when there is no such upload. */
  async readRecord(id: string): Promise<UploadRecord | undefined> {
    if (!UPLOAD_ID.test(id)) return undefined;
    try {
      return JSON.parse(await readFile(join(this.#records, `${id}.json`), 'utf8')) as UploadRecord;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw failure(error, 'read the record of an upload');
    }
  }

  /** Writes a record so that it is old or new, whole, whatever happens. */
  async writeRecord(record: UploadRecord): Promise<void> {
    const target = join(this.#records, `${record.id}.json`);
    const fresh = `${target}.new`;
    try {
      const file = await open(fresh, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify(record));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(fresh, target);
      await syncFolder(this.#records);
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => {});
      throw failure(error, 'write the record of an upload');
    }
  }

  /** Removes the record alone. */
  async removeRecord(id: string): Promise<void> {
    await rm(join(this.#records, `${id}.json`), { force: true });
    await syncFolder(this.#records);
  }

  /** Makes the file of a fresh upload durable, its name included. */
  async settleNew(id: string): Promise<void> {
    await syncFile(this.path(id));
    await syncFolder(this.folder);
    this.#synced.set(id, 0);
  }

  /** What is there of an upload; `undefined` when there is nothing. Its bytes are flushed first. */
  async find(id: string): Promise<LandedUpload | undefined> {
    const record = await this.readRecord(id);
    if (record === undefined) return undefined;
    if (record.acceptedAt !== undefined) {
      return { record, offset: record.size, touchedAt: record.acceptedAt };
    }
    const path = this.path(id);
    try {
      const facts = await stat(path);
      if (this.#synced.get(id) !== facts.size) {
        await syncFile(path);
        this.#synced.set(id, facts.size);
      }
      return { record, offset: facts.size, touchedAt: facts.mtimeMs };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw failure(error, 'read an upload');
    }
  }

  /**
   * Writes bytes from `offset` on and flushes them, also what came before the source broke off.
   *
   * @returns the new offset
   * @throws {UploadError} `disk-full`, `upload-failed`; and whatever the source threw
   */
  async append(
    id: string,
    offset: number,
    source: AsyncIterable<Uint8Array>,
    onBytes: (count: number) => void = () => {},
  ): Promise<number> {
    let file: FileHandle;
    try {
      file = await open(this.path(id), 'r+');
    } catch (error) {
      throw isMissing(error) ? notFound() : failure(error, 'open an upload');
    }
    let position = offset;
    let unsynced = 0;
    const rolling = this.#rollingAt(id, offset);
    this.#synced.delete(id);
    try {
      for await (const chunk of source) {
        await writeFully(file, chunk, position);
        position += chunk.length;
        rolling?.hash.update(chunk);
        if (rolling !== undefined) rolling.position = position;
        onBytes(chunk.length);
        unsynced += chunk.length;
        if (unsynced >= SYNC_EVERY_BYTES) {
          await flush(file);
          unsynced = 0;
        }
      }
    } finally {
      await this.#close(file, id, offset);
    }
    this.#synced.set(id, position);
    return position;
  }

  async #close(file: FileHandle, id: string, offset: number): Promise<void> {
    try {
      await flush(file);
    } catch (error) {
      // After a failed flush the kernel forgets which pages were not written; what was not flushed before is not there.
      this.#rolling.delete(id);
      await file.truncate(offset).catch(() => {});
      throw error;
    } finally {
      await file.close();
    }
  }

  /** The SHA-256 of all bytes, in hexadecimal; carried along while they arrived, read again after a restart. */
  async digest(id: string, size: number): Promise<string> {
    const rolling = this.#rolling.get(id);
    if (rolling !== undefined && rolling.position === size) return rolling.hash.copy().digest('hex');
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.path(id))) hash.update(chunk as Buffer);
    return hash.digest('hex');
  }

  /** Removes the bytes of an upload. */
  async removeBytes(id: string): Promise<void> {
    this.#synced.delete(id);
    this.#rolling.delete(id);
    await rm(this.path(id), { force: true });
    await syncFolder(this.folder);
  }

  /** Removes everything of an upload. */
  async remove(id: string): Promise<void> {
    await this.removeBytes(id);
    await this.removeRecord(id);
  }

  /** Puts the bytes aside, where somebody may look at them until {@link purgeQuarantine}. */
  async quarantine(id: string): Promise<void> {
    await rename(this.path(id), join(this.#quarantine, id)).catch((error: unknown) => {
      if (!isMissing(error)) throw failure(error, 'put an upload aside');
    });
    await syncFolder(this.#quarantine);
    await this.remove(id);
  }

  /** Removes what was put aside before a time in epoch milliseconds. */
  async purgeQuarantine(before: number): Promise<void> {
    for (const name of await readdir(this.#quarantine)) {
      const path = join(this.#quarantine, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts !== undefined && facts.ctimeMs < before) await rm(path, { force: true });
    }
  }

  /** The ids of all uploads. */
  async ids(): Promise<readonly string[]> {
    const names = await readdir(this.#records);
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  }

  /** Bytes of disk that are free, less those that unfinished uploads were promised. */
  async freeBytes(): Promise<number> {
    const disk = await statfs(this.folder);
    let promised = 0;
    for (const id of await this.ids()) {
      const record = await this.readRecord(id);
      if (record === undefined || record.acceptedAt !== undefined) continue;
      const facts = await stat(this.path(id)).catch(() => undefined);
      promised += Math.max(0, record.size - (facts?.size ?? 0));
    }
    return disk.bavail * disk.bsize - promised;
  }

  #rollingAt(id: string, offset: number): { readonly hash: Hash; position: number } | undefined {
    const known = this.#rolling.get(id);
    if (known !== undefined && known.position === offset) return known;
    this.#rolling.delete(id);
    if (offset !== 0 || this.#rolling.size >= MAX_ROLLING) return undefined;
    const fresh = { hash: createHash('sha256'), position: 0 };
    this.#rolling.set(id, fresh);
    return fresh;
  }
}

async function writeFully(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    try {
      const { bytesWritten } = await file.write(chunk, written, chunk.length - written, position + written);
      written += bytesWritten;
    } catch (error) {
      throw failure(error, 'write an upload');
    }
  }
}

async function flush(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    throw failure(error, 'flush an upload to the disk');
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await flush(file);
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await flush(folder);
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function notFound(): UploadError {
  return new UploadError('upload-not-found', 'There is no such upload. Begin a new one.');
}

function failure(error: unknown, what: string): UploadError {
  if (error instanceof UploadError) return error;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new UploadError('disk-full', `Could not ${what}: the disk is full. Free some space and resume.`, error)
    : new UploadError('upload-failed', `Could not ${what}. Resume it in a moment.`, error);
}

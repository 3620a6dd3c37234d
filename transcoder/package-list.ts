import { createHash } from 'node:crypto';

import type { Job } from './job.ts';
import type { JobRun } from './job-run.ts';
import { keyUnder } from './segment-run.ts';

/** The name of the list of all objects of a lecture, for whoever takes it along. */
export const PACKAGE_NAME = 'objects.json';

/** One object of a lecture, as its package lists it. */
export interface PackageEntry {
  /** Under the lecture's folder: `720p/0003-1.mp4`, `poster.jpg`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex SHA-256 of the whole object. */
  readonly sha256: string;
  /** MIME type, as the object is served. */
  readonly contentType: string;
}

/** What a job's result holds when the job stored objects beside the runs of a rendition; they become part of the package. */
export interface StoredObjects {
  readonly objects: readonly PackageEntry[];
}

/**
 * Stores an object of a lecture and describes it for the package. A job puts what it gets back into the `objects` of its
 * result, and the package lists it.
 *
 * @param name - under the lecture's folder, such as `poster.jpg`
 * @throws {StorageError} what the store throws
 */
export async function storeObject(
  run: Pick<JobRun, 'store' | 'prefix' | 'signal'>,
  name: string,
  bytes: Buffer,
  contentType: string,
): Promise<PackageEntry> {
  await run.store.put(keyUnder(run.prefix, name), bytes, { contentType, signal: run.signal });
  return { name, sizeBytes: bytes.length, sha256: sha256Of(bytes), contentType };
}

/** What the finished jobs of a generation stored beside the runs of its renditions; pure. */
export function storedObjects(jobs: readonly Job[]): readonly PackageEntry[] {
  return jobs
    .filter((job) => job.state === 'done')
    .flatMap((job) => (job.result as Partial<StoredObjects> | undefined)?.objects ?? []);
}

/** Hex SHA-256. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

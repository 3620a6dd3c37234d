import { createHash } from 'node:crypto';

import { objectKey } from '../storage/index.ts';
import { TranscodeError } from './errors.ts';
import type { Job } from './job.ts';
import type { JobRun } from './job-run.ts';
import { putWhole } from './put-whole.ts';
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

/** One MP4 file that can be put together from the objects of a lecture. */
export interface PackageDownload {
  /** `480p.mp4`, `480p-fragmented.mp4`, `audio.m4a`: part of its address. */
  readonly name: string;
  /** The rendition whose picture it has, or whose sound when it has no picture. */
  readonly rendition: string;
  /**
   * `fast-start`: a plain MP4 with its index in front, for television boxes, phones and USB sticks. `fragmented`: the stored
   * segments one after the other, for programs.
   */
  readonly layout: 'fast-start' | 'fragmented';
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Of the picture; absent for sound alone. */
  readonly width?: number;
  readonly height?: number;
  /** What its sound is called, where a lecture has several: `普通话`. */
  readonly sound?: string;
  /** The renditions in it, the leading one first. */
  readonly tracks: readonly string[];
}

/** The list of everything a lecture consists of, as `objects.json` holds it. */
export interface PackageList {
  readonly version: 1;
  /** Seconds. */
  readonly duration: number;
  /** The name of the playlist to open. */
  readonly entry: string;
  readonly objects: readonly PackageEntry[];
  readonly downloads: readonly PackageDownload[];
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
 * @throws {StorageError} what the store throws; `store-unavailable` when it acknowledged the object and does not have it
 */
export async function storeObject(
  run: Pick<JobRun, 'store' | 'prefix' | 'signal'>,
  name: string,
  bytes: Buffer,
  contentType: string,
): Promise<PackageEntry> {
  await putWhole(run.store, keyUnder(run.prefix, name), bytes, { contentType, signal: run.signal });
  return { name, sizeBytes: bytes.length, sha256: sha256Of(bytes), contentType };
}

/** What the finished jobs of a generation stored beside the runs of its renditions; pure. */
export function storedObjects(jobs: readonly Job[]): readonly PackageEntry[] {
  return jobs
    .filter((job) => job.state === 'done')
    .flatMap((job) => (job.result as Partial<StoredObjects> | undefined)?.objects ?? []);
}

/**
 * Reads the bytes of an `objects.json`, which may come from anywhere.
 *
 * @throws {TranscodeError} `package-invalid`
 */
export function parsePackageList(bytes: Buffer): PackageList {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalidPackage('it is not JSON', cause);
  }
  const list = value as Partial<PackageList> | null;
  if (list?.version !== 1) throw invalidPackage('its version is not 1');
  if (!Array.isArray(list.objects) || !Array.isArray(list.downloads) || typeof list.entry !== 'string')
    throw invalidPackage('it lists no objects');
  for (const entry of list.objects as readonly Partial<PackageEntry>[]) {
    const { name, sizeBytes, sha256 } = entry;
    const isSound =
      isObjectName(name) &&
      Number.isSafeInteger(sizeBytes) &&
      (sizeBytes ?? -1) >= 0 &&
      typeof sha256 === 'string' &&
      /^[0-9a-f]{64}$/.test(sha256);
    if (!isSound) throw invalidPackage(`it lists ${JSON.stringify(entry).slice(0, 200)}`);
  }
  return list as PackageList;
}

/** Names become paths on whatever machine the package is on. */
function isObjectName(name: unknown): name is string {
  if (typeof name !== 'string') return false;
  try {
    return objectKey(name) === name;
  } catch {
    return false;
  }
}

/** For a list that cannot be used. */
export function invalidPackage(why: string, cause?: unknown): TranscodeError {
  return new TranscodeError(
    'package-invalid',
    `${PACKAGE_NAME} is not the list of a lecture: ${why}. Mirror the lecture anew.`,
    cause === undefined ? {} : { cause },
  );
}

/** Hex SHA-256. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { throwIfCanceled } from './errors.ts';
import { PACKAGE_NAME, parsePackageList, sha256Of, type PackageEntry } from './package-list.ts';

/** What is wrong with one object of a package. */
export interface PackageFault {
  readonly name: string;
  /** `damaged`: of the right size, with other bytes. */
  readonly fault: 'missing' | 'wrong-size' | 'damaged';
  readonly expectedBytes: number;
  /** Absent when there is no such file. */
  readonly foundBytes?: number;
}

/** The result of {@link checkPackage}. */
export interface PackageVerdict {
  readonly objectCount: number;
  readonly sizeBytes: number;
  /** Hex SHA-256 of the list itself, to be compared with what the server says. */
  readonly listSha256: string;
  /** In the order of the list; empty for a package that is whole. */
  readonly faults: readonly PackageFault[];
}

/** How a check is followed or stopped. */
export interface CheckOptions {
  readonly signal?: AbortSignal;
  /** Called with the share of bytes that are checked. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Checks a folder that holds a mirrored lecture against its `objects.json`: every object must be there with its size and digest.
 * Other files in the folder are no fault.
 *
 * @throws {TranscodeError} `package-invalid` when the list cannot be used, `canceled` when `signal` was aborted
 * @throws the file system's own error when the list cannot be read
 */
export async function checkPackage(folder: string, options: CheckOptions = {}): Promise<PackageVerdict> {
  const root = resolve(folder);
  const bytes = await readFile(join(root, PACKAGE_NAME));
  const { objects } = parsePackageList(bytes);
  const sizeBytes = objects.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  const faults: PackageFault[] = [];
  let checked = 0;
  for (const entry of objects) {
    throwIfCanceled(options.signal);
    const fault = await faultOf(join(root, entry.name), entry, options.signal);
    if (fault !== undefined) faults.push(fault);
    checked += entry.sizeBytes;
    options.onProgress?.(sizeBytes === 0 ? 1 : checked / sizeBytes);
  }
  return { objectCount: objects.length, sizeBytes, listSha256: sha256Of(bytes), faults };
}

async function faultOf(
  path: string,
  entry: PackageEntry,
  signal: AbortSignal | undefined,
): Promise<PackageFault | undefined> {
  const { name, sizeBytes: expectedBytes } = entry;
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (facts?.isFile() !== true) return { name, fault: 'missing', expectedBytes };
  const foundBytes = facts.size;
  if (foundBytes !== expectedBytes) return { name, fault: 'wrong-size', expectedBytes, foundBytes };
  const digest = createHash('sha256');
  for await (const piece of createReadStream(path)) {
    throwIfCanceled(signal);
    digest.update(piece as Buffer);
  }
  return digest.digest('hex') === entry.sha256
    ? undefined
    : { name, fault: 'damaged', expectedBytes, foundBytes };
}

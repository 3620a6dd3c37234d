import { copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { ObjectStore } from './object-store.ts';
import type { ObjectKey } from './object-key.ts';
import { throwIfCanceled } from './object-source.ts';

/** How {@link exportFolder} is followed or stopped. */
export interface ExportFolderOptions {
  /** Stops between two files, and in the middle of one that has to be copied from a server. */
  readonly signal?: AbortSignal;
  /** Called after each file with how many there are so far. */
  readonly onProgress?: (fileCount: number) => void;
}

/**
 * Lays all objects whose keys start with `prefix` out as ordinary files, for programs that know files and no stores: the rest
 * of a key is the path below `folder`, which is made when missing. Each file appears whole and replaces an older one; other
 * files are left alone. Where the store keeps an object as a file on the same disk, the new name is a second name for it, at no
 * cost in space.
 *
 * @returns how many files there are
 * @throws {StorageError} what the store throws; `canceled` when `signal` was aborted: the files that were laid out stay, and none
 *   is half
 * @throws the file system's own error for the folder
 */
export async function exportFolder(
  store: ObjectStore,
  prefix: string,
  folder: string,
  { signal, onProgress }: ExportFolderOptions = {},
): Promise<number> {
  const root = resolve(folder);
  const start = prefix.normalize('NFC');
  let count = 0;
  for await (const { key } of store.list(start, signal === undefined ? {} : { signal })) {
    throwIfCanceled(key, signal);
    const path = join(root, key.slice(start.length));
    await mkdir(dirname(path), { recursive: true });
    const temp = `${path}.${process.pid}.part`;
    try {
      await lay(store, key, temp, signal);
      await rename(temp, path);
    } finally {
      await rm(temp, { force: true });
    }
    count += 1;
    onProgress?.(count);
  }
  return count;
}

async function lay(
  store: ObjectStore,
  key: ObjectKey,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const local = await store.localPath?.(key);
  if (local !== undefined) {
    // A second name cannot cross disks, and some file systems have none.
    await link(local, path).catch(() => copyFile(local, path));
    return;
  }
  const object = await store.get(key, undefined, signal === undefined ? {} : { signal });
  const file = await open(path, 'w');
  try {
    await pipeline(object.body, file.createWriteStream({ autoClose: false }));
    await file.sync();
  } finally {
    await file.close();
  }
}

import { open, rename, rm } from 'node:fs/promises';

import { throwIfCanceled } from './errors.ts';
import { openDownload } from './mp4-download.ts';
import type { ObjectReader } from './object-reader.ts';
import type { PackageDownload, PackageList } from './package-list.ts';
import { readVirtualFile } from './virtual-file.ts';

/** How a file is saved, followed or stopped. */
export interface SaveOptions {
  readonly signal?: AbortSignal;
  /** Called with the share of bytes that are written. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Writes a download into a file. It appears when it is whole and on the disk, so a stick may be pulled out afterwards; an older
 * file of the name is replaced then.
 *
 * @throws {TranscodeError} `package-invalid`; `canceled` when `signal` was aborted: an older file of the name is still there then
 * @throws {StorageError} what the reader throws
 * @throws the file system's own error: `EFBIG` when the disk takes no file of this size, as FAT32 beyond 4 GiB
 *
 * @example
 * const list = parsePackageList(await readFile('lecture/objects.json'));
 * const [download] = list.downloads;
 * await saveDownload(folderReader('lecture'), list, download, '/media/stick/lecture.mp4');
 */
export async function saveDownload(
  read: ObjectReader,
  list: PackageList,
  download: PackageDownload,
  path: string,
  options: SaveOptions = {},
): Promise<void> {
  const virtual = await openDownload(read, list, download);
  const { sizeBytes } = virtual;
  const unfinished = `${path}.${process.pid}.part`;
  try {
    const file = await open(unfinished, 'w');
    try {
      let written = 0;
      for await (const piece of readVirtualFile(
        virtual,
        { offset: 0, length: sizeBytes },
        read,
        options.signal,
      )) {
        throwIfCanceled(options.signal);
        await file.writeFile(piece);
        written += piece.length;
        options.onProgress?.(written / sizeBytes);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

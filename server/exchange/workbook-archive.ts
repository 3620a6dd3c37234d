import type { Readable } from 'node:stream';

import { zipSync } from 'fflate';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';

import { ExchangeError } from './exchange-error.ts';

/** A real workbook has a dozen entries, and some more for each sheet and picture. */
const MAX_ENTRIES = 2_000;

/**
 * The XML of a workbook, unpacked. Sizes are those that came out, whatever the archive promised: it is given up as soon as
 * there is more than `maxBytes`, so a file of a few kilobytes that would unpack to gigabytes costs no more than that.
 *
 * @returns the entries by name; pictures and other things that are no XML are left out
 * @throws {ExchangeError} `table-unreadable`, `table-too-large`
 */
export async function unpackWorkbook(
  bytes: Uint8Array,
  maxBytes: number,
): Promise<ReadonlyMap<string, Buffer>> {
  refuseOtherFormats(bytes);
  let archive: ZipFile | undefined;
  try {
    archive = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      lazyEntries: true,
      validateEntrySizes: true,
    });
    return await unpack(archive, maxBytes);
  } catch (error) {
    if (error instanceof ExchangeError) throw error;
    throw new ExchangeError(
      'table-unreadable',
      '这个 XLSX 文件已损坏或不完整。请用表格软件打开，另存一份后再导入。',
      error,
    );
  } finally {
    archive?.close();
  }
}

async function unpack(archive: ZipFile, maxBytes: number): Promise<ReadonlyMap<string, Buffer>> {
  if (archive.entryCount > MAX_ENTRIES) throw tooLarge(maxBytes);
  const entries = new Map<string, Buffer>();
  let left = maxBytes;
  for await (const entry of archive.eachEntry()) {
    if (!isXml(entry)) continue;
    if (entry.isEncrypted()) {
      throw new ExchangeError('table-unreadable', '这个 XLSX 文件加了密码。请去掉密码后再导入。');
    }
    // Promised sizes may lie in either direction; a promise that is too large is enough to refuse.
    if (entry.uncompressedSize > left || entries.has(entry.fileName)) throw tooLarge(maxBytes);
    const content = await readBounded(await archive.openReadStreamPromise(entry), left, maxBytes);
    left -= content.length;
    entries.set(entry.fileName, content);
  }
  return entries;
}

async function readBounded(stream: Readable, left: number, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += (piece as Buffer).length;
    if (size > left) throw tooLarge(maxBytes);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces, size);
}

/**
 * Packs entries again, uncompressed: what reads the workbook then sees the entries that were counted here, and not others that
 * the original's headers may hide from one reader and show to another.
 */
export function repackWorkbook(entries: ReadonlyMap<string, Buffer>): Buffer {
  return Buffer.from(zipSync(Object.fromEntries(entries), { level: 0 }).buffer);
}

function isXml({ fileName }: Entry): boolean {
  return fileName.endsWith('.xml') || fileName.endsWith('.rels');
}

function refuseOtherFormats(bytes: Uint8Array): void {
  const head = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  // OLE2: the workbooks of before 2007, and those with a password
  if (head === 'd0cf11e0a1b11ae1') {
    throw new ExchangeError(
      'table-unreadable',
      '这是旧格式（.xls）或加了密码的工作簿。请用表格软件打开，去掉密码，另存为 .xlsx 后再导入。',
    );
  }
}

function tooLarge(maxBytes: number): ExchangeError {
  return new ExchangeError(
    'table-too-large',
    `工作簿展开后超过 ${Math.floor(maxBytes / 2 ** 20)} MiB。请删去多余的工作表、图片和空行，或分成几个文件。`,
  );
}

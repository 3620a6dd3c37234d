import { isUtf8 } from 'node:buffer';
import { lstat, readdir, rename } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { freeName } from './put-away.ts';

/** Names that no program writes as they are; a slash or a zero cannot be in one. */
const UNREADABLE = /[\p{Cc}\uFFFD/]/gu;

/**
 * A file name as text; pure. Archives, FTP clients and disks of Chinese Windows write names in GBK, which are then no UTF-8, and under
 * such a name nothing that takes names as text can open the file.
 *
 * @returns the name, and whether its bytes are that name in UTF-8
 */
export function readName(bytes: Uint8Array): { readonly name: string; readonly isUtf8: boolean } {
  if (isUtf8(bytes))
    return { name: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), isUtf8: true };
  return { name: new TextDecoder('gb18030').decode(bytes).replaceAll(UNREADABLE, '_'), isUtf8: false };
}

/** A file of a folder whose name is not UTF-8. */
export interface ForeignName {
  readonly bytes: Uint8Array;
  /** What it is called, as text. */
  readonly name: string;
  /** Changes when the file does. */
  readonly signature: string;
}

/** The files of a folder whose names are not UTF-8. */
export async function foreignNames(folder: string): Promise<readonly ForeignName[]> {
  const found: ForeignName[] = [];
  for (const bytes of await readdir(folder, 'buffer')) {
    const { name, isUtf8: isOurs } = readName(bytes);
    if (isOurs) continue;
    const facts = await lstat(pathOf(folder, bytes)).catch(() => undefined);
    if (facts?.isFile() !== true) continue;
    found.push({ bytes, name, signature: [facts.size, facts.mtimeMs, facts.ino].join() });
  }
  return found;
}

/**
 * Gives a file its name in UTF-8. Nothing is overwritten: a name that is taken gets a number.
 *
 * @returns the new name
 */
export async function giveOwnName(folder: string, { bytes, name }: ForeignName): Promise<string> {
  const own = await freeName(folder, fitting(name));
  await rename(pathOf(folder, bytes), join(folder, own));
  return own;
}

/** Bytes of a name that leave room for a number and for what is put behind it; a file system takes 255. */
const LONGEST_NAME = 200;

/** In UTF-8 a Chinese name is half as long again as in GBK. */
function fitting(name: string): string {
  const ending = extname(name);
  const stem = Array.from(name.slice(0, name.length - ending.length));
  while (stem.length > 1 && Buffer.byteLength(stem.join('') + ending) > LONGEST_NAME) stem.pop();
  return stem.join('') + ending;
}

function pathOf(folder: string, name: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(join(folder, '/')), name]);
}

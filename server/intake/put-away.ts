import { lstat, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** Where a folder's files go that were taken in. */
export const DONE_FOLDER = '已入库';
/** Where those go that could not be. */
export const REFUSED_FOLDER = '未入库';

/**
 * Moves a file and what belongs to it out of a folder's way; the file itself last, so that after a kill the same call finds it and
 * goes on. Nothing is overwritten: a name that is taken gets a number.
 *
 * @param reason - why it was refused, for the text beside it
 */
export async function putAway(
  folder: string,
  name: string,
  companions: readonly string[],
  reason?: string,
): Promise<void> {
  const target = join(folder, reason === undefined ? DONE_FOLDER : REFUSED_FOLDER);
  await mkdir(target, { recursive: true });
  const newName = await freeName(target, name);
  if (reason !== undefined) await writeReason(join(target, `${newName}.原因.txt`), name, reason);
  for (const companion of companions) {
    await rename(join(folder, companion), join(target, await freeName(target, companion))).catch(
      ignoreMissing,
    );
  }
  await rename(join(folder, name), join(target, newName)).catch(ignoreMissing);
  // Before it is forgotten, that it is gone from here has to be on the disk.
  for (const changed of [target, folder]) await syncFolder(changed);
}

/** The name, or with a number behind it where there is such a file. */
export async function freeName(folder: string, name: string): Promise<string> {
  const ending = extname(name);
  const stem = name.slice(0, name.length - ending.length);
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${stem} (${number})${ending}`;
    const isTaken = await lstat(join(folder, free)).then(
      () => true,
      () => false,
    );
    if (!isTaken) return free;
  }
}

/** For editors of old: a byte order mark, and line ends of two characters. */
async function writeReason(path: string, name: string, reason: string): Promise<void> {
  const lines = [
    `文件：${name}`,
    `时间：${new Date().toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai', hour12: false })}`,
    '',
    '没有入库，原因：',
    ...reason.split('\n'),
    '',
    '改正以后，把文件（和它的说明、字幕）移回上一级文件夹，就会重新入库。',
    '',
  ];
  await writeFile(path, `\uFEFF${lines.join('\r\n')}`);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    // Some network file systems know no such thing; the rename itself is all they have.
    await folder.sync().catch(() => undefined);
  } finally {
    await folder.close();
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { generatePassword } from '../accounts/password.ts';

/** Where the generated password of the administrator is kept for its first use. */
export function passwordFile(dataDir: string): string {
  return join(dataDir, 'admin-password.txt');
}

/**
 * Writes a fresh password beside its file, for its owner alone, before anything depends on it: were the process killed between
 * the account and the file, nobody would know the password. One that an earlier run left there is taken.
 *
 * @returns the password; {@link keepPassword} gives the file its name
 */
export async function draftPassword(dataDir: string): Promise<string> {
  const draft = draftOf(dataDir);
  await mkdir(dataDir, { recursive: true });
  const fresh = generatePassword();
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${fresh}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const left = (await readFile(draft, 'utf8')).trim();
    if (left !== '') return left;
    await rm(draft, { force: true });
    return draftPassword(dataDir);
  }
}

/**
 * Gives a draft its final name.
 *
 * @returns false when there is no draft
 */
export async function keepPassword(dataDir: string): Promise<boolean> {
  const path = passwordFile(dataDir);
  try {
    await rename(draftOf(dataDir), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return true;
}

/** Removes a draft and, since it holds no longer, the file. */
export async function forgetPassword(dataDir: string): Promise<void> {
  await rm(draftOf(dataDir), { force: true });
  await rm(passwordFile(dataDir), { force: true });
}

/** Removes a draft that was not used. */
export async function dropDraft(dataDir: string): Promise<void> {
  await rm(draftOf(dataDir), { force: true });
}

function draftOf(dataDir: string): string {
  return `${passwordFile(dataDir)}.new`;
}

import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { CommandError } from './exit-code.ts';

/**
 * The absolute path of a file that the user named.
 *
 * @throws {CommandError} `usage` when it is missing, no file or not readable
 */
export async function sourceFile(given: string): Promise<string> {
  const path = resolve(given);
  const facts = await stat(path).catch((error: unknown) => {
    throw unusable(given, reasonOf(error), error);
  });
  if (facts.isDirectory()) throw unusable(given, 'it is a folder; name one media file in it');
  if (!facts.isFile()) throw unusable(given, 'it is not a regular file; copy it into one first');
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw unusable(given, 'permission denied; run it as a user who may read it', error);
  });
  return path;
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT'
    ? 'there is no such file; check the path, and quote it when it has spaces'
    : `${code ?? String(error)}; check the path`;
}

function unusable(given: string, why: string, cause?: unknown): CommandError {
  return new CommandError('usage', `Cannot read ${JSON.stringify(given)}: ${why}.`, cause);
}

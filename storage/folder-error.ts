import { StorageError, type StorageErrorCode } from './errors.ts';
import type { ObjectKey } from './object-key.ts';

interface Meaning {
  readonly code: StorageErrorCode;
  readonly advice: string;
}

const DENIED: Meaning = {
  code: 'store-denied',
  advice: 'Give the user that runs this process read and write access to the folder, or choose another one.',
};
const FULL: Meaning = {
  code: 'store-full',
  advice: 'Free space on its disk or raise the quota, then try again.',
};
const IN_THE_WAY: Meaning = {
  code: 'store-denied',
  advice: 'A file is in the way of a folder; move it or choose another folder.',
};
const CROWDED: Meaning = {
  code: 'store-unavailable',
  advice: 'Raise the limit of open files (ulimit -n) or lower the number of workers.',
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: { code: 'store-denied', advice: 'Its file system is mounted read-only; mount it for writing.' },
  ENOTDIR: IN_THE_WAY,
  EEXIST: IN_THE_WAY,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EMFILE: CROWDED,
  ENFILE: CROWDED,
  ENAMETOOLONG: { code: 'invalid-key', advice: 'Its file system does not take names that long.' },
};

/** The `code` of an error of the operating system, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What an error of the file system means to the caller of a folder store. */
export function folderError(cause: unknown, root: string, key: ObjectKey | undefined): StorageError {
  const facts = { ...(key === undefined ? {} : { key }), cause };
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = errorCode(cause);
  if (code === 'ENOENT' && key !== undefined) {
    return new StorageError(
      'object-not-found',
      `No object ${JSON.stringify(key)} in the folder store ${root}.`,
      facts,
    );
  }
  const meaning = MEANINGS[code ?? ''] ?? {
    code: 'store-unavailable',
    advice: 'Check the disk and the mount of this folder.',
  };
  const what =
    key === undefined
      ? `The folder store ${root} failed`
      : `The folder store ${root} failed on ${JSON.stringify(key)}`;
  return new StorageError(meaning.code, `${what}: ${why}. ${meaning.advice}`, facts);
}

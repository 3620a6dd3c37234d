import { CommanderError } from 'commander';

import { StorageError, type StorageErrorCode } from '../../storage/index.ts';
import { TranscodeError, type TranscodeErrorCode } from '../../transcoder/index.ts';
import { AccountError } from '../accounts/account-error.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { DatabaseError } from '../database/database-error.ts';
import { ConfigError, UploadError } from '../errors.ts';
import { ExchangeError } from '../exchange/exchange-error.ts';
import { LiveClassError } from '../live/live-class-error.ts';

/** What the process says to whoever started it; the same for every command. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
  /** The file given is not one we can make a lecture of. */
  badMedia: 3,
  /** A store, a database or a tool cannot be had at the moment. */
  unavailable: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure of the command line itself; the message says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: Exclude<keyof typeof EXIT, 'ok'>;

  constructor(code: Exclude<keyof typeof EXIT, 'ok'>, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The exit code of each failure of the transcoder. */
export const TRANSCODE_EXITS: Readonly<Record<TranscodeErrorCode, ExitCode>> = {
  'empty-file': EXIT.badMedia,
  'not-media': EXIT.badMedia,
  'refused-format': EXIT.badMedia,
  'copy-protected': EXIT.badMedia,
  'truncated-media': EXIT.badMedia,
  'damaged-media': EXIT.badMedia,
  'too-large': EXIT.badMedia,
  'no-track': EXIT.badMedia,
  'too-many-tracks': EXIT.badMedia,
  'captions-unusable': EXIT.badMedia,
  'probe-failed': EXIT.failed,
  'probe-overrun': EXIT.badMedia,
  'probe-stalled': EXIT.unavailable,
  'encoder-failed': EXIT.failed,
  'encoder-killed': EXIT.failed,
  'encoder-stalled': EXIT.failed,
  'encoder-overrun': EXIT.badMedia,
  'encoder-missing': EXIT.unavailable,
  'output-invalid': EXIT.failed,
  'package-invalid': EXIT.failed,
  'scratch-full': EXIT.unavailable,
  'lease-lost': EXIT.failed,
  canceled: EXIT.interrupted,
  'tool-missing': EXIT.unavailable,
  'sandbox-missing': EXIT.unavailable,
};

const STORAGE_EXITS: Readonly<Record<StorageErrorCode, ExitCode>> = {
  'invalid-address': EXIT.usage,
  'invalid-key': EXIT.failed,
  'object-not-found': EXIT.failed,
  'range-not-satisfiable': EXIT.failed,
  'source-failed': EXIT.failed,
  'size-mismatch': EXIT.failed,
  'store-full': EXIT.unavailable,
  'store-denied': EXIT.unavailable,
  'store-unavailable': EXIT.unavailable,
  canceled: EXIT.interrupted,
};

function databaseExit(error: DatabaseError): ExitCode {
  if (error.code === 'address-invalid') return EXIT.usage;
  return error.code === 'statement-failed' || error.code === 'constraint-violated'
    ? EXIT.failed
    : EXIT.unavailable;
}

/** The exit code of a job's failure, which is known by its code alone. */
export function exitCodeOfFailure(code: string): ExitCode {
  return (TRANSCODE_EXITS as Readonly<Record<string, ExitCode>>)[code] ?? EXIT.failed;
}

const SYSTEM_ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder; check the path',
  EACCES: 'permission denied; run it as a user who may',
  EPERM: 'permission denied; run it as a user who may',
  EISDIR: 'it is a folder; give a file',
  ENOTDIR: 'a part of the path is a file, not a folder; check the path',
  ENOSPC: 'the disk is full; free some space and run it again',
  EFBIG:
    'the disk takes no file of this size, as FAT32 beyond 4 GiB; take a smaller rendition or format it as exFAT',
  EROFS: 'the disk can only be read; give another place',
};

/** The exit code of an error that one of our own families has a code for. */
function exitOfFamily(error: Error): ExitCode | undefined {
  if (error instanceof CommandError) return EXIT[error.code];
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof TranscodeError) return TRANSCODE_EXITS[error.code];
  if (error instanceof StorageError) return STORAGE_EXITS[error.code];
  if (error instanceof DatabaseError) return databaseExit(error);
  if (error instanceof CatalogueError) {
    return error.code === 'unknown-tag' || error.code === 'invalid-input' ? EXIT.usage : EXIT.failed;
  }
  if (error instanceof ExchangeError || error instanceof LiveClassError) return EXIT.failed;
  if (error instanceof UploadError) return uploadExit(error);
  if (error instanceof AccountError) return error.code === 'not-found' ? EXIT.failed : EXIT.usage;
  return undefined;
}

/** The code to exit with, and the line for stderr: undefined where everything has been said. */
export function verdictOf(error: unknown): { readonly exitCode: ExitCode; readonly message?: string } {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
  if (!(error instanceof Error)) return { exitCode: EXIT.failed, message: String(error) };
  const exitCode = exitOfFamily(error);
  if (exitCode !== undefined) {
    const said = error instanceof TranscodeError ? (error.ffmpeg?.stderrTail.trim() ?? '') : '';
    const detail = exitCode === EXIT.failed && said !== '' ? `\n${said}` : '';
    return { exitCode, message: error.message + detail };
  }
  if (error.name === 'AbortError') return { exitCode: EXIT.interrupted, message: 'Stopped on request.' };
  return verdictOfSystem(error);
}

function verdictOfSystem(error: NodeJS.ErrnoException): {
  readonly exitCode: ExitCode;
  readonly message: string;
} {
  const { code, path, syscall } = error;
  if (code === 'EADDRINUSE') {
    return {
      exitCode: EXIT.unavailable,
      message: `Cannot listen: ${error.message}. Another program has the port; stop it or set YUANJIAO_PORT.`,
    };
  }
  const advice = SYSTEM_ADVICE[code ?? ''];
  if (advice === undefined) return { exitCode: EXIT.failed, message: error.stack ?? error.message };
  const what = path === undefined ? '' : ` on ${path}`;
  return {
    exitCode: code === 'ENOSPC' || code === 'EROFS' ? EXIT.unavailable : EXIT.failed,
    message: `${syscall ?? 'A call'}${what} failed: ${advice}.`,
  };
}

function uploadExit(error: UploadError): ExitCode {
  if (error.code === 'upload-empty' || error.code === 'upload-too-large') return EXIT.badMedia;
  return error.code === 'disk-full' ? EXIT.unavailable : EXIT.failed;
}

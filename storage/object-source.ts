import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { clampRange } from './byte-range.ts';
import { StorageError } from './errors.ts';
import type { ObjectKey } from './object-key.ts';
import type { ObjectSource } from './object-store.ts';

/** Small enough that hashing one piece does not hold up the event loop. */
const PIECE_BYTES = 256 * 1024;

/** The bytes of an {@link ObjectSource}, whichever kind it is; every way to fail is a {@link StorageError}. */
export interface SourceReader {
  readonly sizeBytes: number;
  /** Yields exactly `sizeBytes` bytes or throws; can be read once. */
  readonly pieces: AsyncGenerator<Buffer>;
  /** Lets go of the source: a stream that was not read to its end is destroyed. */
  close(): Promise<void>;
}

/** @throws {StorageError} `source-failed` when a file cannot be opened, `size-mismatch`, `canceled` */
export async function openSource(
  key: ObjectKey,
  source: ObjectSource,
  signal: AbortSignal | undefined,
): Promise<SourceReader> {
  if (source instanceof Uint8Array) {
    throwIfCanceled(key, signal);
    const { length } = source;
    return { sizeBytes: length, pieces: checked(key, piecesOf(source), length, signal), close: closeNothing };
  }
  return 'stream' in source
    ? openStream(key, source.stream, source.sizeBytes, signal)
    : await openFile(key, source, signal);
}

/** @throws {StorageError} `canceled` */
export function throwIfCanceled(key: ObjectKey | undefined, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw canceled(key, signal);
}

/** What a call throws whose caller has aborted it. */
export function canceled(key: ObjectKey | undefined, signal: AbortSignal): StorageError {
  const what = key === undefined ? 'The call' : `The call for ${JSON.stringify(key)}`;
  return new StorageError('canceled', `${what} was canceled by its caller.`, {
    ...(key === undefined ? {} : { key }),
    cause: signal.reason,
  });
}

async function closeNothing(): Promise<void> {}

function openStream(
  key: ObjectKey,
  stream: Readable,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): SourceReader {
  // Attached before anything is awaited and never taken off: an error event without a listener ends the process, and the
  // stream may fail long before its first byte is asked for, or after the put has given up on it.
  stream.on('error', () => {});
  const cancel = (): void => void stream.destroy();
  const close = async (): Promise<void> => {
    signal?.removeEventListener('abort', cancel);
    if (!stream.readableEnded) stream.destroy();
  };
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    stream.destroy();
    throw new StorageError(
      'size-mismatch',
      `Cannot store ${JSON.stringify(key)}: the announced size ${sizeBytes} is not a whole number of bytes.`,
      { key },
    );
  }
  if (signal?.aborted) {
    stream.destroy();
    throw canceled(key, signal);
  }
  signal?.addEventListener('abort', cancel);
  return { sizeBytes, pieces: checked(key, stream, sizeBytes, signal), close };
}

async function openFile(
  key: ObjectKey,
  source: Extract<ObjectSource, { path: string }>,
  signal: AbortSignal | undefined,
): Promise<SourceReader> {
  throwIfCanceled(key, signal);
  let file: FileHandle | undefined;
  try {
    file = await open(source.path, 'r');
    const facts = await file.stat();
    if (!facts.isFile()) throw new Error('it is not a regular file');
    const handle = file;
    const range = clampRange(source.range, facts.size);
    if (range === undefined || (source.range !== undefined && range.length !== source.range.length)) {
      throw new StorageError(
        'size-mismatch',
        `Cannot store ${JSON.stringify(key)}: ${source.path} has ${facts.size} bytes, fewer than its range asks for.`,
        { key },
      );
    }
    return {
      sizeBytes: range.length,
      pieces: checked(key, piecesOfFile(handle, range.offset, range.length), range.length, signal),
      close: () => handle.close(),
    };
  } catch (error) {
    await file?.close();
    if (error instanceof StorageError) throw error;
    throw sourceFailed(key, error);
  }
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(PIECE_BYTES, bytes.length - at));
    await nextTurn();
  }
}

/** The bytes of an open file, fewer than `length` when it ends before. */
export async function* piecesOfFile(
  file: FileHandle,
  offset: number,
  length: number,
): AsyncGenerator<Buffer> {
  for (let done = 0; done < length;) {
    const want = Math.min(PIECE_BYTES, length - done);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(want), 0, want, offset + done);
    if (bytesRead === 0) return;
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* checked(
  key: ObjectKey,
  raw: AsyncIterable<unknown>,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const pieces = raw[Symbol.asyncIterator]();
  let total = 0;
  try {
    for (;;) {
      const step = await nextUnlessAborted(pieces, signal);
      if (step.done === true) break;
      const bytes = bytesOf(step.value);
      total += bytes.length;
      if (total > sizeBytes) throw mismatch(key, sizeBytes, 'has more');
      yield bytes;
    }
  } catch (error) {
    if (signal?.aborted) throw canceled(key, signal);
    if (error instanceof StorageError) throw error;
    throw sourceFailed(key, error);
  }
  throwIfCanceled(key, signal);
  if (total < sizeBytes) throw mismatch(key, sizeBytes, `ended after ${total}`);
}

/** A source that neither goes on nor ends, even when destroyed, does not hold up a caller who cancels. */
async function nextUnlessAborted(
  pieces: AsyncIterator<unknown>,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<unknown>> {
  if (signal === undefined) return await pieces.next();
  return await new Promise((resolve, reject) => {
    const wake = (): void => reject(new Error('canceled'));
    if (signal.aborted) wake();
    else signal.addEventListener('abort', wake);
    pieces
      .next()
      .finally(() => signal.removeEventListener('abort', wake))
      .then(resolve, reject);
  });
}

function bytesOf(piece: unknown): Buffer {
  if (Buffer.isBuffer(piece)) return piece;
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  if (typeof piece === 'string') return Buffer.from(piece);
  throw new TypeError(`the stream yields ${typeof piece} instead of bytes`);
}

function mismatch(key: ObjectKey, sizeBytes: number, what: string): StorageError {
  return new StorageError(
    'size-mismatch',
    `Cannot store ${JSON.stringify(key)}: ${sizeBytes} bytes were announced, but the source ${what}. Nothing was stored.`,
    { key },
  );
}

function sourceFailed(key: ObjectKey, cause: unknown): StorageError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(
    'source-failed',
    `Cannot store ${JSON.stringify(key)}: its source broke off (${why}). Nothing was stored.`,
    { key, cause },
  );
}

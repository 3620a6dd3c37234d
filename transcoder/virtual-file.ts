import type { ByteRange } from '../storage/index.ts';
import type { ObjectReader } from './object-reader.ts';

/** A run of bytes of an object. */
export interface StoredExtent extends ByteRange {
  readonly object: string;
}

/** A piece of a virtual file: bytes of its own, or a run of bytes of an object. */
export type Extent = { readonly bytes: Buffer } | StoredExtent;

/** A file that is nowhere: pieces of stored objects in order, with bytes of its own between them. */
export interface VirtualFile {
  readonly sizeBytes: number;
  readonly extents: readonly Extent[];
  /** Where each extent begins. */
  readonly starts: readonly number[];
}

/** Puts extents behind each other; empty ones are left out. Pure. */
export function virtualFile(pieces: readonly Extent[]): VirtualFile {
  const extents = pieces.filter((extent) => extentLength(extent) > 0);
  const starts: number[] = [];
  let sizeBytes = 0;
  for (const extent of extents) {
    starts.push(sizeBytes);
    sizeBytes += extentLength(extent);
  }
  return { sizeBytes, extents, starts };
}

function extentLength(extent: Extent): number {
  return 'bytes' in extent ? extent.bytes.length : extent.length;
}

/** Objects are read in blocks: one call to a store for many small pieces, and nothing kept open while a slow client reads. */
const BLOCK_BYTES = 512 * 1024;
/** Picture and sound alternate, each from an object of its own. */
const BLOCKS_KEPT = 4;
/** What is handed on at once. */
const PIECE_BYTES = 64 * 1024;

/**
 * Reads a range of a virtual file. Memory stays below a few blocks however long the file is.
 *
 * @param range - must lie within the file
 * @throws what the reader throws
 */
export async function* readVirtualFile(
  file: VirtualFile,
  range: ByteRange,
  read: ObjectReader,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const end = range.offset + range.length;
  const blocks = new BlockReader(read, lastBytes(file, range), signal);
  let piece: Buffer[] = [];
  let length = 0;
  for (let index = indexAt(file.starts, range.offset); index < file.extents.length; index += 1) {
    const extent = file.extents[index];
    const start = file.starts[index] ?? 0;
    if (extent === undefined || start >= end) break;
    let from = Math.max(0, range.offset - start);
    const until = Math.min(extentLength(extent), end - start);
    while (from < until) {
      const bytes =
        'bytes' in extent
          ? extent.bytes.subarray(from, until)
          : await blocks.take(extent.object, extent.offset + from, until - from);
      piece.push(bytes);
      from += bytes.length;
      length += bytes.length;
      if (length < PIECE_BYTES) continue;
      yield Buffer.concat(piece, length);
      piece = [];
      length = 0;
    }
  }
  if (length > 0) yield Buffer.concat(piece, length);
}

/** The position of the extent that holds this byte. */
function indexAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where the range ends in each object it touches, so that no more is read than is asked for. */
function lastBytes(file: VirtualFile, range: ByteRange): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  const end = range.offset + range.length;
  for (let index = indexAt(file.starts, range.offset); index < file.extents.length; index += 1) {
    const extent = file.extents[index];
    const start = file.starts[index] ?? 0;
    if (extent === undefined || start >= end) break;
    if ('bytes' in extent) continue;
    const until = extent.offset + Math.min(extent.length, end - start);
    last.set(extent.object, Math.max(until, last.get(extent.object) ?? 0));
  }
  return last;
}

interface Block {
  readonly offset: number;
  readonly bytes: Buffer;
}

class BlockReader {
  readonly #read: ObjectReader;
  readonly #last: ReadonlyMap<string, number>;
  readonly #signal: AbortSignal | undefined;
  readonly #blocks = new Map<string, Block>();

  constructor(read: ObjectReader, last: ReadonlyMap<string, number>, signal: AbortSignal | undefined) {
    this.#read = read;
    this.#last = last;
    this.#signal = signal;
  }

  /** Some of these bytes, at least one. */
  async take(object: string, offset: number, length: number): Promise<Buffer> {
    let block = this.#blocks.get(object);
    if (block === undefined || offset < block.offset || offset >= block.offset + block.bytes.length) {
      const last = this.#last.get(object) ?? offset + length;
      const wanted = { offset, length: Math.min(BLOCK_BYTES, last - offset) };
      block = { offset, bytes: await this.#read(object, wanted, this.#signal) };
      this.#blocks.delete(object);
      this.#blocks.set(object, block);
      const oldest = this.#blocks.keys().next().value;
      if (this.#blocks.size > BLOCKS_KEPT && oldest !== undefined) this.#blocks.delete(oldest);
    }
    const from = offset - block.offset;
    return block.bytes.subarray(from, Math.min(from + length, block.bytes.length));
  }
}

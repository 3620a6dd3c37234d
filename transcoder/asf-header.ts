import type { FileHandle } from 'node:fs/promises';

/** How every Windows Media file begins: the id of its Header Object (ASF specification §3.1), in hex like all ids here. */
export const ASF_HEADER = '3026b2758e66cf11a6d900aa0062ce6c';

/** An object in the header of a Windows Media file. */
export interface AsfObject {
  readonly id: string;
  /** Where it begins, with its id and its size. */
  readonly position: number;
}

/** The header's own id, size, count of objects and two bytes. */
const HEADER_BYTES = 30;
const OBJECT_HEAD_BYTES = 24;
/** Headers have about ten. */
const MAX_OBJECTS = 1000;

/** The objects in the header of a Windows Media file, in their order; one that is cut off ends them. */
export async function* asfObjects(file: FileHandle): AsyncGenerator<AsfObject, void> {
  const header = await bytesAt(file, 0, HEADER_BYTES);
  if (header.length < HEADER_BYTES || header.toString('hex', 0, 16) !== ASF_HEADER) return;
  const count = Math.min(header.readUInt32LE(24), MAX_OBJECTS);
  let position = HEADER_BYTES;
  for (let place = 0; place < count; place += 1) {
    const head = await bytesAt(file, position, OBJECT_HEAD_BYTES);
    if (head.length < OBJECT_HEAD_BYTES) return;
    yield { id: head.toString('hex', 0, 16), position };
    const length = Number(head.readBigUInt64LE(16));
    if (length < OBJECT_HEAD_BYTES) return;
    position += length;
  }
}

/** The bytes at a place of a file; fewer at its end. */
export async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

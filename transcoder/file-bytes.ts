import type { FileHandle } from 'node:fs/promises';

/** The bytes at a place of a file; fewer at its end. A place beyond all numbers, as a spoilt header may name it, is beyond its end. */
export async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (!Number.isSafeInteger(position + length)) return Buffer.alloc(0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

import type { FileHandle } from 'node:fs/promises';

import { bytesAt } from './file-bytes.ts';

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

/** The File Properties Object (ASF specification §3.2) and its length. */
const FILE_PROPERTIES = 'a1dcab8c47a9cf118ee400c00c205365';
const FILE_PROPERTIES_BYTES = 104;

/** How much there should be of a file. */
export interface AsfProperties {
  readonly wholeBytes: number;
  readonly seconds: number;
}

/** How much there should be of a Windows Media file; undefined of one that was written while it was sent, and knows no end. */
export async function asfProperties(file: FileHandle): Promise<AsfProperties | undefined> {
  for await (const { id, position } of asfObjects(file)) {
    if (id !== FILE_PROPERTIES) continue;
    const properties = await bytesAt(file, position, FILE_PROPERTIES_BYTES);
    if (properties.length < FILE_PROPERTIES_BYTES || (properties.readUInt32LE(88) & 1) !== 0)
      return undefined;
    const prerollMs = Number(properties.readBigUInt64LE(80));
    return {
      wholeBytes: Number(properties.readBigUInt64LE(40)),
      // In 100 ns, with what a player fills its buffer with before it begins.
      seconds: Number(properties.readBigUInt64LE(64)) / 1e7 - prerollMs / 1000,
    };
  }
  return undefined;
}

import { endianness } from 'node:os';

import { TranscodeError } from './errors.ts';

/** A box of an MP4 file (ISO/IEC 14496-12 §4.2). */
export interface Mp4Box {
  readonly type: string;
  /** With its header. */
  readonly bytes: Buffer;
  /** Behind its header; shares its memory with what it was read from. */
  readonly body: Buffer;
}

/** Bytes of a box's length and type. */
export const BOX_HEADER = 8;

/** The boxes in a row of them, such as another box's body; one that is cut off ends the list. */
export function childBoxes(body: Buffer, from = 0): readonly Mp4Box[] {
  const boxes: Mp4Box[] = [];
  let position = from;
  while (position + BOX_HEADER <= body.length) {
    const length = body.readUInt32BE(position);
    if (length < BOX_HEADER || position + length > body.length) break;
    const bytes = body.subarray(position, position + length);
    boxes.push({ type: bytes.toString('latin1', 4, 8), bytes, body: bytes.subarray(BOX_HEADER) });
    position += length;
  }
  return boxes;
}

/** The body of the first box at the end of a path of types, if there is one. */
export function findBox(body: Buffer, ...path: readonly string[]): Buffer | undefined {
  let current: Buffer | undefined = body;
  for (const type of path) {
    if (current === undefined) return undefined;
    current = childBoxes(current).find((box) => box.type === type)?.body;
  }
  return current;
}

/**
 * Like {@link findBox}, for what must be there.
 *
 * @throws {TranscodeError} `output-invalid`
 */
export function requireBox(body: Buffer, ...path: readonly string[]): Buffer {
  const found = findBox(body, ...path);
  if (found === undefined) throw invalidMp4(`it has no ${path.join('/')}`);
  return found;
}

/** For bytes that are no fragmented MP4 of ours. */
export function invalidMp4(why: string): TranscodeError {
  return new TranscodeError(
    'output-invalid',
    `What ffmpeg wrote is no fragmented MP4: ${why}. The work is tried again.`,
  );
}

/** Makes a box. */
export function makeBox(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, BOX_HEADER);
  const header = Buffer.alloc(BOX_HEADER);
  header.writeUInt32BE(length, 0);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, ...parts], length);
}

/** Makes a box that begins with a version and flags (§4.2). */
export function makeFullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: readonly Uint8Array[]
): Buffer {
  return makeBox(type, uint32(version * 2 ** 24 + flags), ...parts);
}

/** Numbers of 16 bits, big-endian. */
export function uint16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}

/** Numbers of 32 bits, big-endian. */
export function uint32(...values: readonly number[]): Buffer {
  return uint32Table(values);
}

/** A table of numbers of 32 bits, big-endian, however long. */
export function uint32Table(values: ArrayLike<number>): Buffer {
  return inFileOrder(Buffer.from(new Uint32Array(values).buffer), 'swap32');
}

/** A table of numbers of 64 bits, big-endian, however long. */
export function uint64Table(values: readonly number[]): Buffer {
  return inFileOrder(Buffer.from(BigUint64Array.from(values, BigInt).buffer), 'swap64');
}

/** Typed arrays are in the machine's order; turning a table at once takes a tenth of writing its numbers one by one. */
function inFileOrder(bytes: Buffer, turn: 'swap32' | 'swap64'): Buffer {
  return endianness() === 'LE' ? bytes[turn]() : bytes;
}

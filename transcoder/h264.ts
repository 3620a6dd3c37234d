import { open } from 'node:fs/promises';

import type { Fragment } from './fmp4.ts';

/** NAL unit types (ITU-T H.264 table 7-1). */
const NON_IDR_SLICE = 1;
const IDR_SLICE = 5;

/** As much of a sample as is looked at; parameter sets and messages stand before the first slice. */
const LOOK_BYTES = 4096;

/**
 * Whether the first picture of a fragment is an IDR picture. A container may mark a picture as a key that only begins an
 * open group: pictures after it then refer to pictures before it, and a player that starts there shows rubbish.
 */
export async function firstPictureIsIdr(path: string, fragment: Fragment): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(Math.min(256 * 1024, fragment.sizeBytes));
    await file.read(head, 0, head.length, fragment.offset);
    let position = 0;
    while (position + 8 <= head.length && head.toString('latin1', position + 4, position + 8) !== 'mdat') {
      position += Math.max(8, head.readUInt32BE(position));
    }
    return beginsWithIdr(head.subarray(position + 8, position + 8 + LOOK_BYTES));
  } finally {
    await file.close();
  }
}

/** Walks length-prefixed NAL units to the first slice (ISO/IEC 14496-15 §5.3.2). */
function beginsWithIdr(sample: Buffer): boolean {
  let position = 0;
  while (position + 5 <= sample.length) {
    const type = (sample[position + 4] ?? 0) & 0x1f;
    if (type === IDR_SLICE) return true;
    if (type === NON_IDR_SLICE) return false;
    position += 4 + sample.readUInt32BE(position);
  }
  return false;
}

/** A group of pictures of a lecture has a few megabytes. */
const MAX_FRAGMENT_BYTES = 256 * 1024 * 1024;
/** What follows is reserved or free for others to define: no recorder writes it. */
const LAST_UNIT_TYPE = 21;

/**
 * Whether the samples of a fragment are NAL units from the first byte to the last. Where bytes of a file were lost or overwritten a
 * length leads astray, and a browser ends playing there.
 */
export async function hasWholeUnits(path: string, fragment: Fragment): Promise<boolean> {
  const { offset, sizeBytes, firstSample } = fragment;
  if (sizeBytes > MAX_FRAGMENT_BYTES) return false;
  const file = await open(path, 'r');
  try {
    const samples = Buffer.alloc(sizeBytes - firstSample.offset);
    await file.read(samples, 0, samples.length, offset + firstSample.offset);
    let position = 0;
    while (position + 5 <= samples.length) {
      const header = samples[position + 4] ?? 0;
      const type = header & 0x1f;
      if (header >= 0x80 || type === 0 || type > LAST_UNIT_TYPE) return false;
      position += 4 + samples.readUInt32BE(position);
    }
    return position === samples.length;
  } finally {
    await file.close();
  }
}

/** A start code (ITU-T H.264 annex B). */
const START_CODE = Buffer.from([0, 0, 0, 1]);

/** How a track's samples are read: its parameter sets as a byte stream, and the bytes of each NAL unit's length. */
export interface SampleFormat {
  readonly parameterSets: Buffer;
  readonly lengthBytes: number;
}

/**
 * Reads the `avcC` (ISO/IEC 14496-15 §5.3.3.1) of an init segment.
 *
 * @returns undefined when there is none: it is no H.264
 */
export function sampleFormatOf(init: Buffer): SampleFormat | undefined {
  const box = init.indexOf('avcC', 0, 'latin1');
  if (box === -1) return undefined;
  const config = init.subarray(box + 4);
  const sets: Buffer[] = [];
  let position = 5;
  // The number of sets of each kind: of a sequence in the low five bits, of a picture in a whole byte.
  for (const mask of [0x1f, 0xff]) {
    let count = (config[position] ?? 0) & mask;
    position += 1;
    for (; count > 0; count -= 1) {
      const length = config.readUInt16BE(position);
      sets.push(START_CODE, config.subarray(position + 2, position + 2 + length));
      position += 2 + length;
    }
  }
  return { parameterSets: Buffer.concat(sets), lengthBytes: ((config[4] ?? 3) & 3) + 1 };
}

/** One sample as a byte stream (annex B), with the parameter sets before it, so that it can be decoded by itself. */
export function byteStreamOf(sample: Buffer, format: SampleFormat): Buffer {
  const units: Buffer[] = [format.parameterSets];
  let position = 0;
  while (position + format.lengthBytes < sample.length) {
    const length = sample.readUIntBE(position, format.lengthBytes);
    position += format.lengthBytes;
    units.push(START_CODE, sample.subarray(position, position + length));
    position += length;
  }
  return Buffer.concat(units);
}

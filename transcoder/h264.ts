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

import type { FileHandle } from 'node:fs/promises';

import { bytesAt } from './file-bytes.ts';

/** A box of a foreign MP4 or MOV file, by its places in it (ISO/IEC 14496-12 §4.2). */
export interface MovieBox {
  readonly type: string;
  readonly position: number;
  /** Behind its header. */
  readonly body: number;
  readonly end: number;
}

const MOVIE_STARTS = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot', 'uuid']);

/** Whether a file that begins so is an MP4 or MOV. */
export function isMovie(head: Buffer): boolean {
  return MOVIE_STARTS.has(head.toString('latin1', 4, 8));
}

/** How many boxes of one file may still be looked at: nobody leads us round in circles. */
export interface BoxBudget {
  left: number;
}

/** Thirty tracks have some hundreds of boxes, and an hour in fragments some thousands. */
export function boxBudget(): BoxBudget {
  return { left: 10_000 };
}

/** The boxes that lie in a stretch of a file, in their order; one that makes no sense ends them. */
export async function* boxesIn(
  file: FileHandle,
  { from, to }: { readonly from: number; readonly to: number },
  budget: BoxBudget,
): AsyncGenerator<MovieBox, void> {
  for (let position = from; position + 8 <= to && budget.left > 0; budget.left -= 1) {
    const header = await bytesAt(file, position, 16);
    if (header.length < 8) return;
    const isWide = header.readUInt32BE(0) === 1 && header.length === 16;
    // A box of length 0 reaches to the end.
    const length = isWide ? Number(header.readBigUInt64BE(8)) : header.readUInt32BE(0) || to - position;
    if (length < 8) return;
    const end = Math.min(to, position + length);
    yield { type: header.toString('latin1', 4, 8), position, body: position + (isWide ? 16 : 8), end };
    position += length;
  }
}

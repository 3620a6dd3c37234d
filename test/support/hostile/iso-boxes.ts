import { join, u32, type Piece } from './bytes.ts';

/** A box of an MP4 or MOV file (ISO/IEC 14496-12 §4.2). */
export function box(type: string, ...payload: readonly Piece[]): Buffer {
  const content = join(...payload);
  return join(u32(content.length + 8), type, content);
}

/** A box with version 0 and the flags given. */
export function fullBox(type: string, flags: number, ...payload: readonly Piece[]): Buffer {
  return box(type, u32(flags), ...payload);
}

/** What stands before the first child in the boxes that are entered here. */
const HEAD_BYTES: Readonly<Record<string, number>> = { stsd: 8, avc1: 78 };

/**
 * A copy in which the payload of every box at `path`, such as `moov.trak.mdia`, is replaced; sizes above it are corrected. Files of
 * ours have their index at the end, so nothing that it points to moves.
 */
export function editBox(file: Buffer, path: string, edit: (payload: Buffer) => Buffer): Buffer {
  const [name = '', ...rest] = path.split('.');
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= file.length;) {
    const size = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const payload = file.subarray(at + 8, at + size);
    if (type === name) {
      const head = rest.length === 0 ? 0 : (HEAD_BYTES[type] ?? 0);
      const inner = rest.length === 0 ? edit(payload) : editBox(payload.subarray(head), rest.join('.'), edit);
      pieces.push(box(type, payload.subarray(0, head), inner));
    } else pieces.push(file.subarray(at, at + size));
    at += Math.max(8, size);
  }
  return join(...pieces);
}

/** The whole box of a type, at any depth of the path. */
export function findBox(file: Buffer, path: string): Buffer {
  let found = Buffer.alloc(0);
  editBox(file, path, (payload) => {
    found = Buffer.from(payload);
    return payload;
  });
  return found;
}

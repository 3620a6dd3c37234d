import { join, u8, u16, type Piece } from './bytes.ts';

/** An element of a Matroska file: its id in hex, and its size in eight bytes (RFC 8794 §4). */
export function element(id: string, ...payload: readonly Piece[]): Buffer {
  const content = join(...payload);
  return join(Buffer.from(id, 'hex'), sizeOf(content.length), content);
}

/** A size of 2^56 − 2 bytes, the largest there is. */
export const HUGE_SIZE = Buffer.from('01fffffffffffffe', 'hex');

function sizeOf(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE((1n << 56n) | BigInt(length));
  return bytes;
}

export const EBML_HEADER = element(
  '1a45dfa3',
  element('4282', 'matroska'),
  element('4287', u8(4)),
  element('4285', u8(2)),
);

/** What a Matroska file is made of. */
export interface MatroskaParts {
  readonly pictures: readonly Buffer[];
  /** Elements of the segment's information. */
  readonly info?: readonly Buffer[];
  /** Elements of the picture's track. */
  readonly track?: readonly Buffer[];
  /** Elements of the segment before the pictures. */
  readonly before?: readonly Buffer[];
}

/** A Matroska file of JPEG pictures, 320×180, 25 a second. */
export function matroska({ pictures, info = [], track = [], before = [] }: MatroskaParts): Buffer {
  const size = element('e0', element('b0', u16(320)), element('ba', u16(180)));
  const entry = element(
    'ae',
    ...[element('d7', u8(1)), element('73c5', u8(1)), element('83', u8(1)), element('86', 'V_MJPEG')],
    ...[size, ...track],
  );
  const blocks = pictures.map((picture, place) =>
    element('a3', u8(0x81), u16(place * 40), u8(0x80), picture),
  );
  return join(
    EBML_HEADER,
    element(
      '18538067',
      element('1549a966', element('2ad7b1', Buffer.from('0f4240', 'hex')), ...info),
      element('1654ae6b', entry),
      ...before,
      element('1f43b675', element('e7', u8(0)), ...blocks),
    ),
  );
}

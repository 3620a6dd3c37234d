/** Whole numbers and texts as bytes, for building files by hand; big-endian unless the name ends in `le`. */
export type Piece = Buffer | string;

export function join(...pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
  );
}

export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

export function u16(value: number): Buffer {
  return u8((value >>> 8) & 0xff, value & 0xff);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u16le(value: number): Buffer {
  return u8(value & 0xff, (value >>> 8) & 0xff);
}

export function u32le(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

export function repeated(count: number, piece: Buffer): Buffer {
  return Buffer.alloc(count * piece.length, piece);
}

/** A copy with `count` bits from bit `offset` on replaced by `value`. */
export function withBits(bytes: Buffer, offset: number, count: number, value: number): Buffer {
  const copy: Buffer = Buffer.from(bytes);
  for (let bit = 0; bit < count; bit++) {
    const at = offset + bit;
    const mask = 0x80 >> (at & 7);
    const isSet = Math.floor(value / 2 ** (count - 1 - bit)) % 2 === 1;
    copy[at >> 3] = isSet ? (copy[at >> 3] ?? 0) | mask : (copy[at >> 3] ?? 0) & ~mask;
  }
  return copy;
}

/** A copy in which `change` was called with the offset of each place where `mark` stands. */
export function atEach(
  bytes: Buffer,
  mark: Buffer,
  change: (copy: Buffer, offset: number) => Buffer,
): Buffer {
  let copy: Buffer = Buffer.from(bytes);
  for (let at = copy.indexOf(mark); at !== -1; at = copy.indexOf(mark, at + mark.length))
    copy = change(copy, at);
  return copy;
}

/** Bits written one after another, with the Exp-Golomb codes of H.264 (§9.1). */
export class BitWriter {
  #bits = '';

  bits(value: number, count: number): this {
    this.#bits += value.toString(2).padStart(count, '0');
    return this;
  }

  ue(value: number): this {
    const code = (value + 1).toString(2);
    this.#bits += '0'.repeat(code.length - 1) + code;
    return this;
  }

  bytes(): Buffer {
    const stopped = `${this.#bits}1`;
    const padded = stopped.padEnd(Math.ceil(stopped.length / 8) * 8, '0');
    return Buffer.from((padded.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  }
}

/** Reads bits from the left; beyond the end it reads zeros and tells so. */
export class BitReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether more was read than there is. */
  get isOverrun(): boolean {
    return this.#position > this.#bytes.length * 8;
  }

  bit(): number {
    const byte = this.#bytes[this.#position >> 3] ?? 0;
    const bit = (byte >> (7 - (this.#position & 7))) & 1;
    this.#position += 1;
    return bit;
  }

  /** @param count - up to 32 */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    this.#position += count;
  }

  /** `ue(v)`, an exponential Golomb code (ITU-T H.264 §9.1). */
  unsigned(): number {
    let zeros = 0;
    while (this.bit() === 0 && zeros < 32 && !this.isOverrun) zeros += 1;
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** `se(v)` (§9.1.1). */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}

/** A NAL unit without its emulation prevention bytes (ITU-T H.264 §7.3.1). */
export function rawPayload(unit: Buffer): Buffer {
  const kept = Buffer.alloc(unit.length);
  let length = 0;
  let zeros = 0;
  for (const byte of unit) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    kept[length] = byte;
    length += 1;
  }
  return kept.subarray(0, length);
}

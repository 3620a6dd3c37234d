/** The part of a variant that its name comes from. */
export interface NamedVariant {
  /** Pixels; 0 where the playlist does not say. */
  readonly height: number;
  /** Bit/s. */
  readonly bitrate: number;
}

/** What viewers call the variants of a playlist, such as `720p`; two of one height are told apart by their bitrate. Pure. */
export function renditionNames(variants: readonly NamedVariant[]): readonly string[] {
  return variants.map(({ height, bitrate }, index) => {
    const rate = `${Math.round(bitrate / 1_000)}k`;
    const name = height > 0 ? `${height}p` : rate;
    const isTaken = variants.some((other, place) => place < index && other.height === height);
    return isTaken ? `${name}-${rate}` : name;
  });
}

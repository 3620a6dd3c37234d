import { join, u16le, u32le, zeros, type Piece } from './bytes.ts';

/** A chunk of an AVI or WAV file; an odd one is padded. */
export function chunk(id: string, ...payload: readonly Piece[]): Buffer {
  const content = join(...payload);
  return join(id, u32le(content.length), content, zeros(content.length % 2));
}

export function list(type: string, ...chunks: readonly Buffer[]): Buffer {
  return chunk('LIST', type, ...chunks);
}

/** What an AVI file is made of. */
export interface AviParts {
  readonly jpegs: readonly Buffer[];
  /** Numerator and denominator of the picture rate. */
  readonly rate?: readonly [number, number];
  /** Chunks at the end of the picture's stream list, made when the offset at which they will stand is known. */
  readonly more?: (offset: number) => readonly Buffer[];
  /** Packets of a text stream, before the pictures. */
  readonly texts?: readonly Buffer[];
}

/** An AVI file of JPEG pictures, 320×180. */
export function avi({ jpegs, rate = [25, 1], more, texts = [] }: AviParts): Buffer {
  const streams = texts.length > 0 ? 2 : 1;
  const avih = chunk(
    'avih',
    ...[u32le(40_000), u32le(0), u32le(0), u32le(0x10), u32le(jpegs.length), u32le(0)],
    ...[u32le(streams), u32le(0), u32le(320), u32le(180), zeros(16)],
  );
  const header = (kind: string, handler: string): Buffer =>
    chunk(
      'strh',
      ...[kind, handler, u32le(0), u32le(0), u32le(0), u32le(rate[1]), u32le(rate[0]), u32le(0)],
      ...[u32le(jpegs.length), u32le(0), u32le(0xffffffff), u32le(0), zeros(8)],
    );
  const format = chunk(
    'strf',
    ...[u32le(40), u32le(320), u32le(180), u16le(1), u16le(24), 'MJPG', u32le(320 * 180 * 3), zeros(16)],
  );
  const pictures = list('strl', header('vids', 'MJPG'), format);
  const beforeMore = 12 + 12 + avih.length + pictures.length;
  const pictureStream = list('strl', header('vids', 'MJPG'), format, ...(more?.(beforeMore) ?? []));
  const textStream = texts.length > 0 ? [list('strl', header('txts', '\0\0\0\0'), chunk('strf'))] : [];
  const movi = list(
    'movi',
    ...texts.map((text) => chunk('01tx', text)),
    ...jpegs.map((jpeg) => chunk('00dc', jpeg)),
  );
  return chunk('RIFF', 'AVI ', list('hdrl', avih, pictureStream, ...textStream), movi);
}

/** The JPEG pictures of an AVI file. */
export function jpegsOf(file: Buffer): readonly Buffer[] {
  const jpegs: Buffer[] = [];
  for (let at = file.indexOf('movi') + 4; at + 8 < file.length;) {
    const size = file.readUInt32LE(at + 4);
    if (file.toString('latin1', at, at + 4) === '00dc') jpegs.push(file.subarray(at + 8, at + 8 + size));
    at += 8 + size + (size % 2);
  }
  return jpegs;
}

/** A WAV file whose header says what it likes. */
export function wav(
  format: { readonly channels: number; readonly rate: number; readonly blockBytes: number },
  declaredBytes: number,
  samples: Buffer,
): Buffer {
  const { channels, rate, blockBytes } = format;
  const fmt = chunk('fmt ', u16le(1), u16le(channels), u32le(rate), u32le(0), u16le(blockBytes), u16le(16));
  return join('RIFF', u32le(0xffffffff), 'WAVE', fmt, 'data', u32le(declaredBytes), samples);
}

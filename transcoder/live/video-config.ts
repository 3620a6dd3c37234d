import { makeBox, uint16, uint32 } from '../mp4-box.ts';
import { LiveError } from './live-error.ts';
import { readAvcFormat, readHevcFormat, type PictureFormat } from './picture-size.ts';

/** The codings of pictures that are packaged. */
export type VideoCodec = 'avc' | 'hevc';

/** How an input's pictures are coded. */
export interface VideoConfig {
  readonly codec: VideoCodec;
  /** The decoder configuration record as the encoder sent it: what an `avcC` or `hvcC` holds. */
  readonly record: Buffer;
  /** RFC 6381, such as `avc1.64001f`. */
  readonly codecs: string;
  readonly format: PictureFormat;
  /** Bytes of the length before each NAL unit of a picture. */
  readonly lengthBytes: number;
  /** The NAL units that a decoder needs before the first picture, in the record's order. */
  readonly parameterSets: readonly Buffer[];
}

/** What a coded picture is. `broken` when its NAL units do not add up to it: nothing that a decoder should be given. */
export type PictureKind = 'key' | 'dependent' | 'broken';

/**
 * Reads a decoder configuration record: ISO/IEC 14496-15 §5.3.3.1 for AVC, §8.3.3.1 for HEVC. RTMP's sequence header is one.
 *
 * @throws {LiveError} `codec-unreadable`
 */
export function readVideoConfig(codec: VideoCodec, record: Buffer): VideoConfig {
  const config = codec === 'avc' ? readAvcConfig(record) : readHevcConfig(record);
  if (config === undefined) {
    throw new LiveError(
      'codec-unreadable',
      `The encoder's description of its ${codec === 'avc' ? 'H.264' : 'H.265'} pictures cannot be read. Choose H.264, profile Main or High, in the encoder.`,
    );
  }
  return config;
}

const SPS_AVC = 7;
const AUD_AVC = 9;
const VPS_HEVC = 32;
const SPS_HEVC = 33;
const PPS_HEVC = 34;
const AUD_HEVC = 35;

function readAvcConfig(record: Buffer): VideoConfig | undefined {
  if (record.length < 7 || record[0] !== 1) return undefined;
  const sets: Buffer[] = [];
  let position = 5;
  // The number of sets of each kind: of a sequence in the low five bits, of a picture in a whole byte.
  for (const mask of [0x1f, 0xff]) {
    let count = (record[position] ?? 0) & mask;
    position += 1;
    for (; count > 0; count -= 1) {
      if (position + 2 > record.length) return undefined;
      const end = position + 2 + record.readUInt16BE(position);
      if (end > record.length) return undefined;
      sets.push(record.subarray(position + 2, end));
      position = end;
    }
  }
  const sps = sets.find((set) => ((set[0] ?? 0) & 0x1f) === SPS_AVC);
  const format = sps === undefined ? undefined : readAvcFormat(sps);
  if (format === undefined) return undefined;
  return {
    codec: 'avc',
    record,
    codecs: `avc1.${record.toString('hex', 1, 4)}`,
    format,
    lengthBytes: ((record[4] ?? 3) & 3) + 1,
    parameterSets: sets,
  };
}

/** Bytes of a HEVC record before its arrays of parameter sets. */
const HEVC_HEAD = 23;

function readHevcConfig(record: Buffer): VideoConfig | undefined {
  if (record.length < HEVC_HEAD) return undefined;
  let position = HEVC_HEAD;
  const sets: Buffer[] = [];
  let format: PictureFormat | undefined;
  for (let arrays = record[22] ?? 0; arrays > 0; arrays -= 1) {
    if (position + 3 > record.length) return undefined;
    const type = (record[position] ?? 0) & 0x3f;
    let count = record.readUInt16BE(position + 1);
    position += 3;
    for (; count > 0; count -= 1) {
      if (position + 2 > record.length) return undefined;
      const end = position + 2 + record.readUInt16BE(position);
      if (end > record.length) return undefined;
      const set = record.subarray(position + 2, end);
      if (type === SPS_HEVC) format ??= readHevcFormat(set);
      if (type >= VPS_HEVC && type <= PPS_HEVC) sets.push(set);
      position = end;
    }
  }
  if (format === undefined) return undefined;
  return {
    codec: 'hevc',
    record,
    codecs: hevcCodecs(record),
    format,
    lengthBytes: ((record[21] ?? 3) & 3) + 1,
    parameterSets: sets,
  };
}

/** ISO/IEC 14496-15 annex E.3: profile, compatibility from the last bit to the first, tier and level, constraints. */
function hevcCodecs(record: Buffer): string {
  const head = record[1] ?? 0;
  const space = ['', 'A', 'B', 'C'][head >> 6] ?? '';
  let compatibility = 0;
  for (let bit = 0; bit < 32; bit += 1) {
    if ((record.readUInt32BE(2) >>> bit) & 1) compatibility += 2 ** (31 - bit);
  }
  const constraints = [...record.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    `hvc1.${space}${head & 0x1f}`,
    compatibility.toString(16).toUpperCase(),
    `${head & 0x20 ? 'H' : 'L'}${record[12] ?? 0}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join('.');
}

/** NAL unit types (ITU-T H.264 table 7-1). */
const AVC_IDR = 5;
/** The first and last type of a picture from which decoding can begin (ITU-T H.265 table 7-1). */
const HEVC_IRAP = { first: 16, last: 21 };

/**
 * Walks a picture's length-prefixed NAL units. What an encoder says of its key pictures is not believed: some call a picture a
 * key that only begins an open group, and a player that starts there shows rubbish.
 */
export function pictureKind({ codec, lengthBytes }: VideoConfig, picture: Buffer): PictureKind {
  let position = 0;
  let isKey = false;
  while (position < picture.length) {
    const start = position + lengthBytes;
    if (start >= picture.length) return 'broken';
    const type = nalType(codec, picture[start]);
    isKey ||= codec === 'avc' ? type === AVC_IDR : type >= HEVC_IRAP.first && type <= HEVC_IRAP.last;
    position = start + picture.readUIntBE(position, lengthBytes);
  }
  if (position !== picture.length || picture.length === 0) return 'broken';
  return isKey ? 'key' : 'dependent';
}

function nalType(codec: VideoCodec, head = 0): number {
  return codec === 'avc' ? head & 0x1f : (head >> 1) & 0x3f;
}

/**
 * A key picture with its parameter sets before it, where the encoder has not put them there itself. Players built on ffmpeg keep the first
 * init segment of a playlist whatever comes later, and would take an encoder's new settings for damage.
 */
export function withParameterSets(
  { codec, lengthBytes, parameterSets }: VideoConfig,
  keyPicture: Buffer,
): Buffer {
  const sequenceSet = codec === 'avc' ? SPS_AVC : SPS_HEVC;
  const delimiter = codec === 'avc' ? AUD_AVC : AUD_HEVC;
  let position = 0;
  let behindDelimiter = 0;
  while (position + lengthBytes < keyPicture.length) {
    const start = position + lengthBytes;
    const type = nalType(codec, keyPicture[start]);
    if (type === sequenceSet) return keyPicture;
    position = start + keyPicture.readUIntBE(position, lengthBytes);
    // Nothing stands before a delimiter (ITU-T H.264 §7.4.1.2.3).
    if (type === delimiter) behindDelimiter = position;
  }
  const prefixed = parameterSets.flatMap((set) => {
    const length = Buffer.alloc(lengthBytes);
    length.writeUIntBE(set.length, 0, lengthBytes);
    return [length, set];
  });
  return Buffer.concat([
    keyPicture.subarray(0, behindDelimiter),
    ...prefixed,
    keyPicture.subarray(behindDelimiter),
  ]);
}

/** `avc1` or `hvc1` (ISO/IEC 14496-12 §12.1.3, 14496-15 §5.4.2 and §8.4.1). */
export function visualSampleEntry({ codec, record, format }: VideoConfig): Buffer {
  const [entry, box] = codec === 'avc' ? (['avc1', 'avcC'] as const) : (['hvc1', 'hvcC'] as const);
  return makeBox(
    entry,
    Buffer.alloc(6),
    uint16(1),
    Buffer.alloc(16),
    uint16(format.width, format.height),
    // 72 dots an inch, one picture a sample.
    uint32(0x480000, 0x480000, 0),
    uint16(1),
    Buffer.alloc(32),
    uint16(0x18, 0xffff),
    makeBox(box, record),
  );
}

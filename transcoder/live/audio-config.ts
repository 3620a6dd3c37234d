import { makeBox, makeFullBox, uint16, uint32 } from '../mp4-box.ts';
import { BitReader } from './bit-reader.ts';
import { LiveError } from './live-error.ts';

/** How an input's sound is coded: AAC. */
export interface AudioConfig {
  /** The `AudioSpecificConfig` as the encoder sent it. */
  readonly record: Buffer;
  /** RFC 6381, such as `mp4a.40.2`. */
  readonly codecs: string;
  /** Audio object type (ISO/IEC 14496-3 table 1.17): 2 is LC, 5 is HE, 29 is HE version 2. */
  readonly objectType: number;
  /** Hz of the core coder, which with HE is half of what is heard. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of one frame at {@link sampleRate}. */
  readonly frameSamples: number;
}

/** `samplingFrequencyIndex` (ISO/IEC 14496-3 table 1.18). */
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
/** `channelConfiguration` (table 1.19); 0 means that they are described elsewhere, which stereo encoders do. */
const CHANNELS = [2, 1, 2, 3, 4, 5, 6, 8];
/** Object types that begin with a `GASpecificConfig`, and are decoded in frames of 1024 or 960. */
const GENERAL_AUDIO: ReadonlySet<number> = new Set([1, 2, 3, 4]);
const SBR: ReadonlySet<number> = new Set([5, 29]);

/**
 * Reads an `AudioSpecificConfig` (ISO/IEC 14496-3 §1.6.2.1). RTMP's AAC sequence header is one.
 *
 * @throws {LiveError} `codec-unreadable`
 */
export function readAudioConfig(record: Buffer): AudioConfig {
  const reader = new BitReader(record);
  const objectType = readObjectType(reader);
  const sampleRate = readSampleRate(reader);
  const channels = CHANNELS[reader.bits(4)];
  let coreType = objectType;
  if (SBR.has(objectType)) {
    readSampleRate(reader);
    coreType = readObjectType(reader);
  }
  const frameSamples = reader.bit() === 1 ? 960 : 1024;
  if (
    reader.isOverrun ||
    !GENERAL_AUDIO.has(coreType) ||
    sampleRate === undefined ||
    sampleRate < 4000 ||
    channels === undefined
  ) {
    throw new LiveError(
      'codec-unreadable',
      "The encoder's description of its sound cannot be read. Choose AAC-LC, 44.1 or 48 kHz, in the encoder.",
    );
  }
  return { record, codecs: `mp4a.40.${objectType}`, objectType, sampleRate, channels, frameSamples };
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

function readSampleRate(reader: BitReader): number | undefined {
  const index = reader.bits(4);
  return index === 15 ? reader.bits(24) : SAMPLE_RATES[index];
}

/** `mp4a` with its `esds` (ISO/IEC 14496-12 §12.2.3, 14496-14 §5.6). */
export function audioSampleEntry({ record, sampleRate, channels }: AudioConfig): Buffer {
  const decoder = descriptor(
    4,
    // AAC, an audio stream; sizes and rates are not known beforehand.
    Buffer.from([0x40, 0x15, 0, 0, 0]),
    uint32(0, 0),
    descriptor(5, record),
  );
  const elementary = descriptor(3, uint16(0), Buffer.from([0]), decoder, descriptor(6, Buffer.from([2])));
  return makeBox(
    'mp4a',
    Buffer.alloc(6),
    uint16(1),
    Buffer.alloc(8),
    uint16(channels, 16, 0, 0),
    // 16.16, so that more than 65,535 Hz has no place here; the track's time scale tells it.
    uint32((sampleRate > 0xffff ? 0 : sampleRate) * 0x10000),
    makeFullBox('esds', 0, 0, elementary),
  );
}

/** ISO/IEC 14496-1 §7.2.6: a tag, a length of seven bits a byte, and what it holds. */
function descriptor(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = [];
  for (let shift = 21; shift >= 0; shift -= 7)
    length.push(((body.length >> shift) & 0x7f) + (shift > 0 ? 0x80 : 0));
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

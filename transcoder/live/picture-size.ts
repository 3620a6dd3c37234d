import { BitReader, rawPayload } from './bit-reader.ts';

/** What a sequence parameter set says of every picture. */
export interface PictureFormat {
  /** Pixels to be shown, the cropped ones left out. */
  readonly width: number;
  readonly height: number;
  /** Fields may be coded one by one; always false for HEVC, where nobody does. */
  readonly mayBeInterlaced: boolean;
  readonly bitDepth: number;
  /** 1 is 4:2:0, the only one that browsers are sure to decode. */
  readonly chromaFormat: number;
}

/** Profiles whose parameter set speaks of colours (ITU-T H.264 §7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** Reads an H.264 sequence parameter set (ITU-T H.264 §7.3.2.1.1); undefined when it is none. */
export function readAvcFormat(unit: Buffer): PictureFormat | undefined {
  const reader = new BitReader(rawPayload(unit));
  reader.skip(8);
  const profile = reader.bits(8);
  reader.skip(16);
  reader.unsigned();
  let chromaFormat = 1;
  let bitDepth = 8;
  if (HIGH_PROFILES.has(profile)) {
    chromaFormat = reader.unsigned();
    if (chromaFormat === 3) reader.skip(1);
    bitDepth = 8 + reader.unsigned();
    reader.unsigned();
    reader.skip(1);
    if (reader.bit() === 1) skipScalingLists(reader, chromaFormat === 3 ? 12 : 8);
  }
  reader.unsigned();
  skipPictureOrder(reader);
  reader.unsigned();
  reader.skip(1);
  const widthInBlocks = reader.unsigned() + 1;
  const heightInUnits = reader.unsigned() + 1;
  const isFrameOnly = reader.bit();
  if (isFrameOnly === 0) reader.skip(1);
  reader.skip(1);
  const crop = readWindow(reader);
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = (chromaFormat === 1 ? 2 : 1) * (2 - isFrameOnly);
  return sensible(reader, {
    width: widthInBlocks * 16 - (crop.left + crop.right) * unitX,
    height: heightInUnits * 16 * (2 - isFrameOnly) - (crop.top + crop.bottom) * unitY,
    mayBeInterlaced: isFrameOnly === 0,
    bitDepth,
    chromaFormat,
  });
}

/** Reads an H.265 sequence parameter set (ITU-T H.265 §7.3.2.2); undefined when it is none. */
export function readHevcFormat(unit: Buffer): PictureFormat | undefined {
  const reader = new BitReader(rawPayload(unit));
  reader.skip(16 + 4);
  const subLayers = reader.bits(3);
  reader.skip(1);
  skipProfileTierLevel(reader, subLayers);
  reader.unsigned();
  const chromaFormat = reader.unsigned();
  if (chromaFormat === 3) reader.skip(1);
  const width = reader.unsigned();
  const height = reader.unsigned();
  const crop = readWindow(reader);
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = chromaFormat === 1 ? 2 : 1;
  return sensible(reader, {
    width: width - (crop.left + crop.right) * unitX,
    height: height - (crop.top + crop.bottom) * unitY,
    mayBeInterlaced: false,
    bitDepth: 8 + reader.unsigned(),
    chromaFormat,
  });
}

/** The largest side that is believed; a box of MP4 holds 16 bits. */
const LARGEST_SIDE = 8192;

function sensible(reader: BitReader, format: PictureFormat): PictureFormat | undefined {
  const sides = [format.width, format.height];
  const isSensible = !reader.isOverrun && sides.every((side) => side >= 2 && side <= LARGEST_SIDE);
  return isSensible ? format : undefined;
}

function readWindow(reader: BitReader): { left: number; right: number; top: number; bottom: number } {
  const has = reader.bit() === 1;
  const next = (): number => (has ? reader.unsigned() : 0);
  return { left: next(), right: next(), top: next(), bottom: next() };
}

function skipPictureOrder(reader: BitReader): void {
  const type = reader.unsigned();
  if (type === 0) reader.unsigned();
  if (type !== 1) return;
  reader.skip(1);
  reader.signed();
  reader.signed();
  for (let left = Math.min(255, reader.unsigned()); left > 0; left -= 1) reader.signed();
}

function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list += 1) {
    if (reader.bit() === 0) continue;
    let last = 8;
    let next = 8;
    for (let left = list < 6 ? 16 : 64; left > 0; left -= 1) {
      if (next !== 0) next = (last + reader.signed() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

/** §7.3.3: what is said of all layers takes 88 bits and a level, and so does each further layer where it is said. */
function skipProfileTierLevel(reader: BitReader, subLayers: number): void {
  reader.skip(88 + 8);
  const said: { profile: number; level: number }[] = [];
  for (let layer = 0; layer < subLayers; layer += 1)
    said.push({ profile: reader.bit(), level: reader.bit() });
  if (subLayers > 0) reader.skip(2 * (8 - subLayers));
  for (const { profile, level } of said) reader.skip(88 * profile + 8 * level);
}

import { open } from 'node:fs/promises';

import { TranscodeError } from './errors.ts';

/** One `moof` + `mdat` of a fragmented MP4 (ISO/IEC 14496-12 §8.8), with what stands before them (`styp`, `sidx`). */
export interface Fragment {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** In ticks of {@link TrackHeader.timescale}: the track's decode time of its first sample. */
  readonly decodeTime: number;
  readonly durationTicks: number;
  readonly sampleCount: number;
  /** True when the first sample can be decoded without any other. */
  readonly startsWithSync: boolean;
}

/** What the `ftyp` + `moov` at the start of a one-track file say. */
export interface TrackHeader {
  readonly timescale: number;
  /** RFC 6381, as `CODECS` wants it: `avc1.64001f`, `mp4a.40.2`. */
  readonly codec: string;
  /** Bytes of `ftyp` and `moov`: the init segment. */
  readonly initBytes: number;
}

const BOX_HEADER = 8;
/** A `moof` of 20 minutes of sound is 60 kB; anything near this is no fragment of ours. */
const MAX_METADATA_BYTES = 8 * 1024 * 1024;

/**
 * Reads a one-track fragmented MP4, also one that is still being written: only fragments whose every byte is there are
 * told. Call {@link FragmentReader.read} again for what has come since.
 */
export class FragmentReader {
  readonly #path: string;
  #position = 0;
  #header: TrackHeader | undefined;
  #initEnd = 0;
  #pendingStart: number | undefined;
  #pendingMoof: Buffer | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The header, once it has been read. */
  get header(): TrackHeader | undefined {
    return this.#header;
  }

  /**
   * The fragments that have become whole since the last call.
   *
   * @throws {TranscodeError} `output-invalid` when the bytes are no fragmented MP4
   */
  async read(): Promise<readonly Fragment[]> {
    const file = await open(this.#path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (file === undefined) return [];
    try {
      const { size } = await file.stat();
      const fragments: Fragment[] = [];
      const bytes = async (offset: number, length: number): Promise<Buffer> => {
        const buffer = Buffer.alloc(length);
        const { bytesRead } = await file.read(buffer, 0, length, offset);
        if (bytesRead < length) throw invalid('it became shorter while it was read');
        return buffer;
      };
      while (this.#position + BOX_HEADER <= size) {
        const start = this.#position;
        const head = await bytes(start, Math.min(16, size - start));
        const type = head.toString('latin1', 4, 8);
        const length = boxLength(head);
        if (length === undefined || start + length > size) break;
        if (type === 'moov' || type === 'moof') {
          if (length > MAX_METADATA_BYTES) throw invalid(`its ${type} has ${length} bytes`);
          const box = await bytes(start, length);
          if (type === 'moov') this.#header = readHeader(box, start + length);
          else this.#pendingMoof = box;
        }
        if (this.#header !== undefined && type !== 'moov') this.#pendingStart ??= start;
        if (type === 'moov') this.#initEnd = start + length;
        this.#position = start + length;
        if (type !== 'mdat') continue;
        if (this.#header === undefined || this.#pendingMoof === undefined)
          throw invalid('an mdat without a moof');
        const offset = this.#pendingStart ?? this.#initEnd;
        fragments.push({ offset, sizeBytes: this.#position - offset, ...readMoof(this.#pendingMoof) });
        this.#pendingMoof = undefined;
        this.#pendingStart = undefined;
      }
      return fragments;
    } finally {
      await file.close();
    }
  }
}

function invalid(why: string): TranscodeError {
  return new TranscodeError(
    'output-invalid',
    `What ffmpeg wrote is no fragmented MP4: ${why}. The work is tried again.`,
  );
}

function boxLength(head: Buffer): number | undefined {
  const short = head.readUInt32BE(0);
  if (short === 1) return head.length < 16 ? undefined : Number(head.readBigUInt64BE(8));
  if (short < BOX_HEADER) throw invalid(`a box of ${short} bytes`);
  return short;
}

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

function children(body: Buffer, from = 0): readonly Box[] {
  const boxes: Box[] = [];
  let position = from;
  while (position + BOX_HEADER <= body.length) {
    const length = body.readUInt32BE(position);
    if (length < BOX_HEADER || position + length > body.length) break;
    boxes.push({
      type: body.toString('latin1', position + 4, position + 8),
      body: body.subarray(position + BOX_HEADER, position + length),
    });
    position += length;
  }
  return boxes;
}

function child(body: Buffer, ...path: readonly string[]): Buffer {
  let current = body;
  for (const type of path) {
    const found = children(current).find((box) => box.type === type);
    if (found === undefined) throw invalid(`it has no ${path.join('/')}`);
    current = found.body;
  }
  return current;
}

function readHeader(moov: Buffer, initBytes: number): TrackHeader {
  const media = child(moov.subarray(BOX_HEADER), 'trak', 'mdia');
  const mdhd = child(media, 'mdhd');
  const timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
  // stsd: version and flags, an entry count, then the sample entry.
  const entry = children(child(media, 'minf', 'stbl', 'stsd'), 8)[0];
  if (entry === undefined) throw invalid('it describes no track');
  return { timescale, codec: codecString(entry), initBytes };
}

/** RFC 6381 from the sample entry: the avcC's profile, constraints and level, or the esds' object and audio type. */
function codecString(entry: Box): string {
  if (entry.type === 'avc1') {
    // 78 bytes of VisualSampleEntry stand before its boxes (ISO/IEC 14496-12 §12.1.3).
    const avcC = children(entry.body, 78).find((box) => box.type === 'avcC')?.body;
    if (avcC === undefined) throw invalid('its avc1 has no avcC');
    return `avc1.${avcC.toString('hex', 1, 4)}`;
  }
  if (entry.type === 'mp4a') {
    // 28 bytes of AudioSampleEntry; in the esds, DecoderSpecificInfo (tag 5) begins with the 5-bit audio object type.
    const esds = children(entry.body, 28).find((box) => box.type === 'esds')?.body;
    if (esds === undefined) throw invalid('its mp4a has no esds');
    return `mp4a.40.${audioObjectType(esds)}`;
  }
  throw invalid(`it holds ${entry.type}`);
}

function audioObjectType(esds: Buffer): number {
  for (let position = 4; position < esds.length - 2; position += 1) {
    if (esds[position] !== 5) continue;
    let next = position + 1;
    while ((esds[next] ?? 0) & 0x80) next += 1;
    return (esds[next + 1] ?? 0) >> 3;
  }
  throw invalid('its esds has no decoder description');
}

const DURATION_IS_EMPTY = 0;

/** Reads `tfhd`, `tfdt` and every `trun` (ISO/IEC 14496-12 §8.8.7–8.8.12). */
function readMoof(moof: Buffer): Omit<Fragment, 'offset' | 'sizeBytes'> {
  const traf = child(moof.subarray(BOX_HEADER), 'traf');
  const tfhd = child(traf, 'tfhd');
  const tfhdFlags = tfhd.readUInt32BE(0) & 0xffffff;
  let position = 8;
  if (tfhdFlags & 0x1) position += 8;
  if (tfhdFlags & 0x2) position += 4;
  const defaultDuration = tfhdFlags & 0x8 ? tfhd.readUInt32BE(position) : DURATION_IS_EMPTY;
  if (tfhdFlags & 0x8) position += 4;
  if (tfhdFlags & 0x10) position += 4;
  const defaultFlags = tfhdFlags & 0x20 ? tfhd.readUInt32BE(position) : 0;
  const tfdt = child(traf, 'tfdt');
  const decodeTime = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  let durationTicks = 0;
  let sampleCount = 0;
  let firstFlags: number | undefined;
  for (const { type, body } of children(traf)) {
    if (type !== 'trun') continue;
    const run = readRun(body, defaultDuration, defaultFlags);
    durationTicks += run.durationTicks;
    sampleCount += run.sampleCount;
    firstFlags ??= run.firstFlags;
  }
  // sample_is_non_sync_sample is bit 16 (§8.8.3.1).
  return { decodeTime, durationTicks, sampleCount, startsWithSync: ((firstFlags ?? 0) & 0x10000) === 0 };
}

function readRun(
  trun: Buffer,
  defaultDuration: number,
  defaultFlags: number,
): { durationTicks: number; sampleCount: number; firstFlags: number } {
  const flags = trun.readUInt32BE(0) & 0xffffff;
  const sampleCount = trun.readUInt32BE(4);
  let position = 8;
  if (flags & 0x1) position += 4;
  let firstFlags = defaultFlags;
  const hasFirstFlags = (flags & 0x4) !== 0;
  if (hasFirstFlags) {
    firstFlags = trun.readUInt32BE(position);
    position += 4;
  }
  const stride = [0x100, 0x200, 0x400, 0x800].filter((bit) => flags & bit).length * 4;
  if (!hasFirstFlags && flags & 0x400 && sampleCount > 0) {
    firstFlags = trun.readUInt32BE(position + (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0));
  }
  if (!(flags & 0x100)) return { durationTicks: defaultDuration * sampleCount, sampleCount, firstFlags };
  let durationTicks = 0;
  for (let index = 0; index < sampleCount; index += 1)
    durationTicks += trun.readUInt32BE(position + index * stride);
  return { durationTicks, sampleCount, firstFlags };
}

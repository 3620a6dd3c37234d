import { open } from 'node:fs/promises';

import type { ByteRange } from '../storage/index.ts';
import { readFragmentHeader } from './fragment-header.ts';
import { BOX_HEADER, childBoxes, invalidMp4, requireBox, type Mp4Box } from './mp4-box.ts';

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
  /** Where the first sample lies, in bytes from the fragment's start. */
  readonly firstSample: ByteRange;
}

/** What the `ftyp` + `moov` at the start of a one-track file say. */
export interface TrackHeader {
  readonly timescale: number;
  /** RFC 6381, as `CODECS` wants it: `avc1.64001f`, `mp4a.40.2`. */
  readonly codec: string;
  /** Bytes of `ftyp` and `moov`: the init segment. */
  readonly initBytes: number;
}

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
  #pendingMoof: { readonly start: number; readonly box: Buffer } | undefined;

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
        if (bytesRead < length) throw invalidMp4('it became shorter while it was read');
        return buffer;
      };
      while (this.#position + BOX_HEADER <= size) {
        const start = this.#position;
        const head = await bytes(start, Math.min(16, size - start));
        const type = head.toString('latin1', 4, 8);
        const length = boxLength(head);
        if (length === undefined || start + length > size) break;
        if (type === 'moov' || type === 'moof') {
          if (length > MAX_METADATA_BYTES) throw invalidMp4(`its ${type} has ${length} bytes`);
          const box = await bytes(start, length);
          if (type === 'moov') this.#header = readHeader(box, start + length);
          else this.#pendingMoof = { start, box };
        }
        if (this.#header !== undefined && type !== 'moov') this.#pendingStart ??= start;
        if (type === 'moov') this.#initEnd = start + length;
        this.#position = start + length;
        if (type !== 'mdat') continue;
        if (this.#header === undefined || this.#pendingMoof === undefined)
          throw invalidMp4('an mdat without a moof');
        const offset = this.#pendingStart ?? this.#initEnd;
        const { start: moofStart, box } = this.#pendingMoof;
        fragments.push({ offset, sizeBytes: this.#position - offset, ...readMoof(box, moofStart - offset) });
        this.#pendingMoof = undefined;
        this.#pendingStart = undefined;
      }
      return fragments;
    } finally {
      await file.close();
    }
  }
}

function boxLength(head: Buffer): number | undefined {
  const short = head.readUInt32BE(0);
  if (short === 1) return head.length < 16 ? undefined : Number(head.readBigUInt64BE(8));
  if (short < BOX_HEADER) throw invalidMp4(`a box of ${short} bytes`);
  return short;
}

function readHeader(moov: Buffer, initBytes: number): TrackHeader {
  const media = requireBox(moov.subarray(BOX_HEADER), 'trak', 'mdia');
  const mdhd = requireBox(media, 'mdhd');
  const timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
  // stsd: version and flags, an entry count, then the sample entry.
  const entry = childBoxes(requireBox(media, 'minf', 'stbl', 'stsd'), 8)[0];
  if (entry === undefined) throw invalidMp4('it describes no track');
  return { timescale, codec: codecString(entry), initBytes };
}

/** RFC 6381 from the sample entry: the avcC's profile, constraints and level, or the esds' object and audio type. */
function codecString(entry: Mp4Box): string {
  if (entry.type === 'avc1') {
    // 78 bytes of VisualSampleEntry stand before its boxes (ISO/IEC 14496-12 §12.1.3).
    const avcC = childBoxes(entry.body, 78).find((box) => box.type === 'avcC')?.body;
    if (avcC === undefined) throw invalidMp4('its avc1 has no avcC');
    return `avc1.${avcC.toString('hex', 1, 4)}`;
  }
  if (entry.type === 'mp4a') {
    // 28 bytes of AudioSampleEntry; in the esds, DecoderSpecificInfo (tag 5) begins with the 5-bit audio object type.
    const esds = childBoxes(entry.body, 28).find((box) => box.type === 'esds')?.body;
    if (esds === undefined) throw invalidMp4('its mp4a has no esds');
    return `mp4a.40.${audioObjectType(esds)}`;
  }
  throw invalidMp4(`it holds ${entry.type}`);
}

function audioObjectType(esds: Buffer): number {
  for (let position = 4; position < esds.length - 2; position += 1) {
    if (esds[position] !== 5) continue;
    let next = position + 1;
    while ((esds[next] ?? 0) & 0x80) next += 1;
    return (esds[next + 1] ?? 0) >> 3;
  }
  throw invalidMp4('its esds has no decoder description');
}

/** @param moofOffset - bytes from the fragment's start to its `moof` */
function readMoof(moof: Buffer, moofOffset: number): Omit<Fragment, 'offset' | 'sizeBytes'> {
  const { decodeTime, durations, isSync, sizes, dataOffset } = readFragmentHeader(moof);
  return {
    decodeTime,
    durationTicks: durations.reduce((sum, ticks) => sum + ticks, 0),
    sampleCount: durations.length,
    startsWithSync: isSync[0] ?? true,
    firstSample: { offset: moofOffset + dataOffset, length: sizes[0] ?? 0 },
  };
}

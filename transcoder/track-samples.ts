import {
  readFragmentHeader,
  sampleDefaults,
  type FragmentHeader,
  type SampleDefaults,
} from './fragment-header.ts';
import { BOX_HEADER, findBox, invalidMp4, requireBox } from './mp4-box.ts';
import type { ObjectReader } from './object-reader.ts';
import type { SegmentRun } from './segment-run.ts';

/** Where the samples of a stored fragment lie; they follow each other. */
export interface FragmentPlace {
  /** Position of its object in {@link TrackSamples.objects}. */
  readonly object: number;
  /** Bytes from the start of the object to the first sample. */
  readonly offset: number;
  /** In ticks. */
  readonly decodeTime: number;
  readonly sampleCount: number;
}

/** So many samples in a row have the same value. */
export type Repeated = readonly [count: number, value: number];

/**
 * Every sample of a rendition: its size, its times and where it lies in the rendition's stored objects. All that is needed to
 * write the rendition into another file without reading its media. Plain data that survives JSON.
 */
export interface TrackSamples {
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  /** The `moov` of the init segment in base64. */
  readonly movie: string;
  /** Where in the media the presentation begins, in ticks: what an encoder of sound puts in front. */
  readonly mediaStart: number;
  /** Names of the rendition's objects, in order. */
  readonly objects: readonly string[];
  readonly fragments: readonly FragmentPlace[];
  /** Bytes of each sample in decoding order. */
  readonly sizes: readonly number[];
  readonly durations: readonly Repeated[];
  /** From decoding to presentation in ticks; may be negative. */
  readonly compositionOffsets: readonly Repeated[];
  /** Positions of the samples that need no other; absent when that holds for all. */
  readonly syncSamples?: readonly number[];
}

/** Enough for the `moof` of six seconds, so that a segment takes one read. */
const HEAD_BYTES = 4096;
const RUNS_AT_ONCE = 4;

/**
 * Reads the headers of all fragments of a rendition; the media itself is not read.
 *
 * @throws {TranscodeError} `output-invalid`
 * @throws {StorageError} what the reader throws
 */
export async function readTrackSamples(
  read: ObjectReader,
  runs: readonly SegmentRun[],
  signal?: AbortSignal,
): Promise<TrackSamples> {
  const first = runs[0];
  if (first === undefined) throw invalidMp4('it is empty');
  const init = await read(first.name, { offset: 0, length: first.initBytes }, signal);
  const moov = requireBox(init, 'moov');
  const defaults = sampleDefaults(moov);
  const found: FragmentInObject[][] = [];
  const waiting = [...runs.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, run] = next;
      found[index] = await readFragments(read, run, defaults, signal);
    }
  };
  await Promise.all(Array.from({ length: RUNS_AT_ONCE }, work));
  return gather(
    moov,
    runs.map((run) => run.name),
    found,
  );
}

interface FragmentInObject {
  /** Of the first sample. */
  readonly offset: number;
  readonly header: FragmentHeader;
}

async function readFragments(
  read: ObjectReader,
  run: SegmentRun,
  defaults: SampleDefaults,
  signal: AbortSignal | undefined,
): Promise<FragmentInObject[]> {
  const fragments: FragmentInObject[] = [];
  let head: { readonly offset: number; readonly bytes: Buffer } = { offset: 0, bytes: Buffer.alloc(0) };
  const bytesAt = async (offset: number, length: number): Promise<Buffer> => {
    if (offset + length > head.offset + head.bytes.length) {
      const wanted = Math.min(Math.max(length, HEAD_BYTES), run.sizeBytes - offset);
      if (wanted < length) throw invalidMp4(`a box of ${run.name} is cut off`);
      head = { offset, bytes: await read(run.name, { offset, length: wanted }, signal) };
    }
    return head.bytes.subarray(offset - head.offset, offset - head.offset + length);
  };
  let moof: { readonly offset: number; readonly bytes: Buffer } | undefined;
  for (let position = run.initBytes; position < run.sizeBytes;) {
    const start = await bytesAt(position, BOX_HEADER);
    const length = start.readUInt32BE(0);
    const type = start.toString('latin1', 4, 8);
    if (length < BOX_HEADER) throw invalidMp4(`a box of ${run.name} has ${length} bytes`);
    if (type === 'moof') moof = { offset: position, bytes: await bytesAt(position, length) };
    position += length;
    if (type !== 'mdat') continue;
    if (moof === undefined || moof.offset + moof.bytes.length !== position - length)
      throw invalidMp4(`${run.name} has an mdat that does not follow its moof`);
    const header = readFragmentHeader(moof.bytes, defaults);
    const offset = moof.offset + header.dataOffset;
    if (offset + sum(header.sizes) > position)
      throw invalidMp4(`the samples of ${run.name} reach past their mdat`);
    fragments.push({ offset, header });
    moof = undefined;
  }
  return fragments;
}

function gather(
  moov: Buffer,
  objects: readonly string[],
  found: readonly (readonly FragmentInObject[])[],
): TrackSamples {
  const fragments: FragmentPlace[] = [];
  const sizes: number[] = [];
  const durations = new Repetitions();
  const compositionOffsets = new Repetitions();
  const syncSamples: number[] = [];
  for (const [object, { offset, header }] of found.flatMap((list, index) =>
    list.map((fragment) => [index, fragment] as const),
  )) {
    const { decodeTime } = header;
    fragments.push({ object, offset, decodeTime, sampleCount: header.sizes.length });
    for (const [index, isSync] of header.isSync.entries()) if (isSync) syncSamples.push(sizes.length + index);
    for (const size of header.sizes) sizes.push(size);
    for (const ticks of header.durations) durations.add(ticks);
    for (const ticks of header.compositionOffsets) compositionOffsets.add(ticks);
  }
  const media = requireBox(moov, 'trak', 'mdia');
  const mdhd = requireBox(media, 'mdhd');
  return {
    kind: requireBox(media, 'hdlr').toString('latin1', 8, 12) === 'vide' ? 'video' : 'audio',
    timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12),
    movie: moov.toString('base64'),
    mediaStart: mediaStartOf(moov),
    objects,
    fragments,
    sizes,
    durations: durations.rows,
    compositionOffsets: compositionOffsets.rows,
    ...(syncSamples.length === sizes.length ? {} : { syncSamples }),
  };
}

/** Reads the edit list of one entry that encoders of sound leave (ISO/IEC 14496-12 §8.6.6). */
function mediaStartOf(moov: Buffer): number {
  const elst = findBox(moov, 'trak', 'edts', 'elst');
  if (elst === undefined || elst.readUInt32BE(4) === 0) return 0;
  const start = elst[0] === 1 ? Number(elst.readBigInt64BE(16)) : elst.readInt32BE(12);
  if (elst.readUInt32BE(4) > 1 || start < 0) throw invalidMp4('its presentation begins with a pause');
  return start;
}

class Repetitions {
  readonly rows: [number, number][] = [];

  add(value: number): void {
    const last = this.rows.at(-1);
    if (last?.[1] === value) last[0] += 1;
    else this.rows.push([1, value]);
  }
}

/** Ticks of all samples together. */
export function mediaTicks(track: TrackSamples): number {
  return track.durations.reduce((total, [count, ticks]) => total + count * ticks, 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** How far presentation has to be put back so that it is nowhere before decoding, in ticks. */
export function reorderingShift(track: TrackSamples): number {
  return track.compositionOffsets.reduce((shift, [, offset]) => Math.max(shift, -offset), 0);
}

/** The value of each sample. */
export function unrolled(rows: readonly Repeated[]): Int32Array {
  const values = new Int32Array(rows.reduce((total, [count]) => total + count, 0));
  let position = 0;
  for (const [count, value] of rows) {
    values.fill(value, position, position + count);
    position += count;
  }
  return values;
}

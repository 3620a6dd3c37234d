import { BOX_HEADER, childBoxes, findBox, invalidMp4, requireBox } from './mp4-box.ts';

/** What a sample is like where its fragment does not say (ISO/IEC 14496-12 §8.8.3, `trex`). */
export interface SampleDefaults {
  readonly duration: number;
  readonly sizeBytes: number;
  readonly flags: number;
}

/** What a `moof` of one track says. All arrays have one number for each sample, in decoding order. */
export interface FragmentHeader {
  /** In the track's ticks. */
  readonly decodeTime: number;
  readonly durations: readonly number[];
  readonly sizes: readonly number[];
  /** From decoding to presentation, in ticks; may be negative. */
  readonly compositionOffsets: readonly number[];
  /** Which samples can be decoded without any other. */
  readonly isSync: readonly boolean[];
  /** From the first byte of the `moof` to the first sample; the samples follow each other. */
  readonly dataOffset: number;
}

const NO_DEFAULTS: SampleDefaults = { duration: 0, sizeBytes: 0, flags: 0 };

/** `sample_is_non_sync_sample` (§8.8.3.1). */
const NON_SYNC = 0x10000;

/**
 * Reads `tfhd`, `tfdt` and every `trun` of a `moof` (ISO/IEC 14496-12 §8.8.6–8.8.12).
 *
 * @param moof - the whole box
 * @throws {TranscodeError} `output-invalid`, also when the samples are not in one piece or not placed from the `moof`
 */
export function readFragmentHeader(moof: Buffer, defaults: SampleDefaults = NO_DEFAULTS): FragmentHeader {
  return readTrackFragment(requireBox(moof.subarray(BOX_HEADER), 'traf'), defaults, moof.length);
}

/**
 * The same of every track in a `moof` of several; the samples of each are in one piece.
 *
 * @param defaultsOf - what the init segment says of a track
 * @throws {TranscodeError} `output-invalid`
 */
export function readFragmentHeaders(
  moof: Buffer,
  defaultsOf: (trackId: number) => SampleDefaults | undefined,
): readonly (FragmentHeader & { readonly trackId: number })[] {
  return childBoxes(moof.subarray(BOX_HEADER))
    .filter(({ type }) => type === 'traf')
    .map(({ body: traf }) => {
      const trackId = requireBox(traf, 'tfhd').readUInt32BE(4);
      return { trackId, ...readTrackFragment(traf, defaultsOf(trackId) ?? NO_DEFAULTS, moof.length) };
    });
}

function readTrackFragment(traf: Buffer, defaults: SampleDefaults, moofBytes: number): FragmentHeader {
  const tfhd = requireBox(traf, 'tfhd');
  const tfdt = requireBox(traf, 'tfdt');
  const own = trackDefaults(tfhd, defaults);
  const durations: number[] = [];
  const sizes: number[] = [];
  const compositionOffsets: number[] = [];
  const isSync: boolean[] = [];
  let dataOffset: number | undefined;
  let end: number | undefined;
  for (const { type, body: trun } of childBoxes(traf)) {
    if (type !== 'trun') continue;
    const run = new SampleRun(trun);
    const start = run.dataOffset ?? end;
    if (start === undefined || (end !== undefined && start !== end))
      throw invalidMp4('a fragment is in pieces');
    dataOffset ??= start;
    end = start;
    for (let index = 0; index < run.sampleCount; index += 1) {
      const flags = run.flagsOf(index) ?? own.flags;
      const size = run.sizeOf(index) ?? own.sizeBytes;
      durations.push(run.durationOf(index) ?? own.duration);
      sizes.push(size);
      compositionOffsets.push(run.compositionOffsetOf(index));
      isSync.push((flags & NON_SYNC) === 0);
      end += size;
    }
  }
  return {
    decodeTime: tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4),
    durations,
    sizes,
    compositionOffsets,
    isSync,
    dataOffset: dataOffset ?? moofBytes + BOX_HEADER,
  };
}

/** What the first `trex` of a `moov` says. */
export function sampleDefaults(moovBody: Buffer): SampleDefaults {
  const trex = findBox(moovBody, 'mvex', 'trex');
  if (trex === undefined) return NO_DEFAULTS;
  return {
    duration: trex.readUInt32BE(12),
    sizeBytes: trex.readUInt32BE(16),
    flags: trex.readUInt32BE(20),
  };
}

function trackDefaults(tfhd: Buffer, given: SampleDefaults): SampleDefaults {
  const flags = tfhd.readUInt32BE(0) & 0xffffff;
  // A fragment placed from the start of its file could not be moved to another.
  if (flags & 0x1) throw invalidMp4('a fragment is placed from the start of the file');
  let position = flags & 0x2 ? 12 : 8;
  const next = (bit: number, otherwise: number): number => {
    if (!(flags & bit)) return otherwise;
    position += 4;
    return tfhd.readUInt32BE(position - 4);
  };
  return {
    duration: next(0x8, given.duration),
    sizeBytes: next(0x10, given.sizeBytes),
    flags: next(0x20, given.flags),
  };
}

/** One `trun`; what it does not say is `undefined`. */
class SampleRun {
  readonly sampleCount: number;
  readonly dataOffset: number | undefined;
  readonly #trun: Buffer;
  readonly #flags: number;
  readonly #firstFlags: number | undefined;
  readonly #table: number;
  readonly #stride: number;

  constructor(trun: Buffer) {
    this.#trun = trun;
    this.#flags = trun.readUInt32BE(0) & 0xffffff;
    this.sampleCount = trun.readUInt32BE(4);
    const hasOffset = (this.#flags & 0x1) !== 0;
    const hasFirstFlags = (this.#flags & 0x4) !== 0;
    this.dataOffset = hasOffset ? trun.readInt32BE(8) : undefined;
    this.#firstFlags = hasFirstFlags ? trun.readUInt32BE(hasOffset ? 12 : 8) : undefined;
    this.#table = 8 + (hasOffset ? 4 : 0) + (hasFirstFlags ? 4 : 0);
    this.#stride = this.#before(0x1000);
    if (this.#table + this.sampleCount * this.#stride > trun.length) throw invalidMp4('a trun is cut off');
  }

  durationOf(index: number): number | undefined {
    return this.#field(index, 0x100);
  }

  sizeOf(index: number): number | undefined {
    return this.#field(index, 0x200);
  }

  flagsOf(index: number): number | undefined {
    return (index === 0 ? this.#firstFlags : undefined) ?? this.#field(index, 0x400);
  }

  /** Signed since version 1 (§8.8.8.2). */
  compositionOffsetOf(index: number): number {
    const value = this.#field(index, 0x800) ?? 0;
    return this.#trun[0] === 0 ? value : value | 0;
  }

  #field(index: number, bit: number): number | undefined {
    if (!(this.#flags & bit)) return undefined;
    return this.#trun.readUInt32BE(this.#table + index * this.#stride + this.#before(bit));
  }

  /** Bytes of the fields of a sample that stand before this one. */
  #before(bit: number): number {
    return [0x100, 0x200, 0x400, 0x800].filter((field) => field < bit && this.#flags & field).length * 4;
  }
}

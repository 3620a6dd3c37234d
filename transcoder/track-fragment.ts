import { makeBox, makeFullBox, uint32, uint32Table, uint64Table } from './mp4-box.ts';

/** Flags of a sample that can be decoded by itself: `sample_depends_on` 2 (ISO/IEC 14496-12 §8.8.3.1). */
export const SYNC_FLAGS = 0x2000000;
/** Of any other: `sample_depends_on` 1 and `sample_is_non_sync_sample`. */
export const NON_SYNC_FLAGS = 0x1010000;

/** Where a track's samples lie is counted from the start of the `moof` (§8.8.7.1): `default-base-is-moof`. */
export const FROM_MOOF = 0x20000;

/** Offset of the data; duration, size, flags and composition offset of each sample (§8.8.8.1). */
const ALL_COLUMNS = 0xf01;

/** One sample of a track fragment; times in ticks. */
export interface FragmentSample {
  readonly duration: number;
  readonly sizeBytes: number;
  readonly isSync: boolean;
  /** From decoding to presentation; may be negative. */
  readonly compositionOffset: number;
}

/**
 * A `traf` (§8.8.6) in which every sample says everything of itself.
 *
 * @param dataOffset - from the first byte of the `moof` to the first sample
 */
export function trackFragment(
  trackId: number,
  decodeTime: number,
  samples: readonly FragmentSample[],
  dataOffset: number,
): Buffer {
  const table = new Uint32Array(samples.length * 4);
  for (const [index, { duration, sizeBytes, isSync, compositionOffset }] of samples.entries()) {
    table.set([duration, sizeBytes, isSync ? SYNC_FLAGS : NON_SYNC_FLAGS, compositionOffset], index * 4);
  }
  return makeBox(
    'traf',
    makeFullBox('tfhd', 0, FROM_MOOF, uint32(trackId)),
    decodeTimeBox(decodeTime),
    // Version 1: offsets are signed (§8.8.8.2).
    makeFullBox('trun', 1, ALL_COLUMNS, uint32(samples.length, dataOffset), uint32Table(table)),
  );
}

/** `tfdt` (§8.8.12), 64 bits wide: a class of a day at 48 kHz has more ticks than 32 bits hold. */
export function decodeTimeBox(decodeTime: number): Buffer {
  return makeFullBox('tfdt', 1, 0, uint64Table([decodeTime]));
}

/** What stands before the data of an `mdat` (§8.1.1). */
export function mediaHeader(mediaBytes: number): Buffer {
  return Buffer.concat([uint32(mediaBytes + 8), Buffer.from('mdat')]);
}

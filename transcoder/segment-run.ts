import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

import { objectKey, type ObjectKey, type ObjectStore } from '../storage/index.ts';
import { TranscodeError } from './errors.ts';
import type { Fragment, TrackHeader } from './fmp4.ts';
import { putWhole } from './put-whole.ts';

/**
 * One stored object: consecutive segments of one rendition behind their init segment, so that each object plays on its own.
 * Plain data that survives JSON.
 */
export interface SegmentRun {
  /** Name under the generation's prefix: rendition, span and fencing token, as in `720p/0003-1.mp4`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex SHA-256 of the whole object. */
  readonly sha256: string;
  readonly codec: string;
  readonly timescale: number;
  readonly initBytes: number;
  /** Hex SHA-256 of the init segment; equal in all runs of a rendition. */
  readonly initSha256: string;
  /** Decode time of the first segment in ticks of the lecture's clock. */
  readonly startTicks: number;
  /** The first begins at byte `initBytes`, each other where the one before ends. */
  readonly segments: readonly StoredSegment[];
  /** Pictures or sound frames in the whole run. */
  readonly sampleCount: number;
  /** What was recorded live: when its first segment was taken, in milliseconds since 1970. */
  readonly wallClockMs?: number;
  /** What was recorded live: something is missing before it, or another encoder begins (RFC 8216 §4.3.2.3). */
  readonly isDiscontinuity?: true;
}

/**
 * A segment in its run: how long it lasts, how many bytes it has, and where its first sample lies, in bytes from the
 * segment's start. In a rendition of the picture that sample is a key picture.
 */
export type StoredSegment = readonly [ticks: number, bytes: number, keyOffset: number, keyBytes: number];

/** What to store as one run. */
export interface RunSource {
  /** The file that ffmpeg wrote. */
  readonly path: string;
  readonly header: TrackHeader;
  /** Consecutive fragments of it, one a segment. */
  readonly fragments: readonly Fragment[];
}

/**
 * Reads the fragments, checks that they follow each other and each begins with a key picture, and stores them behind the
 * init segment.
 *
 * @throws {TranscodeError} `output-invalid`
 * @throws {StorageError} what the store throws
 */
export async function storeRun(
  store: ObjectStore,
  prefix: string,
  name: string,
  source: RunSource,
  signal?: AbortSignal,
): Promise<SegmentRun> {
  const first = source.fragments[0];
  if (first === undefined)
    throw new TranscodeError(
      'output-invalid',
      `ffmpeg wrote no segment for ${name}. The work is tried again.`,
    );
  checkSequence(name, source.fragments);
  const bytes = await readRun(source, first);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const init = bytes.subarray(0, source.header.initBytes);
  const options = { contentType: 'video/mp4', ...(signal === undefined ? {} : { signal }) };
  await putWhole(store, keyUnder(prefix, name), bytes, options);
  return {
    name,
    sizeBytes: bytes.length,
    sha256,
    codec: source.header.codec,
    timescale: source.header.timescale,
    initBytes: source.header.initBytes,
    initSha256: createHash('sha256').update(init).digest('hex'),
    startTicks: first.decodeTime,
    segments: source.fragments.map(({ durationTicks, sizeBytes, firstSample }) => [
      durationTicks,
      sizeBytes,
      firstSample.offset,
      firstSample.length,
    ]),
    sampleCount: source.fragments.reduce((sum, fragment) => sum + fragment.sampleCount, 0),
  };
}

function checkSequence(name: string, fragments: readonly Fragment[]): void {
  let expected = fragments[0]?.decodeTime ?? 0;
  for (const fragment of fragments) {
    if (fragment.decodeTime !== expected) {
      throw new TranscodeError(
        'output-invalid',
        `${name} has a gap or an overlap: a segment begins at tick ${fragment.decodeTime} and not at ${expected}. The work is tried again.`,
      );
    }
    if (!fragment.startsWithSync) {
      throw new TranscodeError(
        'output-invalid',
        `${name} has a segment that does not begin with a key picture. The work is tried again.`,
      );
    }
    expected += fragment.durationTicks;
  }
}

async function readRun(source: RunSource, first: Fragment): Promise<Buffer> {
  const last = source.fragments.at(-1) ?? first;
  const length = last.offset + last.sizeBytes - first.offset;
  const bytes = Buffer.alloc(source.header.initBytes + length);
  const file = await open(source.path, 'r');
  try {
    await file.read(bytes, 0, source.header.initBytes, 0);
    await file.read(bytes, source.header.initBytes, length, first.offset);
  } finally {
    await file.close();
  }
  return bytes;
}

/** Ticks of all segments of a run. */
export function runTicks(run: SegmentRun): number {
  return run.segments.reduce((sum, [ticks]) => sum + ticks, 0);
}

/** The name of the object for a span of a rendition, made under a lease with this fencing token. */
export function runName(rendition: string, span: number, token: number): string {
  return `${rendition}/${String(span).padStart(4, '0')}-${token}.mp4`;
}

/** The key of an object of a lecture; an empty prefix is the store's root. */
export function keyUnder(prefix: string, name: string): ObjectKey {
  return objectKey(prefix === '' ? name : `${prefix}/${name}`);
}

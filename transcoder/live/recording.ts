import { createHash } from 'node:crypto';

import { StorageError, type ObjectStore } from '../../storage/index.ts';
import { TranscodeError } from '../errors.ts';
import { makeBox, makeFullBox, uint32 } from '../mp4-box.ts';
import { prepareDownloads } from '../mp4-download.ts';
import { PACKAGE_NAME, sha256Of, storeObject, type PackageEntry, type PackageList } from '../package-list.ts';
import { MULTIVARIANT_NAME, presentationOf, type ShownMedia } from '../presentation.ts';
import { putWhole } from '../put-whole.ts';
import { keyUnder, type SegmentRun, type StoredSegment } from '../segment-run.ts';
import { mediaHeader, trackFragment } from '../track-fragment.ts';
import type { RecordedSamples, RecordedTrack } from './recorded-segment.ts';
import type { RecordingFacts } from './recording-facts.ts';
import { layOut, type PlannedRun } from './recording-layout.ts';
import { takeRecordingPictures, type RecordingPictures } from './recording-pictures.ts';
import { ticksOf } from './recording-timeline.ts';

/** Where a recording goes. */
export interface RecordingTarget {
  readonly store: ObjectStore;
  /** The folder of its objects in the store. */
  readonly prefix: string;
  readonly signal?: AbortSignal;
  /** Where ffmpeg may work, to take a poster and a storyboard; without it there are none. */
  readonly scratchDir?: string | undefined;
  /** Told the share that is stored and verified, 0 to 1. */
  readonly onProgress?: (progress: number) => void;
}

/** A recording that lies in a store, every object verified. */
export interface StoredRecording {
  /** Seconds. */
  readonly duration: number;
  /** The sizes of picture it has, `720p` and the like, the largest first. */
  readonly renditions: readonly string[];
  /** The name of the picture that stands for it; undefined when there is none fit. */
  readonly poster: string | undefined;
  /** The name of the index of its storyboard. */
  readonly storyboard: string | undefined;
  /** How many renditions were recorded and are not in it, because they were given up on the way. */
  readonly droppedRenditions: number;
  readonly sizeBytes: number;
}

/**
 * Stores a class as a lecture like any other: a rendition for each size of picture, one for the sound, byte-range playlists, MP4
 * downloads and the list of objects. Nothing is encoded, and nothing is stored that cannot be made again from the same
 * recording with the same bytes: whoever is killed in the middle begins anew, and what is there already is only verified.
 *
 * Every object is read back and its SHA-256 compared before this returns.
 *
 * @throws {TranscodeError} `output-invalid` when nothing was recorded or a part is damaged
 * @throws {StorageError} what the store throws; `store-unavailable` when it gives back other bytes than it was given
 * @throws what the signal was aborted with
 */
export async function storeRecording(
  recorded: RecordingFacts,
  options: RecordingTarget,
): Promise<StoredRecording> {
  const target: Target = { ...options, signal: options.signal ?? new AbortController().signal };
  const layout = await layOut(recorded, target.signal);
  const runs = new Map<string, SegmentRun[]>();
  const total = layout.runs.reduce((sum, { segments }) => sum + segments.length, 0);
  let finished = 0;
  for (const planned of layout.runs) {
    target.signal.throwIfAborted();
    const stored = await storeRun(planned, target);
    runs.set(planned.rendition, [...(runs.get(planned.rendition) ?? []), stored]);
    finished += planned.segments.length;
    target.onProgress?.(finished / total);
  }
  const media: ShownMedia = { plan: layout.plan, runs, sounds: new Map() };
  const entries = [...runs.values()]
    .flat()
    .map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256, contentType: 'video/mp4' }));
  const pictures = await takePictures(media, target);
  const list = await storeLists(media, layout.duration, [...entries, ...pictures.objects], target);
  return {
    duration: layout.duration,
    renditions: (layout.plan.video?.renditions ?? []).map(({ name }) => name),
    poster: pictures.poster,
    storyboard: pictures.storyboard,
    droppedRenditions: layout.droppedRenditions,
    sizeBytes: list.objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

type Target = RecordingTarget & { readonly signal: AbortSignal };

/** A lecture without a poster is still a lecture. */
async function takePictures(media: ShownMedia, target: Target): Promise<RecordingPictures> {
  const { scratchDir } = target;
  const none = { poster: undefined, storyboard: undefined, objects: [] };
  if (scratchDir === undefined) return none;
  return takeRecordingPictures(media, { ...target, scratchDir }).catch((error: unknown) => {
    if (error instanceof TranscodeError) return none;
    throw error;
  });
}

async function storeLists(
  media: ShownMedia,
  duration: number,
  runs: readonly PackageEntry[],
  target: Target,
): Promise<PackageList> {
  const entries = [...runs];
  const { playlists } = presentationOf(media, 'complete');
  // The multivariant playlist last, so that it never names what is not there.
  const names = [...playlists.keys()].toSorted(
    (a, b) => Number(a === MULTIVARIANT_NAME) - Number(b === MULTIVARIANT_NAME),
  );
  for (const name of names) {
    const bytes = Buffer.from(playlists.get(name) ?? '');
    entries.push(await storeObject(target, name, bytes, 'application/vnd.apple.mpegurl'));
  }
  const { objects, downloads } = await prepareDownloads(target, media);
  entries.push(...objects);
  const list: PackageList = { version: 1, duration, entry: MULTIVARIANT_NAME, objects: entries, downloads };
  for (const { name, sizeBytes, sha256 } of entries.slice(runs.length)) {
    await verify(target, name, sizeBytes, sha256);
  }
  await storeObject(target, PACKAGE_NAME, Buffer.from(JSON.stringify(list)), 'application/json');
  return list;
}

async function storeRun(planned: PlannedRun, target: Target): Promise<SegmentRun> {
  const { name, track, segments } = planned;
  const pieces: Buffer[] = [track.init];
  // Piece by piece: classes on the air are served by the same thread.
  const digest = createHash('sha256').update(track.init);
  const stored: StoredSegment[] = [];
  for (const { segment, decodeTime, samples } of segments) {
    const media = await planned.read(segment);
    const head = fragmentHead(track, stored.length + 1, decodeTime, samples);
    const body = gather(media, samples);
    pieces.push(head, body);
    digest.update(head).update(body);
    stored.push([ticksOf(samples), head.length + body.length, head.length, samples.sizes[0] ?? 0]);
  }
  const bytes = Buffer.concat(pieces);
  const sha256 = digest.digest('hex');
  if (!(await isThere(target, name, bytes.length, sha256))) {
    const options = { contentType: 'video/mp4', signal: target.signal };
    await putWhole(target.store, keyUnder(target.prefix, name), bytes, options);
    await verify(target, name, bytes.length, sha256);
  }
  return {
    name,
    sizeBytes: bytes.length,
    sha256,
    codec: track.codec,
    timescale: track.timescale,
    initBytes: track.init.length,
    initSha256: sha256Of(track.init),
    startTicks: segments[0]?.decodeTime ?? 0,
    segments: stored,
    sampleCount: segments.reduce((sum, { samples }) => sum + samples.sizes.length, 0),
    wallClockMs: planned.wallClockMs,
    ...(planned.isDiscontinuity && { isDiscontinuity: true }),
  };
}

/** The samples of one track, behind each other. */
function gather(media: Buffer, { offsets, sizes }: RecordedSamples): Buffer {
  return Buffer.concat(offsets.map((offset, index) => media.subarray(offset, offset + (sizes[index] ?? 0))));
}

/** A `moof` of one track and the header of the `mdat` behind it. */
function fragmentHead(
  { trackId }: RecordedTrack,
  sequenceNumber: number,
  decodeTime: number,
  { sizes, durations, isSync, compositionOffsets }: RecordedSamples,
): Buffer {
  const samples = sizes.map((sizeBytes, index) => ({
    duration: durations[index] ?? 0,
    sizeBytes,
    isSync: isSync[index] !== false,
    compositionOffset: compositionOffsets[index] ?? 0,
  }));
  const header = mediaHeader(sizes.reduce((sum, size) => sum + size, 0));
  const moof = (dataOffset: number): Buffer =>
    makeBox(
      'moof',
      makeFullBox('mfhd', 0, 0, uint32(sequenceNumber)),
      trackFragment(trackId, decodeTime, samples, dataOffset),
    );
  return Buffer.concat([moof(moof(0).length + header.length), header]);
}

async function isThere(
  { store, prefix }: RecordingTarget,
  name: string,
  sizeBytes: number,
  sha256: string,
): Promise<boolean> {
  const facts = await store.head(keyUnder(prefix, name));
  return facts?.sizeBytes === sizeBytes && (await digestOf({ store, prefix }, name, sizeBytes)) === sha256;
}

async function verify(target: Target, name: string, sizeBytes: number, sha256: string): Promise<void> {
  if ((await digestOf(target, name, sizeBytes)) === sha256) return;
  throw new StorageError(
    'store-unavailable',
    `The store gives back other bytes of ${name} than it was given. The copy is tried again; if that happens often, check the store and its disks.`,
  );
}

async function digestOf(
  { store, prefix }: Pick<RecordingTarget, 'store' | 'prefix'>,
  name: string,
  sizeBytes: number,
): Promise<string> {
  const { body } = await store.get(keyUnder(prefix, name), { offset: 0, length: sizeBytes });
  const digest = createHash('sha256');
  for await (const piece of body) digest.update(piece as Buffer);
  return digest.digest('hex');
}

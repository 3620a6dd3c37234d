import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { StorageError, type ObjectStore } from '../../storage/index.ts';
import { TranscodeError } from '../errors.ts';
import { invalidMp4, makeBox, makeFullBox, uint32, uint32Table, uint64Table } from '../mp4-box.ts';
import { prepareDownloads } from '../mp4-download.ts';
import { PACKAGE_NAME, sha256Of, storeObject, type PackageEntry, type PackageList } from '../package-list.ts';
import { MULTIVARIANT_NAME, presentationOf, type ShownMedia } from '../presentation.ts';
import { putWhole } from '../put-whole.ts';
import { keyUnder, runName, type SegmentRun, type StoredSegment } from '../segment-run.ts';
import { takeRecordingPictures, type RecordingPictures } from './recording-pictures.ts';
import {
  readSegmentSamples,
  splitInit,
  type RecordedSamples,
  type RecordedTrack,
} from './recorded-segment.ts';
import type { RecordedRendition, RecordedSegment, RecordingFacts } from './recording-facts.ts';
import {
  layBeside,
  layRecording,
  ticksOf,
  type PlacedSegment,
  type TimelineSegment,
} from './recording-timeline.ts';

/** Where a recording goes. */
export interface RecordingTarget {
  readonly store: ObjectStore;
  /** The folder of its objects in the store. */
  readonly prefix: string;
  readonly signal: AbortSignal;
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

/** Objects are this long, so that one is a few megabytes in memory while it is written. */
const RUN_SECONDS = 60;
/** The sound of a recording; the pictures are named for their lines. */
const SOUND = 'audio';

/**
 * Stores a class as a lecture like any other: a rendition for each size of picture, one for the sound, byte-range playlists, MP4
 * downloads and the list of objects. Nothing is encoded, and nothing is stored that cannot be made again from the same
 * recording with the same bytes: whoever is killed in the middle begins anew, and what is there already is only verified.
 *
 * Every object is read back and its SHA-256 compared before this returns.
 *
 * @throws {TranscodeError} `output-invalid` when nothing was recorded or a part is damaged
 * @throws {StorageError} what the store throws; `store-unavailable` when it gives back other bytes than it was given
 */
export async function storeRecording(
  recorded: RecordingFacts,
  target: RecordingTarget,
): Promise<StoredRecording> {
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

/** A lecture without a poster is still a lecture. */
async function takePictures(media: ShownMedia, target: RecordingTarget): Promise<RecordingPictures> {
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
  target: RecordingTarget,
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

interface PlannedRun {
  readonly rendition: string;
  readonly name: string;
  readonly track: RecordedTrack;
  readonly isDiscontinuity: boolean;
  readonly wallClockMs: number;
  readonly segments: readonly PlacedSegment[];
  readonly read: (segment: number) => Promise<Buffer>;
}

interface Layout {
  readonly plan: ShownMedia['plan'];
  readonly runs: readonly PlannedRun[];
  readonly duration: number;
  readonly droppedRenditions: number;
}

interface ReadRendition {
  readonly recorded: RecordedRendition;
  /** The bytes of a segment, by its position. */
  readonly read: (segment: number) => Promise<Buffer>;
  readonly segments: readonly TimelineSegment[];
  /** The tracks of each segment. */
  readonly tracks: readonly (readonly RecordedTrack[])[];
}

async function layOut(recorded: RecordingFacts, signal: AbortSignal): Promise<Layout> {
  const [source, ...lower] = await Promise.all(
    recorded.renditions.map((rendition) => readRendition(recorded.folder, rendition, signal)),
  );
  if (source === undefined || source.segments.length === 0) throw invalidMp4('nothing was recorded');
  const timeline = layRecording(source.segments);
  const pictures = [{ read: source, placed: timeline.video }];
  for (const rendition of lower) {
    const placed = layBeside(source.segments, timeline, rendition.segments);
    if (placed !== undefined) pictures.push({ read: rendition, placed });
  }
  const shown = timeline.video.length === 0 ? [] : pictures.map((picture) => withSize(picture));
  const runs = [
    ...shown.flatMap(({ name, read, placed }) => cutRuns(name, 'video', read, placed)),
    ...cutRuns(SOUND, 'audio', source, timeline.audio),
  ];
  const longest = Math.max(
    ...runs.flatMap(({ segments }) => segments.map(({ samples, timescale }) => ticksOf(samples) / timescale)),
  );
  return {
    plan: {
      segmentDuration: longest,
      video:
        shown.length === 0 ? undefined : { grid: { rate: frameRateOf(timeline.video) }, renditions: shown },
      audio:
        timeline.audio.length === 0
          ? []
          : [
              {
                name: SOUND,
                label: '原声',
                language: undefined,
                isCommentary: false,
                channels: channelsOf(source),
              },
            ],
    },
    runs,
    duration: timeline.duration,
    droppedRenditions: lower.length + 1 - pictures.length,
  };
}

function channelsOf({ tracks }: ReadRendition): number {
  return tracks.flat().find(({ kind }) => kind === 'audio')?.channels ?? 1;
}

async function readRendition(
  folder: string,
  recorded: RecordedRendition,
  signal: AbortSignal,
): Promise<ReadRendition> {
  const inits = await Promise.all(
    recorded.inits.map(async ({ file, facts }) =>
      splitInit(await readFile(join(folder, file)), facts.codecs),
    ),
  );
  const read = (segment: number): Promise<Buffer> => readSegment(folder, recorded.segments[segment]);
  const segments: TimelineSegment[] = [];
  const tracks: (readonly RecordedTrack[])[] = [];
  for (const [index, { init, startMs }] of recorded.segments.entries()) {
    signal.throwIfAborted();
    const own = inits[init] ?? [];
    tracks.push(own);
    segments.push({
      decodeTimeMs: startMs,
      timescales: Object.fromEntries(own.map(({ kind, timescale }) => [kind, timescale])),
      samples: readSegmentSamples(await read(index), own),
    });
  }
  return { recorded, read, segments, tracks };
}

/** What of a segment is known to be whole: behind it may be the torn end of a part that was never told. */
async function readSegment(folder: string, segment: RecordedSegment | undefined): Promise<Buffer> {
  if (segment === undefined) throw invalidMp4('a recorded segment is missing');
  const bytes = await readFile(join(folder, segment.file));
  if (bytes.length < segment.sizeBytes) throw invalidMp4(`${segment.file} is cut off`);
  return bytes.subarray(0, segment.sizeBytes);
}

function withSize<
  Picture extends { readonly read: ReadRendition; readonly placed: readonly PlacedSegment[] },
>(picture: Picture): Picture & { readonly name: string; readonly width: number; readonly height: number } {
  const first = picture.read.tracks[picture.placed[0]?.segment ?? 0]?.find(({ kind }) => kind === 'video');
  const size = first?.size ?? { width: 0, height: 0 };
  return { ...picture, name: `${Math.min(size.width, size.height)}p`, ...size };
}

/** The commonest picture's length tells the rate; a camera's clock is rounded to the millisecond. */
function frameRateOf(placed: readonly PlacedSegment[]): { numerator: number; denominator: number } {
  let pictures = 0;
  let seconds = 0;
  for (const { samples, timescale } of placed) {
    pictures += samples.sizes.length;
    seconds += ticksOf(samples) / timescale;
  }
  return {
    numerator: Math.max(1, Math.round((pictures / Math.max(seconds, 0.001)) * 100)),
    denominator: 100,
  };
}

/** Cuts a track into objects: a new one after a minute, for another init segment, and where something is missing. */
function cutRuns(
  rendition: string,
  kind: RecordedTrack['kind'],
  { recorded, read, segments, tracks }: ReadRendition,
  placed: readonly PlacedSegment[],
): readonly PlannedRun[] {
  const runs: (PlannedRun & { segments: PlacedSegment[] })[] = [];
  let seconds = 0;
  for (const place of placed) {
    const track = tracks[place.segment]?.find((candidate) => candidate.kind === kind);
    const facts = recorded.segments[place.segment];
    if (track === undefined || facts === undefined) continue;
    const running = runs.at(-1);
    const isOther = running !== undefined && !running.track.init.equals(track.init);
    const isDiscontinuity = running !== undefined && (facts.isDiscontinuous || isOther);
    if (running === undefined || isDiscontinuity || seconds >= RUN_SECONDS) {
      const name = runName(rendition, runs.length, 1);
      const { wallClockMs } = facts;
      runs.push({ rendition, name, track, isDiscontinuity, wallClockMs, segments: [place], read });
      seconds = 0;
    } else running.segments.push(place);
    seconds += ticksOf(place.samples) / place.timescale;
  }
  return segments.length === 0 ? [] : runs;
}

async function storeRun(planned: PlannedRun, target: RecordingTarget): Promise<SegmentRun> {
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

/** `sample_depends_on` 2, and 1 with `sample_is_non_sync_sample` (ISO/IEC 14496-12 §8.8.3.1). */
const SYNC_FLAGS = 0x2000000;
const NON_SYNC_FLAGS = 0x1010000;
/** duration, size, flags and composition offset of each sample, and where the data is (§8.8.8). */
const TRUN_FLAGS = 0xf01;

/** A `moof` of one track and the header of the `mdat` behind it. */
function fragmentHead(
  { trackId }: RecordedTrack,
  sequenceNumber: number,
  decodeTime: number,
  samples: RecordedSamples,
): Buffer {
  const count = samples.sizes.length;
  const table = new Uint32Array(count * 4);
  for (let index = 0; index < count; index += 1) {
    table[index * 4] = samples.durations[index] ?? 0;
    table[index * 4 + 1] = samples.sizes[index] ?? 0;
    table[index * 4 + 2] = samples.isSync[index] === false ? NON_SYNC_FLAGS : SYNC_FLAGS;
    table[index * 4 + 3] = samples.compositionOffsets[index] ?? 0;
  }
  const trun = (dataOffset: number): Buffer =>
    makeFullBox('trun', 1, TRUN_FLAGS, uint32(count, dataOffset), uint32Table(table));
  const moof = (dataOffset: number): Buffer =>
    makeBox(
      'moof',
      makeFullBox('mfhd', 0, 0, uint32(sequenceNumber)),
      makeBox(
        'traf',
        // default-base-is-moof
        makeFullBox('tfhd', 0, 0x20000, uint32(trackId)),
        makeFullBox('tfdt', 1, 0, uint64Table([decodeTime])),
        trun(dataOffset),
      ),
    );
  const mediaBytes = samples.sizes.reduce((sum, size) => sum + size, 0);
  const header = Buffer.concat([uint32(mediaBytes + 8), Buffer.from('mdat')]);
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

async function verify(
  target: RecordingTarget,
  name: string,
  sizeBytes: number,
  sha256: string,
): Promise<void> {
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

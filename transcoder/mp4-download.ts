import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

import { layFastStartMp4 } from './fast-start-mp4.ts';
import { layFragmentedMp4 } from './fragmented-mp4.ts';
import type { JobRun } from './job-run.ts';
import { storeReader, type ObjectReader } from './object-reader.ts';
import {
  invalidPackage,
  storeObject,
  type PackageDownload,
  type PackageEntry,
  type PackageList,
} from './package-list.ts';
import type { FinishedMedia } from './presentation.ts';
import { readTrackSamples, type TrackSamples } from './track-samples.ts';
import type { VirtualFile } from './virtual-file.ts';

/** Grows when the same objects would be laid out to other bytes: a broken-off download then starts anew. */
const LAYOUT_REVISION = 1;
const SAMPLES_TYPE = 'application/gzip';

const LAYOUTS = { 'fast-start': layFastStartMp4, fragmented: layFragmentedMp4 } as const;

/** What can be downloaded of a lecture, and the objects that were stored so that it can. */
export interface PreparedDownloads {
  readonly objects: readonly PackageEntry[];
  readonly downloads: readonly PackageDownload[];
}

/**
 * Stores an index of the samples of each rendition and plans the files that can be put together from them. A rendition whose runs
 * have different init segments, as different encoders leave them, has no MP4: one file takes one description.
 *
 * @throws {TranscodeError} `output-invalid`
 * @throws {StorageError} what the store throws
 */
export async function prepareDownloads(
  run: Pick<JobRun, 'store' | 'prefix' | 'signal'>,
  media: FinishedMedia,
): Promise<PreparedDownloads> {
  const read = storeReader(run.store, run.prefix);
  const tracks = new Map<string, TrackSamples>();
  const objects: PackageEntry[] = [];
  for (const [rendition, runs] of media.runs) {
    if (new Set(runs.map(({ initSha256 }) => initSha256)).size !== 1) continue;
    const samples = await readTrackSamples(read, runs, run.signal);
    const bytes = await promisify(gzip)(JSON.stringify(samples));
    tracks.set(rendition, samples);
    objects.push(await storeObject(run, samplesName(rendition), bytes, SAMPLES_TYPE));
  }
  const downloads: PackageDownload[] = [];
  for (const planned of planDownloads(media, tracks)) {
    // Laying a long lecture out takes a tenth of a second, in which a server that also plays answers nobody.
    await setImmediate();
    const { sizeBytes } = LAYOUTS[planned.layout](planned.tracks.flatMap((name) => tracks.get(name) ?? []));
    downloads.push({ ...planned, sizeBytes });
  }
  return { objects, downloads };
}

type PlannedDownload = Omit<PackageDownload, 'sizeBytes'>;

/** Every size of picture with the sound in both layouts, and the sound alone; pure. */
function planDownloads(
  media: FinishedMedia,
  tracks: ReadonlyMap<string, TrackSamples>,
): readonly PlannedDownload[] {
  const sound = [...tracks].filter(([, { kind }]) => kind === 'audio').map(([name]) => name);
  const pictures = media.plan.video?.renditions ?? [];
  return [
    ...pictures
      .filter(({ name }) => tracks.has(name))
      .flatMap(({ name, width, height }) => {
        const names = [name, ...sound.slice(0, 1)];
        return [
          plan(`${name}.mp4`, 'fast-start', 'video/mp4', names, { width, height }),
          plan(`${name}-fragmented.mp4`, 'fragmented', 'video/mp4', names, { width, height }),
        ];
      }),
    ...sound.map((name) => plan(`${name}.m4a`, 'fast-start', 'audio/mp4', [name])),
  ];
}

function plan(
  name: string,
  layout: PackageDownload['layout'],
  contentType: string,
  tracks: readonly string[],
  size: Pick<PackageDownload, 'width' | 'height'> = {},
): PlannedDownload {
  return { name, rendition: tracks[0] ?? '', layout, contentType, ...size, tracks };
}

/**
 * Puts a download together from the lecture's objects: where every byte of the file comes from. Only the indexes of its tracks
 * are read.
 *
 * @throws {TranscodeError} `package-invalid` when an index is damaged
 * @throws {StorageError} what the reader throws
 */
export async function openDownload(
  read: ObjectReader,
  list: PackageList,
  download: PackageDownload,
): Promise<VirtualFile> {
  const tracks = await Promise.all(download.tracks.map((name) => readSamples(read, list, name)));
  return LAYOUTS[download.layout](tracks);
}

async function readSamples(read: ObjectReader, list: PackageList, rendition: string): Promise<TrackSamples> {
  const name = samplesName(rendition);
  const entry = list.objects.find((object) => object.name === name);
  if (entry === undefined) throw invalidPackage(`it lists no ${name}`);
  const bytes = await read(name, { offset: 0, length: entry.sizeBytes });
  try {
    return JSON.parse((await promisify(gunzip)(bytes)).toString('utf8')) as TrackSamples;
  } catch (cause) {
    throw invalidPackage(`${name} is damaged`, cause);
  }
}

/** A strong entity tag of a download, without quotes: two files with the same tag have the same bytes. */
export function downloadTag(list: PackageList, download: PackageDownload): string {
  const digest = createHash('sha256').update(`${LAYOUT_REVISION} ${download.name}`);
  for (const { name, sha256 } of list.objects) {
    if (download.tracks.some((track) => name.startsWith(`${track}/`))) digest.update(`\n${name} ${sha256}`);
  }
  return digest.digest('hex').slice(0, 32);
}

function samplesName(rendition: string): string {
  return `${rendition}/samples.gz`;
}

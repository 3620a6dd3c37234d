import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

import type { AudioPlan } from './audio-plan.ts';
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
import { preferredTrack, type ShownMedia } from './presentation.ts';
import { readTrackSamples, type TrackSamples } from './track-samples.ts';
import type { VirtualFile } from './virtual-file.ts';

/** Grows when the same objects would be laid out to other bytes: a broken-off download then starts anew. */
const LAYOUT_REVISION = 1;
/** The index of a day is 50 MB; a mirror may come from anywhere. */
const MOST_OF_INDEX = 2 ** 28;
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
  media: ShownMedia,
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

/**
 * Every size of picture in both layouts with the sound that is heard unless somebody chooses, in a plain file with each other
 * sound, and each sound alone; pure.
 */
function planDownloads(
  media: ShownMedia,
  tracks: ReadonlyMap<string, TrackSamples>,
): readonly PlannedDownload[] {
  const audible = media.plan.audio.filter(({ name }) => tracks.has(name));
  const preferred = preferredTrack(audible, media);
  const others = audible.filter((sound) => sound !== preferred);
  const called = (sound: Pick<AudioPlan, 'label'> | undefined): Pick<PackageDownload, 'sound'> =>
    sound === undefined || others.length === 0 ? {} : { sound: sound.label };
  const pictures = (media.plan.video?.renditions ?? []).filter(({ name }) => tracks.has(name));
  return [
    ...pictures.flatMap(({ name, width, height }): readonly PlannedDownload[] => {
      const own = { rendition: name, contentType: 'video/mp4', width, height };
      const heard = {
        tracks: [name, ...(preferred === undefined ? [] : [preferred.name])],
        ...called(preferred),
      };
      return [
        { name: `${name}.mp4`, layout: 'fast-start', ...own, ...heard },
        { name: `${name}-fragmented.mp4`, layout: 'fragmented', ...own, ...heard },
        ...others.map((sound): PlannedDownload => ({
          ...{ name: `${name}-${sound.name}.mp4`, layout: 'fast-start', ...own },
          ...{ tracks: [name, sound.name], ...called(sound) },
        })),
      ];
    }),
    ...audible.map((sound): PlannedDownload => ({
      ...{ name: `${sound.name}.m4a`, rendition: sound.name, layout: 'fast-start' },
      ...{ contentType: 'audio/mp4', tracks: [sound.name], ...called(sound) },
    })),
  ];
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

/**
 * Where every sample of a rendition of a finished lecture lies.
 *
 * @throws {TranscodeError} `package-invalid` when the lecture has no such rendition, or its index is damaged
 * @throws {StorageError} what the reader throws
 */
export async function readSamples(
  read: ObjectReader,
  list: PackageList,
  rendition: string,
): Promise<TrackSamples> {
  const name = samplesName(rendition);
  const entry = list.objects.find((object) => object.name === name);
  if (entry === undefined) throw invalidPackage(`it lists no ${name}`);
  const bytes = await read(name, { offset: 0, length: entry.sizeBytes });
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: MOST_OF_INDEX });
    const samples = JSON.parse(text.toString('utf8')) as Partial<TrackSamples> | null;
    const tables = [samples?.objects, samples?.fragments, samples?.sizes, samples?.durations];
    if (!tables.every(Array.isArray) || typeof samples?.movie !== 'string')
      throw new Error('tables are missing');
    return samples as TrackSamples;
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

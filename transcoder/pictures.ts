import { readFile } from 'node:fs/promises';

import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { asJson, publishJob, type PicturesResult } from './generation-jobs.ts';
import type { VideoPlan } from './generation-plan.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { SegmentReader, segmentPlaces, type SegmentPlace } from './key-pictures.ts';
import { storeReader } from './object-reader.ts';
import { storeObject, type PackageEntry } from './package-list.ts';
import { GREY_NAME, sheetName, sheetsTask } from './picture-args.ts';
import type { GreyPicture } from './picture-measure.ts';
import { choosePoster, greyPicturesIn, POSTER_NAME, takeStill, type PosterSearch } from './poster.ts';
import { MAX_ATTEMPTS } from './job.ts';
import { finishedMedia, type FinishedMedia } from './presentation.ts';
import type { VideoRendition } from './rendition-plan.ts';
import { openEmptyScratch } from './scratch.ts';
import { formatStoryboard, planStoryboard, sheetCount, type StoryboardLayout } from './storyboard.ts';

/** The folder of the storyboard's objects. */
export const STORYBOARD_FOLDER = 'storyboard';

/** Larger renditions show no more on a poster, and cost more to decode. */
const LARGEST_FOR_POSTER = 1280;

/**
 * Carries out a `pictures` job: the storyboard and the poster. Nothing is decoded twice: every segment of the finished
 * renditions begins with a key picture, and those of the smallest, a few kilobytes each, are read out of the store. So it
 * needs no source, works for every kind of source alike, and costs well under a hundredth of the encoding.
 */
export async function makePictures(run: JobRun): Promise<JobOutcome> {
  const media = finishedMedia(run.siblings);
  const video = media?.plan.video;
  if (media === undefined || video === undefined || !media.isComplete) {
    throw new TranscodeError(
      'output-invalid',
      'Cannot take pictures: the lecture is not finished. Start the transcoding anew.',
    );
  }
  const result = await takePictures(run, media, video).catch((error: unknown) => withoutPictures(run, error));
  return { result: asJson(result), next: [publishJob(run.job.generation)] };
}

/** What damage or a short memory forbids is tried again like everything else; the last time, the lecture goes out without. */
function withoutPictures(run: JobRun, error: unknown): PicturesResult {
  const mayGoOn =
    error instanceof TranscodeError && error.isRetryable && run.job.failures + 1 >= MAX_ATTEMPTS;
  if (!mayGoOn) throw error;
  return NOTHING;
}

const NOTHING: PicturesResult = { poster: null, storyboard: null, objects: [] };

async function takePictures(run: JobRun, media: FinishedMedia, video: VideoPlan): Promise<PicturesResult> {
  const smallest = video.renditions.toSorted((a, b) => a.width - b.width)[0];
  if (smallest === undefined) return NOTHING;
  const segments = segmentPlaces(media.runs.get(smallest.name) ?? []);
  // Of a lecture of sound alone every picture is the same: the first one serves for the poster.
  const isStill = video.still !== undefined;
  const layout = planStoryboard(isStill ? firstSegment(video) : video, smallest);
  const reader = new SegmentReader(storeReader(run.store, run.prefix), run.signal);
  const drawn = await drawSheets(run, reader, segments, layout);
  if (drawn === undefined) return NOTHING;
  const search = { ...run, reader, grid: video.grid, layout, segments, tiles: drawn.tiles };
  const poster = await storePoster(run, media, video, search);
  const storyboard = isStill ? [] : await storeStoryboard(run, layout, drawn.sheets);
  return {
    poster: poster[0]?.name ?? null,
    storyboard: storyboard.at(-1)?.name ?? null,
    objects: [...poster, ...storyboard],
  };
}

/** @returns the poster, or nothing when no picture is fit for one */
async function storePoster(
  run: JobRun,
  media: FinishedMedia,
  video: VideoPlan,
  search: PosterSearch,
): Promise<readonly PackageEntry[]> {
  const place = await choosePoster(search);
  const finest = finestForPoster(video);
  const source = segmentPlaces(media.runs.get(finest?.name ?? '') ?? [])[place?.segment ?? -1];
  if (place === undefined || finest === undefined || source === undefined) return [];
  const still = await takeStill(search, source, place.pictureNumber, finest.width);
  return still === undefined ? [] : [await storeObject(run, POSTER_NAME, still, 'image/jpeg')];
}

function firstSegment(video: VideoPlan): VideoPlan {
  const { frameCount, segmentFrames } = video.grid;
  return { ...video, grid: { ...video.grid, frameCount: Math.min(frameCount, segmentFrames) } };
}

/** The rendition a poster is taken from. */
export function finestForPoster(video: VideoPlan): VideoRendition | undefined {
  const ascending = video.renditions.toSorted((a, b) => a.width - b.width);
  return ascending.findLast(({ width }) => width <= LARGEST_FOR_POSTER) ?? ascending[0];
}

/** @returns `undefined` when not every key picture could be decoded: a storyboard of the wrong moments is worse than none */
async function drawSheets(
  run: JobRun,
  reader: SegmentReader,
  segments: readonly SegmentPlace[],
  layout: StoryboardLayout,
): Promise<{ readonly sheets: readonly Buffer[]; readonly tiles: readonly GreyPicture[] } | undefined> {
  const scratch = await openEmptyScratch(run.scratchDir);
  try {
    const chosen = segments.filter((_, place) => place % layout.segmentStep === 0).slice(0, layout.tileCount);
    await reader.writeKeyPictures(chosen, scratch.sourcePath);
    await runFfmpeg(sheetsTask(layout), scratch, { signal: run.signal });
    const tiles = greyPicturesIn(await readFile(scratch.path(GREY_NAME)), layout);
    if (tiles.length !== layout.tileCount) return undefined;
    const sheets: Buffer[] = [];
    for (let sheet = 0; sheet < sheetCount(layout); sheet += 1) {
      sheets.push(await readFile(scratch.path(sheetName(sheet))));
    }
    return { sheets, tiles };
  } catch (error) {
    if (error instanceof TranscodeError && error.code === 'encoder-failed') return undefined;
    throw error;
  } finally {
    await scratch.remove();
  }
}

/** @returns the sheets and, last, the file that tells the place of every picture */
async function storeStoryboard(
  run: JobRun,
  layout: StoryboardLayout,
  sheets: readonly Buffer[],
): Promise<readonly PackageEntry[]> {
  const names = sheets.map((_, sheet) => `${String(sheet).padStart(3, '0')}-${run.token}.jpg`);
  const stored: PackageEntry[] = [];
  for (const [sheet, bytes] of sheets.entries()) {
    stored.push(await storeObject(run, `${STORYBOARD_FOLDER}/${names[sheet]}`, bytes, 'image/jpeg'));
  }
  const index = Buffer.from(formatStoryboard(layout, names));
  stored.push(await storeObject(run, `${STORYBOARD_FOLDER}/index-${run.token}.vtt`, index, 'text/vtt'));
  return stored;
}

import { readFile } from 'node:fs/promises';

import type { ObjectStore } from '../../storage/index.ts';
import { runFfmpeg } from '../ffmpeg.ts';
import { SegmentReader, segmentPlaces, type SegmentPlace } from '../key-pictures.ts';
import { storeReader } from '../object-reader.ts';
import { storeObject, type PackageEntry } from '../package-list.ts';
import { GREY_NAME, sheetName, sheetsTask } from '../picture-args.ts';
import { lastResort, measurePicture, rankPosters } from '../picture-measure.ts';
import { STORYBOARD_FOLDER } from '../pictures.ts';
import { greyPicturesIn, POSTER_NAME, takeStill } from '../poster.ts';
import type { ShownMedia } from '../presentation.ts';
import { openEmptyScratch } from '../scratch.ts';
import { formatStoryboard, sheetCount, tileSize, type StoryboardLayout } from '../storyboard.ts';

/** The pictures of a recording that stand for it. */
export interface RecordingPictures {
  readonly poster: string | undefined;
  /** The storyboard's index. */
  readonly storyboard: string | undefined;
  readonly objects: readonly PackageEntry[];
}

/** A class of an hour has 1,800 key pictures; one every dozen seconds is enough to find a place by. */
const MOST_TILES = 300;
const SHEET_SIDE = 5;
/** Larger renditions show no more on a poster, and cost more to decode. */
const LARGEST_FOR_POSTER = 1280;

/** Where pictures are taken from and put. */
interface PictureTarget {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly signal: AbortSignal;
  readonly scratchDir: string;
}

/**
 * Takes a storyboard and a poster from the key pictures of a stored recording. Its segments are as long as its encoder's key
 * pictures lay apart, so every small picture has its own time.
 *
 * @throws {TranscodeError} what running ffmpeg throws
 * @throws {StorageError} what the store throws
 */
export async function takeRecordingPictures(
  media: ShownMedia,
  target: PictureTarget,
): Promise<RecordingPictures> {
  const [smallest] = (media.plan.video?.renditions ?? []).toSorted((a, b) => a.width - b.width);
  const places = segmentPlaces(media.runs.get(smallest?.name ?? '') ?? []);
  if (smallest === undefined || places.length === 0) return NOTHING;
  const step = Math.ceil(places.length / MOST_TILES);
  const starts = startsOf(places);
  const chosen = places.filter((_, position) => position % step === 0);
  const layout: StoryboardLayout = {
    segmentStep: step,
    tileCount: chosen.length,
    interval: 0,
    duration: starts.at(-1) ?? 0,
    columns: SHEET_SIDE,
    rows: SHEET_SIDE,
    ...tileSize(smallest),
  };
  const reader = new SegmentReader(storeReader(target.store, target.prefix), target.signal);
  const drawn = await draw(reader, chosen, layout, target);
  if (drawn === undefined) return NOTHING;
  const poster = await storePoster(target, reader, media, drawn.grey, layout);
  const ends = starts.filter((_, position) => position % step === 0 || position === starts.length - 1);
  const storyboard = await storeSheets(target, layout, drawn.sheets, ends);
  return {
    poster: poster[0]?.name,
    storyboard: storyboard.at(-1)?.name,
    objects: [...poster, ...storyboard],
  };
}

/** @returns the poster, or nothing when it cannot be decoded */
async function storePoster(
  target: PictureTarget,
  reader: SegmentReader,
  media: ShownMedia,
  tiles: ReturnType<typeof greyPicturesIn>,
  layout: StoryboardLayout,
): Promise<readonly PackageEntry[]> {
  const facts = tiles.map((tile) => measurePicture(tile, layout.tileWidth));
  const best = rankPosters(facts)[0] ?? lastResort(facts) ?? 0;
  const ascending = (media.plan.video?.renditions ?? []).toSorted((a, b) => a.width - b.width);
  const finest = ascending.findLast(({ width }) => width <= LARGEST_FOR_POSTER) ?? ascending[0];
  const source = segmentPlaces(media.runs.get(finest?.name ?? '') ?? [])[best * layout.segmentStep];
  if (finest === undefined || source === undefined) return [];
  const still = await takeStill({ ...target, reader }, source, 0, finest.width);
  return still === undefined ? [] : [await storeObject(target, POSTER_NAME, still, 'image/jpeg')];
}

/** @returns the sheets and, last, their index */
async function storeSheets(
  target: PictureTarget,
  layout: StoryboardLayout,
  sheets: readonly Buffer[],
  starts: readonly number[],
): Promise<readonly PackageEntry[]> {
  const names = sheets.map((_, sheet) => `${String(sheet).padStart(3, '0')}-1.jpg`);
  const stored: PackageEntry[] = [];
  for (const [sheet, bytes] of sheets.entries())
    stored.push(await storeObject(target, `${STORYBOARD_FOLDER}/${names[sheet]}`, bytes, 'image/jpeg'));
  const index = Buffer.from(formatStoryboard(layout, names, starts));
  stored.push(await storeObject(target, `${STORYBOARD_FOLDER}/index-1.vtt`, index, 'text/vtt'));
  return stored;
}

const NOTHING: RecordingPictures = { poster: undefined, storyboard: undefined, objects: [] };

/** Seconds at which each segment begins, and at which the last one ends. */
function startsOf(places: readonly SegmentPlace[]): readonly number[] {
  const starts = [0];
  for (const run of new Set(places.map((place) => place.run))) {
    for (const [ticks] of run.segments) starts.push((starts.at(-1) ?? 0) + ticks / run.timescale);
  }
  return starts;
}

/** @returns `undefined` when not every key picture could be decoded: a storyboard of the wrong moments is worse than none */
async function draw(
  reader: SegmentReader,
  places: readonly SegmentPlace[],
  layout: StoryboardLayout,
  { scratchDir, signal }: { readonly scratchDir: string; readonly signal: AbortSignal },
): Promise<
  { readonly sheets: readonly Buffer[]; readonly grey: ReturnType<typeof greyPicturesIn> } | undefined
> {
  const scratch = await openEmptyScratch(scratchDir);
  try {
    await reader.writeKeyPictures(places, scratch.sourcePath);
    await runFfmpeg(sheetsTask(layout), scratch, { signal });
    const grey = greyPicturesIn(await readFile(scratch.path(GREY_NAME)), layout);
    if (grey.length !== layout.tileCount) return undefined;
    const sheets: Buffer[] = [];
    for (let sheet = 0; sheet < sheetCount(layout); sheet += 1)
      sheets.push(await readFile(scratch.path(sheetName(sheet))));
    return { sheets, grey };
  } finally {
    await scratch.remove();
  }
}

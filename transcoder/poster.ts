import { readFile, writeFile } from 'node:fs/promises';

import { TranscodeError } from './errors.ts';
import { runFfmpeg, type FfmpegTask } from './ffmpeg.ts';
import { framesToSeconds, type PictureGrid } from './generation-plan.ts';
import type { SegmentPlace, SegmentReader } from './key-pictures.ts';
import { GREY_NAME, greyTask, STILL_NAME, stillTask } from './picture-args.ts';
import {
  lastResort,
  measurePicture,
  movementBetween,
  rankPosters,
  type GreyPicture,
  type PictureFacts,
} from './picture-measure.ts';
import { openEmptyScratch } from './scratch.ts';
import type { StoryboardLayout } from './storyboard.ts';

/** The poster's name under the generation's prefix. */
export const POSTER_NAME = 'poster.jpg';

/** Dots of a poster's line; a smaller picture is not made larger. */
const POSTER_WIDTH = 640;
/** Levels by which the picture may change within half a second of the poster; a fade or a pan changes more. */
const STILL_MOVEMENT = 3;
/** So many of the best pictures are looked at for movement; of camera work all move, and the calmest is taken. */
const EXAMINED = 5;
/** Segments whose every half second is looked at when no key picture tells anything. */
const SEARCHED_SEGMENTS = 3;

/** A picture of a lecture. */
export interface PicturePlace {
  readonly segment: number;
  /** Counted from the segment's first. */
  readonly pictureNumber: number;
}

/** What choosing a poster looks at. */
export interface PosterSearch {
  readonly reader: SegmentReader;
  readonly scratchDir: string;
  readonly signal: AbortSignal;
  readonly grid: PictureGrid;
  readonly layout: StoryboardLayout;
  /** The segments of the smallest rendition. */
  readonly segments: readonly SegmentPlace[];
  /** The storyboard's pictures, in grey. */
  readonly tiles: readonly GreyPicture[];
}

/**
 * Chooses the picture that stands for a lecture: as rich as its pictures usually are, early, and standing still, so that it is
 * neither black nor blank nor in the middle of a fade.
 *
 * @returns `undefined` when every picture is as good as blank
 */
export async function choosePoster(search: PosterSearch): Promise<PicturePlace | undefined> {
  const facts = search.tiles.map((tile) => measurePicture(tile, search.layout.tileWidth));
  const ranked = rankPosters(facts);
  if (ranked.length > 0) return calmest(search, ranked);
  return (await searchInside(search)) ?? keyPictureAt(search, lastResort(facts));
}

function keyPictureAt({ layout }: PosterSearch, tile: number | undefined): PicturePlace | undefined {
  return tile === undefined ? undefined : { segment: tile * layout.segmentStep, pictureNumber: 0 };
}

/** The first of the best pictures that stands still for half a second; if none does, the one that moves least. */
async function calmest(search: PosterSearch, ranked: readonly number[]): Promise<PicturePlace | undefined> {
  let best: { readonly tile: number; readonly movement: number } | undefined;
  const step = Math.max(1, Math.round(picturesPerSecond(search.grid) / 8));
  for (const tile of ranked.slice(0, EXAMINED)) {
    const place = search.segments[tile * search.layout.segmentStep];
    const pictures = place === undefined ? [] : await greyPictures(search, place, step, 5);
    const [first, last] = [pictures[0], pictures.at(-1)];
    if (first === undefined || last === undefined) continue;
    const movement = movementBetween(first, last);
    if (best === undefined || movement < best.movement) best = { tile, movement };
    if (movement <= STILL_MOVEMENT) break;
  }
  return keyPictureAt(search, best?.tile);
}

/** A clip of a few seconds that opens black has no key picture that tells anything: it is looked into. */
async function searchInside(search: PosterSearch): Promise<PicturePlace | undefined> {
  const step = Math.max(1, Math.round(picturesPerSecond(search.grid) / 2));
  const found: { readonly place: PicturePlace; readonly facts: PictureFacts }[] = [];
  for (const [segment, place] of search.segments.slice(0, SEARCHED_SEGMENTS).entries()) {
    const count = Math.ceil(search.grid.segmentFrames / step);
    const pictures = await greyPictures(search, place, step, count);
    for (const [position, picture] of pictures.entries()) {
      const facts = measurePicture(picture, search.layout.tileWidth);
      found.push({ place: { segment, pictureNumber: position * step }, facts });
    }
  }
  const facts = found.map((picture) => picture.facts);
  const best = rankPosters(facts)[0] ?? lastResort(facts);
  return best === undefined ? undefined : found[best]?.place;
}

function picturesPerSecond(grid: PictureGrid): number {
  return 1 / framesToSeconds(grid, 1);
}

async function greyPictures(
  search: PosterSearch,
  place: SegmentPlace,
  step: number,
  count: number,
): Promise<readonly GreyPicture[]> {
  const bytes = await fromSegment(search, place, greyTask(search.layout, step, count), GREY_NAME);
  return bytes === undefined ? [] : greyPicturesIn(bytes, search.layout);
}

/** Cuts raw grey pictures apart; an unfinished last one is dropped. Pure. */
export function greyPicturesIn(
  bytes: Buffer,
  { tileWidth, tileHeight }: StoryboardLayout,
): readonly GreyPicture[] {
  const size = tileWidth * tileHeight;
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, place) =>
    bytes.subarray(place * size, (place + 1) * size),
  );
}

/** Where a still is taken from. */
export type StillSource = Pick<PosterSearch, 'reader' | 'scratchDir' | 'signal'>;

/**
 * One picture of a segment as a JPEG.
 *
 * @param width - of the rendition the segment belongs to
 * @returns `undefined` when it cannot be decoded
 */
export function takeStill(
  source: StillSource,
  place: SegmentPlace,
  pictureNumber: number,
  width: number,
): Promise<Buffer | undefined> {
  return fromSegment(source, place, stillTask(pictureNumber, Math.min(POSTER_WIDTH, width)), STILL_NAME);
}

async function fromSegment(
  { reader, scratchDir, signal }: StillSource,
  place: SegmentPlace,
  task: FfmpegTask,
  name: string,
): Promise<Buffer | undefined> {
  const scratch = await openEmptyScratch(scratchDir);
  try {
    await writeFile(scratch.sourcePath, await reader.segment(place));
    await runFfmpeg(task, scratch, { signal });
    const bytes = await readFile(scratch.path(name));
    return bytes.length === 0 ? undefined : bytes;
  } catch (error) {
    // A lecture without a poster is still a lecture.
    if (error instanceof TranscodeError && error.code === 'encoder-failed') return undefined;
    throw error;
  } finally {
    await scratch.remove();
  }
}

import type { ObjectStore } from '../storage/index.ts';
import { framesToSeconds } from './generation-plan.ts';
import type { Job } from './job.ts';
import { SegmentReader, segmentPlaces } from './key-pictures.ts';
import { storeReader } from './object-reader.ts';
import { sha256Of, storeObject } from './package-list.ts';
import { finestForPoster } from './pictures.ts';
import { takeStill } from './poster.ts';
import { finishedMedia } from './presentation.ts';

/** Where a poster is taken from, and where it goes. */
export interface PosterSource {
  readonly store: ObjectStore;
  /** The folder of the generation's objects in the store. */
  readonly prefix: string;
  /** The generation's jobs; what they have finished can be shown. */
  readonly jobs: readonly Job[];
  readonly scratchDir: string;
  readonly signal: AbortSignal;
}

/**
 * Stores the picture that a lecture shows at a moment as a poster, beside any other, under a name of its own: what was
 * handed out under a name never changes. At most one segment is decoded.
 *
 * @returns the poster's name under the prefix; `undefined` when nothing is, or can be, shown at that moment
 * @throws {TranscodeError} what running ffmpeg throws, but for damage
 * @throws {StorageError} what the store throws
 */
export async function choosePosterAt(source: PosterSource, seconds: number): Promise<string | undefined> {
  const media = finishedMedia(source.jobs);
  const video = media?.plan.video;
  const finest = video === undefined ? undefined : finestForPoster(video);
  if (media === undefined || video === undefined || finest === undefined) return undefined;
  // A picture is on the screen until the next one: half a thousandth for times that were rounded.
  const picture = Math.floor((seconds + 0.0005) / framesToSeconds(video.grid, 1));
  const { segmentFrames } = video.grid;
  const place = segmentPlaces(media.runs.get(finest.name) ?? [])[Math.floor(picture / segmentFrames)];
  if (place === undefined || picture >= video.grid.frameCount) return undefined;
  const { signal, scratchDir, store, prefix } = source;
  const reader = new SegmentReader(storeReader(store, prefix), signal);
  const still = await takeStill({ reader, scratchDir, signal }, place, picture % segmentFrames, finest.width);
  if (still === undefined) return undefined;
  const name = `poster-${sha256Of(still).slice(0, 12)}.jpg`;
  await storeObject({ store, prefix, signal }, name, still, 'image/jpeg');
  return name;
}

import { readFile } from 'node:fs/promises';

import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import type { FieldOrder, FrameFacts, VideoTrack } from './media-info.ts';
import { openScratch, type Scratch } from './scratch.ts';
import { FIELD_COLUMNS, fieldFiles, fieldsTask } from './source-args.ts';

/**
 * Where in the film to look, as shares of its length: titles at both ends are drawn by computers and tell nothing. The outer ones
 * first, because a lecture of two origins is one behind the other.
 */
const SPOTS = [0.12, 0.87, 0.37, 0.62];
/** Spots that are looked at first; where they leave no doubt, the others are spared. */
const FIRST_SPOTS = 2;
/** A shorter clip has one spot. */
const SHORT_CLIP = 8;
/** A dot has moved when it changed by more than noise, and a line stands out when it differs from both neighbours by so much. */
const CHANGE = 12;
/** Dots that must move before they prove anything: of 2,000 one. A slide that stands still has none. */
const LEAST_MOVING = 0.0005;
/** Of what moves, 13 % and more were combed in interlaced pictures of all kinds, 3 % in the hard edges of drawings, and nothing in others. */
const COMBED_SHARE = 0.06;
/** What leaves no doubt where the stream too says that there are no fields: of so many moving dots 39 would be combed, and not 3. */
const CLEAR_MOVING = 300;
const CLEAR_SHARE = 0.01;

/** What was seen at one spot. */
export interface FieldFacts {
  /** Dots looked at in all pictures. */
  readonly dots: number;
  /** Those that changed from one picture to the next. */
  readonly moving: number;
  /** Those of them that stand in a comb: lines that are by turns lighter and darker. */
  readonly combed: number;
  /** Pictures in which one field seemed earlier than the other. */
  readonly topFirst: number;
  readonly bottomFirst: number;
}

/**
 * How the lines of a picture were really scanned: measured at a few spots, because the flags of old files lie both ways. Where nothing
 * moves the flag stands, and where no television ever had so many lines there is nothing to measure.
 *
 * ffmpeg's `idet` is asked for the order of the fields and not for whether there are any: it goes by whether a picture is nearer to
 * the one before or the one after, and so takes a drawing in which something appears for interlaced.
 *
 * @param path - absolute; the form of the source that will be encoded
 * @throws {TranscodeError} `canceled`, `tool-missing`
 */
export async function measureFieldOrder(
  path: string,
  video: VideoTrack,
  frames: FrameFacts,
  scratchDir: string,
  signal: AbortSignal | undefined,
): Promise<FieldOrder> {
  if (!mayBeInterlaced(video)) return 'progressive';
  const length = frames.end - frames.start;
  const starts = length < SHORT_CLIP ? [frames.start] : SPOTS.map((share) => frames.start + length * share);
  const look = (chosen: readonly number[]): Promise<readonly FieldFacts[]> =>
    lookAt(path, video, chosen, scratchDir, signal);
  const first = await look(starts.slice(0, FIRST_SPOTS));
  if (isSurelyProgressive(first, video.fieldOrder)) return 'progressive';
  const others = starts.slice(FIRST_SPOTS);
  return fieldOrderOf([...first, ...(others.length > 0 ? await look(others) : [])], video.fieldOrder);
}

/** Whether what moves at each of these spots is as good as free of combs, as the stream says; pure. */
export function isSurelyProgressive(spots: readonly FieldFacts[], flagged: FieldOrder): boolean {
  const isClear = ({ moving, combed }: FieldFacts): boolean =>
    moving >= CLEAR_MOVING && combed < moving * CLEAR_SHARE;
  return flagged === 'progressive' && spots.every(isClear);
}

/**
 * Weighs what was seen at all spots; pure.
 *
 * @param flagged - what the stream says; it stands when too little moved
 */
export function fieldOrderOf(spots: readonly FieldFacts[], flagged: FieldOrder): FieldOrder {
  const sum = (count: (spot: FieldFacts) => number): number =>
    spots.reduce((total, spot) => total + count(spot), 0);
  const moving = sum((spot) => spot.moving);
  if (moving < sum((spot) => spot.dots) * LEAST_MOVING || moving === 0) return flagged;
  if (sum((spot) => spot.combed) < moving * COMBED_SHARE) return 'progressive';
  const lead = sum((spot) => spot.topFirst) - sum((spot) => spot.bottomFirst);
  if (lead === 0 && flagged !== 'progressive') return flagged;
  return lead >= 0 ? 'top-first' : 'bottom-first';
}

/** 480 or 576 lines and 1080: all that interlaced television had. A picture that was scaled has lost its fields for good. */
function mayBeInterlaced({ codedHeight }: VideoTrack): boolean {
  return (codedHeight >= 470 && codedHeight <= 612) || (codedHeight >= 1070 && codedHeight <= 1090);
}

async function lookAt(
  path: string,
  video: VideoTrack,
  starts: readonly number[],
  scratchDir: string,
  signal: AbortSignal | undefined,
): Promise<readonly FieldFacts[]> {
  const scratch = await openScratch(scratchDir, path);
  try {
    await runFfmpeg(fieldsTask(video.index, starts), scratch, signal === undefined ? {} : { signal });
    return await Promise.all(starts.map((_, spot) => readFields(scratch, spot, video.codedHeight)));
  } catch (error) {
    if (!(error instanceof TranscodeError) || !error.code.startsWith('encoder-')) throw error;
    // A damaged spot says nothing about the fields and must not silence the others; the encoding will tell what is wrong with it.
    if (starts.length === 1) return [NOTHING_SEEN];
    const alone = starts.map((start) => lookAt(path, video, [start], scratchDir, signal));
    return (await Promise.all(alone)).flat();
  } finally {
    await scratch.remove();
  }
}

async function readFields(scratch: Scratch, spot: number, height: number): Promise<FieldFacts> {
  const { pictures, verdicts } = fieldFiles(spot);
  const said = await readFile(scratch.path(verdicts), 'utf8').catch(() => '');
  const count = (verdict: string): number => said.split(`current_frame=${verdict}\n`).length - 1;
  return {
    ...measureCombing(await readFile(scratch.path(pictures)), FIELD_COLUMNS, height),
    topFirst: count('tff'),
    bottomFirst: count('bff'),
  };
}

const NOTHING_SEEN: FieldFacts = { dots: 0, moving: 0, combed: 0, topFirst: 0, bottomFirst: 0 };

/**
 * Counts what moves and what of it is combed in grey pictures that follow each other; pure. A dot is combed when three lines around it
 * are by turns lighter and darker than their neighbours, which a moving edge is where the lines come from two moments.
 */
export function measureCombing(
  pictures: Uint8Array,
  width: number,
  height: number,
): Pick<FieldFacts, 'dots' | 'moving' | 'combed'> {
  const size = width * height;
  let dots = 0;
  let moving = 0;
  let combed = 0;
  for (let picture = 1; (picture + 1) * size <= pictures.length; picture += 1) {
    const from = picture * size;
    dots += size;
    for (let place = from + 2 * width; place < from + size - 2 * width; place += 1) {
      const luma = pictures[place] ?? 0;
      if (Math.abs(luma - (pictures[place - size] ?? 0)) <= CHANGE) continue;
      moving += 1;
      const above = pictures[place - width] ?? 0;
      const below = pictures[place + width] ?? 0;
      const higher = pictures[place - 2 * width] ?? 0;
      const lower = pictures[place + 2 * width] ?? 0;
      const isLighter =
        luma - above > CHANGE && luma - below > CHANGE && higher - above > CHANGE && lower - below > CHANGE;
      const isDarker =
        above - luma > CHANGE && below - luma > CHANGE && above - higher > CHANGE && below - lower > CHANGE;
      if (isLighter || isDarker) combed += 1;
    }
  }
  return { dots, moving, combed };
}

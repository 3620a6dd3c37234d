import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import {
  DEFAULT_LADDER_OPTIONS,
  generationStatus,
  TranscodeError,
  type GenerationId,
  type JobStore,
} from '../../transcoder/index.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Version } from '../catalogue/courseware.ts';
import type { UploadDesk } from '../upload/upload-desk.ts';
import { filmClip } from './clip-film.ts';
import type { PlannedItem } from './item-plan.ts';
import type { Makings } from './shelve.ts';

/** What the clips are made with. */
export interface ClipStudio {
  readonly catalogue: Catalogue;
  readonly jobs: JobStore;
  readonly desk: UploadDesk;
  /** How many clips are really encoded; the others show one of them. */
  readonly encodes: number;
  /** Starts somebody who encodes here, in case nobody else does; called when there is something to encode. */
  readonly startWorker: () => Promise<{ stop(): Promise<void> }>;
  /** Called with a share from 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

const LOOK_MS = 250;

/**
 * Sees to it that the clips' own items have media, through the very pipeline that lectures go through: films what is missing, has
 * it stored and encoded, and waits. What is there already is not made again.
 *
 * @throws {TranscodeError} what stopped a clip
 * @throws {CatalogueError}
 * @throws {StorageError}
 */
export async function makeClips(studio: ClipStudio, trailers: readonly PlannedItem[]): Promise<Makings> {
  const filmed = trailers.slice(0, studio.encodes);
  const generations = await inFolder(async (folder) => {
    const found: GenerationId[] = [];
    for (const [index, { id }] of filmed.entries()) {
      found.push(await inProduction(studio, id, () => filmClip(folder, index, studio.signal)));
      studio.onProgress((0.3 * (index + 1)) / filmed.length);
    }
    return found;
  });
  await untilReady(studio, generations);
  const makings = new Map<number, { readonly itemId: string; readonly generation: GenerationId }>();
  for (const [index, { id, clip }] of trailers.entries()) {
    const model = filmed[index % filmed.length];
    if (model === undefined) continue;
    const { generation } = await mediaOf(studio, id, model.id);
    if (generation !== undefined) makings.set(clip, { itemId: id, generation });
  }
  return makings;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-clips-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The making of an item, begun if there is none, and begun again if it failed. */
async function inProduction(
  { catalogue, jobs, desk, signal }: ClipStudio,
  id: string,
  film: () => Promise<string>,
): Promise<GenerationId> {
  let { current } = await catalogue.get(id);
  if (current?.generation === undefined) {
    const path = await film();
    current = await desk.take(
      path,
      { coursewareId: id, fileName: basename(path), ladder: DEFAULT_LADDER_OPTIONS },
      signal,
    );
  }
  if (current.generation === undefined) throw new Error(`Courseware ${id} was taken in without a making`);
  if (current.production === 'failed') await jobs.retry(current.generation);
  return current.generation;
}

async function untilReady(
  { jobs, startWorker, onProgress, signal }: ClipStudio,
  generations: readonly GenerationId[],
): Promise<void> {
  let worker: { stop(): Promise<void> } | undefined;
  try {
    for (;;) {
      const states = await Promise.all(
        generations.map(async (one) => generationStatus(await jobs.list(one))),
      );
      const stopped = states.find(({ stage }) => stage === 'failed' || stage === 'canceled');
      if (stopped !== undefined) {
        const { code, message } = stopped.failure ?? { code: 'canceled', message: 'A clip was canceled.' };
        throw new TranscodeError(code as TranscodeError['code'], message);
      }
      const progress = states.reduce((sum, state) => sum + state.progress, 0) / states.length;
      onProgress(0.3 + 0.7 * progress);
      if (states.every(({ stage }) => stage === 'ready')) return;
      worker ??= await startWorker();
      await pause(LOOK_MS, undefined, { signal });
    }
  } finally {
    await worker?.stop();
  }
}

/** The version of an item, which shares the media of `model` when it has none of its own. */
async function mediaOf({ catalogue }: ClipStudio, id: string, model: string): Promise<Version> {
  const { current } = await catalogue.get(id);
  if (current?.production === 'ready') return current;
  const { current: original } = await catalogue.get(model);
  const shared = await catalogue.shareMaking(id, original?.sourceSha256 ?? '');
  if (shared === undefined) throw new Error(`The clip of courseware ${model} is gone`);
  return shared;
}

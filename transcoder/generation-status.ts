import { embeddedWarnings } from './captions/embedded-captions.ts';
import type { Chapter } from './chapters.ts';
import { picturesOf, prepared } from './generation-jobs.ts';
import { generationWork } from './generation-progress.ts';
import type { Job, JobFailure } from './job.ts';
import { finishedMedia } from './presentation.ts';

/** How far the making of one lecture's renditions has come; derived from its jobs and from nothing else. */
export interface GenerationStatus {
  readonly stage: 'probing' | 'transcoding' | 'ready' | 'failed' | 'canceled';
  /**
   * 0 to 1, the share of the whole work by what each part costs; 0 until there is a plan, 1 when it is ready and not before.
   * Never goes back, also when a worker is lost and its work is done again.
   */
  readonly progress: number;
  /** True once the first segment of every rendition can be fetched. */
  readonly isPlayable: boolean;
  /** Seconds; undefined until probed. */
  readonly duration: number | undefined;
  /** What was odd about the source, in words for its producer. */
  readonly warnings: readonly string[];
  /** Names of the poster and of the storyboard's index, under the generation's prefix; undefined until there are any. */
  readonly poster: string | undefined;
  readonly storyboard: string | undefined;
  /** What the source's container divides it into; empty until probed. */
  readonly chapters: readonly Chapter[];
  /** Why it failed; only in the stage `failed`. */
  readonly failure: JobFailure | undefined;
}

/** What is shown while the last things are still to be done. */
const ALMOST = 0.999;

/** Reads the status off a generation's jobs; pure. */
export function generationStatus(jobs: readonly Job[]): GenerationStatus {
  const stage = stageOf(jobs);
  const plan = prepared(jobs)?.plan;
  const media = finishedMedia(jobs);
  return {
    stage,
    progress: stage === 'ready' ? 1 : progressOf(jobs),
    isPlayable: media !== undefined && [...media.runs.values()].every((runs) => runs.length > 0),
    duration: plan?.duration,
    warnings: [...(plan?.warnings ?? []), ...embeddedWarnings(jobs)],
    poster: picturesOf(jobs)?.poster ?? undefined,
    storyboard: picturesOf(jobs)?.storyboard ?? undefined,
    chapters: plan?.chapters ?? [],
    failure: stage === 'failed' ? jobs.find((job) => job.state === 'dead')?.failure : undefined,
  };
}

function stageOf(jobs: readonly Job[]): GenerationStatus['stage'] {
  if (jobs.some((job) => job.state === 'dead')) return 'failed';
  if (jobs.some((job) => job.kind === 'publish' && job.state === 'done')) return 'ready';
  if (jobs.some((job) => job.state === 'canceled')) return 'canceled';
  return prepared(jobs) === undefined ? 'probing' : 'transcoding';
}

function progressOf(jobs: readonly Job[]): number {
  if (prepared(jobs) === undefined) return 0;
  const { total, reached } = generationWork(jobs);
  return Math.min(ALMOST, reached / total);
}

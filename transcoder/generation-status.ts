import { prepared } from './generation-jobs.ts';
import type { Job, JobFailure } from './job.ts';
import { finishedMedia } from './presentation.ts';

/** How far the making of one lecture's renditions has come; derived from its jobs and from nothing else. */
export interface GenerationStatus {
  readonly stage: 'probing' | 'transcoding' | 'ready' | 'failed' | 'canceled';
  /** 0 to 1; weighted by the seconds of media each job stands for. */
  readonly progress: number;
  /** True once the first segment of every rendition can be fetched. */
  readonly isPlayable: boolean;
  /** Seconds; undefined until probed. */
  readonly duration: number | undefined;
  /** What was odd about the source, in words for its producer. */
  readonly warnings: readonly string[];
  /** Why it failed; only in the stage `failed`. */
  readonly failure: JobFailure | undefined;
}

/** What a second of media costs in each kind of job, against a second of a span; measured on a lecture of slides. */
const COST: Readonly<Record<Job['kind'], number>> = {
  prepare: 0,
  span: 1,
  track: 0.03,
  poster: 0.2,
  publish: 0.5,
};

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
    warnings: plan?.warnings ?? [],
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
  let total = 0;
  let made = 0;
  for (const job of jobs) {
    const { seconds } = job.payload as { readonly seconds?: number };
    const cost = COST[job.kind] * (seconds ?? 0);
    total += cost;
    if (job.state === 'done') made += cost;
    // What a failed attempt had done is done again, so only a running one counts.
    else if (job.state === 'active') made += cost * job.progress;
  }
  return total === 0 ? 0 : Math.min(0.999, made / total);
}

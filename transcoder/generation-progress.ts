import type { Job, JobKind, Json } from './job.ts';

/** What a job costs, in seconds of one slot that encodes spans at its usual pace. */
export interface JobCost {
  readonly fixed: number;
  /** For each second of media that the job stands for. */
  readonly perSecond: number;
}

/**
 * As the parts' shares of the whole time in a lecture of slides; `npm run -s bench progress` prints what they come to. The
 * pictures' and the captions' are estimates.
 */
const COST: Readonly<Record<JobKind, JobCost>> = {
  prepare: { fixed: 3, perSecond: 0.001 },
  span: { fixed: 0.5, perSecond: 1 },
  track: { fixed: 0.5, perSecond: 0.03 },
  pictures: { fixed: 1, perSecond: 0.005 },
  captions: { fixed: 0.5, perSecond: 0.001 },
  publish: { fixed: 0.3, perSecond: 0 },
};

/** A generation's work in seconds of one slot that encodes spans. */
export interface GenerationWork {
  readonly total: number;
  /** The most that was ever done; never goes back, also when an attempt is lost and done again. */
  readonly reached: number;
  /** What is left of each job under way or waiting, the longest first. */
  readonly left: readonly number[];
  /** What is left of the jobs that wait for all others; they come one after the other. */
  readonly leftAtEnd: number;
  /** Jobs that are worked on at this moment. */
  readonly active: number;
}

/**
 * Adds up a generation's work; pure. All that a plan needs is in it from the moment there is a plan, also what is queued only
 * later, so that the whole does not grow while it is worked on.
 */
export function generationWork(jobs: readonly Job[]): GenerationWork {
  let total = 0;
  let reached = 0;
  let leftAtEnd = 0;
  let active = 0;
  const left: number[] = [];
  for (const job of jobs) {
    const cost = costOf(job.kind, job.payload);
    total += cost;
    reached += cost * (job.state === 'done' ? 1 : job.furthest);
    if (job.state === 'active') active += 1;
    const rest = job.state === 'done' ? 0 : cost * (1 - job.progress);
    if (job.waitsForRest) leftAtEnd += rest;
    else if (rest > 0) left.push(rest);
  }
  if (!jobs.some((job) => job.kind === 'publish')) {
    const cost = costOf('publish', {});
    total += cost;
    leftAtEnd += cost;
  }
  return { total, reached, left: left.toSorted((a, b) => b - a), leftAtEnd, active };
}

function costOf(kind: JobKind, payload: Json): number {
  const { seconds } = payload as { readonly seconds?: number };
  const { fixed, perSecond } = COST[kind];
  return fixed + perSecond * (seconds ?? 0);
}

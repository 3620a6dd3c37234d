import type { AudioPlan } from './audio-plan.ts';
import type { GenerationPlan } from './generation-plan.ts';
import { encodedRenditions, framesToSeconds, spanFrames } from './generation-plan.ts';
import type { GenerationId, Job, Json, NewJob } from './job.ts';
import { jobPriority } from './job-order.ts';
import type { LadderOptions } from './ladder.ts';
import type { StoredObjects } from './package-list.ts';
import type { PictureDamage } from './picture-damage.ts';
import type { SegmentRun } from './segment-run.ts';
import type { SoundFacts } from './sound-correction.ts';

/** What a `prepare` job is told. */
export interface PreparePayload {
  readonly sourceKey: string;
  /** The name the producer's file had. */
  readonly sourceName: string;
  readonly ladder: LadderOptions;
}

/** What every other job is told. */
export interface WorkPayload {
  /** Seconds of media the job stands for; its weight in the progress. */
  readonly seconds: number;
  /** The span's number, for a `span` job. */
  readonly span?: number;
  /** True of a `track` that watching does not wait for. */
  readonly isAlternative?: boolean;
}

/** What a `prepare` job finds out. */
export interface PrepareResult {
  readonly sourceKey: string;
  readonly plan: GenerationPlan;
  /** The runs of renditions that were copied, one run for each span. */
  readonly copied: { readonly [rendition: string]: readonly SegmentRun[] };
}

/** What a `span` or `track` job has made: for each rendition the runs in order. A track's grows with its checkpoints. */
export interface MediaResult {
  /** Of a span: what was damaged in its part of the source; absent when nothing was. */
  readonly damage?: PictureDamage;
  readonly runs: { readonly [rendition: string]: readonly SegmentRun[] };
  /** Only of a track: what was measured before it was encoded, and what was done about it. */
  readonly sound?: SoundFacts;
}

/** What a `pictures` job has made: names under the generation's prefix, null where nothing could be. */
export interface PicturesResult extends StoredObjects {
  readonly poster: string | null;
  /** The WebVTT file that tells the place of every picture. */
  readonly storyboard: string | null;
}

/** The first job of a generation; the others follow from what it finds. */
export function prepareJob(generation: GenerationId, payload: PreparePayload): NewJob {
  return {
    kind: 'prepare',
    generation,
    name: 'prepare',
    payload: asJson(payload),
    priority: jobPriority({ kind: 'prepare', lectureSeconds: 0 }),
  };
}

/** The jobs that carry out a plan; pure. */
export function jobsForPlan(generation: GenerationId, plan: GenerationPlan): readonly NewJob[] {
  const jobs: NewJob[] = [];
  const add = (job: Omit<NewJob, 'generation' | 'payload' | 'priority'>, payload: WorkPayload): void => {
    const { span, isAlternative } = payload;
    const priority = jobPriority({ kind: job.kind, lectureSeconds: plan.duration, span, isAlternative });
    jobs.push({ ...job, generation, priority, payload: asJson(payload) });
  };
  const addTrack = ({ name, isDefault }: AudioPlan): void =>
    add({ kind: 'track', name }, { seconds: plan.duration, isAlternative: !isDefault });
  const [main, ...others] = plan.audio;
  if (main !== undefined) addTrack(main);
  if (plan.captions.length > 0) {
    add({ kind: 'captions', name: 'captions' }, { seconds: plan.duration });
  }
  const { video } = plan;
  if (video !== undefined && encodedRenditions(video).length > 0) {
    for (const span of video.spans) {
      const seconds = framesToSeconds(video.grid, spanFrames(video.grid, span).count);
      const name = `span-${String(span.index).padStart(4, '0')}`;
      add({ kind: 'span', name }, { seconds, span: span.index });
    }
  }
  others.forEach(addTrack);
  // Publishing lists the pictures, so it is queued when they are there.
  if (video === undefined) jobs.push(publishJob(generation));
  else add({ kind: 'pictures', name: 'pictures', waitsForRest: true }, { seconds: plan.duration });
  return jobs;
}

/** The last job of a generation. */
export function publishJob(generation: GenerationId): NewJob {
  const payload: WorkPayload = { seconds: 1 };
  return {
    kind: 'publish',
    generation,
    name: 'publish',
    payload: asJson(payload),
    priority: jobPriority({ kind: 'publish', lectureSeconds: 0 }),
    waitsForRest: true,
  };
}

/** What the generation's `prepare` job found, or `undefined` before it is done. */
export function prepared(jobs: readonly Job[]): PrepareResult | undefined {
  const job = jobs.find((candidate) => candidate.kind === 'prepare' && candidate.state === 'done');
  return job?.result as PrepareResult | undefined;
}

/** What the generation's `pictures` job has made, or `undefined` before it is done. */
export function picturesOf(jobs: readonly Job[]): PicturesResult | undefined {
  const job = jobs.find((candidate) => candidate.kind === 'pictures' && candidate.state === 'done');
  return job?.result as PicturesResult | undefined;
}

/** The payload of a job other than `prepare`. */
export function workPayload(job: Job): WorkPayload {
  return job.payload as unknown as WorkPayload;
}

/** Plain data of ours as what a store keeps; a type cannot say that an interface survives JSON. */
export function asJson(value: object): Json {
  return value as unknown as Json;
}

import type { z } from 'zod';

import {
  generationStatus,
  RemainingTime,
  type GenerationId,
  type Job,
  type JobStore,
  type LadderOptions,
  type PreparePayload,
} from '../../transcoder/index.ts';
import type { Courseware, Version } from '../catalogue/courseware.ts';
import type { production } from './wire.ts';

/** How the making of an item's newest version stands. */
export type ProductionReport = z.infer<typeof production>;

const MAX_FOLLOWED = 500;

/** Reads the live state of productions off their jobs, and tells the time that is left from the pace it sees. */
export class ProductionWatch {
  readonly #jobs: JobStore;
  readonly #followed = new Map<GenerationId, RemainingTime>();

  constructor(jobs: JobStore) {
    this.#jobs = jobs;
  }

  /** How the newest version of an item stands. */
  async report(courseware: Courseware): Promise<ProductionReport> {
    const version = newestVersion(courseware);
    if (version?.generation === undefined) return withoutJobs(version);
    const jobs = await this.#jobs.list(version.generation);
    if (jobs.length === 0) return withoutJobs(version);
    const status = generationStatus(jobs);
    const isUnderWay = status.stage === 'probing' || status.stage === 'transcoding';
    const remainingSeconds = isUnderWay ? this.#follow(version.generation).look(jobs) : undefined;
    const failure = status.failure ?? version.failure;
    const dead = jobs.find((job) => job.state === 'dead');
    const ladder = ladderOf(jobs);
    return {
      state: status.stage === 'canceled' ? 'canceled' : version.production,
      progress: status.progress,
      isPlayable: status.isPlayable || version.isPlayable,
      isWaiting: isUnderWay && !jobs.some((job) => job.state === 'active'),
      isUrgent: jobs.some((job) => job.isUrgent),
      ...(ladder !== undefined && { ladder }),
      ...(status.duration !== undefined && { duration: status.duration }),
      ...(remainingSeconds !== undefined && { remainingSeconds: Math.max(1, Math.ceil(remainingSeconds)) }),
      ...(failure !== undefined && {
        failure: {
          code: failure.code,
          message: failure.message,
          ...(dead !== undefined && { job: dead.name }),
        },
      }),
      warnings: [...status.warnings],
      sound: status.sound.map(({ language, ...track }) => ({
        ...track,
        ...(language !== undefined && { language }),
      })),
      jobs: jobs.map(jobReport),
    };
  }

  #follow(generation: GenerationId): RemainingTime {
    let followed = this.#followed.get(generation);
    if (followed === undefined) {
      followed = new RemainingTime();
      this.#followed.set(generation, followed);
      const [oldest] = this.#followed.keys();
      if (this.#followed.size > MAX_FOLLOWED && oldest !== undefined) this.#followed.delete(oldest);
    }
    return followed;
  }
}

/** The version whose making people ask about: a newer one, else the current one. */
export function newestVersion(courseware: Courseware): Version | undefined {
  return courseware.upcoming ?? courseware.current;
}

function withoutJobs(version: Version | undefined): ProductionReport {
  return {
    state: version?.production ?? 'none',
    progress: version?.progress ?? 0,
    isPlayable: version?.isPlayable ?? false,
    isWaiting: false,
    isUrgent: false,
    ...(version?.duration !== undefined && { duration: version.duration }),
    ...(version?.failure !== undefined && { failure: { ...version.failure } }),
    warnings: [...(version?.warnings ?? [])],
    sound: [],
    jobs: [],
  };
}

function ladderOf(jobs: readonly Job[]): LadderOptions | undefined {
  const prepare = jobs.find((job) => job.kind === 'prepare');
  return (prepare?.payload as unknown as PreparePayload | undefined)?.ladder;
}

function jobReport(job: Job): ProductionReport['jobs'][number] {
  return {
    name: job.name,
    kind: job.kind,
    state: job.state,
    attempts: job.attempts,
    progress: job.progress,
    ...(job.failure !== undefined && {
      failure: { code: job.failure.code, message: job.failure.message },
    }),
  };
}

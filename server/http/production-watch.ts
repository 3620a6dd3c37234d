import type { z } from 'zod';

import { generationStatus, type GenerationId, type Job, type JobStore } from '../../transcoder/index.ts';
import type { Courseware, Version } from '../catalogue/courseware.ts';
import type { production } from './wire.ts';

/** How the making of an item's newest version stands. */
export type ProductionReport = z.infer<typeof production>;

interface Course {
  readonly since: number;
  readonly startedFrom: number;
  /** The furthest anybody was told. */
  best: number;
}

/** Estimates before this share is done jump about too much to be shown. */
const MIN_MEASURED = 0.01;
const MAX_FOLLOWED = 500;

/** Reads the live state of productions off their jobs; progress never goes back, and time left is estimated from its pace. */
export class ProductionWatch {
  readonly #jobs: JobStore;
  readonly #courses = new Map<GenerationId, Course>();

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
    const course = this.#follow(version.generation, status.progress);
    const remainingSeconds = isUnderWay ? remaining(course) : undefined;
    const failure = status.failure ?? version.failure;
    return {
      state: status.stage === 'canceled' ? 'canceled' : version.production,
      progress: status.stage === 'ready' ? 1 : course.best,
      isPlayable: status.isPlayable || version.isPlayable,
      ...(status.duration !== undefined && { duration: status.duration }),
      ...(remainingSeconds !== undefined && { remainingSeconds }),
      ...(failure !== undefined && { failure: { code: failure.code, message: failure.message } }),
      warnings: [...status.warnings],
      jobs: jobs.map(jobReport),
    };
  }

  #follow(generation: GenerationId, progress: number): Course {
    let course = this.#courses.get(generation);
    if (course === undefined) {
      course = { since: performance.now(), startedFrom: progress, best: progress };
      this.#courses.set(generation, course);
      const [oldest] = this.#courses.keys();
      if (this.#courses.size > MAX_FOLLOWED && oldest !== undefined) this.#courses.delete(oldest);
    }
    course.best = Math.max(course.best, progress);
    return course;
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
    ...(version?.duration !== undefined && { duration: version.duration }),
    ...(version?.failure !== undefined && { failure: { ...version.failure } }),
    warnings: [...(version?.warnings ?? [])],
    jobs: [],
  };
}

function remaining(course: Course): number | undefined {
  const made = course.best - course.startedFrom;
  if (made < MIN_MEASURED) return undefined;
  const seconds = (performance.now() - course.since) / 1000;
  return Math.ceil((seconds / made) * (1 - course.best));
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

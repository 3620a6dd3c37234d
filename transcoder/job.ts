declare const jobBrand: unique symbol;
declare const generationBrand: unique symbol;

/** Names one job; unique in its store. */
export type JobId = string & { readonly [jobBrand]: true };

/**
 * Names one making of one lecture's renditions. All its jobs carry it, and all its objects lie under a prefix of its own,
 * so a second making never touches the objects of the first.
 */
export type GenerationId = string & { readonly [generationBrand]: true };

/**
 * The kinds of work, in the order a generation meets them: `prepare` probes the source and plans; `track` makes a rendition
 * that is never cut (the sound) in one pass; `span` encodes one run of segments in every size; `pictures` takes
 * poster and storyboard off what was encoded; `captions` takes text
 * tracks along; `publish` checks everything and writes the final playlists. A store does not care which there are.
 */
export type JobKind = 'prepare' | 'track' | 'span' | 'pictures' | 'captions' | 'publish';

/**
 * - `queued`: waits for a worker, or for its time after a failure.
 * - `active`: a worker holds its lease.
 * - `done`: finished; its result counts.
 * - `dead`: failed for good, with a reason; somebody must look at it and may retry it.
 * - `canceled`: nobody wants it any more.
 */
export type JobState = 'queued' | 'active' | 'done' | 'dead' | 'canceled';

/** The moves a job may make; every store keeps to this table. */
export const JOB_MOVES: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ['active', 'canceled'],
  active: ['done', 'queued', 'dead', 'canceled'],
  done: [],
  dead: ['queued', 'canceled'],
  canceled: ['queued'],
};

/** Plain data that survives JSON. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

/** A job to be queued. */
export interface NewJob {
  readonly kind: JobKind;
  readonly generation: GenerationId;
  /**
   * Names the work within its generation, such as `span-0003`. A store holds one job per generation and name: queueing a
   * second is no error and changes nothing, which makes a repeated completion harmless.
   */
  readonly name: string;
  /** What the worker needs to know; its shape belongs to the kind. */
  readonly payload: Json;
  /** Higher goes first; equal ones in the order they were queued. Default 0. See {@link OLDEST_SHARE} for the exception. */
  readonly priority?: number;
  /**
   * Leased only when no other job of its generation is `queued` or `active`, unless that one waits as well. It may
   * be queued together with those it waits for, so nobody has to notice which of them was the last.
   */
  readonly waitsForRest?: boolean;
}

/** Why an attempt failed, as it is kept with the job. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
  /** The last lines of ffmpeg's stderr and its command, for the person who has to look. */
  readonly detail?: string;
}

/** A job as the store has it. */
export interface Job {
  readonly id: JobId;
  readonly kind: JobKind;
  readonly generation: GenerationId;
  readonly name: string;
  readonly payload: Json;
  readonly priority: number;
  /** Goes before every job that is not, because somebody said so of its generation: {@link JobStore.hasten}. */
  readonly isUrgent: boolean;
  readonly waitsForRest: boolean;
  readonly state: JobState;
  /** Leases granted so far, the current one included. */
  readonly attempts: number;
  /** Attempts that ended with an error; those whose worker vanished are not among them. */
  readonly failures: number;
  /** 0 to 1; never goes back within an attempt. */
  readonly progress: number;
  /** The furthest that any attempt has come; never goes back. */
  readonly furthest: number;
  /** What the job produced. Before it is `done`, what its latest checkpoint produced, also one of an earlier attempt. */
  readonly result: Json | undefined;
  /** The latest failure, also while the job waits to be tried again. */
  readonly failure: JobFailure | undefined;
  /** Epoch milliseconds before which it is not leased. */
  readonly runAt: number;
}

/** The right to work on a job until it expires. */
export interface Lease {
  readonly job: Job;
  /**
   * The fencing token: grows with every lease of the job. What a worker writes is named after it, and the store refuses a
   * beat or an outcome that carries an older one, so a worker that was paused for an hour cannot undo its successor's work.
   */
  readonly token: number;
  readonly worker: string;
}

/** What a beat reports. */
export interface JobCheckpoint {
  readonly progress?: number;
  /** Results so far that may be shown already. */
  readonly result?: Json;
}

/** What happens to the job when an attempt failed. */
export type FailureVerdict = { readonly retryAfterMs: number } | 'give-up';

/**
 * Where jobs live. The worker decides; the store keeps, exactly once and durably: `test/contract/job-store.ts` holds every
 * implementation to these promises.
 *
 * Leases are measured by the store's clock, so workers on machines with other clocks agree. An expired lease makes the
 * job `queued` again the next time anybody asks for work, or `dead` when its attempts are used up: a source that kills its
 * worker each time must not circle for ever.
 */
export interface JobStore {
  /** Queues jobs, all or none. */
  enqueue(jobs: readonly NewJob[]): Promise<void>;

  /**
   * Takes the next job that is due, or `undefined` when there is none: urgent ones first, then by priority, then by age. One
   * lease in ten, by lot, goes by age alone ({@link OLDEST_SHARE}).
   */
  lease(worker: string, leaseMs: number): Promise<Lease | undefined>;

  /**
   * Renews the lease and records the checkpoint.
   *
   * @returns `held`, or why the worker must stop at once: `lost` (somebody else has the job) or `canceled`
   */
  beat(lease: Lease, leaseMs: number, checkpoint?: JobCheckpoint): Promise<'held' | 'lost' | 'canceled'>;

  /**
   * Ends the job with its result and queues what follows, in one transaction.
   *
   * @returns false when the lease was lost or the job canceled: then nothing was changed and the result must not be used
   */
  complete(lease: Lease, result: Json, next?: readonly NewJob[]): Promise<boolean>;

  /**
   * Ends the attempt. `give-up`, or a retry after {@link MAX_ATTEMPTS} failures, makes the job `dead` and cancels what is still
   * queued of its generation.
   *
   * @returns false when the lease was lost or the job canceled
   */
  fail(lease: Lease, failure: JobFailure, verdict: FailureVerdict): Promise<boolean>;

  /** Gives the job back untouched, as a worker does that is asked to stop; the attempt does not count. */
  release(lease: Lease): Promise<void>;

  /** Cancels all that is not finished of a generation; active workers learn of it at their next beat. */
  cancel(generation: GenerationId): Promise<void>;

  /**
   * Takes at once the jobs whose worker is gone for certain, as if their leases had run out.
   *
   * @param isGone - answers for the name of a worker; a wrong yes costs work and nothing else, as the fencing tokens see to it
   */
  reclaim(isGone: (worker: string) => boolean): Promise<void>;

  /** Makes all jobs of a generation urgent or ordinary again, and with them those that it gets later. */
  hasten(generation: GenerationId, isUrgent: boolean): Promise<void>;

  /** Queues again what is dead or canceled of a generation, with fresh attempts; what is done stays done. */
  retry(generation: GenerationId): Promise<void>;

  /** All jobs of a generation in the order they were queued. */
  list(generation: GenerationId): Promise<readonly Job[]>;
}

/**
 * The share of leases that go to the job that was queued first, whatever the priorities: the short work of newcomers goes
 * before a long lecture's, but however many come, the long one keeps at least so much of the workers.
 */
export const OLDEST_SHARE = 0.1;

/** Attempts a job gets that fail with an error, before it is `dead`. */
export const MAX_ATTEMPTS = 3;

/**
 * Leases a job gets that expire because its worker vanished, before it is `dead`. More than {@link MAX_ATTEMPTS}: most workers
 * vanish because a machine is restarted, and only a few because a source brings them down.
 */
export const MAX_LEASES = 8;

/** Brands a text as a generation's name: 1 to 64 of `a-z`, `0-9` and `-`, so that it can be a part of keys and URLs. */
export function generationId(text: string): GenerationId {
  if (!/^[a-z0-9-]{1,64}$/.test(text)) {
    throw new TypeError(`generation must be 1 to 64 of a-z, 0-9 and "-"; got ${JSON.stringify(text)}`);
  }
  return text as GenerationId;
}

/** Where the objects of a generation lie in a store, unless somebody says otherwise: what stands before the slash of their keys. */
export function generationPrefix(generation: GenerationId): string {
  return `lectures/${generation}`;
}

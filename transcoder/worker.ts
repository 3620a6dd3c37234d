import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ObjectStore } from '../storage/index.ts';
import { demandSandbox, type SandboxPolicy } from './box.ts';
import { takeEmbeddedCaptions } from './captions/embedded-captions.ts';
import { encodeSpan } from './encode-span.ts';
import type { EncoderProfile } from './encoder-profile.ts';
import { TranscodeError } from './errors.ts';
import {
  generationPrefix,
  type GenerationId,
  type Job,
  type JobCheckpoint,
  type JobFailure,
  type JobKind,
  type JobStore,
  type Lease,
} from './job.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { makeTrack } from './make-track.ts';
import { makePictures } from './pictures.ts';
import { prepare } from './prepare.ts';
import { publish } from './publish.ts';
import { failureOf, nextAttempt } from './retry-policy.ts';
import { sweepScratch } from './scratch.ts';
import { SourceCopies } from './source-copies.ts';
import { isWorkerGone, newWorkerName } from './worker-name.ts';

/** What a worker tells whoever watches it. */
export type WorkerEvent =
  | { readonly kind: 'leased' | 'done' | 'lost'; readonly job: Job }
  | {
      readonly kind: 'failed' | 'postponed';
      readonly job: Job;
      readonly failure: JobFailure;
      readonly error: unknown;
    }
  /** The job store could not be asked; the worker goes on trying. */
  | { readonly kind: 'store-trouble'; readonly failure: JobFailure };

/** What a {@link TranscodeWorker} works on, and how. */
export interface TranscodeWorkerOptions {
  readonly jobs: JobStore;
  readonly store: ObjectStore;
  /** A folder on a disk with room for one source and one span; made when missing, shared by the workers of a machine. */
  readonly scratchDir: string;
  /** Unique among workers. By default one that lets the next worker of this machine see whether this one still lives. */
  readonly name?: string;
  /** Jobs at once; the number of processors by default. */
  readonly concurrency?: number;
  /** Threads of each encoder; by default 1 with more than one job at once, else as many as the encoder likes (0). */
  readonly threads?: number;
  /**
   * How long a job stays ours without a beat; 30,000 by default. A killed worker's job waits so long, unless another worker
   * starts on the same machine: it sees that the process is gone.
   */
  readonly leaseMs?: number;
  /** How long to wait for work when there is none; 1,000 by default. */
  readonly pollMs?: number;
  /** Whether it works where there is no sandbox; `preferred`, the default, does. */
  readonly sandbox?: SandboxPolicy;
  /** What it encodes new lectures with; `x264` by default, see {@link chooseEncoder}. */
  readonly encoder?: EncoderProfile;
  /** After how many jobs it stops by itself; never by default. */
  readonly maxJobs?: number;
  /** Where a generation's objects go; `lectures/<generation>` by default. */
  readonly prefixOf?: (generation: GenerationId) => string;
  /** Answers with the absolute path of a source that is a file of this machine and in no store. */
  readonly localSource?: (sourceKey: string) => string | undefined;
  readonly onEvent?: (event: WorkerEvent) => void;
}

const CARRY_OUT: Readonly<Record<JobKind, (run: JobRun) => Promise<JobOutcome>>> = {
  prepare,
  track: makeTrack,
  span: encodeSpan,
  pictures: makePictures,
  captions: takeEmbeddedCaptions,
  publish,
};

const LONGEST_REST_MS = 60_000;
/** Progress is told no more often: people look at it, and each telling is a commit. */
const TELL_MS = 2_000;

/**
 * Carries out jobs: takes a lease, renews it while ffmpeg works, stores what was made, and hands in the result under the lease's
 * fencing token. Any number of workers on any number of machines may share a job store and an object store. A worker that is
 * killed costs the spans it was encoding and nothing else.
 *
 * A worker never throws: what fails is recorded with the job and told to `onEvent`.
 */
export class TranscodeWorker {
  readonly #options: Required<Omit<TranscodeWorkerOptions, 'onEvent'>>;
  readonly #onEvent: (event: WorkerEvent) => void;
  readonly #sources: SourceCopies;
  readonly #stopping = new AbortController();
  #awake = new AbortController();
  #slots: Promise<void> | undefined;
  #jobsLeft: number;

  constructor(options: TranscodeWorkerOptions) {
    this.#options = {
      name: newWorkerName(),
      concurrency: availableParallelism(),
      threads: (options.concurrency ?? availableParallelism()) > 1 ? 1 : 0,
      leaseMs: 30_000,
      pollMs: 1_000,
      maxJobs: Infinity,
      sandbox: 'preferred',
      encoder: 'x264',
      prefixOf: generationPrefix,
      localSource: () => undefined,
      ...options,
    };
    this.#jobsLeft = this.#options.maxJobs;
    this.#onEvent = options.onEvent ?? ((): void => undefined);
    this.#sources = new SourceCopies(options.store, options.scratchDir, this.#options.localSource);
  }

  /** Begins to look for work. Idempotent. */
  start(): void {
    this.#slots ??= this.#work();
  }

  /** Looks for work now instead of at the next poll. */
  wake(): void {
    this.#awake.abort();
  }

  /** Settles once a started worker has ended its last job: after {@link stop}, or after `maxJobs`. */
  async ended(): Promise<void> {
    await this.#slots;
  }

  /** Stops the running jobs and gives their leases back, so that another worker can take them at once. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#slots;
    await this.#sources.close();
  }

  async #work(): Promise<void> {
    const { scratchDir, jobs } = this.#options;
    for (const tidy of [() => sweepScratch(scratchDir), () => jobs.reclaim(isWorkerGone)]) {
      await tidy().catch((error: unknown) =>
        this.#onEvent({ kind: 'store-trouble', failure: failureOf(error) }),
      );
    }
    const slots = Array.from({ length: this.#options.concurrency }, () => this.#slot());
    await Promise.all(slots);
  }

  async #slot(): Promise<void> {
    let troubles = 0;
    while (!this.#stopping.signal.aborted && this.#jobsLeft > 0) {
      try {
        const lease = await this.#lease();
        if (lease === undefined) {
          await this.#rest(this.#options.pollMs);
          continue;
        }
        const isFine = await this.#carryOut(lease);
        troubles = isFine ? 0 : troubles + 1;
      } catch (error) {
        troubles += 1;
        this.#onEvent({ kind: 'store-trouble', failure: failureOf(error) });
      }
      if (troubles > 0) await this.#rest(Math.min(LONGEST_REST_MS, 1000 * 2 ** troubles));
    }
  }

  /** The next job, counted while it is asked for, so that two slots do not both take the last that may be taken. */
  async #lease(): Promise<Lease | undefined> {
    this.#jobsLeft -= 1;
    let lease: Lease | undefined;
    try {
      lease = await this.#options.jobs.lease(this.#options.name, this.#options.leaseMs);
      return lease;
    } finally {
      if (lease === undefined) this.#jobsLeft += 1;
    }
  }

  async #rest(ms: number): Promise<void> {
    if (this.#awake.signal.aborted) this.#awake = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, this.#awake.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  /** @returns false when the worker should rest before it takes more work */
  async #carryOut(lease: Lease): Promise<boolean> {
    const { job } = lease;
    const { jobs } = this.#options;
    this.#onEvent({ kind: 'leased', job });
    const holding = new LeaseHolder(jobs, lease, this.#options.leaseMs, this.#stopping.signal);
    try {
      await demandSandbox(this.#options.sandbox);
      const siblings = await jobs.list(job.generation);
      const outcome = await CARRY_OUT[job.kind]({
        job,
        token: lease.token,
        siblings,
        store: this.#options.store,
        prefix: this.#options.prefixOf(job.generation),
        sources: this.#sources,
        scratchDir: this.#options.scratchDir,
        encoder: this.#options.encoder,
        threads: this.#options.threads,
        signal: holding.signal,
        checkpoint: (checkpoint) => holding.checkpoint(checkpoint),
      });
      await holding.end();
      const isOurs = await jobs.complete(lease, outcome.result, outcome.next);
      this.#onEvent({ kind: isOurs ? 'done' : 'lost', job });
      if (isOurs && job.kind === 'publish') await this.#sources.drop(job.generation);
      if (isOurs) this.wake();
      return true;
    } catch (error) {
      await holding.end();
      return await this.#settleFailure(lease, error);
    }
  }

  async #settleFailure(lease: Lease, error: unknown): Promise<boolean> {
    const { job } = lease;
    const failure = failureOf(error);
    if (this.#stopping.signal.aborted) {
      await this.#options.jobs.release(lease);
      return true;
    }
    const next = nextAttempt(error, job.failures);
    switch (next.kind) {
      case 'postpone':
        await this.#options.jobs.release(lease);
        this.#onEvent({ kind: 'postponed', job, failure, error });
        return false;
      case 'drop':
        this.#onEvent({ kind: 'lost', job });
        return true;
      case 'fail':
        await this.#options.jobs.fail(lease, failure, next.verdict);
        this.#onEvent({ kind: 'failed', job, failure, error });
        return true;
    }
  }
}

/** Keeps a lease alive while its job runs, and aborts the job when the lease is gone. */
class LeaseHolder {
  readonly #jobs: JobStore;
  readonly #lease: Lease;
  readonly #leaseMs: number;
  readonly #gone = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #pending: JobCheckpoint = {};
  #beating: Promise<void> = Promise.resolve();
  #heldUntil: number;
  #toldAt = performance.now();

  /** Aborted when the job must stop. */
  readonly signal: AbortSignal;

  constructor(jobs: JobStore, lease: Lease, leaseMs: number, stopping: AbortSignal) {
    this.#jobs = jobs;
    this.#lease = lease;
    this.#leaseMs = leaseMs;
    this.#heldUntil = performance.now() + leaseMs;
    this.signal = AbortSignal.any([stopping, this.#gone.signal]);
    this.#timer = setInterval(() => void this.#beat(), leaseMs / 3);
  }

  /** Sends a checkpoint with a result at once, and one with progress alone unless one was sent a moment ago. */
  async checkpoint(checkpoint: JobCheckpoint): Promise<void> {
    this.#pending = { ...this.#pending, ...checkpoint };
    if (checkpoint.result !== undefined || performance.now() - this.#toldAt > TELL_MS) await this.#beat();
  }

  /** Stops beating and waits for a beat under way, so that it cannot arrive after the outcome. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  #beat(): Promise<void> {
    this.#beating = this.#beating.then(() => this.#sendBeat());
    return this.#beating;
  }

  async #sendBeat(): Promise<void> {
    const checkpoint = this.#pending;
    this.#pending = {};
    const sentAt = performance.now();
    this.#toldAt = sentAt;
    try {
      const answer = await this.#jobs.beat(this.#lease, this.#leaseMs, checkpoint);
      if (answer === 'held') this.#heldUntil = sentAt + this.#leaseMs;
      else this.#end(answer === 'canceled' ? 'canceled' : 'lease-lost');
    } catch {
      // One beat in three may fail without harm. After that somebody else may have the job, so it must not go on here.
      this.#pending = { ...checkpoint, ...this.#pending };
      if (performance.now() > this.#heldUntil) this.#end('lease-lost');
    }
  }

  #end(code: 'canceled' | 'lease-lost'): void {
    const message = code === 'canceled' ? 'The job was canceled.' : 'Another worker has taken over the job.';
    this.#gone.abort(new TranscodeError(code, message));
  }
}

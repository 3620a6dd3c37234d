import {
  JOB_MOVES,
  MAX_ATTEMPTS,
  MAX_LEASES,
  OLDEST_SHARE,
  type FailureVerdict,
  type GenerationId,
  type Job,
  type JobCheckpoint,
  type JobFailure,
  type JobId,
  type JobState,
  type JobStore,
  type Json,
  type Lease,
  type NewJob,
} from './job.ts';

interface Entry {
  job: Job;
  token: number;
  worker: string;
  leaseUntil: number;
}

/**
 * A {@link JobStore} in memory, for the library and for tests: it keeps every promise but durability.
 */
export class MemoryJobStore implements JobStore {
  readonly #now: () => number;
  readonly #lot: () => number;
  readonly #entries: Entry[] = [];
  readonly #urgent = new Set<GenerationId>();

  /**
   * @param options.now - epoch milliseconds; the system's clock by default
   * @param options.lot - 0 to 1, drawn for each lease; below `OLDEST_SHARE` it goes to the oldest job. Chance by default
   */
  constructor(options: { readonly now?: () => number; readonly lot?: () => number } = {}) {
    this.#now = options.now ?? Date.now;
    this.#lot = options.lot ?? Math.random;
  }

  async enqueue(jobs: readonly NewJob[]): Promise<void> {
    this.#addAll(jobs);
  }

  lease(worker: string, leaseMs: number): Promise<Lease | undefined> {
    const now = this.#now();
    this.#reclaim(now);
    const byAge = this.#lot() < OLDEST_SHARE;
    const due = this.#entries
      .filter(({ job }) => job.state === 'queued' && job.runAt <= now && !this.#mustWait(job))
      .toSorted(
        ({ job: a }, { job: b }) =>
          Number(b.isUrgent) - Number(a.isUrgent) || (byAge ? 0 : b.priority - a.priority),
      )[0];
    if (due === undefined) return Promise.resolve(undefined);
    due.token += 1;
    due.worker = worker;
    due.leaseUntil = now + leaseMs;
    move(due, 'active', { attempts: due.job.attempts + 1, progress: 0 });
    return Promise.resolve({ job: due.job, token: due.token, worker });
  }

  beat(lease: Lease, leaseMs: number, checkpoint: JobCheckpoint = {}): Promise<'held' | 'lost' | 'canceled'> {
    const entry = this.#held(lease);
    if (entry === undefined) {
      const state = this.#entries.find(({ job }) => job.id === lease.job.id)?.job.state;
      return Promise.resolve(state === 'canceled' ? 'canceled' : 'lost');
    }
    entry.leaseUntil = this.#now() + leaseMs;
    entry.job = {
      ...entry.job,
      progress: Math.max(entry.job.progress, checkpoint.progress ?? 0),
      furthest: Math.max(entry.job.furthest, checkpoint.progress ?? 0),
      result: checkpoint.result === undefined ? entry.job.result : copied(checkpoint.result),
    };
    return Promise.resolve('held');
  }

  async complete(lease: Lease, result: Json, next: readonly NewJob[] = []): Promise<boolean> {
    const entry = this.#held(lease);
    if (entry === undefined) return false;
    const kept = copied(result);
    this.#addAll(next);
    move(entry, 'done', { result: kept, progress: 1, furthest: 1, failure: undefined });
    return true;
  }

  fail(lease: Lease, failure: JobFailure, verdict: FailureVerdict): Promise<boolean> {
    const entry = this.#held(lease);
    if (entry === undefined) return Promise.resolve(false);
    const failures = entry.job.failures + 1;
    entry.job = { ...entry.job, failures };
    if (verdict === 'give-up' || failures >= MAX_ATTEMPTS) this.#bury(entry, failure);
    else move(entry, 'queued', { failure, progress: 0, runAt: this.#now() + verdict.retryAfterMs });
    return Promise.resolve(true);
  }

  release(lease: Lease): Promise<void> {
    const entry = this.#held(lease);
    if (entry !== undefined) move(entry, 'queued', { attempts: entry.job.attempts - 1, progress: 0 });
    return Promise.resolve();
  }

  cancel(generation: GenerationId): Promise<void> {
    for (const entry of this.#of(generation)) {
      if (JOB_MOVES[entry.job.state].includes('canceled')) move(entry, 'canceled', {});
    }
    return Promise.resolve();
  }

  retry(generation: GenerationId): Promise<void> {
    for (const entry of this.#of(generation)) {
      const { state } = entry.job;
      if (state !== 'dead' && state !== 'canceled') continue;
      entry.job = {
        ...entry.job,
        state: 'queued',
        attempts: 0,
        failures: 0,
        progress: 0,
        runAt: this.#now(),
      };
    }
    return Promise.resolve();
  }

  reclaim(isGone: (worker: string) => boolean): Promise<void> {
    for (const entry of this.#entries) {
      if (entry.job.state === 'active' && isGone(entry.worker)) entry.leaseUntil = Number.NEGATIVE_INFINITY;
    }
    this.#reclaim(this.#now());
    return Promise.resolve();
  }

  hasten(generation: GenerationId, isUrgent: boolean): Promise<void> {
    if (isUrgent) this.#urgent.add(generation);
    else this.#urgent.delete(generation);
    for (const entry of this.#of(generation)) entry.job = { ...entry.job, isUrgent };
    return Promise.resolve();
  }

  list(generation: GenerationId): Promise<readonly Job[]> {
    return Promise.resolve(this.#of(generation).map(({ job }) => job));
  }

  #of(generation: GenerationId): readonly Entry[] {
    return this.#entries.filter(({ job }) => job.generation === generation);
  }

  /** All or none: a payload that is no JSON throws before the first is added. */
  #addAll(jobs: readonly NewJob[]): void {
    for (const job of jobs.map((fresh) => ({ ...fresh, payload: copied(fresh.payload) }))) this.#add(job);
  }

  #add(job: NewJob): void {
    if (this.#of(job.generation).some((entry) => entry.job.name === job.name)) return;
    const id = String(this.#entries.length + 1) as JobId;
    this.#entries.push({
      token: 0,
      worker: '',
      leaseUntil: 0,
      job: {
        id,
        kind: job.kind,
        generation: job.generation,
        name: job.name,
        payload: job.payload,
        priority: job.priority ?? 0,
        isUrgent: this.#urgent.has(job.generation),
        waitsForRest: job.waitsForRest ?? false,
        state: 'queued',
        attempts: 0,
        failures: 0,
        progress: 0,
        furthest: 0,
        result: undefined,
        failure: undefined,
        runAt: this.#now(),
      },
    });
  }

  #held(lease: Lease): Entry | undefined {
    return this.#entries.find(
      ({ job, token }) => job.id === lease.job.id && job.state === 'active' && token === lease.token,
    );
  }

  #mustWait(job: Job): boolean {
    return (
      job.waitsForRest &&
      this.#of(job.generation).some(
        (other) => !other.job.waitsForRest && (other.job.state === 'queued' || other.job.state === 'active'),
      )
    );
  }

  /** An expired lease counts as an attempt, so a source that kills its worker each time ends `dead`. */
  #reclaim(now: number): void {
    for (const entry of this.#entries) {
      if (entry.job.state !== 'active' || entry.leaseUntil > now) continue;
      const failure: JobFailure = {
        code: 'lease-expired',
        message: `The worker stopped answering during ${entry.job.name}.`,
      };
      if (entry.job.attempts >= MAX_LEASES) this.#bury(entry, failure);
      else move(entry, 'queued', { failure, progress: 0 });
    }
  }

  #bury(entry: Entry, failure: JobFailure): void {
    move(entry, 'dead', { failure });
    for (const other of this.#of(entry.job.generation)) {
      if (other.job.state === 'queued') move(other, 'canceled', {});
    }
  }
}

/** What a database would give back: the caller's later changes do not reach it. */
const copied = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

function move(entry: Entry, state: JobState, change: Partial<Job>): void {
  if (!JOB_MOVES[entry.job.state].includes(state)) {
    throw new TypeError(
      `a job moves from ${entry.job.state} to ${JOB_MOVES[entry.job.state].join(' or ')}; got ${state}`,
    );
  }
  entry.job = { ...entry.job, ...change, state };
}

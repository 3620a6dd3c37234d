import { generationId, type GenerationId, type Job, type JobStore, type NewJob } from 'yuanjiao/transcoder';

/** A lecture that comes in. */
export interface Arrival {
  readonly name: string;
  /** Seconds after the beginning; or a moment told by what was done so far. */
  readonly at: number | ((log: readonly Turn[], now: number) => boolean);
  readonly seconds: number;
  readonly isUrgent?: boolean;
}

/** One job as it was worked on, in seconds after the beginning. */
export interface Turn {
  readonly lecture: string;
  readonly kind: Job['kind'];
  readonly job: string;
  readonly from: number;
  readonly until: number;
}

/** What to play through. */
export interface QueueSimulation {
  readonly store: JobStore;
  readonly workers: number;
  readonly arrivals: readonly Arrival[];
  /** The first job of a lecture. */
  readonly begin: (generation: GenerationId, arrival: Arrival) => NewJob;
  /** What follows a finished job. */
  readonly next: (job: Job, arrival: Arrival) => readonly NewJob[];
  /** Seconds that a job takes. */
  readonly cost: (job: Job) => number;
  /** Ends the play early. */
  readonly isOver?: (log: readonly Turn[], now: number) => boolean;
}

interface Running {
  readonly lease: NonNullable<Awaited<ReturnType<JobStore['lease']>>>;
  readonly turn: Turn;
}

const LEASE_MS = 3_600_000;

/** Plays workers on a real job store without a clock: what counts is the order in which the store gives its jobs. */
export async function simulateQueue(play: QueueSimulation): Promise<readonly Turn[]> {
  const { store } = play;
  const waiting = [...play.arrivals];
  const arrived = new Map<GenerationId, Arrival>();
  const log: Turn[] = [];
  let running: Running[] = [];
  let now = 0;

  const admit = async (): Promise<void> => {
    for (const arrival of [...waiting]) {
      const isHere = typeof arrival.at === 'number' ? arrival.at <= now : arrival.at(log, now);
      if (!isHere) continue;
      waiting.splice(waiting.indexOf(arrival), 1);
      const generation = generationId(arrival.name);
      arrived.set(generation, arrival);
      await store.enqueue([play.begin(generation, arrival)]);
      if (arrival.isUrgent === true) await store.hasten(generation, true);
    }
  };
  const fill = async (): Promise<void> => {
    while (running.length < play.workers) {
      const lease = await store.lease('worker', LEASE_MS);
      if (lease === undefined) return;
      const { generation: lecture, kind, name: job } = lease.job;
      running.push({ lease, turn: { lecture, kind, job, from: now, until: now + play.cost(lease.job) } });
    }
  };

  for (;;) {
    await admit();
    if (play.isOver?.(log, now) === true) return log;
    await fill();
    const timed = waiting.flatMap(({ at }) => (typeof at === 'number' ? [at] : []));
    now = Math.min(...running.map(({ turn }) => turn.until), ...timed);
    if (!Number.isFinite(now)) return log;
    const ended = running.filter(({ turn }) => turn.until <= now);
    running = running.filter(({ turn }) => turn.until > now);
    for (const { lease, turn } of ended) {
      const arrival = arrived.get(lease.job.generation);
      if (arrival === undefined) throw new Error(`nobody brought ${turn.lecture}`);
      await store.complete(lease, null, play.next(lease.job, arrival));
      log.push(turn);
    }
  }
}

/** A seeded generator (mulberry32), so that a play can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

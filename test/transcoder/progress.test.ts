import { expect } from 'chai';
import {
  generationId,
  generationStatus,
  MemoryJobStore,
  RemainingTime,
  type Job,
  type Lease,
} from 'yuanjiao/transcoder';

import { seeded } from '../../scripts/bench/queue-simulation.ts';
import { asJson, jobsForPlan, publishJob } from '../../transcoder/generation-jobs.ts';
import { plainPlan } from '../support/plain-plan.ts';

const LEASE_MS = 30_000;
const generation = generationId('lecture');

/** A lecture on a store whose clock stands still until it is set. */
class Making {
  now = 0;
  readonly store = new MemoryJobStore({ now: () => this.now });
  readonly #seconds: number;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  async prepare(): Promise<void> {
    await this.store.enqueue([{ kind: 'prepare', generation, name: 'prepare', payload: {} }]);
    const lease = await this.lease();
    if (lease === undefined) throw new Error('there is nothing to prepare');
    const plan = plainPlan(this.#seconds);
    // What is finished is not asked for here: a plan without renditions has nothing to look for in the spans' results.
    const kept = { ...plan, video: { ...plan.video, renditions: [] } };
    const result = asJson({ sourceKey: '', plan: kept, copied: {} });
    await this.store.complete(lease, result, jobsForPlan(generation, plan));
  }

  lease(): Promise<Lease | undefined> {
    return this.store.lease('worker', LEASE_MS);
  }

  jobs(): Promise<readonly Job[]> {
    return this.store.list(generation);
  }

  async complete(lease: Lease): Promise<void> {
    const next = lease.job.kind === 'pictures' ? [publishJob(generation)] : [];
    await this.store.complete(lease, asJson({ runs: {}, objects: [] }), next);
  }
}

describe('the progress of a making', () => {
  it('never goes back and ends at 1, whatever happens on the way', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const draw = seeded(seed);
      const making = new Making(600);
      await making.prepare();
      const held: Lease[] = [];
      let before = 0;
      for (let step = 0; step < 4000; step += 1) {
        await happen(making, held, draw);
        const { stage, progress } = generationStatus(await making.jobs());
        expect(progress, `seed ${seed}, step ${step}`).to.be.at.least(before);
        if (stage === 'ready') break;
        expect(progress, 'not at its end before it is ready').to.be.below(1);
        before = progress;
      }
      expect(generationStatus(await making.jobs())).to.include({ stage: 'ready', progress: 1 });
    }
  });

  /** One random event: work, a lost worker, a failure, a stop, a cancellation and its retry. */
  async function happen(making: Making, held: Lease[], draw: () => number): Promise<void> {
    const { store } = making;
    const place = Math.floor(draw() * held.length);
    const lease = held[place];
    const event = draw();
    if (event < 0.3 || lease === undefined) {
      const fresh = held.length < 3 ? await making.lease() : undefined;
      if (fresh !== undefined) held.push(fresh);
      else making.now += 100;
    } else if (event < 0.6) await store.beat(lease, LEASE_MS, { progress: draw() });
    else if (event < 0.85) {
      held.splice(place, 1);
      await making.complete(lease);
    } else if (event < 0.89) {
      held.splice(place, 1);
      await store.fail(lease, { code: 'encoder-killed', message: 'killed' }, { retryAfterMs: 10 });
    } else if (event < 0.93) {
      held.splice(place, 1);
      await store.release(lease);
    } else if (event < 0.97) making.now += LEASE_MS + 1;
    else {
      await store.cancel(generation);
      await store.retry(generation);
    }
    const { stage } = generationStatus(await making.jobs());
    if (stage === 'failed' || stage === 'canceled') await store.retry(generation);
  }
});

describe('the time that is left', () => {
  /** Two workers at a steady pace, beating every ten seconds; told every second. */
  async function told(pace: number): Promise<readonly { at: number; seconds: number | undefined }[]> {
    const making = new Making(1200);
    await making.prepare();
    const remaining = new RemainingTime(() => making.now);
    const running = new Map<Lease, number>();
    const log: { at: number; seconds: number | undefined }[] = [];
    while (generationStatus(await making.jobs()).stage !== 'ready') {
      while (running.size < 2) {
        const lease = await making.lease();
        if (lease === undefined) break;
        running.set(lease, making.now);
      }
      making.now += 1000;
      for (const [lease, since] of running) {
        const { seconds = 1 } = lease.job.payload as { readonly seconds?: number };
        const cost = lease.job.kind === 'span' ? seconds : 2;
        const done = ((making.now - since) / 1000) * pace;
        if (done >= cost) {
          running.delete(lease);
          await making.complete(lease);
        } else if ((making.now - since) % 10_000 === 0) {
          await making.store.beat(lease, LEASE_MS, { progress: done / cost });
        }
      }
      log.push({ at: making.now / 1000, seconds: remaining.look(await making.jobs()) });
    }
    return log;
  }

  it('is unknown at first, then true, and does not jump', async () => {
    const log = await told(2);
    const end = log.at(-1)?.at ?? 0;
    expect(log[0]?.seconds).to.equal(undefined);
    const known = log.filter((entry) => entry.seconds !== undefined);
    expect(known[0]?.at).to.be.below(0.1 * end);
    const settled = known.filter(({ at }) => at > 0.3 * end && at < end - 10);
    const errors = settled.map(({ at, seconds }) => Math.abs((seconds ?? 0) - (end - at)) / end);
    expect(Math.max(...errors), 'error as a share of the whole').to.be.below(0.15);
    const jumps = settled
      .slice(1)
      .map(({ seconds }, index) => (seconds ?? 0) - (settled[index]?.seconds ?? 0));
    expect(Math.max(...jumps), 'seconds added from one second to the next').to.be.below(0.02 * end);
  });

  it('is unknown again when nothing was done for two minutes', async () => {
    const making = new Making(600);
    await making.prepare();
    const remaining = new RemainingTime(() => making.now);
    remaining.look(await making.jobs());
    for (let span = 0; span < 3; span += 1) {
      const lease = await making.lease();
      making.now += 10_000;
      if (lease !== undefined) await making.complete(lease);
      remaining.look(await making.jobs());
    }
    expect(remaining.look(await making.jobs())).to.be.greaterThan(1);
    for (let minute = 0; minute < 4; minute += 1) {
      making.now += 60_000;
      remaining.look(await making.jobs());
    }
    expect(remaining.look(await making.jobs())).to.equal(undefined);
  });
});

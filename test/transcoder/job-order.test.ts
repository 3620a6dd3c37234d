import { expect } from 'chai';
import {
  generationId,
  MemoryJobStore,
  OLDEST_SHARE,
  type GenerationId,
  type Lease,
} from 'yuanjiao/transcoder';

import { asJson, jobsForPlan, prepareJob, publishJob } from '../../transcoder/generation-jobs.ts';
import { DEFAULT_LADDER_OPTIONS } from '../../transcoder/ladder.ts';
import { plainPlan } from '../support/plain-plan.ts';

const CONFERENCE = generationId('conference');
const CLIP = generationId('clip');
const SECONDS: ReadonlyMap<GenerationId, number> = new Map([
  [CONFERENCE, 2 * 3600],
  [CLIP, 5 * 60],
]);

/** One worker with one slot, which does what it is given in no time. */
class Worker {
  readonly store: MemoryJobStore;
  readonly done: string[] = [];

  /** @param lot - drawn at each lease */
  constructor(lot: () => number) {
    this.store = new MemoryJobStore({ now: () => 0, lot });
  }

  async bring(generation: GenerationId): Promise<void> {
    const payload = { sourceKey: 'source', sourceName: 'lecture.mp4', ladder: DEFAULT_LADDER_OPTIONS };
    await this.store.enqueue([prepareJob(generation, payload)]);
  }

  /** @returns whether there was a job */
  async work(): Promise<boolean> {
    const lease = await this.store.lease('worker', 30_000);
    if (lease === undefined) return false;
    const { generation, kind, name } = lease.job;
    this.done.push(`${generation} ${name}`);
    const plan = plainPlan(SECONDS.get(generation) ?? 0);
    if (kind === 'prepare')
      return this.#complete(lease, { sourceKey: '', plan, copied: {} }, jobsForPlan(generation, plan));
    return this.#complete(lease, {}, kind === 'pictures' ? [publishJob(generation)] : []);
  }

  async #complete(lease: Lease, result: object, next: ReturnType<typeof jobsForPlan>): Promise<boolean> {
    return this.store.complete(lease, asJson(result), next);
  }
}

describe('The order of work', () => {
  it('lets a five-minute clip pass a two-hour conference that is being made', async () => {
    const worker = new Worker(() => OLDEST_SHARE);
    await worker.bring(CONFERENCE);
    for (let jobs = 0; jobs < 10; jobs += 1) await worker.work();
    worker.done.length = 0;
    await worker.bring(CLIP);
    while (!worker.done.includes('clip publish') && (await worker.work()));
    expect(worker.done.at(-1)).to.equal('clip publish');
    expect(worker.done.filter((job) => job.startsWith('conference'))).to.deep.equal([]);
    while (await worker.work());
    expect(worker.done.at(-1)).to.equal('conference publish');
  });

  it('lets the conference go on while one clip comes after the other', async () => {
    let draw = 0;
    const worker = new Worker(() => (draw++ % 8) / 8);
    await worker.bring(CONFERENCE);
    await worker.work();
    worker.done.length = 0;
    await worker.bring(CLIP);
    while (!worker.done.includes('clip publish') && (await worker.work()));
    expect(worker.done.filter((job) => job.startsWith('conference'))).to.have.length.greaterThan(0);
  });
});

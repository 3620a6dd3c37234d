import { expect } from 'chai';
import {
  generationId,
  MAX_ATTEMPTS,
  MAX_LEASES,
  OLDEST_SHARE,
  type GenerationId,
  type Job,
  type JobStore,
  type Lease,
  type NewJob,
} from 'yuanjiao/transcoder';
import { errorOf, eventually } from '../support/databases.ts';

/** Long enough that nothing expires by itself in a test. */
const LONG_MS = 60_000;
/** Over as soon as somebody looks again. */
const SHORT_MS = 1;

const FAILURE = { code: 'encoder-failed', message: 'The encoder gave up.', detail: 'frame=1' };

const job = (generation: GenerationId, name: string, more: Partial<NewJob> = {}): NewJob => ({
  kind: 'span',
  generation,
  name,
  payload: { name },
  ...more,
});

async function mustLease(store: JobStore, worker = 'worker', leaseMs = LONG_MS): Promise<Lease> {
  return eventually(() => store.lease(worker, leaseMs));
}

async function mustFind(store: JobStore, generation: GenerationId, name: string): Promise<Job> {
  const found = (await store.list(generation)).find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new Error(`there is no job ${name}`);
  }
  return found;
}

const states = async (store: JobStore, generation: GenerationId): Promise<Record<string, string>> =>
  Object.fromEntries((await store.list(generation)).map(({ name, state }) => [name, state]));

/** How a store is opened: who draws the lot between age and priority. */
export interface LotOptions {
  readonly lot: () => number;
}

/**
 * Holds a job store to the promises of `JobStore`.
 *
 * @param open - gives an empty store
 */
export function jobStoreContract(name: string, open: (options: LotOptions) => Promise<JobStore>): void {
  describe(`${name} as a job store`, () => {
    let store: JobStore;
    let lot = 1;
    const a = generationId('generation-a');
    const b = generationId('generation-b');

    beforeEach(async () => {
      lot = 1;
      store = await open({ lot: () => lot });
    });

    describe('queueing', () => {
      it('keeps a job as it was given', async () => {
        const payload = { 标题: '桃形李', list: [1, 2.5, null, true], nested: { quote: '"\\\u0000' } };
        await store.enqueue([job(a, 'prepare', { kind: 'prepare', payload, priority: 5 })]);
        const [kept] = await store.list(a);
        expect(kept).to.deep.include({
          kind: 'prepare',
          generation: a,
          name: 'prepare',
          payload,
          priority: 5,
          waitsForRest: false,
          state: 'queued',
          attempts: 0,
          failures: 0,
          progress: 0,
          furthest: 0,
          isUrgent: false,
          result: undefined,
          failure: undefined,
        });
      });

      it('lists a generation in the order it was queued and nothing of others', async () => {
        await store.enqueue([job(a, 'third'), job(b, 'other'), job(a, 'first')]);
        await store.enqueue([job(a, 'second', { priority: 9 })]);
        expect((await store.list(a)).map((listed) => listed.name)).to.deep.equal([
          'third',
          'first',
          'second',
        ]);
        expect(await store.list(generationId('unknown'))).to.deep.equal([]);
      });

      it('leaves a job alone that is queued a second time', async () => {
        await store.enqueue([job(a, 'span'), job(a, 'span', { payload: 'twice' })]);
        await store.enqueue([job(a, 'span', { payload: 'thrice', priority: 7 }), job(b, 'span')]);
        expect(await store.list(a)).to.have.length(1);
        expect(await mustFind(store, a, 'span')).to.deep.include({ payload: { name: 'span' }, priority: 0 });
        expect(await store.list(b)).to.have.length(1);
      });

      it('queues none when one of them cannot be written', async () => {
        const circular: Record<string, unknown> = {};
        circular['self'] = circular;
        const error = await errorOf(
          store.enqueue([job(a, 'good'), job(a, 'bad', { payload: circular as never })]),
        );
        expect(error).to.be.instanceOf(TypeError);
        expect(await store.list(a)).to.deep.equal([]);
      });

      it('does not see what the caller does to a payload afterwards', async () => {
        const payload = { list: [1] };
        await store.enqueue([job(a, 'span', { payload })]);
        payload.list.push(2);
        expect((await mustFind(store, a, 'span')).payload).to.deep.equal({ list: [1] });
      });
    });

    describe('leasing', () => {
      it('gives nothing when nothing is queued', async () => {
        expect(await store.lease('worker', LONG_MS)).to.equal(undefined);
      });

      it('gives a job with a token and counts the attempt', async () => {
        await store.enqueue([job(a, 'span')]);
        const lease = await mustLease(store, 'worker of hall 7');
        expect(lease).to.include({ worker: 'worker of hall 7', token: 1 });
        expect(lease.job).to.include({ name: 'span', state: 'active', attempts: 1 });
        expect(await mustFind(store, a, 'span')).to.deep.equal(lease.job);
      });

      it('gives no job twice', async () => {
        await store.enqueue([job(a, 'span')]);
        await mustLease(store);
        expect(await store.lease('other', LONG_MS)).to.equal(undefined);
      });

      it('prefers the higher priority, then the earlier one', async () => {
        await store.enqueue([
          job(a, 'low', { priority: -1 }),
          job(a, 'first'),
          job(b, 'second'),
          job(a, 'high', { priority: 2 }),
          job(a, 'between', { priority: 0.5 }),
        ]);
        const names: string[] = [];
        for (let taken = await store.lease('w', LONG_MS); taken; taken = await store.lease('w', LONG_MS)) {
          names.push(taken.job.name);
        }
        expect(names).to.deep.equal(['high', 'between', 'first', 'second', 'low']);
      });

      it('gives the job that was queued first where the lot says so, whatever the priorities', async () => {
        await store.enqueue([
          job(a, 'long', { priority: -7200 }),
          job(a, 'waits', { waitsForRest: true, priority: 9 }),
          job(b, 'short', { priority: -300 }),
          job(b, 'shorter', { priority: -30 }),
        ]);
        lot = OLDEST_SHARE - 0.001;
        expect((await mustLease(store)).job.name).to.equal('long');
        lot = OLDEST_SHARE;
        expect((await mustLease(store)).job.name).to.equal('shorter');
      });

      it('gives what is urgent first, also what is queued for it later, and until it is so no more', async () => {
        await store.enqueue([job(a, 'first', { priority: 9 }), job(b, 'prepare'), job(b, 'last')]);
        await store.hasten(b, true);
        lot = 0;
        const prepare = await mustLease(store);
        expect(prepare.job).to.include({ name: 'prepare', isUrgent: true });
        await store.complete(prepare, null, [job(b, 'span', { priority: -5 }), job(a, 'other')]);
        expect(await mustFind(store, b, 'span')).to.include({ isUrgent: true });
        expect(await mustFind(store, a, 'other')).to.include({ isUrgent: false });
        expect((await mustLease(store)).job.name).to.equal('last');
        await store.hasten(b, false);
        expect((await mustLease(store)).job.name).to.equal('first');
        await store.enqueue([job(b, 'ordinary')]);
        expect(await mustFind(store, b, 'ordinary')).to.include({ isUrgent: false });
      });

      it('gives every job once to many workers that ask at the same time', async () => {
        const names = Array.from({ length: 40 }, (_, index) => `span-${index}`);
        await store.enqueue(names.map((span, index) => job(index % 2 === 0 ? a : b, span)));
        const taken: string[] = [];
        const work = async (worker: string): Promise<void> => {
          for (;;) {
            const lease = await store.lease(worker, LONG_MS);
            if (lease !== undefined) {
              taken.push(lease.job.name);
              expect(lease.token).to.equal(1);
              expect(await store.complete(lease, { by: worker })).to.equal(true);
            } else if ([...(await store.list(a)), ...(await store.list(b))].every(isDone)) {
              return;
            }
          }
        };
        await Promise.all(Array.from({ length: 8 }, (_, index) => work(`worker ${index}`)));
        expect(taken.toSorted()).to.deep.equal(names.toSorted());
      });

      it('holds a job back that waits for the rest of its generation', async () => {
        await store.enqueue([
          job(a, 'publish', { kind: 'publish', waitsForRest: true, priority: 9 }),
          job(a, 'pictures', { kind: 'pictures', waitsForRest: true }),
          job(a, 'span'),
        ]);
        expect(await mustFind(store, a, 'publish')).to.include({ waitsForRest: true });
        const span = await mustLease(store);
        expect(span.job.name).to.equal('span');
        expect(await store.lease('other', LONG_MS)).to.equal(undefined);
        await store.complete(span, null, [job(a, 'later')]);
        const later = await mustLease(store);
        expect(later.job.name).to.equal('later');
        await store.complete(later, null);
        expect((await mustLease(store)).job.name).to.equal('publish');
        expect((await mustLease(store)).job.name).to.equal('pictures');
      });

      it('holds nothing back for another generation', async () => {
        await store.enqueue([job(a, 'publish', { waitsForRest: true }), job(b, 'span', { priority: -1 })]);
        expect((await mustLease(store)).job.name).to.equal('publish');
      });
    });

    describe('beating', () => {
      it('prolongs the lease', async () => {
        await store.enqueue([job(a, 'kept'), job(a, 'lost')]);
        const kept = await mustLease(store, 'first', 1500);
        expect(await store.beat(kept, LONG_MS)).to.equal('held');
        // As long as the first lease was for, so that it would be over before this one.
        await mustLease(store, 'second', 1500);
        const again = await mustLease(store, 'third');
        expect(again.job.name).to.equal('lost');
        expect(await store.lease('fourth', LONG_MS)).to.equal(undefined);
      });

      it('records progress that never goes back within an attempt', async () => {
        await store.enqueue([job(a, 'span')]);
        const lease = await mustLease(store);
        await store.beat(lease, LONG_MS, { progress: 0.5 });
        await store.beat(lease, LONG_MS, { progress: 0.25 });
        await store.beat(lease, LONG_MS);
        expect((await mustFind(store, a, 'span')).progress).to.equal(0.5);
      });

      it('shows the results of a checkpoint while the job is active', async () => {
        await store.enqueue([job(a, 'track')]);
        const lease = await mustLease(store);
        await store.beat(lease, LONG_MS, { result: { segments: 3 } });
        await store.beat(lease, LONG_MS, { progress: 0.1 });
        expect(await mustFind(store, a, 'track')).to.deep.include({
          state: 'active',
          result: { segments: 3 },
          progress: 0.1,
        });
      });

      it('keeps a checkpoint when its worker vanishes, and starts the progress anew', async () => {
        await store.enqueue([job(a, 'track')]);
        const lease = await mustLease(store);
        await store.beat(lease, SHORT_MS, { progress: 0.7, result: { segments: 3 } });
        const next = await mustLease(store);
        expect(next.job).to.deep.include({ result: { segments: 3 }, progress: 0, attempts: 2 });
      });
    });

    describe('a job that is tried more than once', () => {
      it('remembers how far it ever came', async () => {
        await store.enqueue([job(a, 'span')]);
        await store.beat(await mustLease(store), SHORT_MS, { progress: 0.7 });
        const second = await mustLease(store);
        expect(second.job).to.include({ progress: 0, furthest: 0.7 });
        await store.beat(second, LONG_MS, { progress: 0.4 });
        expect(await mustFind(store, a, 'span')).to.include({ progress: 0.4, furthest: 0.7 });
        await store.beat(second, LONG_MS, { progress: 0.8 });
        await store.release(second);
        expect(await mustFind(store, a, 'span')).to.include({ progress: 0, furthest: 0.8 });
        await store.complete(await mustLease(store), null);
        expect(await mustFind(store, a, 'span')).to.include({ progress: 1, furthest: 1 });
      });

      it('hands on what was stored so far, whichever way the attempt ended', async () => {
        await store.enqueue([job(a, 'span')]);
        const stored = { runs: { '360p': ['360p/0000-1.mp4'] } };
        const first = await mustLease(store);
        await store.beat(first, LONG_MS, { result: stored });
        await store.fail(first, FAILURE, { retryAfterMs: 0 });
        const second = await mustLease(store);
        expect(second.job.result).to.deep.equal(stored);
        await store.release(second);
        const third = await mustLease(store);
        await store.fail(third, FAILURE, 'give-up');
        await store.retry(a);
        expect((await mustLease(store)).job.result).to.deep.equal(stored);
      });
    });

    describe('ending', () => {
      it('keeps the result and queues what follows', async () => {
        await store.enqueue([job(a, 'prepare')]);
        const lease = await mustLease(store);
        expect(await store.complete(lease, { spans: 2 }, [job(a, 'span-0'), job(a, 'span-1')])).to.equal(
          true,
        );
        expect(await mustFind(store, a, 'prepare')).to.deep.include({
          state: 'done',
          progress: 1,
          result: { spans: 2 },
        });
        expect(await states(store, a)).to.deep.equal({
          prepare: 'done',
          'span-0': 'queued',
          'span-1': 'queued',
        });
      });

      it('ends a job once: a repeated completion changes nothing', async () => {
        await store.enqueue([job(a, 'prepare')]);
        const lease = await mustLease(store);
        await store.complete(lease, 1, [job(a, 'span')]);
        expect(await store.complete(lease, 2, [job(a, 'more')])).to.equal(false);
        expect(await store.beat(lease, LONG_MS)).to.equal('lost');
        expect(await store.fail(lease, FAILURE, 'give-up')).to.equal(false);
        expect(await states(store, a)).to.deep.equal({ prepare: 'done', span: 'queued' });
        expect((await mustFind(store, a, 'prepare')).result).to.equal(1);
      });

      it('does not mind that what follows was queued before', async () => {
        await store.enqueue([job(a, 'prepare'), job(a, 'span')]);
        await store.complete(await mustLease(store), null, [job(a, 'span', { payload: 'again' })]);
        expect((await mustFind(store, a, 'span')).payload).to.deep.equal({ name: 'span' });
      });

      it('ends nothing when what follows cannot be written', async () => {
        await store.enqueue([job(a, 'prepare')]);
        const lease = await mustLease(store);
        const circular: Record<string, unknown> = {};
        circular['self'] = circular;
        const follower = job(a, 'bad', { payload: circular as never });
        expect(await errorOf(store.complete(lease, 1, [job(a, 'good'), follower]))).to.be.instanceOf(
          TypeError,
        );
        expect(await states(store, a)).to.deep.equal({ prepare: 'active' });
      });

      it('counts a result that comes after the lease ran out, while nobody else has the job', async () => {
        await store.enqueue([job(a, 'span')]);
        const lease = await mustLease(store, 'slow', SHORT_MS);
        expect(await store.complete(lease, 'late')).to.equal(true);
      });

      it('tries a failed job again, not before its time', async () => {
        await store.enqueue([job(a, 'soon'), job(b, 'later')]);
        const soon = await mustLease(store);
        const later = await mustLease(store);
        await store.fail(later, FAILURE, { retryAfterMs: LONG_MS });
        await store.fail(soon, FAILURE, { retryAfterMs: 20 });
        expect(await mustFind(store, a, 'soon')).to.deep.include({
          state: 'queued',
          failure: FAILURE,
          attempts: 1,
        });
        const again = await mustLease(store);
        expect(again.job).to.include({ name: 'soon', attempts: 2 });
        expect(await store.lease('other', LONG_MS)).to.equal(undefined);
        const [waiting] = await store.list(b);
        expect(waiting?.runAt).to.be.greaterThan(again.job.runAt + LONG_MS / 2);
        await store.complete(again, null);
        expect((await mustFind(store, a, 'soon')).failure).to.equal(undefined);
      });

      it('gives a job up when it is told to, and with it the rest of the generation', async () => {
        await store.enqueue([job(a, 'bad'), job(a, 'active'), job(a, 'waiting'), job(b, 'other')]);
        const bad = await mustLease(store);
        const active = await mustLease(store);
        expect(await store.fail(bad, FAILURE, 'give-up')).to.equal(true);
        expect(await states(store, a)).to.deep.equal({ bad: 'dead', active: 'active', waiting: 'canceled' });
        expect(await states(store, b)).to.deep.equal({ other: 'queued' });
        expect((await mustFind(store, a, 'bad')).failure).to.deep.equal(FAILURE);
        expect(await store.complete(active, 'still counts')).to.equal(true);
      });

      it('gives a job up when its attempts are used up', async () => {
        await store.enqueue([job(a, 'bad'), job(a, 'waiting', { priority: -1 })]);
        for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
          const lease = await mustLease(store);
          expect(lease.job).to.include({ name: 'bad', attempts: attempt });
          expect(await store.fail(lease, FAILURE, { retryAfterMs: 0 })).to.equal(true);
        }
        expect(await states(store, a)).to.deep.equal({ bad: 'dead', waiting: 'canceled' });
        expect(await store.lease('other', LONG_MS)).to.equal(undefined);
      });

      it('counts no failure for a worker that vanished', async () => {
        await store.enqueue([job(a, 'span')]);
        for (let gone = 1; gone <= MAX_ATTEMPTS; gone += 1) await mustLease(store, `gone ${gone}`, SHORT_MS);
        const lease = await mustLease(store);
        await store.fail(lease, FAILURE, { retryAfterMs: 0 });
        expect(await mustFind(store, a, 'span')).to.include({ state: 'queued', failures: 1 });
      });

      it('takes a job back untouched, as often as it is given back', async () => {
        await store.enqueue([job(a, 'span')]);
        for (let round = 1; round <= MAX_ATTEMPTS + 2; round += 1) {
          const lease = await mustLease(store);
          expect(lease.job.attempts).to.equal(1);
          expect(lease.token).to.equal(round);
          await store.release(lease);
          expect(await mustFind(store, a, 'span')).to.include({ state: 'queued', attempts: 0 });
        }
      });
    });

    describe('workers that vanish', () => {
      it('gives their job to the next one, with a greater token', async () => {
        await store.enqueue([job(a, 'span')]);
        await mustLease(store, 'gone', SHORT_MS);
        const next = await mustLease(store, 'next');
        expect(next).to.include({ worker: 'next', token: 2 });
        expect(next.job).to.include({ name: 'span', attempts: 2, state: 'active' });
      });

      it('gives their job away at once when somebody knows that they are gone, and no other', async () => {
        await store.enqueue([job(a, 'orphan'), job(b, 'kept'), job(a, 'waiting')]);
        const orphan = await mustLease(store, 'gone');
        const kept = await mustLease(store, 'alive');
        await store.reclaim((worker) => worker === 'gone');
        const again = await mustLease(store, 'next');
        expect(again.job).to.include({ name: 'orphan', attempts: 2 });
        expect(again.job.failure?.code).to.equal('lease-expired');
        expect(await store.beat(orphan, LONG_MS)).to.equal('lost');
        expect(await store.complete(orphan, 'stale')).to.equal(false);
        expect(await store.beat(kept, LONG_MS)).to.equal('held');
      });

      it('refuses everything they say when they come back', async () => {
        await store.enqueue([job(a, 'span')]);
        const stale = await mustLease(store, 'paused', SHORT_MS);
        const next = await mustLease(store, 'next');
        const before = await store.list(a);
        expect(await store.beat(stale, LONG_MS, { progress: 0.9, result: 'stale' })).to.equal('lost');
        expect(await store.complete(stale, 'stale', [job(a, 'stale')])).to.equal(false);
        expect(await store.fail(stale, FAILURE, 'give-up')).to.equal(false);
        expect(await store.fail(stale, FAILURE, { retryAfterMs: 0 })).to.equal(false);
        await store.release(stale);
        expect(await store.list(a)).to.deep.equal(before);
        expect(await store.complete(next, 'fresh')).to.equal(true);
      });

      it('refuses them too while the job waits for its next worker', async () => {
        await store.enqueue([job(a, 'span')]);
        const lease = await mustLease(store);
        await store.fail(lease, FAILURE, { retryAfterMs: LONG_MS });
        expect(await store.beat(lease, LONG_MS)).to.equal('lost');
        expect(await store.complete(lease, 'late')).to.equal(false);
      });

      it('ends a job dead that brings every worker down', async () => {
        await store.enqueue([job(a, 'poison'), job(a, 'waiting', { waitsForRest: true })]);
        for (let attempt = 1; attempt <= MAX_LEASES; attempt += 1) {
          const lease = await mustLease(store, `victim ${attempt}`, SHORT_MS);
          expect(lease.job).to.include({ name: 'poison', attempts: attempt });
        }
        const dead = await eventually(async () => {
          expect(await store.lease('other', LONG_MS)).to.equal(undefined);
          const poison = await mustFind(store, a, 'poison');
          return poison.state === 'dead' ? poison : undefined;
        });
        expect(dead.failure?.code).to.equal('lease-expired');
        expect(dead.failure?.message).to.contain('poison');
        expect(await states(store, a)).to.deep.equal({ poison: 'dead', waiting: 'canceled' });
      });
    });

    describe('canceling and retrying', () => {
      it('cancels all that is not finished and nothing else', async () => {
        await store.enqueue([job(a, 'done'), job(a, 'active'), job(a, 'queued'), job(b, 'other')]);
        await store.complete(await mustLease(store), 1);
        await mustLease(store);
        await store.cancel(a);
        expect(await states(store, a)).to.deep.equal({
          done: 'done',
          active: 'canceled',
          queued: 'canceled',
        });
        expect((await mustLease(store)).job.name).to.equal('other');
      });

      it('tells the worker at its next beat and takes nothing from it any more', async () => {
        await store.enqueue([job(a, 'active')]);
        const lease = await mustLease(store);
        await store.cancel(a);
        expect(await store.beat(lease, LONG_MS, { progress: 0.5 })).to.equal('canceled');
        expect(await store.complete(lease, 'late')).to.equal(false);
        expect(await store.fail(lease, FAILURE, { retryAfterMs: 0 })).to.equal(false);
        await store.release(lease);
        expect(await mustFind(store, a, 'active')).to.include({ state: 'canceled', progress: 0 });
      });

      it('queues dead and canceled jobs again with fresh attempts and leaves finished ones', async () => {
        await store.enqueue([job(a, 'done'), job(a, 'bad'), job(a, 'waiting')]);
        await store.complete(await mustLease(store), 'kept');
        await store.fail(await mustLease(store), FAILURE, 'give-up');
        await store.retry(a);
        expect(await states(store, a)).to.deep.equal({ done: 'done', bad: 'queued', waiting: 'queued' });
        const lease = await mustLease(store);
        expect(lease).to.deep.include({ token: 2 });
        expect(lease.job).to.include({ name: 'bad', attempts: 1 });
        expect((await mustFind(store, a, 'done')).result).to.equal('kept');
      });

      it('does not let the worker of a canceled job carry on after a retry', async () => {
        await store.enqueue([job(a, 'span')]);
        const stale = await mustLease(store);
        await store.cancel(a);
        await store.retry(a);
        expect(await store.beat(stale, LONG_MS)).to.equal('lost');
        expect(await store.complete(stale, 'stale')).to.equal(false);
        expect((await mustLease(store)).token).to.equal(2);
      });

      it('changes nothing when there is nothing to cancel or to retry', async () => {
        await store.enqueue([job(a, 'span')]);
        await store.retry(a);
        await store.cancel(generationId('unknown'));
        await store.retry(generationId('unknown'));
        expect(await states(store, a)).to.deep.equal({ span: 'queued' });
      });
    });
  });
}

const isDone = ({ state }: Job): boolean => state === 'done';

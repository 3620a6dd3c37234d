import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { generationId, type Job, type NewJob } from 'yuanjiao/transcoder';
import type { Database } from '../../../server/database/transaction.ts';
import { lockGeneration } from '../../../server/jobs/job-rows.ts';
import { SqlJobStore } from '../../../server/jobs/sql-job-store.ts';
import { fairOrderContract } from '../../contract/fair-order.ts';
import { jobStoreContract } from '../../contract/job-store.ts';
import { errorOf, eventually, onEachDatabase } from '../../support/databases.ts';

const LONG_MS = 60_000;
const a = generationId('generation-a');
const b = generationId('generation-b');
const FAILURE = { code: 'encoder-failed', message: 'The encoder gave up.' };

const job = (name: string, more: Partial<NewJob> = {}): NewJob => ({
  kind: 'span',
  generation: a,
  name,
  payload: null,
  ...more,
});

const snapshot = (jobs: readonly Job[]): readonly string[] =>
  jobs.map(({ name, state }) => `${name} ${state}`);

/** A worker process that takes jobs as `lease-holder.ts` says. */
function startWorker(address: string, mode: 'hold' | 'drain') {
  const script = fileURLToPath(new URL('lease-holder.js', import.meta.url));
  const child = spawn(process.execPath, [script, address, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return { child, lines: () => output.split('\n').filter((line) => line !== '') };
}

onEachDatabase('SqlJobStore', (databases) => {
  let database: Database;
  let address: string;
  const statements: string[] = [];

  before(async () => {
    address = await databases.address();
    database = await databases.open(address, { log: (sql) => statements.push(sql) });
    await database.migrate();
  });

  beforeEach(() => database.write((transaction) => transaction.rows('DELETE FROM job')));

  jobStoreContract('SqlJobStore', (options) => Promise.resolve(new SqlJobStore(database, options)));
  fairOrderContract('SqlJobStore', (options) => Promise.resolve(new SqlJobStore(database, options)));

  it('keeps everything when the database is closed and opened again', async () => {
    const other = await databases.open(address);
    await new SqlJobStore(other).enqueue([job('span', { payload: { 键: '值' } })]);
    const lease = await new SqlJobStore(other).lease('worker', LONG_MS);
    await other.close();
    const again = new SqlJobStore(await databases.open(address));
    expect(await again.list(a)).to.deep.equal([lease?.job]);
  });

  it('does not write while there is nothing to do', async () => {
    const store = new SqlJobStore(database);
    await store.enqueue([job('later')]);
    const lease = await store.lease('worker', LONG_MS);
    statements.length = 0;
    expect(await store.lease('idle', LONG_MS)).to.equal(undefined);
    expect(statements).to.have.length.greaterThan(0);
    expect(statements.filter((sql) => !/SELECT/.test(sql) || /UPDATE|BEGIN|START/.test(sql))).to.deep.equal(
      [],
    );
    expect(lease?.job.name).to.equal('later');
  });

  it('tells of every change within its transaction, with all jobs as they then are', async () => {
    const told: string[] = [];
    const store = new SqlJobStore(database, {
      onChange: async (transaction, generation, jobs) => {
        const rows = await transaction.rows('SELECT id FROM job WHERE generation = $1', generation);
        expect(rows).to.have.length(jobs.length);
        told.push(snapshot(jobs).join(', '));
      },
    });
    await store.enqueue([job('x'), job('y')]);
    await store.enqueue([job('x')]);
    const x = await store.lease('worker', LONG_MS);
    expect(x?.job.name).to.equal('x');
    if (x === undefined) {
      return;
    }
    await store.beat(x, LONG_MS, { progress: 0.5 });
    await store.beat(x, LONG_MS, { result: 'to be shown' });
    await store.fail(x, FAILURE, 'give-up');
    await store.retry(a);
    const again = await store.lease('worker', LONG_MS);
    if (again !== undefined) {
      await store.complete(again, null, [job('z')]);
    }
    await store.cancel(a);
    expect(told).to.deep.equal([
      'x queued, y queued',
      'x active, y queued',
      'x active, y queued',
      'x dead, y canceled',
      'x queued, y queued',
      'x active, y queued',
      'x done, y queued, z queued',
      'x done, y canceled, z canceled',
    ]);
  });

  it('changes nothing when the one who is told throws', async () => {
    const calm = new SqlJobStore(database);
    const store = new SqlJobStore(database, {
      onChange: async (transaction) => {
        await transaction.rows("UPDATE tag SET rank = rank + 100 WHERE name = '乡土'");
        throw new Error('the catalogue refuses');
      },
    });
    const refused = async (change: () => Promise<unknown>): Promise<void> => {
      const before = await calm.list(a);
      expect((await errorOf(change())).message).to.equal('the catalogue refuses');
      expect(await calm.list(a)).to.deep.equal(before);
    };
    await refused(() => store.enqueue([job('x')]));
    await calm.enqueue([job('x'), job('y')]);
    await refused(() => store.lease('worker', LONG_MS));
    const lease = await calm.lease('worker', LONG_MS);
    if (lease === undefined) {
      throw new Error('nothing was leased');
    }
    await refused(() => store.beat(lease, LONG_MS, { result: 1 }));
    await refused(() => store.complete(lease, 1, [job('z')]));
    await refused(() => store.fail(lease, FAILURE, { retryAfterMs: 0 }));
    await refused(() => store.release(lease));
    await refused(() => store.cancel(a));
    await calm.fail(lease, FAILURE, 'give-up');
    await refused(() => store.retry(a));
    const [tag] = await database.read((reader) =>
      reader.rows<{ rank: number }>("SELECT rank FROM tag WHERE name = '乡土'"),
    );
    expect(tag?.rank).to.equal(1);
  });

  it('loses no job by a worker process that is killed', async function killed() {
    const store = new SqlJobStore(database);
    await store.enqueue([job('span')]);
    const worker = startWorker(address, 'hold');
    const exited = once(worker.child, 'exit');
    await eventually(() => Promise.resolve(worker.lines().includes('leased span') || undefined));
    expect(await store.lease('other', LONG_MS)).to.equal(undefined);
    worker.child.kill('SIGKILL');
    await exited;
    const lease = await eventually(() => store.lease('other', LONG_MS));
    expect(lease).to.include({ token: 2 });
    expect(lease.job).to.deep.include({ name: 'span', attempts: 2, result: { checkpoint: 1 } });
    expect(await store.complete(lease, 'saved')).to.equal(true);
  });

  it('gives every job once to several processes', async function drained() {
    const store = new SqlJobStore(database);
    const names = Array.from({ length: 60 }, (_, index) => `span-${index}`);
    await store.enqueue(names.map((name, index) => job(name, { generation: index % 3 === 0 ? b : a })));
    const workers = [
      startWorker(address, 'drain'),
      startWorker(address, 'drain'),
      startWorker(address, 'drain'),
    ];
    const codes = await Promise.all(workers.map(({ child }) => once(child, 'close')));
    expect(codes.map(([code]) => code as number)).to.deep.equal([0, 0, 0]);
    const taken = workers.flatMap((worker) => worker.lines());
    expect(taken.toSorted()).to.deep.equal(names.map((name) => `done ${name}`).toSorted());
  });

  if (databases.kind === 'PostgreSQL') {
    it('finds other work while somebody is busy with the generation whose turn it is', async () => {
      const store = new SqlJobStore(await databases.open(address));
      await store.enqueue([job('first'), job('second', { generation: b })]);
      await database.write(async (transaction) => {
        await lockGeneration(transaction, a);
        expect((await store.lease('worker', LONG_MS))?.job.name).to.equal('second');
      });
      expect((await store.lease('worker', LONG_MS))?.job.name).to.equal('first');
    });
  }
});

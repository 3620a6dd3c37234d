import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';
import { openDatabase, SqlJobStore } from 'yuanjiao/server';
import { exportFolder, objectKey, openStore, readObject, type ObjectStore } from 'yuanjiao/storage';
import {
  DEFAULT_LADDER_OPTIONS,
  generationId,
  generationStatus,
  MAX_LEASES,
  prepareJob,
  type GenerationId,
  type Job,
  type JobStore,
} from 'yuanjiao/transcoder';

import {
  ffmpeg,
  lowestPsnr,
  packetTimes,
  picture,
  pictureDigests,
  QUICK_H264,
  testFolder,
  tone,
  type TestFolder,
} from '../support/media.ts';

const WORKER = fileURLToPath(new URL('worker-process.js', import.meta.url));
const KILLS = 20;

/** A seeded generator (mulberry32), so that a failing run can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function attemptsOf(list: readonly Job[]): number {
  return list.reduce((sum, job) => sum + job.attempts, 0);
}

describe('a worker that is killed again and again', function () {
  this.timeout(300_000);
  let folder: TestFolder;
  let store: ObjectStore;
  let jobs: JobStore;
  let closeDatabase: () => Promise<void>;
  let children: ChildProcess[];

  before(async () => {
    folder = await testFolder();
    children = [];
    await ffmpeg(
      ...[...picture('320x180', '25', 240), ...tone(240), ...QUICK_H264, '-c:a', 'aac'],
      folder.join('lecture.mp4'),
    );
    store = await openStore(`folder:${folder.join('objects')}`);
    await store.put(objectKey('sources/lecture.mp4'), { path: folder.join('lecture.mp4') });
    const database = await openDatabase(`sqlite:${folder.join('jobs.db')}`);
    await database.migrate();
    jobs = new SqlJobStore(database);
    closeDatabase = () => database.close();
  });

  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await closeDatabase();
    await store.close();
    await folder.remove();
  });

  async function begin(name: string): Promise<GenerationId> {
    const generation = generationId(name);
    const ladder = DEFAULT_LADDER_OPTIONS;
    await jobs.enqueue([
      prepareJob(generation, { sourceKey: 'sources/lecture.mp4', sourceName: 'lecture.mp4', ladder }),
    ]);
    return generation;
  }

  function startWorker(): ChildProcess {
    const words = [
      WORKER,
      `sqlite:${folder.join('jobs.db')}`,
      folder.join('objects'),
      folder.join('scratch'),
    ];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    children.push(child);
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    const ending = once(child, 'exit');
    child.kill('SIGKILL');
    await ending;
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 240_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error('the condition was not met within 240 s');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function statusOf(generation: GenerationId): Promise<ReturnType<typeof generationStatus>> {
    return generationStatus(await jobs.list(generation));
  }

  it('leaves the same lecture as one that is left in peace, at the cost of one job a kill', async () => {
    const calm = await begin('calm');
    const worker = startWorker();
    await until(async () => (await statusOf(calm)).stage === 'ready');
    await kill(worker);

    const shaken = await begin('shaken');
    const chance = random(20_061_123);
    let kills = 0;
    while (kills < KILLS) {
      const taken = attemptsOf(await jobs.list(shaken));
      const victim = startWorker();
      const wanted = chance();
      // A random moment of the work itself: so and so many milliseconds after this worker took its first job.
      await until(async () => {
        const list = await jobs.list(shaken);
        return generationStatus(list).stage === 'ready' || attemptsOf(list) > taken;
      });
      if ((await statusOf(shaken)).stage === 'ready') break;
      await new Promise((resolve) => setTimeout(resolve, Math.round(wanted * 700)));
      // A job whose workers have vanished too often is given up, which is another story: its last one is let live.
      await until(async () =>
        (await jobs.list(shaken)).every((job) => job.state === 'done' || job.attempts < MAX_LEASES - 1),
      );
      await kill(victim);
      kills += 1;
    }
    const survivor = startWorker();
    await until(async () => ['ready', 'failed'].includes((await statusOf(shaken)).stage));
    await kill(survivor);
    const status = await statusOf(shaken);
    expect(status.failure).to.equal(undefined);
    expect(status.stage).to.equal('ready');

    // One job at a time per worker, so each kill may have cost one attempt and no more.
    const list = await jobs.list(shaken);
    expect(attemptsOf(list) - list.length).to.be.at.most(kills);

    await expectSameLecture(calm, shaken);
  });

  async function expectSameLecture(calm: GenerationId, shaken: GenerationId): Promise<void> {
    for (const rendition of ['180p', 'audio']) {
      const [one, two] = await Promise.all(
        [calm, shaken].map(async (generation) => {
          const text = (
            await readObject(store, objectKey(`lectures/${generation}/${rendition}/index.m3u8`))
          ).toString();
          return [...text.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => match[1]);
        }),
      );
      expect(two).to.deep.equal(one);
    }
    await Promise.all([layOut(calm), layOut(shaken)]);
    // Threads of the encoder make its bits differ from run to run; the pictures must be the same.
    const [one, two] = [calm, shaken].map((generation) => folder.join(generation, '180p', 'index.m3u8'));
    expect((await pictureDigests(two ?? '')).length).to.equal((await pictureDigests(one ?? '')).length);
    expect(await lowestPsnr(one ?? '', two ?? '')).to.be.greaterThan(26);
    for (const [rendition, track, step] of [
      ['180p', 'v:0', 0.04],
      ['audio', 'a:0', 1024 / 48_000],
    ] as const) {
      const times = await packetTimes(folder.join(shaken, rendition, 'index.m3u8'), track);
      times.slice(1).forEach((time, position) => {
        expect(time - (times[position] ?? 0)).to.be.closeTo(step, 0.0005);
      });
    }
  }

  async function layOut(generation: GenerationId): Promise<void> {
    await exportFolder(store, `lectures/${generation}/`, folder.join(generation));
  }
});

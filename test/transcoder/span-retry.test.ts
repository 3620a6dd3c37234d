import { readdir, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { objectKey, openStore, StorageError, type ObjectStore } from 'yuanjiao/storage';
import {
  DEFAULT_LADDER_OPTIONS,
  generationId,
  generationStatus,
  MemoryJobStore,
  prepareJob,
  TranscodeWorker,
  type Job,
  type WorkerEvent,
} from 'yuanjiao/transcoder';

import { FaultyStore, type PutFault } from '../../scripts/bench/faulty-store.ts';
import {
  ffmpeg,
  picture,
  pictureDigests,
  QUICK_H264,
  testFolder,
  type TestFolder,
} from '../support/media.ts';

const SECONDS = 4;
const RATE = 10;
const generation = generationId('half-failed');

describe('a span of which one rendition cannot be stored', function spans() {
  let folder: TestFolder;
  let store: ObjectStore;
  let jobs: MemoryJobStore;
  let puts: string[];
  /** What the encoder had written when a rendition was stored. */
  let encoded: Record<string, readonly string[]>;
  let faultOf: (key: string) => PutFault | undefined;

  before(async () => {
    folder = await testFolder();
    await ffmpeg(...picture('854x480', String(RATE), SECONDS), ...QUICK_H264, folder.join('lecture.mp4'));
  });
  after(() => folder.remove());

  beforeEach(async () => {
    puts = [];
    encoded = {};
    faultOf = () => undefined;
    const inner = await openStore(`folder:${folder.join(`objects-${Math.random()}`)}`);
    store = new FaultyStore(inner, {
      put: async (key) => {
        puts.push(key);
        if (/\d+p\/\d{4}-\d+\.mp4$/.test(key)) encoded[key] = await encoderOutputs();
        return faultOf(key);
      },
    });
    jobs = new MemoryJobStore();
    await inner.put(objectKey('lecture.mp4'), { path: folder.join('lecture.mp4') });
    const payload = { sourceKey: 'lecture.mp4', sourceName: 'lecture.mp4', ladder: DEFAULT_LADDER_OPTIONS };
    await jobs.enqueue([prepareJob(generation, payload)]);
  });
  afterEach(() => store.close());

  async function encoderOutputs(): Promise<readonly string[]> {
    const names = await readdir(folder.join('scratch'), { recursive: true });
    return names.filter((name) => /out\/\d+p\.mp4$/.test(name)).map((name) => name.split('/').at(-1) ?? '');
  }

  /** Works until an event is as asked; the worker then stops, so that no test waits for its pauses. */
  async function workUntil(isSo: (event: WorkerEvent) => boolean): Promise<void> {
    const scratchDir = folder.join('scratch');
    await new Promise<void>((resolve) => {
      const worker = new TranscodeWorker({
        jobs,
        store,
        scratchDir,
        concurrency: 1,
        threads: 1,
        pollMs: 20,
        onEvent: (event) => {
          if (isSo(event)) void worker.stop().then(resolve);
        },
      });
      worker.start();
    });
  }

  const isPublished = (event: WorkerEvent): boolean => event.kind === 'done' && event.job.kind === 'publish';
  const span = async (): Promise<Job | undefined> =>
    (await jobs.list(generation)).find((job) => job.kind === 'span');
  const mediaPuts = (): readonly string[] =>
    puts.filter((key) => /\d+p\/\d{4}/.test(key)).map((key) => key.replace(`lectures/${generation}/`, ''));

  it('keeps what is stored under its name, and encodes the missing one alone', async () => {
    let isBroken = true;
    faultOf = (key) => (isBroken && key.includes('/360p/0000') ? 'before' : undefined);
    await workUntil((event) => event.kind === 'postponed' && event.job.kind === 'span');
    const kept = await store.head(objectKey(`lectures/${generation}/480p/0000-1.mp4`));
    expect(kept?.sizeBytes).to.be.greaterThan(1000);

    isBroken = false;
    await workUntil(isPublished);
    expect(mediaPuts()).to.have.members(['360p/0000-1.mp4', '480p/0000-1.mp4', '360p/0000-2.mp4']);
    expect(encoded[`lectures/${generation}/480p/0000-1.mp4`]).to.have.members(['360p.mp4', '480p.mp4']);
    expect(encoded[`lectures/${generation}/360p/0000-2.mp4`]).to.deep.equal(['360p.mp4']);
    expect(await store.head(objectKey(`lectures/${generation}/480p/0000-1.mp4`))).to.deep.equal(kept);
    await expectWhole(['360p/0000-2.mp4', '480p/0000-1.mp4']);
  });

  it('goes on with the missing one after it was given up and somebody retries it', async () => {
    let isBroken = true;
    faultOf = (key) => {
      if (!isBroken || !key.includes('/480p/0000')) return undefined;
      throw new StorageError('size-mismatch', 'The disk lies.', { key });
    };
    await workUntil((event) => event.kind === 'failed');
    const status = generationStatus(await jobs.list(generation));
    expect(status.stage).to.equal('failed');
    expect(status.failure?.code).to.equal('size-mismatch');
    const before = status.progress;

    isBroken = false;
    await jobs.retry(generation);
    expect(generationStatus(await jobs.list(generation)).progress).to.be.at.least(before);
    await workUntil(isPublished);
    expect(encoded[`lectures/${generation}/480p/0000-2.mp4`]).to.deep.equal(['480p.mp4']);
    await expectWhole(['360p/0000-1.mp4', '480p/0000-2.mp4']);
  });

  it('encodes again what has gone from the store meanwhile', async () => {
    let isBroken = true;
    faultOf = (key) => (isBroken && key.includes('/480p/0000') ? 'after' : undefined);
    await workUntil((event) => event.kind === 'postponed' && event.job.kind === 'span');
    await store.delete(objectKey(`lectures/${generation}/360p/0000-1.mp4`));
    isBroken = false;
    await workUntil(isPublished);
    await expectWhole(['360p/0000-2.mp4', '480p/0000-2.mp4']);
  });

  async function expectWhole(names: readonly string[]): Promise<void> {
    const runs = Object.values((((await span())?.result ?? {}) as unknown as Runs).runs).flat();
    expect(runs.map(({ name }) => name)).to.have.members(names);
    for (const name of names) {
      const path = folder.join('check.mp4');
      const { body } = await store.get(objectKey(`lectures/${generation}/${name}`));
      await writeFile(path, body);
      expect(await pictureDigests(path)).to.have.length(SECONDS * RATE);
    }
    const left: string[] = [];
    for await (const { key } of store.list(`lectures/${generation}/`)) left.push(key);
    expect(left.filter((key) => /\d+p\/\d{4}/.test(key))).to.have.length(names.length);
  }
});

interface Runs {
  readonly runs: Readonly<Record<string, readonly { readonly name: string }[]>>;
}

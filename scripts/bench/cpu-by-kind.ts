// node cpu-by-kind.js SOURCE FOLDER REPORT: makes a lecture one job at a time and writes down what each kind of job took.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openStore } from 'yuanjiao/storage';
import {
  DEFAULT_LADDER_OPTIONS,
  generationId,
  MemoryJobStore,
  prepareJob,
  TranscodeWorker,
} from 'yuanjiao/transcoder';

import { ownCpuSeconds } from './cpu-meter.ts';

const [source = '', folder = '', report = ''] = process.argv.slice(2);
const generation = generationId('measured');
const jobs = new MemoryJobStore();
await jobs.enqueue([
  prepareJob(generation, { sourceKey: 'source', sourceName: 'source', ladder: DEFAULT_LADDER_OPTIONS }),
]);
const store = await openStore(`folder:${join(folder, 'objects')}`);
const seconds: Record<string, number> = {};
let before = 0;
await new Promise<void>((end, fail) => {
  const worker = new TranscodeWorker({
    jobs,
    store,
    scratchDir: join(folder, 'scratch'),
    concurrency: 1,
    // As it is where several jobs run at once.
    threads: 1,
    pollMs: 20,
    localSource: () => source,
    onEvent: (event) => {
      if (event.kind === 'leased') before = ownCpuSeconds();
      if (event.kind === 'failed' || event.kind === 'postponed') fail(event.error);
      if (event.kind !== 'done') return;
      const { kind } = event.job;
      seconds[kind] = (seconds[kind] ?? 0) + ownCpuSeconds() - before;
      if (kind === 'publish') void worker.stop().then(() => end());
    },
  });
  worker.start();
});
await store.close();
writeFileSync(report, JSON.stringify(seconds));

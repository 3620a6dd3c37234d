// node worker-process.js DATABASE FOLDER SCRATCH: a worker in a process of its own, to be killed.
import { openStore } from 'yuanjiao/storage';
import { TranscodeWorker } from 'yuanjiao/transcoder';

import { openDatabase } from '../../server/database/database.ts';
import { SqlJobStore } from '../../server/jobs/sql-job-store.ts';

const [address = '', folder = '', scratchDir = ''] = process.argv.slice(2);
const database = await openDatabase(address);
const worker = new TranscodeWorker({
  jobs: new SqlJobStore(database),
  store: await openStore(`folder:${folder}`),
  scratchDir,
  concurrency: 1,
  pollMs: 50,
});
worker.start();

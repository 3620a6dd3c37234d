// node worker-process.js DATABASE FOLDER SCRATCH: a worker in a process of its own, to be killed.
import { openDatabase, SqlJobStore } from 'yuanjiao/server';
import { openStore } from 'yuanjiao/storage';
import { TranscodeWorker } from 'yuanjiao/transcoder';

const [address = '', folder = '', scratchDir = ''] = process.argv.slice(2);
const database = await openDatabase(address);
const worker = new TranscodeWorker({
  jobs: new SqlJobStore(database),
  store: await openStore(`folder:${folder}`),
  scratchDir,
  concurrency: 1,
  leaseMs: 900,
  pollMs: 50,
});
worker.start();

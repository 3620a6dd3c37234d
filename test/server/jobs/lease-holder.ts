import { openDatabase } from '../../../server/catalogue/database.ts';
import { SqlJobStore } from '../../../server/jobs/sql-job-store.ts';

// A worker process for the tests: `hold` takes one job and keeps it, beating, until it is killed; `drain` does jobs until
// there are no more.
const [address = '', mode] = process.argv.slice(2);
const database = await openDatabase(address);
const store = new SqlJobStore(database);
const worker = `process ${process.pid}`;

if (mode === 'hold') {
  const lease = await store.lease(worker, 1000);
  if (lease !== undefined) {
    await store.beat(lease, 1000, { result: { checkpoint: 1 } });
    process.stdout.write(`leased ${lease.job.name}\n`);
    setInterval(() => void store.beat(lease, 1000), 200);
  }
} else {
  for (let lease = await store.lease(worker, 60_000); lease; lease = await store.lease(worker, 60_000)) {
    if (await store.complete(lease, null)) {
      process.stdout.write(`done ${lease.job.name}\n`);
    }
  }
  await database.close();
}

import { openDatabase } from '../../../server/database/database.ts';
import { SqlJobStore } from '../../../server/jobs/sql-job-store.ts';

// A worker process for the tests: `hold` takes one job and keeps it, beating, until it is killed; `drain` does jobs until
// there are no more.
const [address = '', mode] = process.argv.slice(2);
const database = await openDatabase(address);
const store = new SqlJobStore(database);
const worker = `process ${process.pid}`;
/** Longer than a busy machine may keep a process waiting. */
const LEASE_MS = 3000;

if (mode === 'hold') {
  const lease = await store.lease(worker, LEASE_MS);
  if (lease !== undefined) {
    await store.beat(lease, LEASE_MS, { result: { checkpoint: 1 } });
    process.stdout.write(`leased ${lease.job.name}\n`);
    setInterval(() => void store.beat(lease, LEASE_MS), 200);
  }
} else {
  for (let lease = await store.lease(worker, 60_000); lease; lease = await store.lease(worker, 60_000)) {
    if (await store.complete(lease, null)) {
      process.stdout.write(`done ${lease.job.name}\n`);
    }
  }
  await database.close();
}

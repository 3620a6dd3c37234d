// node crew-once.js SOURCE FOLDER WORKERS THREADS: makes a lecture with so many `yuanjiao worker` processes of one job at a time,
// each encoder with so many threads, and ends when it is ready.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { openDatabase, SqlJobStore } from 'yuanjiao/server';
import { objectKey, openStore } from 'yuanjiao/storage';
import { DEFAULT_LADDER_OPTIONS, generationId, generationStatus, prepareJob } from 'yuanjiao/transcoder';

const MAIN = fileURLToPath(new URL('../../server/cli/main.js', import.meta.url));
const [source = '', folder = '', workers = '1', threads = '1'] = process.argv.slice(2);

const database = await openDatabase(`sqlite:${join(folder, 'yuanjiao.db')}`);
await database.migrate();
const store = await openStore(`folder:${join(folder, 'objects')}`);
await store.put(objectKey('sources/lecture.mp4'), { path: source });
const jobs = new SqlJobStore(database);
const generation = generationId('bench');
const payload = { sourceKey: 'sources/lecture.mp4', sourceName: 'lecture.mp4' };
await jobs.enqueue([prepareJob(generation, { ...payload, ladder: DEFAULT_LADDER_OPTIONS })]);

const crew = Array.from({ length: Number(workers) }, () =>
  spawn(process.execPath, [MAIN, 'worker', '--jobs', '1', '--threads', threads], {
    env: { ...process.env, YUANJIAO_DATA_DIR: folder, YUANJIAO_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit'],
  }),
);
const dead = (): boolean => crew.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
let status = generationStatus(await jobs.list(generation));
while (status.stage === 'probing' || status.stage === 'transcoding') {
  if (dead()) throw new Error('A worker has ended before the lecture was ready');
  await delay(100);
  status = generationStatus(await jobs.list(generation));
}
const exits = crew.map((worker) => once(worker, 'exit'));
for (const worker of crew) worker.kill('SIGTERM');
await Promise.all(exits);
await store.close();
await database.close();
if (status.stage !== 'ready')
  throw new Error(`The lecture is ${status.stage}: ${status.failure?.message ?? ''}`);

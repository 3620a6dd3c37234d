import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { openDatabase, SqlJobStore } from 'yuanjiao/server';
import { exportFolder, objectKey, openStore, type ObjectStore } from 'yuanjiao/storage';
import {
  DEFAULT_LADDER_OPTIONS,
  generationId,
  generationStatus,
  prepareJob,
  type GenerationId,
  type GenerationStatus,
  type JobStore,
} from 'yuanjiao/transcoder';

import { seeded } from './queue-simulation.ts';

const exec = promisify(execFile);
const WORKER = fileURLToPath(new URL('faulty-worker.js', import.meta.url));

/** How many lectures are made, and how much goes wrong on the way. */
export interface FaultRuns {
  readonly runs: number;
  /** Chance that a put, a get, a running encoder or a worker with a fresh job is hit. */
  readonly rate: number;
  readonly seed: number;
  /** Length of the lecture in seconds. */
  readonly seconds: number;
  /** Lectures that are being made at the same time. */
  readonly atOnce: number;
}

/** What became of them. */
export interface FaultFigures {
  readonly runs: number;
  /** Ready, and picture by picture, sample by sample what an undisturbed making gives. */
  readonly complete: number;
  /** Given up with a message. */
  readonly failed: number;
  /** Said to be ready and not whole; or given up without a word. */
  readonly false_successes: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
}

/** 100 makings of a small lecture while one in twenty reads, puts, encoders and workers fails. */
export async function run(): Promise<object> {
  const begin = performance.now();
  const figures = await runWithFaults({ runs: 100, rate: 0.05, seed: 20_061_123, seconds: 9, atOnce: 8 });
  return { ...figures, seconds: Math.round((performance.now() - begin) / 1000) };
}

/** Makes lectures with faults, and takes apart what is said to be ready. */
export async function runWithFaults(wish: FaultRuns): Promise<FaultFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-faults-'));
  const database = await openDatabase(`sqlite:${join(folder, 'jobs.db')}`);
  const store = await openStore(`folder:${join(folder, 'objects')}`);
  try {
    await database.migrate();
    await makeLecture(join(folder, 'lecture.mp4'), wish.seconds);
    await store.put(objectKey('sources/lecture.mp4'), { path: join(folder, 'lecture.mp4') });
    const jobs = new SqlJobStore(database);
    const expected = await undisturbed(folder, jobs, store);
    return await disturbed(wish, folder, jobs, store, expected);
  } finally {
    await store.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function undisturbed(folder: string, jobs: JobStore, store: ObjectStore): Promise<string> {
  const generation = generationId('undisturbed');
  const crew = new Crew(folder, { rate: 0, seed: 1 });
  try {
    await begin(jobs, generation);
    const status = await ended(jobs, generation);
    if (status.stage !== 'ready') throw new Error(`without any fault: ${JSON.stringify(status.failure)}`);
    return await contentOf(store, generation, join(folder, generation));
  } finally {
    await crew.end();
  }
}

async function disturbed(
  wish: FaultRuns,
  folder: string,
  jobs: JobStore,
  store: ObjectStore,
  expected: string,
): Promise<FaultFigures> {
  const crew = new Crew(folder, wish);
  const failures: Record<string, number> = {};
  let complete = 0;
  let failed = 0;
  let falseSuccesses = 0;
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < wish.runs) {
      started += 1;
      const generation = generationId(`run-${started}`);
      await begin(jobs, generation);
      const { stage, failure } = await ended(jobs, generation);
      if (stage === 'failed' && (failure?.message ?? '') !== '') {
        failed += 1;
        const code = failure?.code ?? '';
        failures[code] = (failures[code] ?? 0) + 1;
        continue;
      }
      const content = await contentOf(store, generation, join(folder, generation)).catch(String);
      if (stage === 'ready' && content === expected) complete += 1;
      else {
        falseSuccesses += 1;
        console.error(`${generation} is ${stage} and not whole: ${content} against ${expected}`);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: wish.atOnce }, lane));
  } finally {
    await crew.end();
  }
  const { faults } = crew;
  return { runs: wish.runs, complete, failed, false_successes: falseSuccesses, faults, failures };
}

async function begin(jobs: JobStore, generation: GenerationId): Promise<void> {
  const payload = { sourceKey: 'sources/lecture.mp4', sourceName: 'lecture.mp4' };
  await jobs.enqueue([prepareJob(generation, { ...payload, ladder: DEFAULT_LADDER_OPTIONS })]);
}

async function ended(jobs: JobStore, generation: GenerationId): Promise<GenerationStatus> {
  for (;;) {
    const status = generationStatus(await jobs.list(generation));
    if (status.stage !== 'probing' && status.stage !== 'transcoding') return status;
    await delay(50);
  }
}

/** A worker process that is killed by lot when it has taken a job, and replaced at once. */
class Crew {
  readonly faults: Record<string, number> = {};
  readonly #folder: string;
  readonly #rate: number;
  readonly #draw: () => number;
  #worker: ChildProcess;
  #isOver = false;
  #spawned = 0;

  constructor(folder: string, { rate, seed }: { readonly rate: number; readonly seed: number }) {
    this.#folder = folder;
    this.#rate = rate;
    this.#draw = seeded(seed);
    this.#worker = this.#start(seed);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    const exit = once(this.#worker, 'exit');
    this.#worker.kill('SIGKILL');
    await exit;
  }

  #start(seed: number): ChildProcess {
    this.#spawned += 1;
    const words = [
      `sqlite:${join(this.#folder, 'jobs.db')}`,
      join(this.#folder, 'objects'),
      join(this.#folder, 'scratch'),
      String(seed + this.#spawned),
      String(this.#rate),
    ];
    const worker = spawn(process.execPath, [WORKER, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: worker.stdout }).on('line', (line) => {
      if (line.startsWith('fault ')) this.#count(line.slice('fault '.length));
      else if (this.#draw() < this.#rate) void this.#kill(worker);
    });
    worker.once('exit', () => {
      if (!this.#isOver) this.#worker = this.#start(seed);
    });
    return worker;
  }

  async #kill(worker: ChildProcess): Promise<void> {
    await delay(this.#draw() * 300);
    if (this.#isOver || worker.exitCode !== null || !worker.kill('SIGKILL')) return;
    this.#count('kill worker');
  }

  #count(fault: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }
}

async function makeLecture(path: string, seconds: number): Promise<void> {
  await exec('ffmpeg', [
    ...['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', `testsrc2=s=854x480:r=8:d=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=f=440:r=44100:d=${seconds}`],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-g',
      '37',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-shortest',
    ],
    path,
  ]);
}

/**
 * A digest of every decoded picture and sample of every rendition. Throws when an object is not what the package list says, or
 * when a decoder complains.
 */
async function contentOf(store: ObjectStore, generation: GenerationId, folder: string): Promise<string> {
  await exportFolder(store, `lectures/${generation}/`, folder);
  try {
    const list = JSON.parse(await readFile(join(folder, 'objects.json'), 'utf8')) as {
      readonly objects: readonly { readonly name: string; readonly sha256: string }[];
    };
    for (const { name, sha256 } of list.objects) {
      const found = createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex');
      if (found !== sha256) throw new Error(`${name} is not what the list says`);
    }
    const playlists = list.objects
      .map(({ name }) => name)
      .filter((name) => name.endsWith('/index.m3u8'))
      .toSorted();
    const digests: string[] = [];
    for (const name of playlists) {
      const words = ['-v', 'warning', '-nostdin', '-i', join(folder, name), '-f', 'framemd5', '-'];
      const { stdout, stderr } = await exec('ffmpeg', words, { maxBuffer: 64 * 1024 * 1024 });
      if (stderr.trim() !== '') throw new Error(`${name}: ${stderr}`);
      const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
      digests.push(`${name} ${lines.length} ${digest}`);
    }
    return digests.join(', ');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

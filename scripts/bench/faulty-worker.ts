// node faulty-worker.js DATABASE FOLDER SCRATCH SEED RATE: a worker whose store fails and whose encoders are killed, by lot. It
// writes a line for each fault and for each job it takes, for whoever counts them or kills the worker itself.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { openDatabase, SqlJobStore } from 'yuanjiao/server';
import { openStore } from 'yuanjiao/storage';
import { TranscodeWorker } from 'yuanjiao/transcoder';

import { FaultyStore, type GetFault, type PutFault } from './faulty-store.ts';
import { seeded } from './queue-simulation.ts';

const [address = '', folder = '', scratchDir = '', seed = '1', rate = '0'] = process.argv.slice(2);
const draw = seeded(Number(seed));
const isDue = (): boolean => draw() < Number(rate);
const pick = <T>(values: readonly T[]): T | undefined => values[Math.floor(draw() * values.length)];
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

const PUT_FAULTS: readonly PutFault[] = ['before', 'after', 'lost'];
const GET_FAULTS: readonly GetFault[] = ['cut', 'broken'];

const database = await openDatabase(address);
const store = new FaultyStore(await openStore(`folder:${folder}`), {
  put: () => told('put', isDue() ? pick(PUT_FAULTS) : undefined),
  get: () => told('get', isDue() ? pick(GET_FAULTS) : undefined),
});
const worker = new TranscodeWorker({
  jobs: new SqlJobStore(database),
  store,
  scratchDir,
  concurrency: 3,
  leaseMs: 5_000,
  pollMs: 50,
  onEvent: (event) => {
    if (event.kind !== 'leased') return;
    tell(`leased ${event.job.kind}`);
    if (isDue()) void killAnEncoder();
  },
});
worker.start();

function told<Fault extends string>(what: string, fault: Fault | undefined): Fault | undefined {
  if (fault !== undefined) tell(`fault ${what} ${fault}`);
  return fault;
}

/** Kills the next ffmpeg or ffprobe of this process that can be found, a moment after it began. */
async function killAnEncoder(): Promise<void> {
  const moment = draw() * 150;
  for (let look = 0; look < 100; look += 1) {
    const pid = pick(descendants(process.pid).filter(({ name }) => name === 'ffmpeg' || name === 'ffprobe'));
    if (pid === undefined) {
      await delay(20);
      continue;
    }
    await delay(moment);
    try {
      process.kill(pid.pid, 'SIGKILL');
      tell(`fault kill ${pid.name}`);
    } catch {
      // It had ended by itself.
    }
    return;
  }
}

interface Process {
  readonly pid: number;
  readonly name: string;
}

function descendants(ancestor: number): readonly Process[] {
  const parents = new Map<number, { readonly name: string; readonly parent: number }>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      parents.set(Number(entry), { name, parent });
    } catch {
      // It ended between the listing and the look.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)?.parent;
    return parent !== undefined && parent !== 0 && (parent === ancestor || isBelow(parent));
  };
  return [...parents].filter(([pid]) => isBelow(pid)).map(([pid, { name }]) => ({ pid, name }));
}

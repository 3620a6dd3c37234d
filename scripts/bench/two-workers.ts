import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { machine, measure, median, type Cost } from './cpu-meter.ts';
import { slideLecture } from './lecture.ts';

const ROUNDS = 2;
const LECTURE_SECONDS = 1800;
const ONCE = fileURLToPath(new URL('crew-once.js', import.meta.url));

/**
 * A 30-minute lecture by two worker processes of one job and one encoder thread each, against one worker of one job with two
 * threads: wall time and processor time, both sides in turn, the ratio taken round by round.
 *
 * @param seconds - of the lecture; 1,800 by default
 */
export async function run(seconds = String(LECTURE_SECONDS)): Promise<object> {
  const source = await slideLecture(Number(seconds));
  const wallRatios: number[] = [];
  const cpuRatios: number[] = [];
  const sides: { readonly two: Cost; readonly one: Cost }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    // The other way round each time: whoever goes second finds the source in the page cache.
    const first = await costOf(source, round % 2 === 1 ? [2, 1] : [1, 2]);
    const second = await costOf(source, round % 2 === 1 ? [1, 2] : [2, 1]);
    const [two, one] = round % 2 === 1 ? [first, second] : [second, first];
    sides.push({ two, one });
    wallRatios.push(two.wallSeconds / one.wallSeconds);
    cpuRatios.push(two.cpuSeconds / one.cpuSeconds);
    console.log(`round ${round}: two workers ${shown(two)}; one worker with two threads ${shown(one)}`);
  }
  return {
    wall_ratio: rounded(median(wallRatios)),
    cpu_ratio: rounded(median(cpuRatios)),
    two_workers_wall_seconds: rounded(median(sides.map(({ two }) => two.wallSeconds))),
    one_worker_wall_seconds: rounded(median(sides.map(({ one }) => one.wallSeconds))),
    two_workers_cpu_seconds: rounded(median(sides.map(({ two }) => two.cpuSeconds))),
    one_worker_cpu_seconds: rounded(median(sides.map(({ one }) => one.cpuSeconds))),
    lecture_seconds: Number(seconds),
    rounds: ROUNDS,
    machine: machine(),
  };
}

async function costOf(source: string, [workers, threads]: readonly [number, number]): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-bench-'));
  try {
    return await measure([process.execPath, ONCE, source, folder, String(workers), String(threads)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function shown({ wallSeconds, cpuSeconds }: Cost): string {
  return `${wallSeconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} CPU-s`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

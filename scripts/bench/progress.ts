import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { objectKey, openStore } from 'yuanjiao/storage';
import {
  DEFAULT_LADDER_OPTIONS,
  generationId,
  generationStatus,
  MemoryJobStore,
  prepareJob,
  RemainingTime,
  TranscodeWorker,
  type JobKind,
} from 'yuanjiao/transcoder';

import { machine, median } from './cpu-meter.ts';
import { slideLecture } from './lecture.ts';

interface Look {
  readonly at: number;
  readonly progress: number;
  readonly remaining: number | undefined;
}

/**
 * How true progress and remaining time are: a lecture is made and looked at four times a second. Prints what each kind of job
 * took in seconds of one slot that encodes spans (the weights of the progress), how far the progress was from a straight line
 * in time, which share of the time it stood at 99 % or more, and how far off the remaining time was, as a share of the whole.
 *
 * @param seconds - of the lecture; 600 by default
 */
export async function run(seconds = '600'): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-bench-'));
  const store = await openStore(`folder:${join(folder, 'objects')}`);
  await store.put(objectKey('lecture.mp4'), { path: await slideLecture(Number(seconds)) });
  const jobs = new MemoryJobStore();
  const generation = generationId('bench');
  const payload = { sourceKey: 'lecture.mp4', sourceName: 'lecture.mp4', ladder: DEFAULT_LADDER_OPTIONS };
  await jobs.enqueue([prepareJob(generation, payload)]);
  const begun = new Map<string, number>();
  const took = new Map<JobKind, { seconds: number; media: number }>();
  const worker = new TranscodeWorker({
    jobs,
    store,
    scratchDir: join(folder, 'scratch'),
    pollMs: 20,
    onEvent: (event) => {
      if (event.kind === 'leased') begun.set(event.job.id, performance.now());
      if (event.kind !== 'done') return;
      const { seconds: media = 0 } = event.job.payload as { readonly seconds?: number };
      const sum = took.get(event.job.kind) ?? { seconds: 0, media: 0 };
      sum.seconds += (performance.now() - (begun.get(event.job.id) ?? 0)) / 1000;
      sum.media += media;
      took.set(event.job.kind, sum);
    },
  });
  const start = performance.now();
  const remaining = new RemainingTime();
  const looks: Look[] = [];
  worker.start();
  for (;;) {
    const known = await jobs.list(generation);
    const { stage, progress, failure } = generationStatus(known);
    if (failure !== undefined) throw new Error(failure.message);
    looks.push({ at: (performance.now() - start) / 1000, progress, remaining: remaining.look(known) });
    if (stage === 'ready') break;
    await delay(250);
  }
  await worker.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  return { ...truthOf(looks), ...weightsOf(took), machine: machine() };
}

function truthOf(looks: readonly Look[]): Record<string, number> {
  const end = looks.at(-1)?.at ?? 0;
  const late = looks.find(({ progress }) => progress >= 0.99)?.at ?? end;
  const told = looks.filter((look) => look.remaining !== undefined && look.at < end);
  const errors = told.map(({ at, remaining = 0 }) => Math.abs(remaining - (end - at)) / end);
  const isSteady = looks.every(({ progress }, index) => progress >= (looks[index - 1]?.progress ?? 0));
  return {
    seconds: rounded(end),
    went_back: isSteady ? 0 : 1,
    share_at_99: rounded((end - late) / end),
    worst_from_line: rounded(Math.max(...looks.map(({ at, progress }) => Math.abs(progress - at / end)))),
    remaining_known_from: rounded((told[0]?.at ?? end) / end),
    remaining_median_error: rounded(median(errors)),
    remaining_worst_error: rounded(Math.max(...errors)),
  };
}

function weightsOf(took: ReadonlyMap<JobKind, { readonly seconds: number; readonly media: number }>): object {
  const span = took.get('span');
  const pace = span === undefined ? 1 : span.seconds / span.media;
  const weights = [...took].map(([kind, { seconds, media }]) => [
    kind,
    { slot_seconds: rounded(seconds / pace), per_second: media === 0 ? 0 : rounded(seconds / pace / media) },
  ]);
  return { weights: Object.fromEntries(weights) as object };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

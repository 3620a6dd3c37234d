import { MemoryJobStore, type GenerationId, type NewJob } from 'yuanjiao/transcoder';

import { seeded, simulateQueue, type Arrival, type Turn } from './queue-simulation.ts';

const WORKERS = 2;
const HOUR = 3600;
const CLIP = 300;

/** Gives a span its priority; spans come in the order of the lecture. */
type SpanPriority = (span: number, lectureSeconds: number, secondsBefore: number) => number;

interface Policy {
  readonly span: SpanPriority;
  readonly publish: number;
  /** The share of leases that go to the oldest job. */
  readonly oldestShare: number;
}

const TOP = 1e9;

const POLICIES: Readonly<Record<string, Policy>> = {
  'first come': { span: () => 0, publish: 0, oldestShare: 0 },
  'all in turn': { span: (span) => -span, publish: TOP, oldestShare: 0 },
  'shortest lecture': { span: byLength, publish: TOP, oldestShare: 0 },
  'shortest rest': {
    span: (span, seconds, before) => (span === 0 ? TOP : before - seconds),
    publish: TOP,
    oldestShare: 0,
  },
  'shortest lecture, a tenth for the oldest': { span: byLength, publish: TOP, oldestShare: 0.1 },
};

function byLength(span: number, lectureSeconds: number): number {
  return span === 0 ? TOP : -lectureSeconds;
}

const conference = (at: number): Arrival => ({ name: 'conference', at, seconds: 2 * HOUR });
const clips = (count: number, at: (index: number) => Arrival['at']): readonly Arrival[] =>
  Array.from({ length: count }, (_, index) => ({ name: `clip-${index}`, at: at(index), seconds: CLIP }));

const PLAYS: Readonly<Record<string, readonly Arrival[]>> = {
  'a clip, half a conference': [conference(0), ...clips(1, () => HOUR / 2)],
  'ten clips, half a conference': [conference(0), ...clips(10, () => HOUR / 2)],
  'six lectures of an hour': Array.from({ length: 6 }, (_, index) => ({
    name: `lecture-${index}`,
    at: index,
    seconds: HOUR,
  })),
  'a conference among clips without end': [
    conference(0),
    ...clips(60, (index) => 60 + (index * CLIP) / WORKERS),
  ],
};

/**
 * Which order of spans serves whom: seconds until a clip, and the average lecture, is ready, over what its own work takes on
 * idle workers; how far a conference has come when an hour of clips has passed; and how often a worker has to change from one
 * source to another. No encoding, no clock: two workers on the real job store that take a second for a second.
 */
export async function run(): Promise<object> {
  const figures: Record<string, Record<string, Record<string, number>>> = {};
  for (const [policyName, policy] of Object.entries(POLICIES)) {
    for (const [playName, arrivals] of Object.entries(PLAYS)) {
      const measured = await playThrough(policy, arrivals);
      (figures[playName] ??= {})[policyName] = measured;
    }
  }
  for (const [playName, policies] of Object.entries(figures)) {
    console.log(playName);
    for (const [policy, measured] of Object.entries(policies)) {
      const words = Object.entries(measured).map(([what, value]) => `${what} ${value}`);
      console.log(`  ${policy.padEnd(44)} ${words.join('  ')}`);
    }
  }
  return figures;
}

async function playThrough(policy: Policy, arrivals: readonly Arrival[]): Promise<Record<string, number>> {
  const draw = seeded(20_061_123);
  const store = new MemoryJobStore({
    // The store has its own share; a policy without one never draws it.
    lot: () => (policy.oldestShare === 0 ? 1 : draw()),
  });
  const log = await simulateQueue({
    store,
    workers: WORKERS,
    arrivals,
    begin: (generation) => ({
      kind: 'prepare',
      generation,
      name: 'prepare',
      payload: null,
      priority: TOP / 2,
    }),
    next: (job, arrival) => (job.kind === 'prepare' ? workOf(policy, job.generation, arrival.seconds) : []),
    cost: (job) => (job.payload as { readonly seconds?: number } | null)?.seconds ?? 1,
  });
  return measuresOf(log, arrivals);
}

function workOf(policy: Policy, generation: GenerationId, lectureSeconds: number): readonly NewJob[] {
  const jobs: NewJob[] = [];
  let before = 0;
  for (let span = 0, length = 6; before < lectureSeconds; span += 1, length = Math.min(120, length * 2)) {
    const seconds = Math.min(length, lectureSeconds - before);
    const priority = policy.span(span, lectureSeconds, before);
    jobs.push({ kind: 'span', generation, name: `span-${span}`, payload: { seconds }, priority });
    before += seconds;
  }
  const { publish: priority } = policy;
  return [
    ...jobs,
    { kind: 'publish', generation, name: 'publish', payload: null, priority, waitsForRest: true },
  ];
}

function measuresOf(log: readonly Turn[], arrivals: readonly Arrival[]): Record<string, number> {
  const delayOf = ({ name, at, seconds }: Arrival): number => {
    const ready = log.find(({ lecture, kind }) => lecture === name && kind === 'publish')?.until ?? Infinity;
    return (ready - Number(at)) / (seconds / WORKERS);
  };
  const short = arrivals.filter(({ seconds }) => seconds === CLIP);
  const long = arrivals.filter(({ seconds }) => seconds !== CLIP);
  const halfway = (arrivals.length * CLIP) / WORKERS / 2;
  const changes = log
    .filter(({ kind }) => kind === 'span')
    .toSorted((a, b) => a.from - b.from)
    .filter(({ lecture }, index, list) => index > 0 && list[index - 1]?.lecture !== lecture).length;
  return {
    ...(short.length > 0 && { clip_slowdown: mean(short.map(delayOf)) }),
    lecture_slowdown: mean(long.map(delayOf)),
    ...(short.length > 10 && {
      conference_seconds_at_half: Math.round(secondsMade(log, 'conference', halfway)),
    }),
    source_changes: changes,
  };
}

function secondsMade(log: readonly Turn[], lecture: string, before: number): number {
  return log
    .filter((turn) => turn.lecture === lecture && turn.kind === 'span' && turn.until <= before)
    .reduce((sum, { from, until }) => sum + until - from, 0);
}

function mean(values: readonly number[]): number {
  return Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 10) / 10;
}

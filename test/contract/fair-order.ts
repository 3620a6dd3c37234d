import { expect } from 'chai';
import {
  DEFAULT_LADDER_OPTIONS,
  OLDEST_SHARE,
  type GenerationId,
  type Job,
  type JobStore,
} from 'yuanjiao/transcoder';

import { seeded, simulateQueue, type Arrival, type Turn } from '../../scripts/bench/queue-simulation.ts';
import { jobsForPlan, prepareJob, publishJob, workPayload } from '../../transcoder/generation-jobs.ts';
import { plainPlan } from '../support/plain-plan.ts';
import type { LotOptions } from './job-store.ts';

const WORKERS = 2;
const CLIP = 300;
const CONFERENCE = 1800;

const begin = (generation: GenerationId) =>
  prepareJob(generation, { sourceKey: 'source', sourceName: 'a.mp4', ladder: DEFAULT_LADDER_OPTIONS });
const next = (job: Job, { seconds }: Arrival) => {
  if (job.kind === 'prepare') return jobsForPlan(job.generation, plainPlan(seconds));
  return job.kind === 'pictures' ? [publishJob(job.generation)] : [];
};
const cost = (job: Job): number => (job.kind === 'span' ? workPayload(job).seconds : 1);

const isHalfDone = (log: readonly Turn[]): boolean => secondsOf(log, 'conference') >= CONFERENCE / 2;
const secondsOf = (log: readonly Turn[], lecture: string): number =>
  log
    .filter((turn) => turn.lecture === lecture && turn.kind === 'span')
    .reduce((sum, { from, until }) => sum + until - from, 0);
const readyAt = (log: readonly Turn[], lecture: string): number =>
  log.find((turn) => turn.lecture === lecture && turn.kind === 'publish')?.until ?? Infinity;
const begunAt = (log: readonly Turn[], lecture: string): number =>
  log.find((turn) => turn.lecture === lecture)?.from ?? Infinity;

/**
 * Holds a job store, together with the priorities that plans give, to a fair order: what is asked is who waits for whom, played
 * through on the store itself without encoding anything.
 */
export function fairOrderContract(name: string, open: (options: LotOptions) => Promise<JobStore>): void {
  describe(`${name}, with the jobs of several lectures`, () => {
    const play = async (
      arrivals: readonly Arrival[],
      isOver?: (log: readonly Turn[]) => boolean,
    ): Promise<readonly Turn[]> => {
      const store = await open({ lot: seeded(7) });
      return simulateQueue({
        store,
        workers: WORKERS,
        arrivals,
        begin,
        next,
        cost,
        ...(isOver && { isOver }),
      });
    };
    const conference: Arrival = { name: 'conference', at: 0, seconds: CONFERENCE };

    it('lets a clip pass a conference that is half done, at its next span', async () => {
      const log = await play([conference, { name: 'clip', at: isHalfDone, seconds: CLIP }]);
      const came = begunAt(log, 'clip');
      const between = log.filter(
        (turn) => turn.lecture === 'conference' && turn.from > came && turn.from < readyAt(log, 'clip'),
      );
      expect(between.length, 'spans of the conference begun before the clip is ready').to.be.at.most(3);
      expect(readyAt(log, 'clip') - came).to.be.below(2 * (CLIP / WORKERS) + 120);
      expect(readyAt(log, 'conference')).to.be.greaterThan(readyAt(log, 'clip'));
    });

    it('makes ten clips one after the other, each watchable before any is whole', async () => {
      const names = Array.from({ length: 10 }, (_, index) => `clip-${index}`);
      const log = await play([
        conference,
        ...names.map((clip) => ({ name: clip, at: isHalfDone, seconds: CLIP })),
      ]);
      const ready = names.map((clip) => readyAt(log, clip));
      const opened = names.map(
        (clip) => log.find((turn) => turn.lecture === clip && turn.job === 'span-0000')?.until ?? Infinity,
      );
      expect(Math.max(...opened)).to.be.below(Math.min(...ready));
      expect(ready).to.deep.equal(ready.toSorted((a, b) => a - b));
      const first = begunAt(log, 'clip-0');
      expect((ready[0] ?? 0) - first).to.be.below(((ready[9] ?? 0) - first) / 4);
      const meanwhile = log.filter(({ from }) => from >= first && from < Math.max(...ready));
      const share = secondsOf(meanwhile, 'conference') / ((Math.max(...ready) - first) * WORKERS);
      expect(share).to.be.below(0.4);
    });

    it('lets a conference go on however many clips come', async () => {
      const endless = Array.from({ length: 20 }, (_, index) => ({
        name: `clip-${index}`,
        // Always one more than the workers can do.
        at: (log: readonly Turn[]) => log.filter(({ kind }) => kind === 'publish').length + WORKERS >= index,
        seconds: CLIP,
      }));
      const isOver = (log: readonly Turn[]): boolean => readyAt(log, 'clip-9') < Infinity;
      const log = await play([conference, ...endless], isOver);
      const share =
        secondsOf(log, 'conference') / log.reduce((sum, { from, until }) => sum + until - from, 0);
      expect(share)
        .to.be.greaterThan(OLDEST_SHARE / 2)
        .and.below(0.5);
    });

    it('makes of many long lectures one after the other ready, not all at the very end', async () => {
      const names = Array.from({ length: 4 }, (_, index) => `lecture-${index}`);
      const log = await play(names.map((lecture, index) => ({ name: lecture, at: index, seconds: 900 })));
      const ready = names.map((lecture) => readyAt(log, lecture));
      expect(ready[0]).to.be.below((ready[3] ?? 0) / 3);
      expect(ready).to.deep.equal(ready.toSorted((a, b) => a - b));
    });

    it('gives everything to a lecture that somebody called urgent', async () => {
      const urgent = { name: 'urgent', at: isHalfDone, seconds: 600, isUrgent: true };
      const clips = [0, 1, 2].map((index) => ({ name: `clip-${index}`, at: isHalfDone, seconds: CLIP }));
      const log = await play([conference, ...clips, urgent]);
      const others = log.filter(
        (turn) =>
          turn.lecture !== 'urgent' &&
          turn.from > begunAt(log, 'urgent') &&
          turn.from < readyAt(log, 'urgent'),
      );
      // While its last span is worked on, there is nothing urgent for the other worker.
      expect(others.filter(({ from }) => from < lastBegun(log, 'urgent'))).to.deep.equal([]);
    });
  });
}

function lastBegun(log: readonly Turn[], lecture: string): number {
  return Math.max(
    ...log.filter((turn) => turn.lecture === lecture && turn.kind === 'span').map(({ from }) => from),
  );
}

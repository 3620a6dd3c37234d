import { expect } from 'chai';

import { OVERRUN_NOTICE_MS, overrunLimit, type OverrunHours } from '../../../server/live/on-air/overrun.ts';
import { dueMove, type ClassHours } from '../../../server/live/on-air/class-hours.ts';

const MINUTE = 60_000;
const NINE = Date.UTC(2026, 10, 27, 1);
const TEN = NINE + 60 * MINUTE;

function hours(changes: Partial<ClassHours>): ClassHours {
  return {
    state: 'on_air',
    plannedStartMs: NINE,
    plannedEndMs: TEN,
    startsByItself: true,
    hasInput: false,
    lastInputAtMs: NINE,
    graceMs: 2 * MINUTE,
    overrunMs: 30 * MINUTE,
    limit: { sinceMs: TEN, endsAt: { ms: TEN + 60 * MINUTE, why: 'overrun' } },
    ...changes,
  };
}

describe('The hours of a class', () => {
  const waiting = { state: 'waiting', hasInput: true, lastInputAtMs: undefined } as const;

  it('it begins with the first picture inside its slot, and not before', () => {
    expect(dueMove(hours(waiting), NINE - 1)).to.equal(undefined);
    expect(dueMove(hours(waiting), NINE)).to.deep.equal({ to: 'on_air', reason: 'first-picture' });
    expect(dueMove(hours({ ...waiting, hasInput: false }), NINE)).to.equal(undefined);
    expect(dueMove(hours(waiting), TEN)).to.equal(undefined);
  });

  it('it does not begin by itself while somebody rehearses', () => {
    expect(dueMove(hours({ ...waiting, startsByItself: false }), NINE)).to.equal(undefined);
  });

  it('it stays on the air through the grace time, and is then interrupted', () => {
    expect(dueMove(hours({}), NINE + 2 * MINUTE - 1)).to.equal(undefined);
    expect(dueMove(hours({}), NINE + 2 * MINUTE)).to.deep.equal({ to: 'interrupted', reason: 'input-lost' });
  });

  it('it goes on when the pictures are back', () => {
    const back = hours({ state: 'interrupted', hasInput: true });
    expect(dueMove(back, NINE + 10 * MINUTE)).to.deep.equal({ to: 'on_air', reason: 'input-back' });
  });

  it('half an hour of silence ends it, also in the middle of its slot', () => {
    const silent = hours({ state: 'interrupted' });
    expect(dueMove(silent, NINE + 30 * MINUTE - 1)).to.equal(undefined);
    expect(dueMove(silent, NINE + 30 * MINUTE)).to.deep.equal({ to: 'ended', reason: 'silence' });
  });

  it('whoever speaks is cut off at the limit of the overrun, and not before', () => {
    const speaking = hours({ hasInput: true });
    expect(dueMove(speaking, TEN + 60 * MINUTE - 1)).to.equal(undefined);
    expect(dueMove(speaking, TEN + 60 * MINUTE)).to.deep.equal({ to: 'ended', reason: 'overrun' });
    const limit = { sinceMs: TEN, endsAt: { ms: TEN + 15 * MINUTE, why: 'next-class' } } as const;
    const needed = hours({ state: 'interrupted', hasInput: true, limit });
    expect(dueMove(needed, TEN + 15 * MINUTE)).to.deep.equal({ to: 'ended', reason: 'next-class' });
  });

  it('without a limit nobody who speaks is cut off, however late it is', () => {
    const endless = { sinceMs: TEN, endsAt: undefined };
    for (const limit of [endless, undefined])
      expect(dueMove(hours({ hasInput: true, limit }), TEN + 5 * 60 * MINUTE)).to.equal(undefined);
  });

  it('after the overrun it ends with the grace time', () => {
    const late = hours({ lastInputAtMs: TEN + 30 * MINUTE });
    expect(dueMove(late, TEN + 32 * MINUTE - 1)).to.equal(undefined);
    expect(dueMove(late, TEN + 32 * MINUTE)).to.deep.equal({ to: 'ended', reason: 'time-is-up' });
  });
});

describe('The limit of an overrun', () => {
  const limitOf = (changes: Partial<OverrunHours>) =>
    overrunLimit({
      plannedStartMs: NINE,
      plannedEndMs: TEN,
      onAirAtMs: NINE,
      longestOverrunMs: 60 * MINUTE,
      nextStartMs: undefined,
      ...changes,
    });

  it('is what the settings say, after the planned end', () => {
    const endsAt = { ms: TEN + 60 * MINUTE, why: 'overrun' };
    expect(limitOf({})).to.deep.equal({ sinceMs: TEN, endsAt });
    expect(limitOf({ longestOverrunMs: undefined })).to.deep.equal({ sinceMs: TEN, endsAt: undefined });
  });

  it('is the beginning of the next class of the channel, if that is earlier', () => {
    const next = { ms: TEN + 30 * MINUTE, why: 'next-class' };
    expect(limitOf({ nextStartMs: next.ms }).endsAt).to.deep.equal(next);
    expect(limitOf({ nextStartMs: TEN + 61 * MINUTE }).endsAt?.why).to.equal('overrun');
  });

  it('leaves ten minutes for being told, also where classes follow each other at once', () => {
    const soonest = TEN + OVERRUN_NOTICE_MS;
    expect(limitOf({ nextStartMs: TEN }).endsAt).to.deep.equal({ ms: soonest, why: 'next-class' });
    expect(limitOf({ longestOverrunMs: 0 }).endsAt).to.deep.equal({ ms: soonest, why: 'overrun' });
  });

  it('gives a class that an operator began after its time as long as was planned', () => {
    const begunMs = TEN + 90 * MINUTE;
    const sinceMs = begunMs + 60 * MINUTE;
    expect(limitOf({ onAirAtMs: begunMs })).to.deep.equal({
      sinceMs,
      endsAt: { ms: sinceMs + 60 * MINUTE, why: 'overrun' },
    });
    expect(limitOf({ onAirAtMs: TEN - 1 }).sinceMs).to.equal(TEN);
    expect(limitOf({ onAirAtMs: begunMs, nextStartMs: TEN }).endsAt?.ms).to.equal(
      sinceMs + OVERRUN_NOTICE_MS,
    );
  });
});

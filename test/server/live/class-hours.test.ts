import { expect } from 'chai';

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

  it('nobody who speaks is cut off, however late it is', () => {
    expect(dueMove(hours({ hasInput: true }), TEN + 5 * 60 * MINUTE)).to.equal(undefined);
  });

  it('after the overrun it ends with the grace time', () => {
    const late = hours({ lastInputAtMs: TEN + 30 * MINUTE });
    expect(dueMove(late, TEN + 32 * MINUTE - 1)).to.equal(undefined);
    expect(dueMove(late, TEN + 32 * MINUTE)).to.deep.equal({ to: 'ended', reason: 'time-is-up' });
  });
});

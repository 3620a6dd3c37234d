import { expect } from 'chai';

import { withBeat, type Participation } from '../../../server/live/room/participation.ts';
import { measureOf, type TimeSpan } from '../../../server/live/room/time-spans.ts';

const START = Date.UTC(2026, 10, 25, 6, 30);
const at = (seconds: number): number => START + seconds * 1000;
const span = (from: number, to: number): TimeSpan => ({ fromMs: at(from), toMs: at(to) });
const seconds = (known: Participation | undefined): number => measureOf(known?.played ?? []) / 1000;

/** Beats in the order they arrive: when, and what they claim. */
function beats(...told: readonly (readonly [number, ...TimeSpan[]])[]): Participation | undefined {
  let known: Participation | undefined;
  for (const [when, ...claimed] of told) known = withBeat(known, claimed, at(when));
  return known;
}

describe('what beats of a player add up to', () => {
  it('is the whole lesson for a player that watches all of it', () => {
    const lesson = Array.from(
      { length: 90 },
      (_, index) => [30 * (index + 1), span(30 * index, 30 * (index + 1))] as const,
    );
    expect(seconds(beats([0], ...lesson))).to.equal(2700);
  });

  it('is the same when beats come twice, late, in another order, or are lost and told again', () => {
    expect(seconds(beats([0], [30, span(0, 30)], [30, span(0, 30)], [60, span(30, 60)]))).to.equal(60);
    expect(seconds(beats([0], [60, span(30, 60)], [61, span(0, 30)]))).to.equal(60);
    expect(seconds(beats([0], [90, span(0, 30), span(30, 60), span(60, 90)]))).to.equal(90);
    // The first, which tells that somebody is there, never came.
    expect(seconds(beats([30, span(0, 30)], [60, span(30, 60)]))).to.equal(60);
  });

  it('counts two screens of one viewer once', () => {
    const both = beats(
      [0],
      [1],
      [30, span(0, 30)],
      [31, span(0, 29)],
      [60, span(30, 60)],
      [61, span(29, 60)],
    );
    expect(seconds(both)).to.equal(60);
  });

  it('counts a player that catches up and one that has rewound', () => {
    expect(seconds(beats([0], [30, span(0, 33)], [60, span(33, 66)]))).to.be.closeTo(62, 2.1);
    expect(seconds(beats([1000], [1030, span(0, 30)], [1060, span(30, 60)]))).to.equal(60);
  });

  it('cannot be bought: not by one long claim, nor by many at once, nor by crumbs, nor by pictures to come', () => {
    expect(seconds(beats([2700, span(0, 2700)]))).to.be.at.most(30);
    expect(seconds(beats([2600], [2700, span(0, 2700)]))).to.be.at.most(30 + 125);
    const flood = Array.from(
      { length: 200 },
      (_, index) => [2700 + index / 100, span(index * 10, index * 10 + 10)] as const,
    );
    expect(seconds(beats(...flood))).to.be.at.most(30 + 2 * 1.25 + 1);
    const crumbs = Array.from({ length: 40 }, (_, index) => span(index * 0.6, index * 0.6 + 0.2));
    const crumbly = Array.from(
      { length: 100 },
      (_, round) =>
        [
          3000 + round,
          ...crumbs.map(({ fromMs, toMs }) => ({
            fromMs: fromMs + round * 24_000,
            toMs: toMs + round * 24_000,
          })),
        ] as const,
    );
    expect(seconds(beats(...crumbly))).to.be.at.most(30 + 100 * 1.25);
    expect(seconds(beats([0], [30, span(30, 60)]))).to.be.at.most(2);
  });

  it('cannot be saved up in silence or in a pause', () => {
    expect(seconds(beats([0], [2700, span(0, 2700)]))).to.be.at.most(30 + 600 * 1.25);
    const paused = Array.from({ length: 89 }, (_, index) => [30 * (index + 1)] as const);
    expect(seconds(beats([0], ...paused, [2700, span(0, 2700)]))).to.be.at.most(30 + 30 * 1.25);
  });

  it('takes no more than wall time and a quarter whatever is claimed', () => {
    let seed = 11;
    const chance = (limit: number): number => (seed = (seed * 48_271) % 2_147_483_647) % limit;
    for (let round = 0; round < 50; round += 1) {
      let known: Participation | undefined;
      let now = 3600;
      const begin = now;
      for (let beat = 0; beat < 100; beat += 1) {
        now += chance(60);
        const claimed = Array.from({ length: chance(40) }, () => {
          const from = chance(now);
          return span(from, from + chance(600));
        });
        known = withBeat(known, claimed, at(now));
        expect(seconds(known)).to.be.at.most(30 + (now - begin) * 1.25 + 0.01);
        expect(known.played.length).to.be.at.most(120);
      }
    }
  });

  it('stands still when the server’s clock is set back', () => {
    const known = beats([100], [130, span(100, 130)], [60, span(50, 60)]);
    expect(known?.lastAt).to.equal(at(130));
    expect(seconds(known)).to.be.at.most(60);
  });
});

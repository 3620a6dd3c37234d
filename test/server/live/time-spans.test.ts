import { expect } from 'chai';

import {
  common,
  latestOf,
  measureOf,
  readSpans,
  united,
  without,
  writeSpans,
  type SpanUnion,
  type TimeSpan,
} from '../../../server/live/room/time-spans.ts';

const spans = (...edges: readonly (readonly [number, number])[]): readonly TimeSpan[] =>
  edges.map(([fromMs, toMs]) => ({ fromMs, toMs }));
const edges = (union: SpanUnion): readonly (readonly [number, number])[] =>
  union.map(({ fromMs, toMs }) => [fromMs, toMs]);

describe('spans of time', () => {
  it('are united however they overlap, and empty or reversed ones are nothing', () => {
    const union = united(spans([50, 60], [0, 10], [5, 20], [20, 25], [70, 70], [90, 80], [55, 58]));
    expect(edges(union)).to.deep.equal([
      [0, 25],
      [50, 60],
    ]);
    expect(measureOf(union)).to.equal(35);
    expect(edges(united(spans([0, 10], [12, 20], [23, 30]), 2))).to.deep.equal([
      [0, 20],
      [23, 30],
    ]);
  });

  it('have in common what is in both, and differ by the rest', () => {
    const played = united(spans([0, 10], [20, 40], [60, 90]));
    const onAir = united(spans([5, 25], [30, 70]));
    expect(edges(common(played, onAir))).to.deep.equal([
      [5, 10],
      [20, 25],
      [30, 40],
      [60, 70],
    ]);
    expect(edges(without(played, onAir))).to.deep.equal([
      [0, 5],
      [25, 30],
      [70, 90],
    ]);
  });

  it('agree with counting every millisecond', () => {
    let seed = 7;
    const chance = (limit: number): number => (seed = (seed * 48_271) % 2_147_483_647) % limit;
    const some = (): SpanUnion =>
      united(
        Array.from({ length: chance(12) }, () => {
          const fromMs = chance(200);
          return { fromMs, toMs: fromMs + chance(30) };
        }),
      );
    const has = (union: SpanUnion, at: number): boolean =>
      union.some(({ fromMs, toMs }) => at >= fromMs && at < toMs);
    for (let round = 0; round < 300; round += 1) {
      const [left, right] = [some(), some()];
      const [both, rest] = [common(left, right), without(left, right)];
      for (let at = 0; at < 240; at += 1) {
        expect(has(both, at)).to.equal(has(left, at) && has(right, at));
        expect(has(rest, at)).to.equal(has(left, at) && !has(right, at));
      }
      expect(measureOf(latestOf(left, 25))).to.equal(Math.min(25, measureOf(left)));
      expect(readSpans(writeSpans(left))).to.deep.equal(left);
    }
  });

  it('end with their latest part', () => {
    expect(edges(latestOf(united(spans([0, 10], [20, 30], [40, 50])), 15))).to.deep.equal([
      [25, 30],
      [40, 50],
    ]);
  });
});

import { expect } from 'chai';

import { gridRate } from '../../transcoder/frame-rate.ts';
import type { FrameFacts, Rational, VideoTrack } from '../../transcoder/media-info.ts';

function video(declared: Rational): VideoTrack {
  return { declaredFrameRate: declared } as VideoTrack;
}

function frames(averageRate: number, isConstantRate: boolean): FrameFacts {
  return { averageRate, isConstantRate } as FrameFacts;
}

/** The grid's rate for a constant rate as a container would declare it. */
function constant(numerator: number, denominator: number, keepsFullRate = false): string {
  const rate = gridRate(
    video({ numerator, denominator }),
    frames(numerator / denominator, true),
    keepsFullRate,
  );
  return `${rate.numerator}/${rate.denominator}`;
}

describe('The rate of the grid', () => {
  it('keeps 24, 25, 29.97 and 30', () => {
    expect(constant(24, 1)).to.equal('24/1');
    expect(constant(25, 1)).to.equal('25/1');
    expect(constant(30_000, 1001)).to.equal('30000/1001');
    expect(constant(30, 1)).to.equal('30/1');
  });

  it('halves 50, 59.94 and 60', () => {
    expect(constant(50, 1)).to.equal('25/1');
    expect(constant(60_000, 1001)).to.equal('30000/1001');
    expect(constant(60, 1)).to.equal('30/1');
  });

  it('keeps 50, 59.94 and 60 where the full rate is asked for', () => {
    expect(constant(50, 1, true)).to.equal('50/1');
    expect(constant(60_000, 1001, true)).to.equal('60000/1001');
    expect(constant(60, 1, true)).to.equal('60/1');
    expect(constant(25, 1, true)).to.equal('25/1');
  });

  it('halves 100 and 120 to what is asked for at most', () => {
    expect(constant(100, 1, true)).to.equal('50/1');
    expect(constant(120, 1, true)).to.equal('60/1');
  });

  it('gives a varying rate the standard one that its container declares', () => {
    const rate = gridRate(video({ numerator: 30, denominator: 1 }), frames(27.3, false), false);
    expect(rate).to.deep.equal({ numerator: 30, denominator: 1 });
  });

  it('gives a varying rate the next above its average when the container declares nonsense', () => {
    const rate = gridRate(video({ numerator: 90_000, denominator: 1 }), frames(13.1, false), false);
    expect(rate).to.deep.equal({ numerator: 15, denominator: 1 });
  });
});

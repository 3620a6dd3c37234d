import { expect } from 'chai';

import { straighten, StretchCollector, type StretchedTrack } from '../../transcoder/timeline.ts';

/** A track of packets a tenth of a second apart, for each of the given times from when until when. */
function track(
  isPicture: boolean,
  ...extents: readonly (readonly [from: number, to: number])[]
): StretchedTrack {
  const collector = new StretchCollector();
  for (const [from, to] of extents) {
    for (let number = 0; number < Math.round((to - from) * 10); number += 1)
      collector.add(from + number / 10, 0.1);
  }
  return { isPicture, stretches: collector.stretches };
}

function shiftsOf(...tracks: readonly StretchedTrack[]): readonly (readonly number[])[] {
  return straighten(tracks).map((shifts) => shifts.map((shift) => Number(shift.toFixed(3))));
}

describe('A clock that jumps', () => {
  it('is left alone where it does not', () => {
    expect(shiftsOf(track(true, [0, 100]), track(false, [0.2, 99]))).to.deep.equal([[0], [0]]);
  });

  it('loses a gap that picture and sound have in common, the same for both', () => {
    const shifts = shiftsOf(track(true, [0, 10], [3610, 3650]), track(false, [0, 10.2], [3610.1, 3650]));
    expect(shifts).to.deep.equal([
      [0, -3599.8],
      [0, -3599.8],
    ]);
  });

  it('keeps a picture that stays while the sound goes on', () => {
    expect(shiftsOf(track(true, [0, 10], [310, 320]), track(false, [0, 320]))).to.deep.equal([[0, 0], [0]]);
  });

  it('keeps a silence in which the picture goes on', () => {
    expect(shiftsOf(track(true, [0, 320]), track(false, [0, 10], [310, 320]))).to.deep.equal([[0], [0, 0]]);
  });

  it('goes on after the first recording where it starts anew, and keeps picture and sound together', () => {
    const shifts = shiftsOf(track(true, [500, 560], [7, 67]), track(false, [500.1, 559.9], [7.1, 67]));
    expect(shifts).to.deep.equal([
      [0, 553],
      [0, 553],
    ]);
  });

  for (const [words, wild] of [
    ['far ahead', 24.8],
    ['a little ahead', 8.7],
    ['back', 1.5],
    ['a little back', 3.5],
  ] as const) {
    it(`is right again after a packet whose time lies ${words}, which alone is moved`, () => {
      const sound = track(false, [0, 5], [wild, wild + 0.1], [5.1, 30]);
      expect(sound.stretches.map(({ firstPacket }) => firstPacket)).to.deep.equal([0, 50, 51]);
      const shifts = shiftsOf(track(true, [0, 30]), sound);
      expect(shifts).to.deep.equal([[0], [0, Number((5 - wild).toFixed(3)), 0]]);
    });
  }

  it('is not moved by packets that are decoded and not shown, which count all the same', () => {
    const collector = new StretchCollector();
    for (let number = 0; number < 30; number += 1) collector.add(number / 10, 0.1);
    for (let number = 0; number < 20; number += 1) collector.skip();
    collector.add(500, 0.1);
    expect(collector.stretches.map(({ firstPacket }) => firstPacket)).to.deep.equal([0, 50]);
  });

  it('goes on after an overflow as if there were none', () => {
    const overflow = 2 ** 33 / 90_000;
    const shifts = shiftsOf(
      track(true, [overflow - 5, overflow], [0, 30]),
      track(false, [overflow - 5, overflow], [0, 30]),
    );
    expect(shifts[0]?.[1]).to.be.closeTo(overflow, 0.001);
    expect(shifts[1]).to.deep.equal(shifts[0]);
  });

  it('is followed in one track alone where only that one jumps', () => {
    const shifts = shiftsOf(track(true, [0, 600], [4200, 6000]), track(false, [0, 2400]));
    expect(shifts).to.deep.equal([[0, -3600], [0]]);
  });

  it('is straightened in each track by itself where they do not agree on how often it starts anew', () => {
    const shifts = shiftsOf(track(true, [0, 120]), track(false, [0, 60], [0, 60]));
    expect(shifts).to.deep.equal([[0], [0, 60]]);
  });

  it('takes no notice of pictures that are stored out of order', () => {
    const collector = new StretchCollector();
    for (const time of [0, 0.16, 0.08, 0.04, 0.12, 0.32, 0.24, 0.2, 0.28]) collector.add(time, 0.04);
    expect(collector.stretches.length).to.equal(1);
  });

  it('is not hidden by a container that lets the picture before the jump last for all of it', () => {
    const collector = new StretchCollector();
    for (const [time, duration] of [
      [0, 0.04],
      [0.04, 3600],
      [3600.04, 0.04],
    ] as const)
      collector.add(time, duration);
    expect(collector.stretches.map(({ start, end }) => [start, end])).to.deep.equal([
      [0, 0.08],
      [3600.04, 3600.08],
    ]);
  });

  it('believes no duration that is longer than the packets come apart', () => {
    const collector = new StretchCollector();
    for (const time of [0, 0.04, 0.08]) collector.add(time, 1.7);
    expect(collector.stretches.map(({ end }) => Number(end.toFixed(3)))).to.deep.equal([0.12]);
  });

  it('gives a silent slide show ten minutes for a slide', () => {
    expect(shiftsOf(track(true, [0, 1], [300, 301]))).to.deep.equal([[0, 0]]);
    expect(shiftsOf(track(true, [0, 1], [3601, 3602]))).to.deep.equal([[0, -3600]]);
    expect(shiftsOf(track(true, [0, 0.1], [3600, 3600.1], [7200, 7200.1]))).to.deep.equal([[0, 0, 0]]);
  });
});

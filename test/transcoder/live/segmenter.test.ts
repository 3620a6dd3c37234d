import { expect } from 'chai';

import { Segmenter, type LeadingSample, type Stretch } from '../../../transcoder/live/segmenter.ts';

const PART_MS = 500;
const SEGMENT_MS = 2000;

function segmenter(maySplit = false): Segmenter<LeadingSample> {
  return new Segmenter({
    partTargetMs: PART_MS,
    maySplit: () => maySplit,
    beginsSegment: ({ timeMs, isKey }, startMs) => isKey && timeMs - startMs >= SEGMENT_MS - 50,
  });
}

function cut(samples: readonly LeadingSample[], maySplit = false): readonly Stretch<LeadingSample>[] {
  const cutter = segmenter(maySplit);
  return [...samples.flatMap((sample) => cutter.push(sample)), ...cutter.end()];
}

/** Samples at a rate, their times in whole milliseconds as encoders write them. */
function samples(rate: number, gop: number, seconds: number, phase: number): readonly LeadingSample[] {
  return Array.from({ length: Math.floor(rate * seconds) }, (_none, place) => ({
    // A millionth more, so that a sum that is a whole number is one.
    timeMs: Math.floor(((place + phase) * 1000) / rate + 1e-6),
    isKey: place % gop === 0,
  }));
}

function isLastOfSegment(stretches: readonly Stretch<LeadingSample>[], place: number): boolean {
  return stretches[place + 1]?.startsSegment !== false;
}

describe('A segmenter', () => {
  for (const rate of [7, 8, 10, 12, 12.5, 15, 20, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 100]) {
    it(`keeps to the target by 85 to 100 % at ${rate} samples a second, and holds every sample once`, () => {
      for (const phase of [0, 0.3, 0.77]) {
        for (const gop of [Math.round(rate * 2), Math.round(rate * 3.3), Math.round(rate)]) {
          const sent = samples(rate, gop, 40, phase);
          const stretches = cut(sent);
          expect(stretches.flatMap((stretch) => stretch.samples)).to.deep.equal(sent);
          stretches.forEach((stretch, place) => {
            const durationMs = stretch.endMs - stretch.startMs;
            expect(durationMs).to.be.above(0).and.at.most(PART_MS);
            if (!isLastOfSegment(stretches, place)) expect(durationMs).to.be.at.least(PART_MS * 0.85);
            if (place > 0) expect(stretch.startMs).to.equal(stretches[place - 1]?.endMs);
          });
        }
      }
    });
  }

  it('does not wait for the next part to close one that is full', () => {
    const cutter = segmenter();
    const closedAt: number[] = [];
    for (const sample of samples(25, 50, 4, 0))
      if (cutter.push(sample).length > 0) closedAt.push(sample.timeMs);
    expect(closedAt).to.deep.equal([480, 960, 1440, 1920, 2000, 2480, 2960, 3440, 3920]);
  });

  it('gives a sample that lasts longer than a part a part of its own', () => {
    const times = [0, 40, 80, 1900, 1940, 2000];
    const stretches = cut(times.map((timeMs) => ({ timeMs, isKey: timeMs === 0 || timeMs === 2000 })));
    expect(stretches.map(({ startMs }) => startMs)).to.deep.equal([0, 80, 1900, 2000]);
    // What the last one lasts is taken from the others, on which a pause has no weight.
    expect(stretches.at(-1)?.endMs).to.be.within(2035, 2060);
  });

  it('keeps to the target through a pause where another track goes on', () => {
    const times = [0, 40, 80, 1900, 1940, 1980, 2000];
    const stretches = cut(
      times.map((timeMs) => ({ timeMs, isKey: timeMs === 0 || timeMs === 2000 })),
      true,
    );
    expect(
      stretches.slice(0, -1).map(({ startMs, endMs, samples }) => [startMs, endMs, samples.length]),
    ).to.deep.equal([
      [0, 500, 3],
      [500, 1000, 0],
      [1000, 1500, 0],
      [1500, 1980, 2],
      [1980, 2000, 1],
    ]);
  });

  for (const rate of [1, 2, 3, 5, 6.3, 7.5, 9.5, 11.9, 13]) {
    it(`keeps to the target at ${rate} samples a second where another track goes on`, () => {
      const sent = samples(rate, Math.ceil(rate * 2), 30, 0.3);
      const stretches = cut(sent, true);
      expect(stretches.flatMap((stretch) => stretch.samples)).to.deep.equal(sent);
      stretches.forEach(({ startMs, endMs }, place) => {
        expect(endMs - startMs).to.be.at.most(PART_MS);
        if (!isLastOfSegment(stretches, place)) expect(endMs - startMs).to.be.at.least(PART_MS * 0.85);
      });
    });
  }

  it('begins segments with samples, however few there are', () => {
    const stretches = cut(samples(1, 4, 20, 0), true);
    expect(stretches.map(({ startMs, endMs }) => endMs - startMs)).to.deep.equal(stretches.map(() => 500));
    expect(
      stretches.filter(({ startsSegment }) => startsSegment).map(({ startMs }) => startMs),
    ).to.deep.equal([0, 4000, 8000, 12_000, 16_000]);
  });

  it('has nothing to end when there was nothing', () => {
    expect(segmenter().end()).to.deep.equal([]);
  });
});

import { expect } from 'chai';

import { planSpans, secondsSinceKey } from '../../transcoder/span.ts';

function starts(segments: number, entryCost?: (segment: number) => number): readonly number[] {
  return planSpans(segments, entryCost).map(({ firstSegment }) => firstSegment);
}

describe('The spans of a lecture', () => {
  it('begin with one segment and double until they last two minutes', () => {
    expect(starts(200).slice(0, 8)).to.deep.equal([0, 1, 3, 7, 15, 31, 51, 71]);
  });

  it('become shorter towards the end, down to a minute, so that workers end together', () => {
    const lengths = planSpans(450).map(({ segmentCount }) => segmentCount);
    expect(lengths.slice(-5)).to.deep.equal([20, 13, 10, 10, 6]);
    expect(Math.max(...lengths)).to.equal(20);
  });

  it('cover every segment once, whatever it costs to begin at one', () => {
    for (const segments of [0.1, 1, 1.4, 2.6, 7, 19.5, 100, 451.02]) {
      const spans = planSpans(segments, (segment) => (segment * 7) % 5);
      expect(spans[0]?.firstSegment).to.equal(0);
      spans.slice(1).forEach((span, place) => {
        const before = spans[place];
        expect(span.firstSegment).to.equal((before?.firstSegment ?? 0) + (before?.segmentCount ?? 0));
      });
      const last = spans.at(-1);
      expect((last?.firstSegment ?? 0) + (last?.segmentCount ?? 0)).to.equal(Math.ceil(segments));
    }
  });

  it('begin where a key picture of the source is, if one is near', () => {
    // Key pictures every ten seconds and segments of six meet every thirty, which is every fifth segment.
    const keyTimes = Array.from({ length: 271 }, (_, place) => place * 10);
    const later = starts(450, (segment) => secondsSinceKey(keyTimes, segment * 6)).slice(4);
    expect(later.filter((segment) => segment % 5 !== 0)).to.deep.equal([]);
  });

  it('stay near their length where no key picture is near', () => {
    const lengths = planSpans(450, (segment) => segment * 6).map(({ segmentCount }) => segmentCount);
    expect(Math.max(...lengths)).to.be.at.most(35);
    expect(lengths[0]).to.equal(1);
  });
});

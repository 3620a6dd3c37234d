import { expect } from 'chai';

import {
  isTelling,
  lastResort,
  measurePicture,
  movementBetween,
  rankPosters,
} from '../../transcoder/picture-measure.ts';

const WIDTH = 40;
const HEIGHT = 20;

/** A picture drawn by a rule. */
function drawn(levelAt: (x: number, y: number) => number): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, place) =>
    levelAt(place % WIDTH, Math.floor(place / WIDTH)),
  );
}

const plain = (level: number): Uint8Array => drawn(() => level);
/** Dark strokes on paper, as text is. */
const text = (paper: number, ink: number, every = 3): Uint8Array =>
  drawn((x, y) => (y % 4 < 2 && x % every === 0 ? ink : paper));
const facts = (picture: Uint8Array) => measurePicture(picture, WIDTH);

describe('the measure of a picture', () => {
  it('finds nothing telling in black, white, grey, or white with a speck', () => {
    const speck = drawn((x, y) => (x < 2 && y < 3 ? 0 : 255));
    for (const picture of [plain(0), plain(255), plain(128), speck]) {
      expect(isTelling(facts(picture))).to.equal(false);
    }
    expect(isTelling(facts(text(250, 10)))).to.equal(true);
    expect(isTelling(facts(text(5, 240)))).to.equal(true);
  });

  it('looks between the bars of a film: a flash there is as blank as elsewhere, and a speck on black is no film', () => {
    const framed = (inside: (x: number, y: number) => number): Uint8Array =>
      drawn((x, y) => (y < 3 || y >= 17 ? 16 : inside(x, y)));
    expect(isTelling(facts(framed(() => 250)))).to.equal(false);
    expect(isTelling(facts(framed((x, y) => (y % 4 < 2 && x % 3 === 0 ? 10 : 250))))).to.equal(true);
    expect(isTelling(facts(drawn((x, y) => (x < 2 && y > 17 ? 255 : 0))))).to.equal(false);
  });

  it('does not count the step from the end of a line to the start of the next as detail', () => {
    const halves = drawn((_x, y) => (y < HEIGHT / 2 ? 0 : 200));
    expect(facts(halves).detail).to.be.closeTo(200 / (2 * HEIGHT), 0.001);
  });

  it('tells a still picture from a fade', () => {
    expect(movementBetween(text(250, 10), text(250, 10))).to.equal(0);
    expect(movementBetween(text(100, 10), text(150, 10))).to.be.above(30);
  });
});

describe('the choice of a poster', () => {
  it('prefers the earliest picture that is as rich as usual to a richer one', () => {
    const pictures = [plain(0), text(250, 10, 4), text(250, 10, 4), text(250, 10, 2), text(250, 10, 4)];
    expect(rankPosters(pictures.map(facts))[0]).to.equal(1);
  });

  it('passes over steps of a fade, of which none is as rich as the slide it leads to', () => {
    const steps = [0, 0.3, 0.5, 0.7, 1, 1].map((share) => text(250 * share, 10 * share));
    expect(rankPosters(steps.map(facts))).to.deep.equal([4, 5]);
  });

  it('takes the least bad picture of a dim lecture, and none of a black one', () => {
    const dim = [plain(10), text(40, 12), plain(12)].map(facts);
    expect(rankPosters(dim)).to.deep.equal([]);
    expect(lastResort(dim)).to.equal(1);
    expect(lastResort([plain(0), plain(3)].map(facts))).to.equal(undefined);
    expect(lastResort([])).to.equal(undefined);
  });
});

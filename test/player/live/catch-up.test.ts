import { expect } from 'chai';

import {
  CatchUp,
  LOW_LATENCY_RULE,
  ORDINARY_RULE,
  OwnDistance,
  type CatchUpRule,
} from '../../../player/live/catch-up.ts';

const STEP_SECONDS = 0.25;

/** A class whose segments come whole, and one viewer of it: arithmetic, so that minutes take no time. */
class Viewing {
  readonly rates = new Set<number>();
  leaps = 0;
  stalledSeconds = 0;
  readonly #catchUp: CatchUp;
  readonly #place: number;
  readonly #segment: number;
  #now = 0;
  #position: number;

  /** @param place seconds behind the lecturer where the viewer should be @param behind how much farther he is */
  constructor(rule: CatchUpRule, place: number, segment: number, behind: number) {
    this.#catchUp = new CatchUp(rule);
    this.#place = place;
    this.#segment = segment;
    this.#now = 100;
    this.#position = this.#now - place - behind;
  }

  get behind(): number {
    return this.#now - this.#place - this.#position;
  }

  /** @param seconds how long @param heldBack seconds for which nothing arrives at first */
  play(seconds: number, heldBack = 0): void {
    const arrivedBefore = this.#arrived;
    for (let at = 0; at < seconds; at += STEP_SECONDS) {
      const arrived = at < heldBack ? arrivedBefore : this.#arrived;
      const ready = arrived - this.#position;
      const pace = this.#catchUp.paceAt({ behind: this.behind, ready });
      if (pace.kind === 'leap') {
        this.leaps += 1;
        this.#position = this.#now - this.#place;
      } else {
        this.rates.add(pace.rate);
        const played = Math.max(0, Math.min(ready, STEP_SECONDS * pace.rate));
        if (played < STEP_SECONDS) this.stalledSeconds += STEP_SECONDS;
        this.#position += played;
      }
      this.#now += STEP_SECONDS;
    }
  }

  // Only whole segments can be fetched.
  get #arrived(): number {
    return Math.floor(this.#now / this.#segment) * this.#segment;
  }
}

describe('catching up with the lecturer', () => {
  it('comes back after a stall without another, at a rate that is hardly heard', () => {
    const viewing = new Viewing(ORDINARY_RULE, 6, 2, 0);
    viewing.play(30);
    expect([...viewing.rates]).to.deep.equal([1]);
    viewing.play(14, 12);
    expect(viewing.stalledSeconds).to.be.greaterThan(3);
    expect(viewing.behind).to.be.greaterThan(3);
    const { stalledSeconds } = viewing;
    viewing.play(180);
    expect(viewing.behind).to.be.within(0, 0.25);
    expect(viewing.stalledSeconds).to.equal(stalledSeconds);
    expect(Math.max(...viewing.rates)).to.equal(1.1);
    viewing.rates.clear();
    viewing.play(600);
    expect([...viewing.rates]).to.deep.equal([1]);
    expect(viewing.leaps).to.equal(0);
  });

  it('leaves alone what a late playlist makes of half a second', () => {
    const viewing = new Viewing(ORDINARY_RULE, 6, 2, 1.4);
    viewing.play(60);
    expect([...viewing.rates]).to.deep.equal([1]);
  });

  it('comes back in low latency however far behind, where nothing else would move it', () => {
    for (const behind of [0.5, 3, 6, 12]) {
      const viewing = new Viewing(LOW_LATENCY_RULE, 1.6, 0.5, behind);
      viewing.play(behind * 20);
      expect(viewing.behind, `${behind} s behind`).to.be.within(-0.05, 0.1);
      expect(viewing.stalledSeconds).to.equal(0);
    }
  });

  it('leaps when it is far behind, and goes on as before', () => {
    const viewing = new Viewing(ORDINARY_RULE, 6, 2, 40);
    viewing.play(30);
    expect(viewing.leaps).to.equal(1);
    expect(viewing.behind).to.be.within(0, 0.25);
    expect([...viewing.rates]).to.deep.equal([1]);
  });

  it('does not hurry into an empty buffer', () => {
    const catchUp = new CatchUp(ORDINARY_RULE);
    expect(catchUp.paceAt({ behind: 5, ready: 1.9 })).to.deep.equal({ kind: 'rate', rate: 1 });
    expect(catchUp.paceAt({ behind: 5, ready: 2.1 })).to.deep.equal({ kind: 'rate', rate: 1.1 });
    expect(catchUp.paceAt({ behind: 3, ready: 9 })).to.deep.equal({ kind: 'rate', rate: 1.05 });
  });

  describe('where the browser plays by itself', () => {
    /** The browser's edge steps by two seconds; the viewer stands so far behind it when it has just stepped. */
    function watch(own: OwnDistance, fromMs: number, seconds: number, distance: number): number | undefined {
      let behind: number | undefined;
      for (let ms = 0; ms < seconds * 1_000; ms += 250) {
        behind = own.behindAt(fromMs + ms, distance - (ms % 2_000) / 1_000);
      }
      return behind;
    }

    it('learns the browser’s own distance, and by how much a stall has lengthened it', () => {
      const own = new OwnDistance();
      expect(watch(own, 0, 8, 6)).to.equal(undefined);
      expect(watch(own, 8_000, 8, 6)).to.equal(0);
      expect(own.chosen).to.equal(4.25);
      expect(watch(own, 16_000, 20, 11)).to.equal(5);
    });

    it('takes a stall for a sign that it was too near, up to three seconds, until it was calm', () => {
      const own = new OwnDistance();
      watch(own, 0, 16, 6);
      own.stalled();
      expect(watch(own, 16_000, 20, 11)).to.equal(4);
      for (let count = 0; count < 9; count += 1) own.stalled();
      expect(watch(own, 36_000, 20, 11)).to.equal(2);
      own.forgetStalls();
      expect(watch(own, 56_000, 20, 11)).to.equal(5);
    });

    it('forgets what it saw before the viewer was moved', () => {
      const own = new OwnDistance();
      watch(own, 0, 16, 30);
      own.moved();
      expect(watch(own, 16_000, 8, 30)).to.equal(undefined);
      expect(watch(own, 24_000, 8, 30)).to.equal(0);
    });
  });
});

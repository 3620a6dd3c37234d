import { expect } from 'chai';

import { runWithFaults } from '../../scripts/bench/faults.ts';

describe('lectures that are made while stores, encoders and workers fail', function faults() {
  this.timeout(300_000);

  it('end whole, compared picture by picture and sample by sample, or are given up with a message', async () => {
    const figures = await runWithFaults({ runs: 3, rate: 0.08, seed: 7, seconds: 6, atOnce: 3 });
    expect(figures.false_successes).to.equal(0);
    expect(figures.complete + figures.failed).to.equal(figures.runs);
    expect(Object.values(figures.faults).reduce((sum, count) => sum + count, 0)).to.be.greaterThan(3);
  });
});

import { expect } from 'chai';

import { DISGUISES, SCRIPTS } from '../support/hostile/disguises.ts';
import { FiringRange, type Impact } from '../support/hostile/firing-range.ts';
import type { HostileFile } from '../support/hostile/hostile-file.ts';
import { IMPOSSIBLE_PICTURES } from '../support/hostile/impossible-pictures.ts';
import { REFERENCES, SPOILT_CONTAINERS } from '../support/hostile/spoilt-containers.ts';

/** Those that are after somebody else's files or the network. */
const PRYING = [...SCRIPTS, ...REFERENCES];
const FILES = [...PRYING, ...DISGUISES, ...IMPOSSIBLE_PICTURES, ...SPOILT_CONTAINERS];

describe('Hostile media', function () {
  this.timeout(600_000);
  let range: FiringRange;

  before(async () => {
    range = await FiringRange.open();
  });

  after(() => range.close());

  function tell(
    files: readonly HostileFile[],
    impactOf: (name: string) => Impact | undefined,
    isAccepted: (file: HostileFile) => boolean,
  ): void {
    for (const file of files) {
      const { name, tries, outcome } = file;
      it(`${name}: ${tries}, ${typeof outcome === 'string' ? 'harms nobody' : 'is refused'}`, () => {
        const impact = impactOf(name);
        expect(impact?.escapes).to.deep.equal([]);
        expect(impact?.leaks).to.deep.equal([]);
        expect(isAccepted(file) ? ['accepted'] : [outcome].flat(), impact?.message).to.include(
          impact?.outcome,
        );
      });
    }
  }

  describe('in the sandbox', () => {
    let impacts: ReadonlyMap<string, Impact>;

    before(async () => {
      impacts = await range.fire(FILES, 'bubblewrap', true);
    });

    tell(
      FILES,
      (name) => impacts.get(name),
      () => false,
    );
  });

  describe('where there is no sandbox, by the lists of formats, protocols and decoders alone', () => {
    let impacts: ReadonlyMap<string, Impact>;

    before(async () => {
      impacts = await range.fire(PRYING, 'limits', false);
    });

    tell(
      PRYING,
      (name) => impacts.get(name),
      ({ outcome }) => typeof outcome === 'string',
    );
  });

  it('has made nobody call anywhere', () => {
    expect(range.calls).to.deep.equal([]);
  });

  it('is tried where an escape would be noticed', async () => {
    const { calls, escapes } = await range.control();
    expect(calls).to.be.greaterThan(0);
    expect(
      escapes.some((call) => call.startsWith('connect(')),
      'the connection',
    ).to.equal(true);
    expect(
      escapes.some((call) => call.includes('neighbour.ts')),
      'the foreign file',
    ).to.equal(true);
  });
});

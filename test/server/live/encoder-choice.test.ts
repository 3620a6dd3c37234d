import { expect } from 'chai';

import {
  goesOnAir,
  type AirTime,
  type ConnectedEncoder,
} from '../../../server/live/on-air/encoder-choice.ts';

const NOW = 1_000_000;

function encoder(role: 'main' | 'backup', changes: Partial<ConnectedEncoder> = {}): ConnectedEncoder {
  return { sessionId: role, role, lastMediaAtMs: NOW - 40, mediaSinceOnAirMs: 40, ...changes };
}

describe('The choice between two encoders', () => {
  const main = encoder('main');
  const backup = encoder('backup');
  const silent = { lastMediaAtMs: NOW - 2000 };

  const cases: readonly [string, ConnectedEncoder, AirTime, boolean][] = [
    ['the one on the air stays', main, { onAir: main, other: backup }, true],
    ['the other waits while it is heard', backup, { onAir: main, other: backup }, false],
    [
      'the other takes over when it is silent for two seconds',
      encoder('backup', { mediaSinceOnAirMs: 2000 }),
      { onAir: encoder('main', silent) },
      true,
    ],
    [
      'and not a moment before',
      encoder('backup', { mediaSinceOnAirMs: 1960 }),
      { onAir: encoder('main', { lastMediaAtMs: NOW - 1999 }) },
      false,
    ],
    [
      'a pause of the server makes nobody silent: the other has sent nothing meanwhile either',
      encoder('backup', { mediaSinceOnAirMs: 40 }),
      { onAir: encoder('main', { lastMediaAtMs: NOW - 9000 }) },
      false,
    ],
    [
      'the main one that is back does not take the class from the backup',
      encoder('main', { mediaSinceOnAirMs: 60_000 }),
      { onAir: backup, other: main },
      false,
    ],
    ['the operator’s wish is obeyed at the next key picture', main, { onAir: backup, wish: 'main' }, true],
    [
      'and keeps the other from taking over meanwhile',
      encoder('backup', { mediaSinceOnAirMs: 5000 }),
      { onAir: encoder('main', silent), wish: 'main' },
      false,
    ],
    ['in a break the first to come is on the air', backup, { breakSinceMs: NOW }, true],
    ['but a main one that is sending is waited for', backup, { other: main, breakSinceMs: NOW - 500 }, false],
    ['for two seconds', backup, { other: main, breakSinceMs: NOW - 2000 }, true],
    ['a main one that is silent is not', backup, { other: encoder('main', silent), breakSinceMs: NOW }, true],
    ['nor when the backup was asked for', backup, { other: main, breakSinceMs: NOW, wish: 'backup' }, true],
  ];

  for (const [title, candidate, air, expected] of cases) {
    it(title, () => {
      expect(goesOnAir(candidate, air, NOW)).to.equal(expected);
    });
  }
});

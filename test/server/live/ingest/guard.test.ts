import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { expect } from 'chai';

import { Guard } from '../../../../server/live/ingest/guard.ts';
import { DEFAULT_LIMITS } from '../../../../server/live/ingest/limits.ts';
import type { LiveClassId } from '../../../../server/live/live-class.ts';
import { hashOfKey } from '../../../../server/live/stream-key.ts';
import { RawEncoder } from '../../../support/raw-encoder.ts';
import { until } from '../../../support/until.ts';

const KEY = 'k'.repeat(26);
const IDLE_MS = 400;

/** Keeps this process from doing anything, as a machine does that has others to serve. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('the guard of a live ingest', () => {
  it('does not take for silence what it could not hear itself', async () => {
    const heard: string[] = [];
    const guard = new Guard(
      { ...DEFAULT_LIMITS, idleMs: IDLE_MS, sweepMs: 20 },
      {
        published: () => {},
        tag: (_, { body }) => heard.push(body.toString('latin1')),
        gone: (_, why) => heard.push(`gone: ${why}`),
        refused: (why) => heard.push(`refused: ${why}`),
      },
    );
    guard.replaceKeys([
      {
        classId: 'class' as LiveClassId,
        role: 'main',
        keyHash: hashOfKey(KEY),
        from: 0,
        until: Date.now() + 3_600_000,
      },
    ]);
    const server = createServer((socket) => guard.accept(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { encoder } = await RawEncoder.publish((server.address() as AddressInfo).port, KEY);
      encoder.audio(0, Buffer.from('before'));
      await until('the first is heard', () => heard.length > 0);
      // Sent in time, but nobody comes to read it.
      encoder.audio(20, Buffer.from('meanwhile'));
      standStill(3 * IDLE_MS);
      await until('the second is heard', () => heard.length > 1);
      expect(heard.slice(0, 2)).to.deep.equal(['before', 'meanwhile']);
      await until('it is silent in earnest', () => heard.length > 2);
      expect(heard.at(-1)).to.equal('gone: idle');
    } finally {
      guard.close();
      server.close();
    }
  });
});

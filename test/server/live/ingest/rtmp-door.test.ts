import { expect } from 'chai';

import type { FlvTag } from 'yuanjiao/live';
import { RtmpConversation, RtmpFault } from '../../../../server/live/ingest/rtmp-door.ts';
import { amfBytes, messageBytes, type Amf } from '../../../support/raw-encoder.ts';

const LIMITS = { maxGreetingBytes: 64 * 1024, maxMessageBytes: 1024 * 1024 };
const COMMAND = 20;

/** What a conversation made of some bytes. */
interface Outcome {
  readonly tags: FlvTag[];
  readonly addresses: string[];
  readonly written: number;
  readonly error: unknown;
}

/** Talks to a fresh conversation that lets `live/key` publish, in pieces as a network makes them. */
function talk(pieces: readonly Buffer[]): Outcome {
  const tags: FlvTag[] = [];
  const addresses: string[] = [];
  let written = 0;
  let error: unknown;
  const conversation = new RtmpConversation(
    {
      write: (bytes) => (written += bytes.length),
      publish(address) {
        addresses.push(address);
        return address === 'live/key' ? undefined : { code: 'NetStream.Publish.BadName', description: 'No.' };
      },
      play: () => ({ code: 'NetStream.Play.Failed', description: 'No.' }),
      turnedAway: () => {},
      tag: ({ kind, timestampMs, body }) => tags.push({ kind, timestampMs, body: Buffer.from(body) }),
      unpublish: () => {},
    },
    LIMITS,
  );
  try {
    for (const piece of pieces) conversation.push(piece);
  } catch (caught) {
    error = caught;
  }
  return { tags, addresses, written, error };
}

function command(...values: readonly Amf[]): Buffer {
  const body = Buffer.concat(values.map((value) => amfBytes(value)));
  return messageBytes(COMMAND, body, { chunkStream: 3, streamId: 1 });
}

const METADATA = Buffer.concat([amfBytes('@setDataFrame'), amfBytes('onMetaData'), amfBytes({ width: 320 })]);
const FRAMES = Array.from({ length: 12 }, (_, index) => Buffer.alloc(40 + index * 60, index + 1));
const SESSION = Buffer.concat([
  Buffer.from([3]),
  Buffer.alloc(2 * 1536, 5),
  command('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live', flashVer: 'x' }),
  command('releaseStream', 2, null, 'key'),
  command('createStream', 4, null),
  command('publish', 5, null, 'key', 'live'),
  messageBytes(18, METADATA, { chunkStream: 4 }),
  ...FRAMES.map((frame, index) =>
    messageBytes(index % 2 === 0 ? 9 : 8, frame, {
      chunkStream: index % 2 === 0 ? 6 : 4,
      timestampMs: index * 20,
    }),
  ),
]);

/** Numbers that look random and are the same in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

describe('the door of RTMP', () => {
  it('reads a session the same, however the network cuts it', () => {
    const whole = talk([SESSION]);
    expect(whole.error).to.equal(undefined);
    expect(whole.tags.slice(1).map(({ body }) => body)).to.deep.equal(FRAMES);
    expect(whole.tags[0]?.body.toString('latin1', 3, 13)).to.equal('onMetaData');
    for (const size of [1, 2, 3, 7, 127, 1_000]) {
      const pieces = [];
      for (let at = 0; at < SESSION.length; at += size) pieces.push(SESSION.subarray(at, at + size));
      expect(talk(pieces), `pieces of ${size}`).to.deep.equal(whole);
    }
  });

  it('finds fault with whatever is damaged, and never breaks itself', () => {
    const outcomes = { whole: 0, faults: 0 };
    for (let seed = 0; seed < 3_000; seed += 1) {
      const roll = dice(seed);
      const damaged = Buffer.from(SESSION);
      for (let hits = 1 + roll(6); hits > 0; hits -= 1) {
        // Mostly behind the handshake, whose bytes mean nothing.
        damaged[roll(8) === 0 ? 0 : 3_073 + roll(damaged.length - 3_073)] = roll(256);
      }
      const cut = roll(3) === 0 ? damaged.subarray(0, 3_073 + roll(damaged.length - 3_073)) : damaged;
      const { error, tags, addresses } = talk([cut]);
      if (error === undefined) outcomes.whole += 1;
      else {
        outcomes.faults += 1;
        expect(error, `seed ${seed}`).to.be.instanceOf(RtmpFault);
      }
      if (!addresses.includes('live/key')) expect(tags, `seed ${seed}`).to.have.length(0);
    }
    expect(outcomes.faults).to.be.greaterThan(200);
    expect(outcomes.whole).to.be.greaterThan(200);
  });
});

import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

import { expect } from 'chai';

import { DEFAULT_LIMITS } from '../../../../server/live/ingest/limits.ts';
import { startIngest, type HeardSession, type IngestPlace } from '../../../support/ingest-place.ts';
import { testFolder, type TestFolder } from '../../../support/media.ts';
import { amfBytes, messageBytes, RawEncoder, type Amf } from '../../../support/raw-encoder.ts';
import { selfSigned } from '../../../support/self-signed.ts';
import { until } from '../../../support/until.ts';

const MAX_PER_ADDRESS = 40;
const COMMAND = 20;
const FORGED = 'forged';

/** Sixty frames that must reach nobody. */
function sendForged(encoder: RawEncoder): void {
  for (let index = 0; index < 60; index += 1) {
    encoder.video(index * 40, Buffer.from(`\u0017\u0001\u0000\u0000\u0000${FORGED} ${index}`, 'latin1'));
  }
}

/** Bytes that look random and are the same in every run. */
function noise(length: number): Buffer {
  let state = 0x2545f491;
  return Buffer.from(
    Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    }),
  );
}

function commandBytes(...values: readonly Amf[]): Buffer {
  return messageBytes(COMMAND, Buffer.concat(values.map((value) => amfBytes(value))), {
    chunkStream: 3,
    streamId: 0,
  });
}

/** The first chunk of a message that claims `length`, on a chunk stream whose id takes two bytes of its own (§5.3.1.1). */
function firstOfManyChunks(index: number, length: number): Buffer {
  const bytes = Buffer.alloc(14 + 128);
  bytes[0] = 1;
  bytes.writeUInt16LE(index, 1);
  bytes.writeUIntBE(length, 6, 3);
  bytes[9] = 9;
  return bytes;
}

const CONNECT = commandBytes('connect', 1, { app: 'live', tcUrl: 'rtmp://127.0.0.1/live' });

/** What may come instead of a greeting, or right behind one. */
const MALFORMED: Readonly<Record<string, { readonly beforeGreeting?: Buffer; readonly behind?: Buffer }>> = {
  'zero bytes': { beforeGreeting: Buffer.alloc(20_000) },
  'random bytes': { beforeGreeting: noise(20_000) },
  'the version and then random bytes': { beforeGreeting: Buffer.concat([Buffer.from([3]), noise(20_000)]) },
  'a request of HTTP': { beforeGreeting: Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n') },
  'a greeting of TLS': { beforeGreeting: Buffer.from('1603010200010001fc0303', 'hex') },
  'random bytes behind the handshake': { behind: noise(20_000) },
  'a tcUrl that is none': { behind: commandBytes('connect', 1, { app: 'live', tcUrl: 'nowhere' }) },
  'a connect without tcUrl': { behind: commandBytes('connect', 1, { app: 'live' }) },
  'a connect without its object': { behind: commandBytes('connect', 1) },
  'a connect whose object is a number': { behind: commandBytes('connect', 1, 7) },
  'an object that is cut short': {
    behind: messageBytes(
      COMMAND,
      Buffer.concat([
        amfBytes('connect'),
        amfBytes(1),
        amfBytes({ app: 'live', tcUrl: 'rtmp://a' }).subarray(0, 9),
      ]),
      { chunkStream: 3 },
    ),
  },
  'a publish without a name': { behind: Buffer.concat([CONNECT, commandBytes('publish', 5, null)]) },
  'a publish whose name is a number': {
    behind: Buffer.concat([CONNECT, commandBytes('publish', 5, null, 12)]),
  },
  'a publish before connect': { behind: commandBytes('publish', 5, null, 'x', 'live') },
  'a command called constructor': { behind: commandBytes('constructor', 1, null) },
  'a command called __proto__': { behind: commandBytes('__proto__', 1, { __proto__: null, app: 'x' }) },
  'a command that is a number': { behind: commandBytes(3, 1, null) },
  'an empty command': { behind: messageBytes(COMMAND, Buffer.alloc(0), { chunkStream: 3 }) },
  'a value of an unknown type': { behind: messageBytes(COMMAND, Buffer.alloc(9, 0x7f), { chunkStream: 3 }) },
  'an array that claims four billion values': {
    behind: messageBytes(
      COMMAND,
      Buffer.concat([
        amfBytes('connect'),
        amfBytes(1),
        Buffer.from('0affffffff', 'hex'),
        Buffer.alloc(9_000, 5),
      ]),
      { chunkStream: 3 },
    ),
  },
  'objects in objects without an end': {
    behind: messageBytes(
      COMMAND,
      Buffer.concat([amfBytes('connect'), amfBytes(1), Buffer.from('03000161'.repeat(12_000), 'hex')]),
      { chunkStream: 3 },
    ),
  },
  'chunks of no size': { behind: messageBytes(1, Buffer.alloc(4), { chunkStream: 2 }) },
  'chunks of two gigabytes': { behind: messageBytes(1, Buffer.from('ffffffff', 'hex'), { chunkStream: 2 }) },
  'a message of 16 megabytes': {
    behind: messageBytes(9, Buffer.alloc(100), { chunkStream: 6, length: 0xff_ff_ff }),
  },
  'four hundred messages begun and none finished': {
    behind: Buffer.concat(Array.from({ length: 400 }, (_, index) => firstOfManyChunks(index, 60_000))),
  },
  'a greeting without an end': {
    behind: Buffer.concat(Array(4_000).fill(commandBytes('createStream', 4, null))),
  },
};

describe('a live ingest under attack', () => {
  let folder: TestFolder;
  let place: IngestPlace;
  let lawful: RawEncoder;
  let heard: HeardSession;
  let key: string;
  let sending: NodeJS.Timeout;
  let sent = 0;
  let pid: number | undefined;

  const numbersOf = ({ tags }: HeardSession) =>
    tags.filter(({ kind }) => kind === 'video').map(({ body }) => body.toString('latin1', 5));
  const everything = () =>
    place.sessions.flatMap(({ tags }) => tags.map(({ body }) => body.toString('latin1')));

  /** The lawful encoder still gets through, in the process that was there before. */
  async function expectUndisturbed(): Promise<void> {
    const goal = sent + 2;
    await until('the lawful encoder gets on', () => heard.tags.length >= goal);
    expect(place.ingest.pid).to.equal(pid);
    expect(heard.gone).to.equal(undefined);
    expect(place.ingest.figures.restarts).to.equal(0);
    expect(everything().filter((text) => text.includes(FORGED))).to.deep.equal([]);
  }

  /** Publishes; again where a loaded machine has made it one that takes its time. */
  async function publish(wanted: string) {
    return await until('an answer to "publish"', async () => {
      const tried = await RawEncoder.publish(place.port, wanted).catch(() => undefined);
      return tried !== undefined && tried.code !== 'closed' && tried;
    });
  }

  before(async () => {
    folder = await testFolder();
    await selfSigned(folder.join('key.pem'), folder.join('cert.pem'));
    place = await startIngest({
      tls: { port: 0, keyFile: folder.join('key.pem'), certFile: folder.join('cert.pem') },
      limits: {
        publishWithinMs: 1_500,
        sweepMs: 50,
        lingerMs: 100,
        maxConnectionsPerAddress: MAX_PER_ADDRESS,
        maxConnections: 2 * MAX_PER_ADDRESS,
      },
      timing: { beatMs: 50 },
    });
    ({ pid } = place.ingest);
    key = place.issue('lawful');
    ({ encoder: lawful } = await publish(key));
    sending = setInterval(() => {
      lawful.video(sent * 20, Buffer.from(`\u0027\u0001\u0000\u0000\u0000lawful ${sent}`, 'latin1'));
      sent += 1;
    }, 20);
    heard = await place.sessionOf('lawful');
  });

  after(async () => {
    clearInterval(sending);
    lawful.close();
    await place.stop();
    await folder.remove();
  });

  afterEach(expectUndisturbed);

  for (const [what, { beforeGreeting, behind }] of Object.entries(MALFORMED)) {
    it(`survives ${what}`, async () => {
      const encoder = await RawEncoder.open(place.port);
      if (beforeGreeting === undefined) await encoder.greet();
      encoder.send(beforeGreeting ?? behind ?? Buffer.alloc(0));
      await until('it is thrown out', () => encoder.isClosed);
    });
  }

  it('survives the same over TLS', async () => {
    const encoder = await RawEncoder.open(place.ingest.address?.tlsPort ?? 0, { isSecure: true });
    await encoder.greet();
    encoder.send(MALFORMED['a tcUrl that is none']?.behind ?? Buffer.alloc(0));
    await until('it is thrown out', () => encoder.isClosed);
  });

  it('lets no frame through of a publisher that was refused and sends on', async () => {
    const { encoder, code } = await publish('w'.repeat(26));
    expect(code).to.equal('NetStream.Publish.BadName');
    sendForged(encoder);
    await until('it is thrown out', () => encoder.isClosed);
  });

  it('lets no frame through that comes in one piece with a refused publish', async () => {
    const encoder = await RawEncoder.open(place.port);
    await encoder.greet();
    const forged = messageBytes(9, Buffer.from(`.....${FORGED}`), { chunkStream: 6 });
    encoder.send(Buffer.concat([CONNECT, commandBytes('publish', 5, null, 'w'.repeat(26), 'live'), forged]));
    await until('it is thrown out', () => encoder.isClosed);
  });

  it('lets no frame through before publish', async () => {
    const encoder = await RawEncoder.open(place.port);
    await encoder.greet();
    encoder.connect('live');
    sendForged(encoder);
    encoder.command('publish', 5, null, 'w'.repeat(26), 'live');
    await until('it is thrown out', () => encoder.isClosed);
  });

  it('shows a player nothing, and lets nothing through that it sends', async () => {
    const player = await RawEncoder.open(place.port);
    await player.greet();
    player.connect('live');
    player.command('createStream', 4, null);
    player.command('play', 5, null, key);
    sendForged(player);
    await until('it is told', () => player.status);
    expect(player.status).to.equal('NetStream.Play.Failed');
    sendForged(player);
    await until('it is thrown out', () => player.isClosed);
    expect(player.commands.map(({ name }) => name)).to.not.include('onMetaData');
  });

  it('refuses a second publisher on a live key before its first frame', async () => {
    const { encoder, code } = await publish(key);
    expect(code).to.equal('NetStream.Publish.Denied');
    sendForged(encoder);
    await until('it is thrown out', () => encoder.isClosed);
    expect(place.sessions.filter(({ session }) => session.classId === 'lawful')).to.have.length(1);
  });

  it('throws out a publisher that publishes a second time on its connection, to another class', async () => {
    const { encoder } = await publish(place.issue('other'));
    encoder.video(0, Buffer.from('.....its own'));
    const other = await place.sessionOf('other');
    encoder.command('publish', 6, null, key, 'live');
    sendForged(encoder);
    await until('it is thrown out', () => encoder.isClosed);
    await until('its session ends', () => other.gone);
    expect(other.gone).to.equal('malformed');
  });

  it('throws out a publisher whose message is too large, and holds none of it', async () => {
    const { encoder } = await publish(place.issue('giant'));
    encoder.video(0, Buffer.from('.....its own'));
    const giant = await place.sessionOf('giant');
    const header = messageBytes(9, Buffer.alloc(100), { chunkStream: 6, length: 0xff_ff_ff });
    encoder.send(header);
    await until('its session ends', () => giant.gone);
    expect(giant.gone).to.equal('too-much');
  });

  it('throws out a publisher that begins messages and finishes none', async () => {
    const { encoder } = await publish(place.issue('unfinished'));
    encoder.video(0, Buffer.from('.....its own'));
    const unfinished = await place.sessionOf('unfinished');
    for (let index = 0; index < 64; index += 1) encoder.send(firstOfManyChunks(index, 4_000_000));
    await until('its session ends', () => unfinished.gone);
    expect(unfinished.gone).to.be.oneOf(['malformed', 'too-much']);
  });

  it('throws out whoever takes its time', async () => {
    const slow = await Promise.all(Array.from({ length: 20 }, () => RawEncoder.open(place.port)));
    const mute = await Promise.all([
      ...Array.from({ length: 5 }, () => RawEncoder.open(place.port)),
      ...Array.from({ length: 5 }, () => silentSocket(place.ingest.address?.tlsPort ?? 0)),
    ]);
    for (const encoder of slow) encoder.send(Buffer.from([3]));
    const trickling = setInterval(() => {
      for (const encoder of slow) encoder.send(Buffer.alloc(1));
    }, 30);
    await until('all are thrown out', () => [...slow, ...mute].every(({ isClosed }) => isClosed));
    clearInterval(trickling);
    await until('they are counted', () => (place.ingest.figures.refused['too-slow'] ?? 0) >= 30);
  });

  it('keeps one address from taking all connections, and lets others in meanwhile', async () => {
    const flood: Socket[] = [];
    for (let index = 0; index < 300; index += 1) {
      const socket = connect({ port: place.port, host: '127.0.0.1' });
      socket.on('error', () => {});
      flood.push(socket);
    }
    await until('the excess is refused', () => (place.ingest.figures.refused['crowded-address'] ?? 0) >= 200);
    await until('another address is greeted', async () => {
      const elsewhere = connect({ port: place.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      const isGreeted = new Promise<boolean>((resolve) => {
        elsewhere.once('data', () => resolve(true));
        elsewhere.once('close', () => resolve(false));
        elsewhere.on('error', () => {});
      });
      elsewhere.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]));
      const found = await isGreeted;
      elsewhere.destroy();
      return found;
    });
    for (const socket of flood) socket.destroy();
    await until('the connections are gone', () => place.ingest.figures.connections <= 1);
    // Of a flood a few are named, so that nobody fills the log.
    expect(place.refusals.filter(({ why }) => why === 'crowded-address').length).to.be.lessThan(60);
  });

  it('lets a lawful encoder in although all connections are taken', async () => {
    const taken: Socket[] = [];
    for (let index = 0; index < 3 * MAX_PER_ADDRESS; index += 1) {
      const localAddress = `127.0.1.${1 + (index % 100)}`;
      const socket = connect({ port: place.port, host: '127.0.0.1', localAddress });
      socket.on('error', () => {});
      taken.push(socket);
    }
    await until('there are too many', () => (place.ingest.figures.refused.busy ?? 0) > 0);
    const { encoder, code } = await publish(place.issue('newcomer'));
    expect(code).to.equal('NetStream.Publish.Start');
    encoder.video(0, Buffer.from('.....its own'));
    await place.sessionOf('newcomer');
    for (const socket of taken) socket.destroy();
    encoder.close();
    await until('the connections are gone', () => place.ingest.figures.connections <= 1);
  });

  it('survives a storm of connections that come and go', async () => {
    for (let round = 0; round < 10; round += 1) {
      const port = round % 2 === 0 ? place.port : place.ingest.address?.tlsPort;
      const sockets = Array.from({ length: 30 }, () => connect({ port: port ?? 0, host: '127.0.0.1' }));
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise<void>((resolve) => {
              socket.once('error', () => resolve());
              socket.once('close', () => resolve());
              socket.once('connect', () => {
                socket.write(noise(50), () => socket.resetAndDestroy());
              });
            }),
        ),
      );
    }
    await until('the connections are gone', () => place.ingest.figures.connections <= 1);
  });

  it('throws out whoever asks and never reads the answers', async () => {
    const { encoder } = await publish(place.issue('deaf'));
    encoder.video(0, Buffer.from('.....its own'));
    const deaf = await place.sessionOf('deaf');
    encoder.socket.pause();
    const question = Buffer.concat(Array<Buffer>(2_000).fill(commandBytes('createStream', 4, null)));
    for (let round = 0; round < 100 && deaf.gone === undefined; round += 1) {
      await new Promise<void>((resolve) => {
        encoder.socket.write(question, () => resolve());
      });
    }
    await until('its session ends', () => deaf.gone);
    encoder.close();
  });

  it('has forwarded every frame of the lawful encoder once and in order, and no other', async () => {
    clearInterval(sending);
    await until('all have come', () => numbersOf(heard).length === sent);
    expect(numbersOf(heard)).to.deep.equal(Array.from({ length: sent }, (_, index) => `lawful ${index}`));
    expect(everything().filter((text) => text.includes(FORGED))).to.deep.equal([]);
    const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    expect(Number(peak) / 1024, 'most memory, in MiB').to.be.lessThan(200);
    sending = setInterval(() => {
      lawful.video(sent * 20, Buffer.from(`\u0027\u0001\u0000\u0000\u0000lawful ${sent}`, 'latin1'));
      sent += 1;
    }, 20);
  });

  it('drops a frozen publisher within twelve seconds where nothing else is said', () => {
    expect(DEFAULT_LIMITS.idleMs + 2 * DEFAULT_LIMITS.sweepMs).to.be.at.most(12_000);
    expect(DEFAULT_LIMITS.publishWithinMs).to.equal(5_000);
  });
});

/** A connection that never says a word, whatever is expected of it. */
async function silentSocket(port: number): Promise<{ readonly isClosed: boolean }> {
  const socket = connect({ port, host: '127.0.0.1' });
  const state = { isClosed: false };
  socket.on('error', () => {});
  socket.on('close', () => {
    state.isClosed = true;
  });
  await new Promise((resolve) => {
    socket.once('connect', resolve);
  });
  return state;
}

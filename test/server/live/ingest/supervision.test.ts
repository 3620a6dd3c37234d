import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { Ingest } from '../../../../server/live/ingest/ingest.ts';
import { openLog } from '../../../../server/log.ts';
import { startIngest, type IngestPlace } from '../../../support/ingest-place.ts';
import { RawEncoder } from '../../../support/raw-encoder.ts';
import { until } from '../../../support/until.ts';

const OWNER = fileURLToPath(new URL('../../../support/ingest-owner.js', import.meta.url));
const KEY = 'k'.repeat(26);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

interface OwnerLine {
  readonly port?: number;
  readonly pid?: number;
  readonly published?: string;
  readonly tags?: number;
  readonly last?: string;
}

async function startOwner(): Promise<{ owner: ChildProcess; lines: OwnerLine[]; port: number; pid: number }> {
  const owner = spawn(process.execPath, [OWNER, KEY], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: OwnerLine[] = [];
  createInterface({ input: owner.stdout }).on('line', (text) => lines.push(JSON.parse(text) as OwnerLine));
  const { port = 0, pid = 0 } = await until('the owner is up', () =>
    lines.find(({ port }) => port !== undefined),
  );
  return { owner, lines, port, pid };
}

describe('the ingest process', () => {
  let place: IngestPlace | undefined;

  afterEach(async () => {
    await place?.stop();
    place = undefined;
  });

  it('is back on the same port after a kill -9, and its sessions are reported gone', async () => {
    place = await startIngest();
    const key = place.issue('killed');
    const { encoder } = await RawEncoder.publish(place.port, key);
    encoder.audio(0, Buffer.alloc(9, 1));
    const heard = await place.sessionOf('killed');
    const { pid = 0 } = place.ingest;
    process.kill(pid, 'SIGKILL');
    await until('the session is reported', () => heard.gone);
    expect(heard.gone).to.equal('ingest-lost');
    expect(place.ingest.address).to.equal(undefined);
    expect(place.ingest.health.status).to.equal('degraded');

    const { ingest } = place;
    await until('it listens again', () => ingest.address?.port === place?.port);
    expect(ingest.pid).to.not.equal(pid);
    expect(ingest.health.status).to.equal('ok');
    expect(ingest.figures.restarts).to.equal(1);
    // The keys are known to the new one without being given again.
    const again = await RawEncoder.publish(place.port, key);
    expect(again.code).to.equal('NetStream.Publish.Start');
    again.encoder.close();
  });

  it('is started later and later while it keeps dying, and counts on', async () => {
    const delays: unknown[] = [];
    const log = openLog({ level: 'silent' });
    log.error = (fields: object) => delays.push((fields as { delayMs?: number }).delayMs);
    const timing = { restartMs: 10, maxRestartMs: 40, stableMs: 60_000, beatMs: 20 };
    place = await startIngest({ log, timing });
    const { ingest } = place;
    const refused = await RawEncoder.publish(place.port, 'unknown');
    expect(refused.code).to.equal('NetStream.Publish.BadName');
    await until('it is counted', () => ingest.figures.refused['unknown-key'] === 1);
    for (let death = 0; death < 4; death += 1) {
      const pid = await until('it is up', () => ingest.address !== undefined && ingest.pid);
      process.kill(pid, 'SIGKILL');
      await until('it is down', () => ingest.pid !== pid);
    }
    expect(delays).to.deep.equal([10, 20, 40, 40]);
    await until('it is up', () => ingest.address);
    expect(ingest.figures).to.deep.include({ restarts: 4, refused: { 'unknown-key': 1 } });
  });

  it('is killed and replaced when it hangs', async () => {
    place = await startIngest({ timing: { hungMs: 500, beatMs: 50 } });
    const { ingest } = place;
    const { pid = 0 } = ingest;
    process.kill(pid, 'SIGSTOP');
    await until('it is replaced', () => ingest.address !== undefined && ingest.pid !== pid && ingest.pid);
    expect(isAlive(pid)).to.equal(false);
  });

  it('gets its port as soon as the port is free, and says meanwhile what to do', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const ingest = new Ingest({
      host: '127.0.0.1',
      port,
      log: openLog({ level: 'silent' }),
      onPublish: () => {},
      onTag: () => {},
      onGone: () => {},
    });
    try {
      await ingest.start();
      expect(ingest.address).to.equal(undefined);
      expect(ingest.health).to.include({ status: 'degraded', detail: 'port: EADDRINUSE' });
      expect(ingest.health.advice).to.contain('YUANJIAO_LIVE_PORT');
      squatter.close();
      await until('it listens', () => ingest.address?.port === port);
      expect(ingest.health.status).to.equal('ok');
    } finally {
      squatter.close();
      await ingest.stop();
    }
  });

  it('cuts one encoder off where its stream cannot be used, and goes on with the others', async () => {
    place = await startIngest({
      onTag(_, { body }) {
        if (body[0] === 99) throw new Error('not to be used');
      },
    });
    const good = await RawEncoder.publish(place.port, place.issue('good'));
    const bad = await RawEncoder.publish(place.port, place.issue('bad'));
    good.encoder.video(0, Buffer.alloc(9, 1));
    bad.encoder.video(0, Buffer.alloc(9, 99));
    const heard = await place.sessionOf('bad');
    await until('it is cut off', () => heard.gone === 'malformed' && bad.encoder.isClosed);
    good.encoder.video(40, Buffer.alloc(9, 1));
    const other = await place.sessionOf('good');
    await until('the other one goes on', () => other.tags.length === 2);
    good.encoder.close();
  });

  it('ends with the server, also when that is killed', async () => {
    const { owner, port, pid } = await startOwner();
    const { encoder } = await RawEncoder.publish(port, KEY);
    owner.kill('SIGKILL');
    await until('the process is gone', () => !isAlive(pid));
    await until('the encoder is cut off', () => encoder.isClosed);
  });

  it('makes encoders wait while the server is stuck, keeps little meanwhile, and loses nothing', async () => {
    const { owner, lines, port, pid } = await startOwner();
    try {
      const { encoder } = await RawEncoder.publish(port, KEY);
      encoder.setChunkSize(1_000_000);
      encoder.video(0, Buffer.from('.....0000000000'));
      await until('it is heard', () => lines.find(({ published }) => published));
      owner.kill('SIGSTOP');
      const before = await residentMib(pid);
      const frames = 600;
      let written = 1;
      for (; written <= frames; written += 1) {
        const body = Buffer.alloc(100_000);
        body.write(`.....${String(written).padStart(10, '0')}`);
        encoder.video(written * 40, body);
      }
      await until('the encoder waits', async () => {
        const waiting = encoder.socket.writableLength;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return waiting > 0 && encoder.socket.writableLength === waiting;
      });
      expect(encoder.socket.writableLength, 'bytes the encoder could not send').to.be.greaterThan(30_000_000);
      expect((await residentMib(pid)) - before, 'MiB more than before').to.be.lessThan(32);

      owner.kill('SIGCONT');
      const end = await until('everything has come', () =>
        lines.findLast(({ last }) => last === String(frames).padStart(10, '0')),
      );
      expect(end.tags).to.equal(frames + 1);
      encoder.close();
    } finally {
      owner.kill('SIGKILL');
    }
  });
});

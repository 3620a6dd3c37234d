import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';

import { openFoundation, type Foundation } from 'yuanjiao/server';
import { objectKey, readObject } from 'yuanjiao/storage';

import { freshFolder, siteConfig } from '../../support/courseware-site.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import { startServerProcess, type ServerProcess } from '../../support/server-process.ts';
import { until } from '../../support/until.ts';

const KILLS = 6;
const TUS = { 'Tus-Resumable': '1.0.0' };
const BYTES = { ...TUS, 'Content-Type': 'application/offset+octet-stream' };

interface Ends {
  readonly dataDir: string;
  readonly foundation: Foundation;
  readonly headers: Readonly<Record<string, string>>;
  readonly coursewareId: string;
}

describe('uploads when things break', () => {
  let ends: Ends;
  let server: ServerProcess | undefined;

  beforeEach(async () => {
    const dataDir = await freshFolder();
    const foundation = await openFoundation(siteConfig(dataDir));
    const { token } = await foundation.accounts.createToken('test');
    const { id } = await foundation.catalogue.create({ title: '断电' });
    ends = { dataDir, foundation, headers: { Authorization: `Bearer ${token}` }, coursewareId: id };
  });
  afterEach(async () => {
    await server?.end('SIGKILL');
    server = undefined;
    await ends.foundation.close();
    await rm(ends.dataDir, { recursive: true, force: true });
  });

  const begin = async (base: string, bytes: Buffer): Promise<string> => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const metadata = { courseware: ends.coursewareId, filename: '断电.mp4', sha256 };
    const reply = await fetch(`${base}/api/v1/uploads`, {
      method: 'POST',
      headers: {
        ...ends.headers,
        ...TUS,
        'Upload-Length': String(bytes.length),
        'Upload-Metadata': Object.entries(metadata)
          .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
          .join(','),
      },
    });
    expect(reply.status).to.equal(201);
    return reply.headers.get('location') ?? '';
  };

  const offsetAt = async (base: string, path: string): Promise<number> => {
    const reply = await fetch(base + path, { method: 'HEAD', headers: { ...ends.headers, ...TUS } });
    expect(reply.status).to.equal(200);
    return Number(reply.headers.get('upload-offset'));
  };

  const patch = (
    base: string,
    path: string,
    offset: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Response> =>
    fetch(base + path, {
      method: 'PATCH',
      headers: { ...ends.headers, ...BYTES, 'Upload-Offset': String(offset) },
      body: bytes,
    });

  const expectTaken = async (bytes: Buffer): Promise<void> => {
    const { current } = await until('the file is taken over', async () => {
      const item = await ends.foundation.catalogue.get(ends.coursewareId);
      return item.current?.production === 'uploaded' && item;
    });
    const jobs = await ends.foundation.jobs.list(current?.generation ?? ('none' as never));
    expect(jobs.map(({ kind }) => kind)).to.deep.equal(['prepare']);
    const { sourceKey } = (jobs[0]?.payload ?? {}) as { sourceKey: string };
    expect((await readObject(ends.foundation.store, objectKey(sourceKey))).equals(bytes)).to.be.true;
  };

  it(`arrive whole although the server is killed ${KILLS} times at random bytes`, async function kill() {
    const bytes = randomBytes(16_000_000);
    const env = { YUANJIAO_DATA_DIR: ends.dataDir };
    server = await startServerProcess(env);
    const path = await begin(server.base, bytes);
    let acknowledged = 0;
    for (let kills = 0; kills < KILLS; kills++) {
      const offset = await offsetAt(server.base, path);
      expect(offset, 'what was acknowledged is there').to.be.at.least(acknowledged);
      // One request that is acknowledged, and one that is cut at a random byte.
      const step = 300_000 + Math.floor(Math.random() * 700_000);
      const reply = await patch(server.base, path, offset, bytes.subarray(offset, offset + step));
      expect(reply.status).to.equal(204);
      acknowledged = Number(reply.headers.get('upload-offset'));
      const rest = bytes.length - acknowledged;
      const request = httpRequest(new URL(path, server.base), {
        method: 'PATCH',
        headers: { ...ends.headers, ...BYTES, 'Upload-Offset': acknowledged, 'Content-Length': rest },
      });
      const cut = new Promise<void>((resolve) => {
        request.once('error', () => resolve());
        request.once('close', () => resolve());
      });
      const some = Math.floor(Math.random() * 1_500_000);
      await new Promise<void>((resolve) =>
        request.write(bytes.subarray(acknowledged, acknowledged + some), () => resolve()),
      );
      await server.end('SIGKILL');
      await cut;
      server = await startServerProcess(env);
    }
    const offset = await offsetAt(server.base, path);
    expect(offset).to.be.at.least(acknowledged);
    expect((await patch(server.base, path, offset, bytes.subarray(offset))).status).to.equal(204);
    await expectTaken(bytes);
  });

  it('are taken over although the server is killed while it stores them', async function kill() {
    const bytes = randomBytes(24_000_000);
    const env = { YUANJIAO_DATA_DIR: ends.dataDir };
    server = await startServerProcess(env);
    const path = await begin(server.base, bytes);
    const reply = patch(server.base, path, 0, bytes).catch(() => undefined);
    await until('all bytes have arrived', async () => {
      const landed = await stat(join(ends.dataDir, 'landing', path.split('/').at(-1) ?? '')).catch(
        () => undefined,
      );
      return landed === undefined || landed.size === bytes.length;
    });
    await server.end('SIGKILL');
    await reply;
    server = await startServerProcess(env);
    await expectTaken(bytes);
    expect(await offsetAt(server.base, path)).to.equal(bytes.length);
  });

  it('acknowledge no byte that the disk did not take', async function flush() {
    const bytes = randomBytes(3_000_000);
    const marker = join(ends.dataDir, 'disk-is-dying');
    const preload = new URL('../../support/failing-flush.js', import.meta.url).href;
    server = await startServerProcess({
      YUANJIAO_DATA_DIR: ends.dataDir,
      FAILING_FLUSH: marker,
      NODE_OPTIONS: `--import=${preload}`,
    });
    const path = await begin(server.base, bytes);
    const first = await patch(server.base, path, 0, bytes.subarray(0, 1_000_000));
    expect(first.status).to.equal(204);
    await writeFile(marker, '');
    await expectProblem(
      await patch(server.base, path, 1_000_000, bytes.subarray(1_000_000)),
      500,
      'upload-failed',
    );
    await rm(marker);
    expect(await offsetAt(server.base, path)).to.equal(1_000_000);
    const rest = await patch(server.base, path, 1_000_000, bytes.subarray(1_000_000));
    expect(rest.status).to.equal(204);
    await expectTaken(bytes);
  });

  it('stop with a plain sentence when the disk is full, and go on once there is room', async function full() {
    const bytes = randomBytes(12_000_000);
    const disk = join(ends.dataDir, 'disk');
    await mkdir(disk);
    const mount = 'mount -t tmpfs -o size=40m none "$0" && exec "$@"';
    server = await startServerProcess(
      {
        YUANJIAO_DATA_DIR: disk,
        YUANJIAO_DATABASE: `sqlite:${join(ends.dataDir, 'yuanjiao.db')}`,
        YUANJIAO_STORE: `folder:${join(ends.dataDir, 'objects')}`,
      },
      ['unshare', '-rm', 'sh', '-c', mount, disk],
    );
    const path = await begin(server.base, bytes);
    // The disk is in the server's own namespace; the kernel shows it under the process.
    const filler = join(`/proc/${server.process.pid}/root`, disk, 'filler');
    await writeFile(filler, Buffer.alloc(35_000_000));
    const refused = await patch(server.base, path, 0, bytes);
    const text = await refused.text();
    expect(refused.status, text).to.equal(507);
    expect(JSON.parse(text)).to.include({ code: 'disk-full' });
    expect(text)
      .to.contain('磁盘空间不足')
      .and.not.match(/ENOSPC|errno|\/tmp/);
    expect((await fetch(`${server.base}/alive`)).status).to.equal(200);
    expect((await fetch(`${server.base}/api/v1/courseware`)).status).to.equal(200);
    const offset = await offsetAt(server.base, path);
    expect(offset).to.be.within(1, bytes.length - 1);
    await rm(filler);
    expect((await patch(server.base, path, offset, bytes.subarray(offset))).status).to.equal(204);
    await expectTaken(bytes);
  });
});

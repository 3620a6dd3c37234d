import { expect } from 'chai';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createServer, openLog } from 'yuanjiao/server';

import {
  freshFolder,
  patternBytes,
  seedLecture,
  siteConfig,
  startSite,
} from '../../support/courseware-site.ts';
import { open, parseReply, readAll } from '../../support/raw-http.ts';
import { until } from '../../support/until.ts';

const MEDIA = patternBytes(6_000_000);
const READERS = 50;

describe('the life of a server', () => {
  it(`stops without cutting one of ${READERS} transfers`, async function stop() {
    const site = await startSite();
    const { generation } = await seedLecture(site, { '720p/0000-1.mp4': MEDIA });
    const path = `/v/${generation}/720p/0000-1.mp4`;
    expect((await fetch(site.base + path, { method: 'HEAD' })).status).to.equal(200);
    const readers = await Promise.all(
      Array.from({ length: READERS }, async () => {
        const socket = await open(site.base);
        socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
        // The answer is under way once its first bytes are here; then nothing is read until the stop has begun.
        await new Promise<void>((resolve) => socket.once('readable', resolve));
        return socket;
      }),
    );
    const stopped = site.server.stop();
    await until('nobody new is let in', async () => {
      try {
        await fetch(`${site.base}/alive`, { headers: { Connection: 'close' } });
        return false;
      } catch {
        return true;
      }
    });
    const replies = await Promise.all(readers.map(async (socket) => parseReply(await readAll(socket))));
    for (const reply of replies) {
      expect(reply.status).to.equal(200);
      expect(reply.body.equals(MEDIA)).to.be.true;
    }
    await stopped;
    await site.close();
  });

  it('answers what another server receives, and cuts none of it off when it stops', async () => {
    const site = await startSite({ listens: false });
    const host = createHttpServer({ requestTimeout: 0 }, site.server.handle);
    host.listen(0, '127.0.0.1');
    await once(host, 'listening');
    const base = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
    expect(site.server.address).to.equal(undefined);
    expect((await fetch(`${base}/alive`)).status).to.equal(200);

    const { generation } = await seedLecture(site, { '720p/0000-1.mp4': MEDIA });
    const socket = await open(base);
    socket.write(`GET /v/${generation}/720p/0000-1.mp4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    await new Promise<void>((resolve) => socket.once('readable', resolve));
    const stopped = site.server.stop();
    const { handle } = createServer(site.config, { log: openLog({ level: 'silent' }) });
    const notStarted = createHttpServer(handle).listen(0, '127.0.0.1');
    await once(notStarted, 'listening');
    for (const place of [base, `http://127.0.0.1:${(notStarted.address() as AddressInfo).port}`]) {
      const reply = await fetch(`${place}/alive`);
      expect(reply.status).to.equal(503);
      expect(await reply.json()).to.include({ code: 'stopping' });
    }
    const reply = parseReply(await readAll(socket));
    expect(reply.status).to.equal(200);
    expect(reply.body.equals(MEDIA)).to.be.true;
    await stopped;
    expect((await fetch(`${base}/`)).status).to.equal(503);
    for (const server of [host, notStarted]) {
      server.close();
      server.closeAllConnections();
    }
    await site.close();
  });

  it('closes what is still under way when the time for that is over', async () => {
    const site = await startSite({ graceMs: 300 });
    const { generation } = await seedLecture(site, { '720p/0000-1.mp4': patternBytes(9 * 2 ** 20) });
    const socket = await open(site.base);
    socket.on('error', () => {});
    socket.write(`GET /v/${generation}/720p/0000-1.mp4 HTTP/1.1\r\nHost: h\r\n\r\n`);
    await new Promise<void>((resolve) => socket.once('readable', resolve));
    await site.close();
    socket.destroy();
  });

  it('ends streams of events when it stops', async () => {
    const site = await startSite();
    const { id } = await site.foundation.catalogue.create({ title: '事件' });
    const reply = await site.ask('GET', `/api/v1/courseware/${id}/production/events`);
    expect(reply.headers.get('content-type')).to.match(/^text\/event-stream/);
    const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('event: production'))
      text += Buffer.from((await reader.read()).value ?? []).toString();
    const stopped = site.close();
    for (let end = await reader.read(); !end.done; end = await reader.read());
    await stopped;
  });

  it('tells of every part, also of one that is missing', async () => {
    const site = await startSite();
    const well = (await (await fetch(`${site.base}/ready`)).json()) as {
      status: string;
      parts: { name: string }[];
    };
    expect(well.status).to.equal('ready');
    expect(well.parts.map(({ name }) => name)).to.include.members([
      'process',
      'database',
      'store',
      'disk',
      'sandbox',
    ]);
    await site.close();

    const down = await startSite({
      env: {
        YUANJIAO_STORE: 's3:http://127.0.0.1:1/lectures',
        YUANJIAO_STORE_ACCESS_KEY: 'canary-access',
        YUANJIAO_STORE_SECRET_KEY: 'canary-secret',
      },
    });
    const reply = await fetch(`${down.base}/ready`);
    const text = await reply.text();
    expect(reply.status).to.equal(503);
    expect(text)
      .to.contain('"name":"store","status":"failed"')
      .and.contain('advice')
      .and.not.contain('canary');
    expect((await fetch(`${down.base}/api/v1/courseware`)).status).to.equal(200);
    await down.close();
  });

  it('says which address is taken, and lets go of everything', async () => {
    const site = await startSite();
    const dataDir = await freshFolder();
    const config = siteConfig(dataDir, { YUANJIAO_PORT: new URL(site.base).port });
    const second = createServer(config, { log: openLog({ level: 'silent' }) });
    const error = await second.start().then(
      () => undefined,
      (thrown: unknown) => thrown as NodeJS.ErrnoException,
    );
    expect(error?.code).to.equal('EADDRINUSE');
    await second.stop();
    await site.close();
    await rm(dataDir, { recursive: true });
  });

  it('may be stopped twice, and before it was started', async () => {
    const dataDir = await freshFolder();
    const server = createServer(siteConfig(dataDir), { log: openLog({ level: 'silent' }) });
    await server.stop();
    await server.stop();
    expect(server.address).to.equal(undefined);
    await rm(dataDir, { recursive: true });
  });

  it('survives bytes that are no request', async () => {
    const site = await startSite();
    const hostile: readonly (string | Buffer)[] = [
      '\0\0\0\0\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /api/v1/tags HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      `GET / HTTP/1.1\r\nHost: h\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
      Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 97) & 0xff)),
      'TRACE / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    ];
    for (const bytes of hostile) {
      const socket = await open(site.base);
      socket.on('error', () => {});
      socket.end(bytes);
      const reply = parseReply(await readAll(socket).catch(() => Buffer.alloc(0)));
      expect(reply.status, JSON.stringify(bytes.toString().slice(0, 40))).to.satisfy(
        (status: number) => Number.isNaN(status) || (status >= 400 && status < 500),
      );
    }
    expect((await fetch(`${site.base}/alive`)).status).to.equal(200);
    await site.close();
  });
});

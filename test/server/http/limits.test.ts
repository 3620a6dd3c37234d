import { expect } from 'chai';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createMetrics } from 'yuanjiao/server';
import { objectKey, openStore } from 'yuanjiao/storage';

import { NO_CAPTIONS } from '../../../server/http/caption-delivery.ts';
import { Delivery } from '../../../server/http/delivery.ts';
import { Gate } from '../../../server/http/gate.ts';
import { sendProblem } from '../../../server/http/problem.ts';
import { patternBytes, startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { testFolder } from '../../support/media.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import { open, parseReply, readAll } from '../../support/raw-http.ts';
import { startServerProcess } from '../../support/server-process.ts';
import { until } from '../../support/until.ts';

const REQUEST_MS = 1_000;
const IDLE_MS = 4_000;

describe('the limits of the server', () => {
  let site: CoursewareSite;
  before(async () => {
    site = await startSite({ requestTimeoutMs: REQUEST_MS, idleMs: IDLE_MS });
  });
  after(() => site.close());

  it('ends a request whose body does not arrive', async () => {
    const socket = await open(site.base);
    socket.write(
      `POST /api/v1/tags HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${site.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name":',
    );
    const reply = parseReply(await readAll(socket));
    expect(reply.status).to.equal(408);
    expect(reply.headers['connection']).to.equal('close');
  });

  it('lets an upload take as long as it needs, and closes one that fell silent without losing its bytes', async () => {
    const { id } = await site.foundation.catalogue.create({ title: '慢线路' });
    const headers = { Authorization: `Bearer ${site.token}`, 'Tus-Resumable': '1.0.0' };
    const begun = await fetch(`${site.base}/api/v1/uploads`, {
      method: 'POST',
      headers: {
        ...headers,
        'Upload-Length': '1000',
        'Upload-Metadata': `courseware ${Buffer.from(id).toString('base64')},filename YQ==`,
      },
    });
    const path = begun.headers.get('location') ?? '';
    const socket = await open(site.base);
    socket.write(
      `PATCH ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: ${headers.Authorization}\r\nTus-Resumable: 1.0.0\r\n` +
        'Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 1000\r\n\r\n',
    );
    const begin = performance.now();
    let sent = 0;
    // Twice as long as any other request may take.
    await until('the slow line has sent some', () => {
      socket.write('x');
      sent += 1;
      return performance.now() - begin > 2 * REQUEST_MS;
    });
    await readAll(socket).catch(() => undefined);
    const offset = await until('the upload is free again', async () => {
      const reply = await fetch(site.base + path, { method: 'HEAD', headers });
      return reply.status === 200 ? Number(reply.headers.get('upload-offset')) : undefined;
    });
    expect(offset).to.equal(sent);
  });

  it('says when to come back instead of filling its memory', async () => {
    const folder = await testFolder();
    const store = await openStore(`folder:${folder.path}`);
    const bytes = patternBytes(4_000_000);
    await store.put(objectKey('lectures/g/720p/0000-1.mp4'), bytes);
    const metrics = createMetrics();
    const delivery = new Delivery({
      store,
      metrics,
      cacheBytes: 2 ** 20,
      maxLoadingBytes: 3_000_000,
      grant: async () => ({ isPublic: true, isComplete: true, captions: NO_CAPTIONS }),
      admit: async () => {},
      compose: async () => undefined,
    });
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      try {
        await delivery.handle(request, response);
      } catch (error) {
        sendProblem(request, response, error);
      }
    };
    const server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v/g/720p/0000-1.mp4`;
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        fetch(address, { headers: { Range: `bytes=${index}-${index + 1_999_999}` } }),
      ),
    );
    const served = replies.filter(({ status }) => status === 206);
    const refused = replies.filter(({ status }) => status === 503);
    expect(served.length).to.be.above(0);
    expect(served.length + refused.length).to.equal(12);
    for (const reply of refused) {
      expect(Number(reply.headers.get('retry-after'))).to.be.above(0);
      await expectProblem(reply, 503, 'busy');
    }
    for (const reply of served) {
      const [first = 0] = (reply.headers.get('content-range') ?? '').match(/\d+/g)?.map(Number) ?? [];
      expect(Buffer.from(await reply.arrayBuffer()).equals(bytes.subarray(first, first + 2_000_000))).to.be
        .true;
    }
    expect(delivery.cachedBytes).to.be.at.most(2 ** 20);
    await new Promise((resolve) => server.close(resolve));
    await store.close();
    await folder.remove();
  });

  it('believes a forwarded address only from a proxy it trusts', () => {
    const request = {
      headers: { 'x-forwarded-for': '6.6.6.6, 10.0.0.7' },
      socket: { remoteAddress: '10.0.0.1' },
    } as unknown as Parameters<Gate['addressOf']>[0];
    const seen = (trustedProxies: number): string =>
      new Gate({ accounts: site.foundation.accounts, publicUrl: undefined, trustedProxies }).addressOf(
        request,
      );
    expect(seen(0)).to.equal('10.0.0.1');
    expect(seen(1)).to.equal('10.0.0.7');
    expect(seen(2)).to.equal('6.6.6.6');
    expect(seen(9)).to.equal('6.6.6.6');
  });

  it('marks cookies for https alone where people come by https', () => {
    const gate = new Gate({
      accounts: site.foundation.accounts,
      publicUrl: 'https://yuanjiao.example',
      trustedProxies: 1,
    });
    const headers: Record<string, string> = {};
    const response = {
      setHeader(name: string, value: string) {
        headers[name] = value;
      },
    } as unknown as Parameters<Gate['setSession']>[0];
    gate.setSession(response, { id: 'x'.repeat(43), expiresAt: 0 });
    expect(headers['Set-Cookie']).to.match(/^__Host-yuanjiao=x+; Path=\/; HttpOnly; SameSite=Lax; Secure;/);
  });

  it('counts what it does', async () => {
    for (const path of ['/', '/api/v1/tags']) await (await fetch(site.base + path)).text();
    const names = [
      'yuanjiao_http_requests_total{class="api",status="200"}',
      'yuanjiao_http_requests_total{class="page",status="200"}',
      'yuanjiao_jobs{state="queued"} 0',
      'yuanjiao_job_queue_age_seconds 0',
      'yuanjiao_uploads_in_flight 0',
      'yuanjiao_upload_received_bytes_total',
      'yuanjiao_nodejs_eventloop_lag_p99_seconds',
    ];
    // An answer is counted when its connection is done with it, which is a moment after it has arrived.
    await until(`all of ${names.join(', ')} is there`, async () => {
      const text = await (await fetch(`${site.base}/metrics`)).text();
      return names.every((name) => text.includes(name));
    });
  });

  it('logs lines of JSON, and no secret in any of them', async function lines() {
    const folder = await testFolder();
    const server = await startServerProcess({
      YUANJIAO_DATA_DIR: folder.path,
      YUANJIAO_LOG_LEVEL: 'trace',
      YUANJIAO_STORE: 's3:http://127.0.0.1:1/lectures',
      YUANJIAO_STORE_ACCESS_KEY: 'canary-access',
      YUANJIAO_STORE_SECRET_KEY: 'canary-secret',
    });
    await fetch(`${server.base}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"password":"canary-password"}',
    });
    await fetch(`${server.base}/api/v1/me?token=canary-query`, {
      headers: { Authorization: 'Bearer yj_canary-token', Cookie: 'yuanjiao=canary-cookie-0123456789' },
    });
    await fetch(`${server.base}/alive`, { headers: { 'X-Request-Id': 'ab\tcanary-forged' } });
    expect(await server.end('SIGTERM')).to.equal(0);
    expect(server.lines.length).to.be.above(3);
    for (const line of server.lines) {
      expect(line).to.not.contain('canary');
      const { level, time, msg } = JSON.parse(line) as Record<string, string>;
      expect(level).to.be.a('string');
      expect(time).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
      expect(msg).to.be.a('string');
    }
    await folder.remove();
  });
});

import { expect } from 'chai';
import { Agent, get as httpGet } from 'node:http';
import { gunzipSync } from 'node:zlib';

import type { BroadcastInput } from 'yuanjiao/live';

import { initCut, SteadyCuts, writeAll } from '../../support/live-cuts.ts';
import { startLiveSite, type LiveSite } from '../../support/live-site.ts';
import { judge } from '../../support/playlist-judge.ts';
import { open, sendRaw } from '../../support/raw-http.ts';
import { until } from '../../support/until.ts';

const PART_BYTES = 40_000;

describe('delivery of live classes', () => {
  let site: LiveSite;
  let input: BroadcastInput;
  let cuts: SteadyCuts;

  async function start(options: { readonly stallMs?: number } = {}): Promise<void> {
    site = await startLiveSite(options);
    input = site.broadcast.begin('source');
    cuts = new SteadyCuts('a', { paddingBytes: PART_BYTES });
    await writeAll(input, [initCut(), ...cuts.parts(4 * 16 + 2)]);
  }

  async function stop(): Promise<void> {
    await site.close();
    expect(site.failures).to.deep.equal([]);
  }

  const fetchLive = (name: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${site.live}/${name}`, { headers });

  describe('of a class as it stands', () => {
    before(() => start());
    after(stop);

    it('leads from the list of renditions to every byte of the window', async () => {
      const list = await fetchLive('index.m3u8');
      expect(list.status).to.equal(200);
      expect(await list.text()).to.include('\nsource/index.m3u8\n');
      const playlist = await fetchLive('source/index.m3u8');
      expect(playlist.headers.get('content-type')).to.equal('application/vnd.apple.mpegurl');
      const { list: parsed } = judge(await playlist.text());
      const names = parsed.segments.flatMap(({ uri, parts }) => [
        uri,
        ...parts.flatMap((part) => (part.hint ? [] : [part.uri])),
      ]);
      const sizes = await Promise.all(
        names
          .filter((name) => name !== '')
          .map(async (name) => (await (await fetchLive(`source/${name}`)).blob()).size),
      );
      expect(sizes.filter((size) => size > 4 * PART_BYTES)).to.have.length(8);
      expect(sizes.filter((size) => size > PART_BYTES && size < 2 * PART_BYTES)).to.have.length(2 * 4 + 2);
      expect(await (await fetchLive('source/i0.mp4')).text()).to.equal('init');
    });

    it('goes back to the beginning in a playlist of its own', async () => {
      expect(await (await fetchLive('dvr.m3u8')).text()).to.include('\nsource/dvr.m3u8\n');
      const { list } = judge(await (await fetchLive('source/dvr.m3u8')).text());
      expect(list.segments.map(({ uri }) => uri)).to.deep.equal(
        Array.from({ length: 16 }, (_, n) => `s${n}.m4s`),
      );
      const oldest = await (await fetchLive('source/s0.m4s')).text();
      expect(oldest.replaceAll('.', '')).to.equal('a 0;a 500;a 1000;a 1500;');
      const delta = judge(await (await fetchLive('source/dvr.m3u8?_HLS_skip=YES')).text());
      expect(delta.list.skip).to.equal(10);
    });

    const lifetimes: readonly (readonly [string, number, string])[] = [
      ['index.m3u8', 200, 'public, max-age=5, stale-while-revalidate=60, stale-if-error=60'],
      ['dvr.m3u8', 200, 'public, max-age=5, stale-while-revalidate=60, stale-if-error=60'],
      ['source/index.m3u8', 200, 'public, max-age=1, stale-while-revalidate=2, stale-if-error=30'],
      ['source/dvr.m3u8', 200, 'public, max-age=1, stale-while-revalidate=2, stale-if-error=30'],
      ['source/index.m3u8?_HLS_msn=16&_HLS_part=1', 200, 'public, max-age=12'],
      ['source/index.m3u8?_HLS_msn=15', 200, 'public, max-age=12'],
      ['source/index.m3u8?_HLS_msn=19', 400, 'no-store'],
      ['source/index.m3u8?_HLS_msn=x', 400, 'no-store'],
      ['source/index.m3u8?_HLS_part=1', 400, 'no-store'],
      ['source/index.m3u8?_HLS_skip=maybe', 400, 'no-store'],
      ['source/i0.mp4', 200, 'public, max-age=86400, immutable'],
      ['source/s15.m4s', 200, 'public, max-age=86400, immutable'],
      ['source/s2.m4s', 200, 'public, max-age=86400, immutable'],
      ['source/p16.1.m4s', 200, 'public, max-age=60'],
      ['source/p16.3.m4s', 404, 'public, max-age=1'],
      ['source/s16.m4s', 404, 'public, max-age=1'],
      ['360p/index.m3u8', 404, 'public, max-age=1'],
    ];
    for (const [name, status, lifetime] of lifetimes) {
      it(`answers ${name} with ${status}, to be kept as "${lifetime}"`, async () => {
        const reply = await fetchLive(name);
        await reply.arrayBuffer();
        expect(reply.status).to.equal(status);
        expect(reply.headers.get('cache-control')).to.equal(lifetime);
        expect(reply.headers.get('set-cookie')).to.equal(null);
        if (status !== 200) return;
        expect(reply.headers.get('access-control-allow-origin')).to.equal('*');
        const etag = reply.headers.get('etag') ?? '';
        const again = await fetchLive(name, { 'If-None-Match': etag });
        expect(again.status).to.equal(304);
        expect(again.headers.get('cache-control')).to.equal(lifetime);
        const head = await fetch(`${site.live}/${name}`, { method: 'HEAD' });
        expect(head.headers.get('content-length')).to.equal(reply.headers.get('content-length'));
        expect(head.headers.get('etag')).to.equal(etag);
      });
    }

    const elsewhere = [
      '/live',
      '/live/',
      '/live/class-7',
      '/live/class-7/console',
      '/live/new',
      '/live/ABCDEFGH/index.m3u8',
    ];
    for (const path of [
      ...elsewhere,
      '/live/abcdefgh2345/../abcdefgh2345/index.m3u8',
      '/live/abcdefgh2345/source/..%2fjournal',
      '/live/abcdefgh2345/source/journal',
      '/live/abcdefgh2345/source/s1.m4s/x',
      '/live/abcdefgh2345//source/s1.m4s',
    ]) {
      it(`leaves ${path} to others`, async () => {
        const { body } = await sendRaw(
          site.base,
          `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        );
        expect(String(body)).to.include('somebody else');
      });
    }
  });

  describe('of a class that goes on', () => {
    beforeEach(() => start());
    afterEach(stop);

    it('compresses playlists, short and long', async () => {
      await writeAll(input, cuts.parts(4 * 300));
      for (const name of ['source/index.m3u8', 'source/dvr.m3u8']) {
        const path = `/live/${site.broadcast.token}/${name}`;
        const ask = (coding: string): ReturnType<typeof sendRaw> =>
          sendRaw(site.base, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${coding}\r\n`);
        const plain = await ask('');
        const packed = await ask('Accept-Encoding: gzip\r\n');
        expect(packed.headers['content-encoding']).to.equal('gzip');
        expect(packed.headers['vary']).to.equal('Accept-Encoding');
        expect(gunzipSync(packed.body).equals(plain.body)).to.equal(true);
        expect(packed.body.length).to.be.lessThan(plain.body.length / 3);
      }
    });

    it('parks a request until its part comes, and lets it go when the player leaves', async () => {
      const asked = fetchLive('source/index.m3u8?_HLS_msn=16&_HLS_part=2');
      await until('it is parked', () => site.broadcast.waiting === 1);
      expect(await site.figures()).to.match(/^yuanjiao_live_waiting 1$/m);
      const leaving = new AbortController();
      const left = fetch(`${site.live}/source/index.m3u8?_HLS_msn=17`, { signal: leaving.signal });
      await until('both are parked', () => site.broadcast.waiting === 2);
      leaving.abort();
      await left.catch(() => {});
      await until('one has left', () => site.broadcast.waiting === 1);
      await input.write(cuts.part());
      expect(await (await asked).text()).to.include('"p16.2.m4s"');
    });

    it('says quickly that nothing can come, and what to do', async () => {
      await site.broadcast.interrupt();
      const reply = await fetchLive('source/index.m3u8?_HLS_msn=17&_HLS_part=0');
      expect(reply.status).to.equal(503);
      expect(reply.headers.get('retry-after')).to.equal('1');
      expect(((await reply.json()) as { code: string }).code).to.equal('not-live-now');
      expect(await (await fetchLive('source/index.m3u8')).text()).to.match(
        /s16\.m4s\n#EXT-X-DISCONTINUITY\n$/,
      );
      expect(await site.figures()).to.match(/^yuanjiao_live_unanswered_total\{why="not-in-time"\} 1$/m);
    });

    it('answers five hundred connections that wait for one part', async () => {
      const agent = new Agent({ keepAlive: false, maxSockets: 1000 });
      const ask = async (): Promise<string> =>
        new Promise((resolve, reject) => {
          const url = `${site.live}/source/index.m3u8?_HLS_msn=16&_HLS_part=2`;
          httpGet(url, { agent }, (reply) => {
            let text = '';
            reply.on('data', (piece: Buffer) => (text += String(piece)));
            reply.on('end', () => resolve(`${reply.statusCode} ${text}`));
          }).on('error', reject);
        });
      const asked = Array.from({ length: 500 }, ask);
      await until('all are parked', () => site.broadcast.waiting === 500);
      await input.write(cuts.part());
      const answers = new Set(await Promise.all(asked));
      expect(answers.size).to.equal(1);
      expect([...answers][0]).to.match(/^200 [^]*"p16\.2\.m4s"/);
      agent.destroy();
    });

    it('cuts off a reader that takes nothing', async () => {
      await stop();
      await start({ stallMs: 500 });
      const big = new SteadyCuts('big', { startsAtMs: 40_000, paddingBytes: 6_000_000 });
      await writeAll(input, big.parts(5));
      const socket = await open(site.base);
      socket.pause();
      socket.write(`GET /live/${site.broadcast.token}/source/s17.m4s HTTP/1.1\r\nHost: x\r\n\r\n`);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.on('error', () => {});
      await until('it is cut off', async () =>
        /^yuanjiao_delivery_stalled_total 1$/m.test(await site.figures()),
      );
      socket.resume();
      await closed;
    });

    it('keeps what is not for everybody to the administrator, and out of shared caches', async () => {
      site.shelf.put(site.broadcast, false);
      for (const name of ['index.m3u8', 'source/index.m3u8', 'source/p16.1.m4s']) {
        expect((await fetchLive(name)).status, name).to.equal(401);
        const reply = await fetchLive(name, { Authorization: 'Bearer admin' });
        expect(reply.status, name).to.equal(200);
        expect(reply.headers.get('cache-control'), name).to.equal('private, no-store');
        expect(reply.headers.get('access-control-allow-origin'), name).to.equal(null);
        await reply.arrayBuffer();
      }
    });

    it('tells a state to everybody, made once for a moment', async () => {
      let made = 0;
      const beganAt = performance.now();
      site.shelf.tellStates(async (id) => (id === 'class-7' ? { id, made: (made += 1) } : undefined));
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => fetch(`${site.base}/live/class/class-7.json`)),
      );
      const told = new Set<number>();
      for (const reply of replies) {
        const state = (await reply.json()) as { readonly id: string; readonly made: number };
        expect(state.id).to.equal('class-7');
        told.add(state.made);
      }
      // Each is told for half a second.
      expect(told.size).to.be.at.most(1 + Math.floor((performance.now() - beganAt) / 500));
      expect(replies[0]?.headers.get('cache-control')).to.equal(
        'public, max-age=1, stale-while-revalidate=60, stale-if-error=60',
      );
      const unknown = await fetch(`${site.base}/live/class/class-8.json`);
      expect(unknown.status).to.equal(404);
      expect(unknown.headers.get('cache-control')).to.equal('public, max-age=1');
    });

    it('knows no class that is not on the shelf, and no way to write', async () => {
      expect((await fetch(`${site.base}/live/zzzzzzzzzzzz/index.m3u8`)).status).to.equal(404);
      const put = await fetch(`${site.live}/index.m3u8`, { method: 'PUT', body: 'x' });
      expect(put.status).to.equal(405);
      expect(put.headers.get('allow')).to.equal('GET, HEAD');
      site.shelf.take(site.broadcast.token);
      expect((await fetchLive('index.m3u8')).status).to.equal(404);
    });

    it('counts what it hands out by kind', async () => {
      for (const name of ['index.m3u8', 'source/index.m3u8', 'source/s15.m4s']) {
        await (await fetchLive(name)).arrayBuffer();
      }
      await until('all are counted', async () => {
        const text = await site.figures();
        return (
          /^yuanjiao_http_requests_total\{class="live-playlist",status="200"\} 2$/m.test(text) &&
          /^yuanjiao_http_requests_total\{class="live-media",status="200"\} 1$/m.test(text)
        );
      });
    });
  });
});

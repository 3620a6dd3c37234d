import { expect } from 'chai';
import { gunzipSync } from 'node:zlib';
import { request as httpRequest } from 'node:http';

import { objectKey } from 'yuanjiao/storage';

import { patternBytes, seedLecture, startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { open, sendRaw } from '../../support/raw-http.ts';
import { until } from '../../support/until.ts';

const MEDIA = patternBytes(3_000_000);
const LONG = patternBytes(9 * 2 ** 20);
const PLAYLIST = `#EXTM3U\n${'#EXTINF:6.0,\n0000-1.mp4\n'.repeat(100)}#EXT-X-ENDLIST\n`;

describe('delivery of media', () => {
  let site: CoursewareSite;
  let media: string;
  let draft: string;

  before(async () => {
    site = await startSite();
    const objects = {
      'index.m3u8': '#EXTM3U\n',
      '720p/index.m3u8': PLAYLIST,
      '720p/0000-1.mp4': MEDIA,
      '720p/0001-1.mp4': LONG,
      '720p/0002-1.mp4': LONG.subarray(0, 8 * 2 ** 20),
      'poster.jpg': 'not really a picture',
    };
    media = `${site.base}/v/${(await seedLecture(site, objects)).generation}`;
    draft = `${site.base}/v/${(await seedLecture(site, objects, { isPublished: false })).generation}`;
  });
  after(() => site.close());

  it('serves a whole object with its length, type, tag and a year of caching', async () => {
    const reply = await fetch(`${media}/720p/0000-1.mp4`);
    expect(reply.status).to.equal(200);
    expect(Buffer.from(await reply.arrayBuffer()).equals(MEDIA)).to.be.true;
    expect(reply.headers.get('content-type')).to.equal('video/mp4');
    expect(reply.headers.get('content-length')).to.equal(String(MEDIA.length));
    expect(reply.headers.get('accept-ranges')).to.equal('bytes');
    expect(reply.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
    expect(reply.headers.get('etag')).to.match(/^"[^"]+"$/);
    expect(reply.headers.get('x-content-type-options')).to.equal('nosniff');
  });

  const size = MEDIA.length;
  const ranges: readonly (readonly [string, number, number?, number?])[] = [
    ['bytes=0-0', 206, 0, 0],
    ['bytes=0-999', 206, 0, 999],
    ['bytes=1000-1999999', 206, 1000, 1_999_999],
    [`bytes=${size - 1}-`, 206, size - 1, size - 1],
    [`bytes=${size - 10}-${size + 100}`, 206, size - 10, size - 1],
    ['bytes=-500', 206, size - 500, size - 1],
    [`bytes=-${size * 2}`, 206, 0, size - 1],
    [`bytes=${size}-`, 416],
    ['bytes=-0', 416],
    ['bytes=9-3', 416],
    ['bytes=x-y', 416],
    ['bytes=0-1,5-6', 200],
    ['chapters=1-2', 200],
  ];
  for (const [header, status, first = 0, last = size - 1] of ranges) {
    it(`answers "Range: ${header}" with ${status}`, async () => {
      for (const attempt of ['first', 'cached']) {
        const reply = await fetch(`${media}/720p/0000-1.mp4`, { headers: { Range: header } });
        expect(reply.status, attempt).to.equal(status);
        const body = Buffer.from(await reply.arrayBuffer());
        if (status === 416) {
          expect(reply.headers.get('content-range')).to.equal(`bytes */${size}`);
          expect(body.length).to.equal(0);
          continue;
        }
        expect(body.equals(MEDIA.subarray(first, last + 1)), attempt).to.be.true;
        const told = reply.headers.get('content-range');
        expect(told).to.equal(status === 206 ? `bytes ${first}-${last}/${size}` : null);
      }
    });
  }

  it('streams what is too long for the cache, whole and in part', async () => {
    const whole = await fetch(`${media}/720p/0001-1.mp4`);
    expect(Buffer.from(await whole.arrayBuffer()).equals(LONG)).to.be.true;
    const part = await fetch(`${media}/720p/0001-1.mp4`, { headers: { Range: 'bytes=77-' } });
    expect(part.status).to.equal(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(LONG.subarray(77))).to.be.true;
  });

  it('answers HEAD as GET, without the body', async () => {
    for (const name of ['720p/0000-1.mp4', '720p/index.m3u8', 'poster.jpg']) {
      for (const headers of [{}, { Range: 'bytes=10-19' }]) {
        const get = await fetch(`${media}/${name}`, { headers });
        const head = await fetch(`${media}/${name}`, { method: 'HEAD', headers });
        await get.arrayBuffer();
        expect(head.status).to.equal(get.status);
        for (const header of [
          'content-length',
          'content-type',
          'etag',
          'cache-control',
          'content-range',
          'vary',
        ]) {
          expect(head.headers.get(header), header).to.equal(get.headers.get(header));
        }
        expect((await head.arrayBuffer()).byteLength).to.equal(0);
      }
    }
  });

  it('answers 304 to a tag it has given, strong, weak, listed or starred', async () => {
    const etag = (await fetch(`${media}/720p/0000-1.mp4`, { method: 'HEAD' })).headers.get('etag') ?? '';
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const reply = await fetch(`${media}/720p/0000-1.mp4`, { headers: { 'If-None-Match': tag } });
      expect(reply.status, tag).to.equal(304);
      expect(reply.headers.get('etag')).to.equal(etag);
    }
    const other = await fetch(`${media}/720p/0000-1.mp4`, { headers: { 'If-None-Match': '"other"' } });
    expect(other.status).to.equal(200);
    await other.arrayBuffer();
  });

  it('takes a range only while If-Range names the same bytes', async () => {
    const etag = (await fetch(`${media}/720p/0000-1.mp4`, { method: 'HEAD' })).headers.get('etag') ?? '';
    const ask = async (condition: string): Promise<number> => {
      const headers = { Range: 'bytes=0-9', 'If-Range': condition };
      const reply = await fetch(`${media}/720p/0000-1.mp4`, { headers });
      await reply.arrayBuffer();
      return reply.status;
    };
    expect(await ask(etag)).to.equal(206);
    expect(await ask(`W/${etag}`)).to.equal(200);
    expect(await ask('"other"')).to.equal(200);
    expect(await ask('Wed, 21 Oct 2026 07:28:00 GMT')).to.equal(200);
  });

  it('keeps a compressed playlist ready, asks caches to revalidate, and names each coding', async () => {
    const address = `${media}/720p/index.m3u8`;
    const plain = await askPlainly(address, { 'Accept-Encoding': 'identity' });
    expect(plain.body.toString()).to.equal(PLAYLIST);
    expect(plain.headers.get('content-type')).to.equal('application/vnd.apple.mpegurl');
    expect(plain.headers.get('cache-control')).to.equal('no-cache');
    expect(plain.headers.get('vary')).to.equal('Accept-Encoding');
    const packed = await askPlainly(address, { 'Accept-Encoding': 'br, gzip;q=0.5' });
    expect(packed.headers.get('content-encoding')).to.equal('gzip');
    expect(gunzipSync(packed.body).toString()).to.equal(PLAYLIST);
    expect(packed.body.length).to.be.below(PLAYLIST.length / 4);
    expect(packed.headers.get('etag')).to.not.equal(plain.headers.get('etag'));
    expect(
      (await askPlainly(address, { 'Accept-Encoding': 'gzip;q=0, *' })).headers.get('content-encoding'),
    ).to.equal(null);
    const again = await askPlainly(address, {
      'Accept-Encoding': 'gzip',
      'If-None-Match': packed.headers.get('etag') ?? '',
    });
    expect(again.status).to.equal(304);
    expect(again.body.length).to.equal(0);
  });

  it('asks the store once however many ask for the same bytes at once', async () => {
    const before = await figure(site.base, 'yuanjiao_delivery_cache_total{outcome="miss"}');
    const replies = await Promise.all(
      Array.from({ length: 40 }, () =>
        fetch(`${media}/720p/0000-1.mp4`, { headers: { Range: 'bytes=123456-923456' } }),
      ),
    );
    for (const reply of replies) {
      expect(Buffer.from(await reply.arrayBuffer()).equals(MEDIA.subarray(123_456, 923_457))).to.be.true;
    }
    expect((await figure(site.base, 'yuanjiao_delivery_cache_total{outcome="miss"}')) - before).to.equal(1);
  });

  it('answers 404 with a problem for what is not there', async () => {
    for (const address of [
      `${media}/480p/index.m3u8`,
      `${media}/720p/9999-1.mp4`,
      `${site.base}/v/nobody/index.m3u8`,
    ]) {
      const reply = await fetch(address);
      expect(reply.status).to.equal(404);
      expect(reply.headers.get('content-type')).to.match(/^application\/problem\+json/);
      expect(await reply.json()).to.include({ code: 'no-such-address', status: 404 });
    }
  });

  it('refuses to change anything, and says what it takes', async () => {
    const reply = await fetch(`${media}/720p/0000-1.mp4`, { method: 'DELETE' });
    expect(reply.status).to.equal(405);
    expect(reply.headers.get('allow')).to.equal('GET, HEAD');
  });

  it('shows what is not published to who may see it, and keeps it out of shared caches', async () => {
    const stranger = await fetch(`${draft}/index.m3u8`);
    expect(stranger.status).to.equal(401);
    expect(await stranger.json()).to.include({ code: 'unauthenticated' });
    const headers = { Authorization: `Bearer ${site.token}` };
    for (const name of ['index.m3u8', '720p/0000-1.mp4']) {
      const reply = await fetch(`${draft}/${name}`, { headers });
      expect(reply.status).to.equal(200);
      expect(reply.headers.get('cache-control')).to.match(/^private/);
      expect(reply.headers.get('vary')).to.match(/Cookie/);
      await reply.arrayBuffer();
    }
  });

  it('stops serving to strangers as soon as a lecture is taken off the air', async () => {
    const lecture = await seedLecture(site, { 'index.m3u8': '#EXTM3U\n' });
    const address = `${site.base}/v/${lecture.generation}/index.m3u8`;
    expect((await fetch(address)).status).to.equal(200);
    const moved = await site.ask('POST', `/api/v1/courseware/${lecture.courseware.id}/publication`, {
      to: 'suspended',
    });
    expect(moved.status).to.equal(200);
    expect((await fetch(address)).status).to.equal(401);
  });

  const hostile = [
    '/v/../../../../etc/passwd',
    '/v/x/../../../../etc/passwd',
    '/v/x/..%2f..%2f..%2fetc%2fpasswd',
    '/v/x/%2e%2e/%2e%2e/etc/passwd',
    '/v/x/720p/../../../../data/yuanjiao.db',
    '/v/x/....//....//etc/passwd.mp4',
    '/v/x/index.m3u8%00.mp4',
    '/v/x/\\..\\..\\etc\\passwd',
    '/v//etc/passwd.mp4',
    '/v/x//index.m3u8',
    '/v/x/a/b/c.mp4',
    '/v/X/index.m3u8',
    '/v/x/index.m3u8/',
    '/v/x/.m3u8',
    '/v/',
    `/v/${'a'.repeat(65)}/index.m3u8`,
  ];
  for (const path of hostile) {
    it(`finds nothing at ${path.slice(0, 50)}`, async () => {
      const reply = await sendRaw(site.base, `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      expect(reply.status).to.equal(404);
      expect(reply.body.toString()).to.not.contain('root:');
    });
  }

  it('cuts off a reader who takes nothing, and serves the others meanwhile', async () => {
    const strict = await startSite({ stallMs: 1500 });
    const { generation } = await seedLecture(strict, {
      '720p/0000-1.mp4': MEDIA,
      '720p/0001-1.mp4': LONG,
      '720p/0002-1.mp4': LONG.subarray(0, 8 * 2 ** 20),
    });
    const stalled = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        // Every other one is sent from memory, the rest through a stream.
        const path = `/v/${generation}/720p/000${1 + (index % 2)}-1.mp4`;
        const socket = await open(strict.base);
        socket.pause();
        socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
        return socket;
      }),
    );
    const other = await fetch(`${strict.base}/v/${generation}/720p/0000-1.mp4`);
    expect((await other.arrayBuffer()).byteLength).to.equal(MEDIA.length);
    await until(
      'all stalled readers are counted as cut off',
      async () => (await figure(strict.base, 'yuanjiao_delivery_stalled_total')) >= 20,
    );
    for (const socket of stalled) socket.destroy();
    await strict.close();
  });

  it('never lets half an object look whole when the store loses bytes', async () => {
    const lecture = await seedLecture(site, { '720p/0000-1.mp4': MEDIA });
    const address = `${site.base}/v/${lecture.generation}/720p/0000-1.mp4`;
    expect((await fetch(address, { method: 'HEAD' })).status).to.equal(200);
    await site.foundation.store.put(
      objectKey(`lectures/${lecture.generation}/720p/0000-1.mp4`),
      MEDIA.subarray(0, 1000),
    );
    const reply = await fetch(address);
    expect(reply.status).to.equal(503);
    expect(await reply.json()).to.include({ code: 'store-unavailable' });
    expect(reply.headers.get('etag')).to.equal(null);
  });

  async function figure(base: string, name: string): Promise<number> {
    const text = await (await fetch(`${base}/metrics`)).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return Number(line?.split(' ')[1] ?? 0);
  }
});

interface PlainReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Asks without a client that unpacks bodies by itself. */
function askPlainly(address: string, headers: Record<string, string>): Promise<PlainReply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(address, { headers }, (reply) => {
      const pieces: Buffer[] = [];
      reply.on('data', (piece: Buffer) => pieces.push(piece));
      reply.on('end', () =>
        resolve({
          status: reply.statusCode ?? 0,
          headers: new Headers(reply.headers as Record<string, string>),
          body: Buffer.concat(pieces),
        }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

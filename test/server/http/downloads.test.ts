import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { rm, truncate } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';
import { createMetrics } from 'yuanjiao/server';
import { objectKey, type ObjectStore } from 'yuanjiao/storage';
import { folderReader, saveDownload } from 'yuanjiao/transcoder';
import { readFile } from 'node:fs/promises';

import { NO_CAPTIONS } from '../../../server/http/caption-delivery.ts';
import { Downloads } from '../../../server/http/downloads.ts';
import { sendProblem } from '../../../server/http/problem.ts';
import type { TrackSamples } from '../../../transcoder/track-samples.ts';
import { launchChromium, newVisitor } from '../../support/chromium.ts';
import {
  patternBytes,
  seedLecture,
  startSite,
  type CoursewareSite,
  type SeededLecture,
} from '../../support/courseware-site.ts';
import { testFolder, type TestFolder } from '../../support/media.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import {
  filesOf,
  makeSmallLecture,
  SMALL_LECTURE_SECONDS,
  type SmallLecture,
} from '../../support/small-lecture.ts';
import { until } from '../../support/until.ts';

interface Listed {
  readonly items: readonly {
    readonly name: string;
    readonly url: string;
    readonly fileName: string;
    readonly sizeBytes: number;
  }[];
  readonly package: {
    readonly url: string;
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly objectCount: number;
    readonly totalBytes: number;
  };
}

const LONG_BYTES = 40_000_000;
const TITLE = '杨梅嫁接：四步/“图解”';

describe('downloads', function () {
  let folder: TestFolder;
  let lecture: SmallLecture;
  let site: CoursewareSite;
  let seeded: SeededLecture;
  let whole: Buffer;
  let address: string;

  before(async () => {
    folder = await testFolder();
    lecture = await makeSmallLecture(folder);
    await saveDownload(
      folderReader(lecture.folder),
      lecture.list,
      lecture.download('180p.mp4'),
      folder.join('whole.mp4'),
    );
    whole = await readFile(folder.join('whole.mp4'));
    site = await startSite();
    seeded = await seedLecture(site, await filesOf(lecture.folder), { title: TITLE });
    address = `${site.base}/api/v1/courseware/${seeded.courseware.id}/downloads/180p.mp4`;
  });

  after(async () => {
    await site.close();
    await folder.remove();
  });

  async function metric(name: string, base = site.base): Promise<number> {
    const text = await (await fetch(`${base}/metrics`)).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return Number(line?.split(' ').at(-1) ?? Number.NaN);
  }

  it('are listed with their exact sizes, their addresses and the package for a mirror', async () => {
    const reply = await fetch(`${site.base}/api/v1/courseware/${seeded.courseware.id}/downloads`);
    expect(reply.status).to.equal(200);
    const listed = (await reply.json()) as Listed;
    expect(listed.items.map(({ name }) => name)).to.deep.equal([
      '180p.mp4',
      '180p-fragmented.mp4',
      'audio.m4a',
    ]);
    for (const { url, sizeBytes } of listed.items) {
      const head = await fetch(site.base + url, { method: 'HEAD' });
      expect(head.headers.get('content-length'), url).to.equal(String(sizeBytes));
    }
    const list = Buffer.from(await (await fetch(site.base + listed.package.url)).arrayBuffer());
    expect(createHash('sha256').update(list).digest('hex')).to.equal(listed.package.sha256);
    expect(list.length).to.equal(listed.package.sizeBytes);
  });

  it('can be mirrored by the package: every object it lists is served with that size, digest and type', async () => {
    const prefix = `${site.base}/v/${seeded.generation}`;
    const names = lecture.list.objects.map(({ name }) => name);
    expect(names).to.include.members(['index.m3u8', 'poster.jpg', '180p/index.m3u8', '180p/samples.gz']);
    for (const { name, sizeBytes, sha256, contentType } of lecture.list.objects) {
      const reply = await fetch(`${prefix}/${name}`, { headers: { 'Accept-Encoding': 'identity' } });
      const bytes = Buffer.from(await reply.arrayBuffer());
      expect(bytes.length, name).to.equal(sizeBytes);
      expect(createHash('sha256').update(bytes).digest('hex'), name).to.equal(sha256);
      expect(reply.headers.get('content-type')?.split(';')[0], name).to.equal(contentType);
    }
  });

  it('are whole, to be saved under the lecture’s name, and asked for again when they have changed', async () => {
    const reply = await fetch(address);
    expect(reply.status).to.equal(200);
    expect(Buffer.from(await reply.arrayBuffer()).equals(whole)).to.be.true;
    expect(reply.headers.get('content-type')).to.equal('video/mp4');
    expect(reply.headers.get('accept-ranges')).to.equal('bytes');
    expect(reply.headers.get('cache-control')).to.equal('public, no-cache');
    const name = encodeURIComponent('杨梅嫁接：四步 “图解”-180p.mp4');
    expect(reply.headers.get('content-disposition')).to.equal(
      `attachment; filename="${seeded.courseware.id}-180p.mp4"; filename*=UTF-8''${name}`,
    );
    const etag = reply.headers.get('etag') ?? '';
    expect(etag).to.match(/^"[0-9a-f]{32}"$/);
    const again = await fetch(address, { headers: { 'If-None-Match': etag } });
    expect(again.status).to.equal(304);
  });

  for (const [header, first, last] of [
    ['bytes=0-0', 0, 0],
    ['bytes=1000-99999', 1000, 99_999],
    ['bytes=5000-', 5000, Number.NaN],
    ['bytes=-500', -500, Number.NaN],
  ] as const) {
    it(`answer "Range: ${header}" with that part`, async () => {
      const reply = await fetch(address, { headers: { Range: header } });
      expect(reply.status).to.equal(206);
      const from = first < 0 ? whole.length + first : first;
      const to = Number.isNaN(last) ? whole.length - 1 : last;
      expect(reply.headers.get('content-range')).to.equal(`bytes ${from}-${to}/${whole.length}`);
      expect(Buffer.from(await reply.arrayBuffer()).equals(whole.subarray(from, to + 1))).to.be.true;
    });
  }

  it('refuse a range behind their end, and take a condition that names other bytes for a wish for the whole', async () => {
    const behind = await fetch(address, { headers: { Range: `bytes=${whole.length}-` } });
    expect(behind.status).to.equal(416);
    expect(behind.headers.get('content-range')).to.equal(`bytes */${whole.length}`);
    const other = await fetch(address, { headers: { Range: 'bytes=10-', 'If-Range': '"other"' } });
    expect(other.status).to.equal(200);
    expect((await other.arrayBuffer()).byteLength).to.equal(whole.length);
  });

  /** Asks over a connection of its own. */
  async function open(headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
    const asked = httpRequest(address, { headers, agent: false }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    return reply;
  }

  it('go on where the line broke, and let go of everything at the break', async () => {
    const broken = await open();
    const etag = String(broken.headers.etag);
    const [begun] = (await once(broken, 'data')) as [Buffer];
    broken.destroy();
    await until('nothing is on its way', async () => (await metric('yuanjiao_downloads_in_flight')) === 0);
    const rest = await fetch(address, { headers: { Range: `bytes=${begun.length}-`, 'If-Range': etag } });
    expect(rest.status).to.equal(206);
    expect(await metric('yuanjiao_http_requests_total{class="download",status="206"}')).to.be.at.least(1);
    expect(Buffer.concat([begun, Buffer.from(await rest.arrayBuffer())]).equals(whole)).to.be.true;
  });

  it('are cut off for a reader that takes nothing, and let go of', async () => {
    const strict = await startSite({ stallMs: 700 });
    try {
      const { courseware } = await seedLecture(strict, await longLecture(), { title: '长课' });
      const url = `${strict.base}/api/v1/courseware/${courseware.id}/downloads/180p.mp4`;
      const asked = httpRequest(url, { agent: false }).end();
      const [reply] = (await once(asked, 'response')) as [IncomingMessage];
      expect(Number(reply.headers['content-length'])).to.be.greaterThan(LONG_BYTES);
      const stalled = (): Promise<number> => metric('yuanjiao_delivery_stalled_total', strict.base);
      const inFlight = (): Promise<number> => metric('yuanjiao_downloads_in_flight', strict.base);
      await until('the reader is cut off', async () => (await stalled()) > 0);
      await until('it is let go of', async () => (await inFlight()) === 0);
      expect(await stalled()).to.equal(1);
      asked.destroy();
    } finally {
      await strict.close();
    }
  });

  it('are refused beyond the number that may be on their way, and fetched no faster than they are taken', async () => {
    const { generation } = await seedLecture(site, await longLecture(), { title: '长课' });
    const { store } = site.foundation;
    let fetchedBytes = 0;
    const counted: ObjectStore = Object.create(store, {
      get: {
        value: async (...asked: Parameters<ObjectStore['get']>) => {
          const object = await store.get(...asked);
          fetchedBytes += object.range.length;
          return object;
        },
      },
    }) as ObjectStore;
    const downloads = new Downloads({
      store: counted,
      metrics: createMetrics(),
      captions: async () => NO_CAPTIONS,
      cacheBytes: 2 ** 24,
      maxTransfers: 1,
      // Long enough that the other one is refused while this one holds the place.
      stallMs: 4000,
    });
    const server = createServer((request, response) => {
      const disposition = (): string => 'attachment';
      downloads
        .send({ request, response, generation, name: '180p.mp4', disposition, isPublic: true })
        .catch((error: unknown) => sendProblem(request, response, error));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      const idle = httpRequest(url, { agent: false }).end();
      const [begun] = (await once(idle, 'response')) as [IncomingMessage];
      const refused = await fetch(url);
      expect(Number(refused.headers.get('retry-after'))).to.be.above(0);
      await expectProblem(refused, 503, 'busy');
      await until('the reader is cut off', () => downloads.transfers === 0);
      expect(Number(begun.headers['content-length'])).to.be.greaterThan(LONG_BYTES);
      expect(fetchedBytes).to.be.within(1, LONG_BYTES / 2);
      idle.destroy();
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** A lecture of one picture track whose samples are far larger than what lies between two sockets. */
  async function longLecture(): Promise<Readonly<Record<string, Uint8Array>>> {
    const packed = await readFile(join(lecture.folder, '180p', 'samples.gz'));
    const samples = JSON.parse(gunzipSync(packed).toString()) as TrackSamples;
    const media = patternBytes(LONG_BYTES);
    const index = gzipSync(
      JSON.stringify({
        ...samples,
        objects: ['180p/0000-1.mp4'],
        fragments: [{ object: 0, offset: 0, decodeTime: 0, sampleCount: samples.sizes.length }],
        sizes: samples.sizes.map(() => Math.floor(LONG_BYTES / samples.sizes.length)),
      }),
    );
    const entry = { contentType: 'video/mp4', sha256: '0'.repeat(64) };
    const list = {
      ...lecture.list,
      objects: [
        { ...entry, name: '180p/0000-1.mp4', sizeBytes: media.length },
        { ...entry, name: '180p/samples.gz', sizeBytes: index.length },
      ],
      downloads: [{ ...lecture.download('180p.mp4'), tracks: ['180p'] }],
    };
    return {
      'objects.json': Buffer.from(JSON.stringify(list)),
      '180p/samples.gz': index,
      '180p/0000-1.mp4': media,
    };
  }

  it('end with a broken connection when an object has become shorter, never with a whole-looking file', async () => {
    const damaged = await seedLecture(site, await filesOf(lecture.folder), { title: '损坏' });
    const { store } = site.foundation;
    const runs = lecture.list.objects.filter(({ name }) => /^180p\/\d/.test(name));
    const pathOf = async (name = ''): Promise<string> =>
      (await store.localPath?.(objectKey(`lectures/${damaged.generation}/${name}`))) ?? '';
    await truncate(await pathOf(runs.at(-1)?.name), 2000);
    const url = `${site.base}/api/v1/courseware/${damaged.courseware.id}/downloads/180p.mp4`;
    const reply = await fetch(url);
    expect(reply.headers.get('content-length')).to.equal(String(whole.length));
    const error = await reply.arrayBuffer().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
    await rm(await pathOf(runs[0]?.name));
    await expectProblem(await fetch(url), 404, 'object-not-found');
  });

  it('are for those who may watch: everybody once it is published, else who is signed in', async () => {
    const draft = await seedLecture(site, await filesOf(lecture.folder), { isPublished: false });
    for (const path of ['downloads', 'downloads/180p.mp4']) {
      const url = `/api/v1/courseware/${draft.courseware.id}/${path}`;
      await expectProblem(await fetch(site.base + url), 401, 'unauthenticated');
      const reply = await site.ask('GET', url);
      expect(reply.status).to.equal(200);
      expect(reply.headers.get('cache-control')).to.be.oneOf(['no-store', 'private, no-cache']);
      await reply.arrayBuffer();
    }
  });

  it('are refused with words while the lecture is being made, and for a size it does not have', async () => {
    const { id } = await site.foundation.catalogue.create({ title: '未完成' });
    for (const path of ['downloads', 'downloads/180p.mp4']) {
      await expectProblem(await site.ask('GET', `/api/v1/courseware/${id}/${path}`), 404, 'not-complete-yet');
    }
    await expectProblem(await fetch(address.replace('180p', '999p')), 404, 'no-such-address');
  });

  it('play in a browser straight from their address, from any second on', async function inBrowser() {
    const browser = await launchChromium(this, 'a downloaded file');
    try {
      const { page } = await newVisitor(browser);
      await page.goto(`${site.base}/`);
      for (const name of ['180p.mp4', '180p-fragmented.mp4']) {
        const shown = await page.evaluate(
          async (source) => {
            const video = document.createElement('video');
            video.muted = true;
            document.body.append(video);
            const happened = (event: string): Promise<unknown> =>
              new Promise((resolve, reject) => {
                video.addEventListener(event, resolve, { once: true });
                video.addEventListener('error', () => reject(new Error(video.error?.message)), {
                  once: true,
                });
              });
            const opened = happened('loadeddata');
            video.src = source;
            await opened;
            const sought = happened('seeked');
            video.currentTime = 13.5;
            await sought;
            const soughtAt = video.currentTime;
            const moved = happened('timeupdate');
            await video.play();
            await moved;
            const { duration, videoWidth, currentTime } = video;
            video.remove();
            return { duration, videoWidth, soughtAt, currentTime };
          },
          address.replace('180p.mp4', name),
        );
        expect(shown.videoWidth, name).to.equal(320);
        expect(shown.duration, name).to.be.closeTo(SMALL_LECTURE_SECONDS, 0.05);
        expect(shown.soughtAt, name).to.be.closeTo(13.5, 0.05);
        // How far it has come since depends on the machine.
        expect(shown.currentTime, name).to.be.at.least(shown.soughtAt);
      }
    } finally {
      await browser.close();
    }
  });
});

import { expect } from 'chai';
import { objectKey } from 'yuanjiao/storage';
import { DEFAULT_LADDER_OPTIONS, generationId, prepareJob } from 'yuanjiao/transcoder';

import { SupersededSweep } from '../../../server/superseded-sweep.ts';
import { openLog } from '../../../server/log.ts';
import { createMetrics } from '../../../server/metrics.ts';
import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { ffmpeg, picture, QUICK_H264, testFolder, tone, type TestFolder } from '../../support/media.ts';
import { until } from '../../support/until.ts';

interface Production {
  readonly state: string;
  readonly progress: number;
  readonly isUrgent: boolean;
  readonly failure?: { readonly code: string; readonly message: string; readonly job?: string };
}

describe('a published lecture that is made again', function reprocessing() {
  const SECONDS = 8;
  const first = generationId('first-making');
  let site: CoursewareSite;
  let folder: TestFolder;
  let id: string;
  let sourceKey: ReturnType<typeof objectKey>;

  before(async () => {
    folder = await testFolder();
    await ffmpeg(
      ...[...picture('320x180', '50', SECONDS), ...tone(SECONDS), ...QUICK_H264, '-c:a', 'aac', '-shortest'],
      folder.join('lecture.mp4'),
    );
    site = await startSite({ env: { YUANJIAO_WORKERS: '1' } });
    const { catalogue, store } = site.foundation;
    ({ id } = await catalogue.create({ title: '一边播一边重做' }));
    sourceKey = objectKey(`sources/${id}/lecture.mp4`);
    const { sizeBytes } = await store.put(sourceKey, { path: folder.join('lecture.mp4') });
    await catalogue.openVersion(id, { uploadId: first, sourceName: '讲课.mp4', sourceBytes: sizeBytes });
    await catalogue.acceptSource(first, { sourceKey, sizeBytes, sha256: '0'.repeat(64), generation: first }, [
      prepareJob(first, { sourceKey, sourceName: '讲课.mp4', ladder: DEFAULT_LADDER_OPTIONS }),
    ]);
    await productionAt('ready');
    await catalogue.move(id, 'published');
  });
  after(async () => {
    await site.close();
    await folder.remove();
  });

  const order = async (what: string, body?: object): Promise<Production> => {
    const reply = await site.ask('POST', `/api/v1/courseware/${id}/production/${what}`, body);
    expect(reply.status, what).to.equal(200);
    return (await reply.json()) as Production;
  };
  const productionAt = (state: string): Promise<Production> =>
    until(`the making is ${state}`, async () => {
      const reply = await site.ask('GET', `/api/v1/courseware/${id}/production`);
      const production = (await reply.json()) as Production;
      return production.state === state && production;
    });
  const playlistUrl = async (): Promise<string> => {
    const reply = await fetch(`${site.base}/api/v1/courseware/${id}/playback`);
    expect(reply.status).to.equal(200);
    return ((await reply.json()) as { playlistUrl: string }).playlistUrl;
  };

  /** Fetches a lecture whole, as somebody who has not signed in: every playlist, every byte they name. */
  async function watch(playlist: string): Promise<void> {
    const text = await fetchText(playlist);
    const names = [...text.matchAll(/^(?!#)(\S+\.m3u8)$|URI="([^"]+\.m3u8)"/gm)].map((m) => m[1] ?? m[2]);
    expect(names.length).to.be.greaterThan(1);
    for (const name of names) {
      const address = new URL(name ?? '', site.base + playlist).pathname;
      const media = await fetchText(address);
      for (const object of new Set([...media.matchAll(/^(?!#)(\S+\.mp4)$/gm)].map((m) => m[1] ?? ''))) {
        const reply = await fetch(new URL(object, site.base + address));
        expect(reply.status, object).to.equal(200);
        expect((await reply.arrayBuffer()).byteLength).to.equal(Number(reply.headers.get('content-length')));
      }
    }
  }

  async function fetchText(path: string): Promise<string> {
    const reply = await fetch(site.base + path);
    expect(reply.status, path).to.equal(200);
    return reply.text();
  }

  /** Watches on and on: what playback names now, and what it named at first. */
  async function watchDuring<T>(work: Promise<T>): Promise<T> {
    const opened = await playlistUrl();
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        await watch(await playlistUrl());
        await watch(opened);
      }
    })();
    try {
      return await work;
    } finally {
      isOver = true;
      await watching;
    }
  }

  it('stays on the air throughout, and then gives its place to the new making', async () => {
    const old = await playlistUrl();
    expect(old).to.contain(first);
    await watchDuring(
      (async () => {
        const begun = await order('reprocess', { keepsFullRate: true });
        expect(begun.state).to.be.oneOf(['uploaded', 'probing', 'transcoding']);
        expect(await order('urgency', { isUrgent: true })).to.include({ isUrgent: true });
        expect(await playlistUrl()).to.equal(old);
        const twice = await site.ask('POST', `/api/v1/courseware/${id}/production/reprocess`, {});
        expect(twice.status).to.equal(409);
        await productionAt('ready');
      })(),
    );
    const fresh = await playlistUrl();
    expect(fresh).to.not.equal(old);
    expect(await fetchText(old)).to.contain('FRAME-RATE=25');
    expect(await fetchText(fresh)).to.contain('FRAME-RATE=50');
    await watch(old);
  });

  it('stays on the air when the new making is canceled or fails, which can be given up', async () => {
    const onAir = await playlistUrl();
    await order('reprocess', {});
    expect((await order('cancel')).state).to.equal('canceled');
    await watch(await playlistUrl());
    await order('discard');
    expect((await productionAt('ready')).progress).to.equal(1);

    const { store } = site.foundation;
    await store.delete(sourceKey);
    await order('reprocess', {});
    const failed = await watchDuring(productionAt('failed'));
    expect(failed.failure).to.include({ code: 'object-not-found', job: 'prepare' });
    expect(await playlistUrl()).to.equal(onAir);

    await store.put(sourceKey, { path: folder.join('lecture.mp4') });
    await order('retry');
    await watchDuring(productionAt('ready'));
    expect(await playlistUrl()).to.not.equal(onAir);
    await watch(onAir);
  });

  it('leaves its former makings in the store for a while, and then those alone are removed', async () => {
    const { database, store, catalogue } = site.foundation;
    const metrics = createMetrics();
    const tools = { database, store, log: openLog({ level: 'silent' }), metrics };
    const former = generationId(first);
    const current = (await catalogue.get(id)).current?.generation ?? former;
    expect(await new SupersededSweep({ ...tools, graceMs: 3_600_000 }).sweep()).to.deep.equal([]);
    const before = await keysUnder('');

    const sweep = new SupersededSweep({ ...tools, graceMs: 0 });
    const broken = new AbortController();
    broken.abort();
    expect(await sweep.sweep(broken.signal), 'broken off: nothing counts as swept').to.deep.equal([]);
    const swept = await sweep.sweep();
    expect(swept).to.include(former).and.not.include(current);
    expect(await sweep.sweep()).to.deep.equal([]);

    const gone = before.filter((key) =>
      swept.some((generation) => key.startsWith(`lectures/${generation}/`)),
    );
    expect(gone.length).to.be.greaterThan(5);
    expect(await keysUnder('')).to.deep.equal(before.filter((key) => !gone.includes(key)));
    expect((await metrics.render()).text).to.contain(`yuanjiao_superseded_objects_total ${gone.length}`);
    await watch(await playlistUrl());
    expect((await fetch(`${site.base}/v/${first}/360p/never.mp4`)).status).to.equal(404);
  });

  async function keysUnder(prefix: string): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of site.foundation.store.list(prefix)) keys.push(key);
    return keys;
  }
});

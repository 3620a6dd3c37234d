import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { Collections } from '../../../server/catalogue/collections.ts';
import type { CoursewareId } from '../../../server/catalogue/courseware.ts';
import { SavedLists } from '../../../server/catalogue/saved-lists.ts';
import { CommandLine } from '../../support/command-line.ts';
import {
  seedLecture,
  startSite,
  type CoursewareSite,
  type SeededLecture,
} from '../../support/courseware-site.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { ffprobe, testFolder, type TestFolder } from '../../support/media.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import { publishItems } from '../../support/published-library.ts';
import {
  filesOf,
  makeSmallLecture,
  SMALL_LECTURE_SECONDS,
  type SmallLecture,
} from '../../support/small-lecture.ts';
import { checkXml } from '../../support/xml-check.ts';

const TITLE = '杨梅嫁接：“四步” <图解> & 其他';

let folder: TestFolder | undefined;
let lecture: SmallLecture | undefined;

/** Made once for both databases. */
async function smallLecture(): Promise<SmallLecture> {
  folder ??= await testFolder();
  lecture ??= await makeSmallLecture(folder);
  return lecture;
}

after(() => folder?.remove());

onEachDatabase('what leaves the house', (databases) => {
  let site: CoursewareSite;
  let seeded: SeededLecture;
  let plain: readonly CoursewareId[];
  let draft: string;
  let series: string;
  let topic: string;

  before(async function open() {
    site = await startSite({ env: { YUANJIAO_DATABASE: await databases.address() } });
    const { foundation } = site;
    const media = await smallLecture();
    plain = await publishItems(
      foundation.database,
      Array.from({ length: 5 }, (_, index) => ({
        title: `乡土 ${index}`,
        tags: ['乡土'],
        series: '乡土课堂',
        seriesPosition: 5 - index,
        ...(index === 0 && { kind: 'story' as const }),
      })),
    );
    seeded = await seedLecture(site, await filesOf(media.folder), { title: TITLE, poster: 'poster.jpg' });
    await foundation.catalogue.update(seeded.courseware.id, { tags: ['创业先锋'] });
    ({ id: draft } = await foundation.catalogue.create({ title: '还没发布', tags: ['乡土', '创业先锋'] }));
    series = (await foundation.catalogue.get(plain[0] ?? '')).seriesId ?? '';
    const topics = new Collections(foundation.database, 'topic');
    ({ id: topic } = await topics.create({ title: '换届充电', state: 'open' }));
    await topics.setItems(topic, [plain[3] ?? '', seeded.courseware.id, draft, plain[1] ?? '']);
  });

  after(() => site.close());

  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(site.base + path, { headers });
  const textOf = async (path: string): Promise<string> => {
    const reply = await get(path);
    expect(reply.status, path).to.equal(200);
    return reply.text();
  };
  const watch = (id: string): string => `${site.base}/watch/${id}`;

  it('describes an item in each form, and a draft only to its administrator', async () => {
    for (const [format, type, schema] of [
      ['dc', 'application/xml', 'oai-dc.xsd'],
      ['lom', 'application/xml', 'lom.xsd'],
      ['json-ld', 'application/ld+json', undefined],
    ] as const) {
      const reply = await get(`/api/v1/courseware/${seeded.courseware.id}/metadata/${format}`);
      expect(reply.headers.get('content-type')).to.equal(`${type}; charset=utf-8`);
      const text = await reply.text();
      if (schema !== undefined)
        expect(checkXml(text, schema).texts('//*[contains(., "其他")]')).to.not.deep.equal([]);
      else expect((JSON.parse(text) as { name: string }).name).to.equal(TITLE);
      const hidden = `/api/v1/courseware/${draft}/metadata/${format}`;
      await expectProblem(await get(hidden), 401, 'unauthenticated');
      const own = await site.ask('GET', hidden);
      expect(own.status).to.equal(200);
      expect(own.headers.get('cache-control')).to.equal('private, no-cache');
      await expectProblem(await get(`/api/v1/courseware/none/metadata/${format}`), 404, 'not-found');
    }
  });

  it('answers OAI-PMH by GET and by POST alike', async () => {
    const query = 'verb=ListIdentifiers&metadataPrefix=oai_dc&set=tag';
    const asked = await get(`/oai?${query}`);
    expect(asked.headers.get('content-type')).to.equal('text/xml; charset=utf-8');
    const sent = await fetch(`${site.base}/oai`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: query,
    });
    const identifiersOf = async (reply: Response): Promise<readonly string[]> =>
      checkXml(await reply.text(), 'oai-pmh.xsd').texts('//oai:identifier');
    const identifiers = await identifiersOf(asked);
    expect(identifiers).to.have.length(6);
    expect(await identifiersOf(sent)).to.deep.equal(identifiers);
    const json = await fetch(`${site.base}/oai`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
    await expectProblem(json, 415, 'unsupported-body');
    const long = await fetch(`${site.base}/oai`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `verb=${'x'.repeat(20_000)}`,
    });
    await expectProblem(long, 413, 'body-too-large');
  });

  it('compresses for whoever takes it', async () => {
    const reply = await get('/oai?verb=ListRecords&metadataPrefix=oai_lom', { 'Accept-Encoding': 'gzip' });
    expect(reply.headers.get('content-encoding')).to.equal('gzip');
    checkXml(await reply.text(), 'oai-pmh.xsd');
    const plainly = await get('/oai?verb=ListRecords&metadataPrefix=oai_lom', {
      'Accept-Encoding': 'identity',
    });
    expect(plainly.headers.get('content-encoding')).to.equal(null);
  });

  for (const [kind, path, ids] of [
    ['all', () => 'newest', () => [seeded.courseware.id, ...plain]],
    ['a tag', () => `tag/${encodeURIComponent('乡土')}`, () => plain],
    ['a series', () => `series/${series}`, () => plain],
    ['a topic', () => `topic/${topic}`, () => [plain[3], seeded.courseware.id, plain[1]]],
    ['a kind', () => 'kind/story', () => [plain[0]]],
  ] as const) {
    it(`offers ${kind} as Atom, RSS, podcast and playlist, without drafts`, async () => {
      const atom = checkXml(await textOf(`/feeds/${path()}.atom`));
      expect(atom.texts("//atom:entry/atom:link[@rel='alternate']/@href")).to.have.members(
        ids().map((id) => watch(id ?? '')),
      );
      expect(atom.texts('//atom:entry/atom:id')).to.have.length(ids().length);
      expect(atom.text("/atom:feed/atom:link[@rel='self']/@href")).to.equal(
        `${site.base}/feeds/${path()}.atom`,
      );
      const rss = checkXml(await textOf(`/feeds/${path()}.rss`));
      expect(rss.texts('//item/link')).to.have.members(ids().map((id) => watch(id ?? '')));
      // Only one of them has a sound in the store.
      const podcast = checkXml(await textOf(`/podcasts/${path()}.rss`));
      expect(podcast.texts('//item/link')).to.deep.equal(
        ids().includes(seeded.courseware.id) ? [watch(seeded.courseware.id)] : [],
      );
      const m3u = (await textOf(`/playlists/${path()}.m3u`)).split('\n');
      expect(m3u[0]).to.equal('#EXTM3U');
      expect(m3u.filter((line) => line.startsWith('http'))).to.have.length(ids().length);
    });
  }

  it('refuses lists that do not exist, topics that are not open, and parts that are none', async () => {
    const topics = new Collections(site.foundation.database, 'topic');
    const hidden = await topics.create({ title: '还在准备', state: 'draft' });
    const past = await topics.create({ title: '去年的', state: 'open', closesOn: '2011-12-31' });
    for (const list of ['tag/none', 'series/none', `topic/${hidden.id}`, `topic/${past.id}`, 'kind/none']) {
      await expectProblem(await get(`/feeds/${list}.atom`), 404, 'not-found');
      await expectProblem(await get(`/playlists/${list}.m3u`), 404, 'not-found');
    }
    await expectProblem(await get('/feeds/newest.atom?limit=201'), 422, 'invalid-input');
    await expectProblem(await get('/feeds/newest.atom?after=abc'), 422, 'invalid-input');
    await expectProblem(await get('/feeds/newest.json'), 404, 'no-such-address');
  });

  it('gives a feed in parts that lead to each other', async () => {
    let next: string | undefined = `${site.base}/feeds/newest.atom?limit=2`;
    const links: string[] = [];
    while (next !== undefined) {
      const part = checkXml(await (await fetch(next)).text());
      const found = part.texts("//atom:entry/atom:link[@rel='alternate']/@href");
      expect(found.length).to.be.within(1, 2);
      links.push(...found);
      [next] = part.texts("/atom:feed/atom:link[@rel='next']/@href");
    }
    expect(links).to.have.length(6);
    expect(links[0]).to.equal(watch(seeded.courseware.id));
    expect(new Set(links).size).to.equal(6);
  });

  it('tells a reader that comes back that nothing is new, until something is', async () => {
    const path = '/feeds/tag/%E5%88%9B%E4%B8%9A%E5%85%88%E9%94%8B.atom';
    const etag = (await get(path)).headers.get('etag') ?? '';
    expect((await get(path, { 'If-None-Match': etag })).status).to.equal(304);
    await site.foundation.catalogue.update(seeded.courseware.id, { description: `${Date.now()}` });
    expect((await get(path, { 'If-None-Match': etag })).status).to.equal(200);
  });

  it('answers by date only when the second of the last change is over', async () => {
    const path = '/feeds/newest.rss';
    const changed = await site.foundation.catalogue.update(seeded.courseware.id, {
      description: `${Date.now()}`,
    });
    const wait = async (): Promise<string> => {
      for (;;) {
        const date = (await get(path)).headers.get('last-modified');
        if (date !== null) return date;
        expect(Date.now() - changed.updatedAt, 'a settled change has a date').to.be.below(30_000);
      }
    };
    const date = await wait();
    expect(Date.parse(date)).to.be.at.least(Math.floor(changed.updatedAt / 1000) * 1000);
    expect((await get(path, { 'If-Modified-Since': date })).status).to.equal(304);
    const earlier = new Date(Date.parse(date) - 1000).toUTCString();
    expect((await get(path, { 'If-Modified-Since': earlier })).status).to.equal(200);
    expect((await get(path, { 'If-Modified-Since': date, 'If-None-Match': '"other"' })).status).to.equal(200);
  });

  it('offers episodes whose file is as long as it is said to be', async () => {
    const podcast = checkXml(await textOf('/podcasts/newest.rss'));
    const url = podcast.text('//item/enclosure/@url');
    const file = await fetch(url);
    const bytes = await file.arrayBuffer();
    expect(podcast.text('//item/enclosure/@length')).to.equal(String(bytes.byteLength));
    expect(podcast.text('//item/enclosure/@type')).to.equal(file.headers.get('content-type'));
    expect(podcast.text('//item/itunes:duration')).to.equal('60');
    expect(podcast.text('//item/itunes:title')).to.equal(TITLE);
  });

  it('gives players entries they can play, in the order of the librarian', async () => {
    const order = (await textOf(`/playlists/topic/${topic}.m3u`)).split('\n');
    expect(
      order.filter((line) => line.startsWith('#EXTINF')).map((line) => line.split(',').at(-1)),
    ).to.deep.equal(['乡土 3', TITLE, '乡土 1']);
    const inSeries = (await textOf(`/playlists/series/${series}.m3u`)).split('\n');
    expect(
      inSeries.filter((line) => line.startsWith('#EXTINF')).map((line) => line.split(',').at(-1)),
    ).to.deep.equal(['乡土 4', '乡土 3', '乡土 2', '乡土 1', '乡土 0']);
    const entry = order[order.findIndex((line) => line.endsWith(TITLE)) + 1] ?? '';
    // A player that is no browser.
    const seen = await ffprobe<{
      readonly format: { readonly duration: string };
      readonly streams: readonly unknown[];
    }>('-show_format', '-show_streams', entry);
    expect(Number(seen.format.duration)).to.be.closeTo(SMALL_LECTURE_SECONDS, 1);
    expect(seen.streams.length).to.be.at.least(2);
  });

  it('gives players what somebody keeps in a list', async () => {
    const lists = new SavedLists(site.foundation.database);
    const { id } = await lists.create('owner', {
      title: '夜校',
      items: [plain[2] ?? '', draft, plain[0] ?? ''],
    });
    const lines = (await textOf(`/playlists/list/${id}.m3u`)).split('\n');
    expect(lines[1]).to.equal('#PLAYLIST:夜校');
    expect(
      lines.filter((line) => line.startsWith('#EXTINF')).map((line) => line.split(',').at(-1)),
    ).to.deep.equal(['乡土 2', '乡土 0']);
  });

  it('leads search engines to every lecture and its video', async () => {
    const robots = await textOf('/robots.txt');
    expect(robots).to.contain(`Sitemap: ${site.base}/sitemap.xml`);
    const map = checkXml(await textOf('/sitemap.xml'));
    expect(map.texts('//sitemap:loc')).to.have.members([seeded.courseware.id, ...plain].map(watch));
    expect(map.texts('//video:title')).to.include(TITLE);
    expect(await textOf('/sitemap-0.xml')).to.equal(await textOf('/sitemap.xml'));
    await expectProblem(await get('/sitemap-9.xml'), 404, 'no-such-address');
  });

  it('says in the head of a page what it is, and nothing of a draft', async () => {
    const page = await textOf(`/watch/${seeded.courseware.id}`);
    const [, json = ''] = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(page) ?? [];
    expect((JSON.parse(json) as { readonly name: string }).name).to.equal(TITLE);
    expect(page).to.contain(`<link rel="canonical" href="${watch(seeded.courseware.id)}" />`);
    expect(page).to.contain('content="杨梅嫁接：“四步” &lt;图解&gt; &amp; 其他"');
    for (const hidden of [draft, 'none']) {
      const other = await textOf(`/watch/${hidden}`);
      expect(other).to.not.contain('还没发布');
      expect(other).to.not.contain('ld+json');
    }
    expect(await textOf('/')).to.contain(`type="application/atom+xml"`);
  });

  it('shows nothing of what is withdrawn, from that moment on', async () => {
    const [id = ''] = await publishItems(site.foundation.database, [
      { title: '马上撤下', tags: ['乡土'], kind: 'culture' },
    ]);
    const paths = [
      '/feeds/kind/culture.atom',
      '/feeds/kind/culture.rss',
      '/playlists/kind/culture.m3u',
      '/sitemap.xml',
    ];
    for (const path of paths) expect(await textOf(path), path).to.contain('马上撤下');
    await site.foundation.catalogue.move(id, 'withdrawn');
    for (const path of paths) expect(await textOf(path), path).to.not.contain('马上撤下');
    expect(await textOf(`/watch/${id}`)).to.not.contain('马上撤下');
  });

  it('is written into a folder by the command line', async function write() {
    const yuanjiao = await CommandLine.open();
    try {
      const env = {
        YUANJIAO_DATA_DIR: site.config.dataDir,
        YUANJIAO_DATABASE: site.config.database,
        YUANJIAO_PUBLIC_URL: 'https://yuanjiao.example.cn',
      };
      const run = await yuanjiao.run(['export-metadata', '--format', 'lom', '--to', 'lom'], { env });
      expect(run.stderr + run.stdout).to.match(/6\n$/);
      expect(run.exitCode).to.equal(0);
      const files = await readdir(yuanjiao.path('lom'));
      expect(files).to.have.members([seeded.courseware.id, ...plain].map((id) => `${id}.xml`));
      const text = await readFile(join(yuanjiao.path('lom'), `${seeded.courseware.id}.xml`), 'utf8');
      expect(checkXml(text, 'lom.xsd').text('//lom:metaMetadata/lom:identifier/lom:entry')).to.equal(
        `oai:yuanjiao.example.cn:${seeded.courseware.id}`,
      );
      const wrong = await yuanjiao.run(['export-metadata', '--format', 'marc', '--to', 'x'], { env });
      expect(wrong.exitCode).to.equal(2);
    } finally {
      await yuanjiao.close();
    }
  });
});

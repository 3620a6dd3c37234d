import { createHash } from 'node:crypto';

import { expect } from 'chai';
import HLS from 'hls-parser';
import type { PackageList } from 'yuanjiao/transcoder';

import { FORMATS, SIMPLIFIED, TRADITIONAL, written } from '../../support/caption-files.ts';
import {
  seedLecture,
  startSite,
  type CoursewareSite,
  type SeededLecture,
} from '../../support/courseware-site.ts';
import { expectProblem } from '../../support/problem-reply.ts';

const MULTIVARIANT =
  '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=640x360\n360p/index.m3u8\n';
const LIST = {
  version: 1,
  duration: 60,
  entry: 'index.m3u8',
  objects: [{ name: 'index.m3u8', sizeBytes: 1, sha256: '0'.repeat(64), contentType: 'text/plain' }],
  downloads: [],
};

interface CaptionsBody {
  readonly language: string;
  readonly charset: string;
  readonly cueCount: number;
  readonly offsetMs: number;
  readonly problems: readonly {
    readonly line: number;
    readonly message: string;
    readonly isLeftOut: boolean;
  }[];
}

describe('captions over the API', () => {
  let site: CoursewareSite;
  let lecture: SeededLecture;
  let path: string;

  before(async () => {
    site = await startSite();
    lecture = await seedLecture(site, { 'index.m3u8': MULTIVARIANT, 'objects.json': JSON.stringify(LIST) });
    path = `/api/v1/courseware/${lecture.courseware.id}/captions`;
  });
  after(() => site.close());

  const send = (language: string, bytes: Buffer, query: Record<string, string> = {}): Promise<Response> =>
    fetch(
      `${site.base}${path}/${language}?${new URLSearchParams({ fileName: '第一课.srt', ...query }).toString()}`,
      {
        method: 'PUT',
        headers: { Authorization: `Bearer ${site.token}`, 'Content-Type': 'application/x-subrip' },
        body: new Uint8Array(bytes),
      },
    );
  const served = async (name: string): Promise<Response> =>
    fetch(`${site.base}/v/${lecture.generation}/${name}`);
  const subtitles = async (): Promise<HLS.types.Rendition[]> => {
    const { variants } = HLS.parse(await (await served('index.m3u8')).text()) as HLS.types.MasterPlaylist;
    return variants[0]?.subtitles ?? [];
  };

  it('come into a lecture that is on the air, at another time, and go again', async () => {
    expect(await subtitles()).to.deep.equal([]);
    const put = await send('zh-Hans', written(FORMATS.srt(SIMPLIFIED), 'GB18030'));
    expect(put.status).to.equal(200);
    expect(await put.json()).to.include({
      language: 'zh-Hans',
      charset: 'GB18030',
      cueCount: 2,
      offsetMs: 0,
    });
    await send('zh-Hant', written(FORMATS.ass(TRADITIONAL), 'Big5'), { label: '繁體', kind: 'captions' });
    const [simplified, traditional] = await subtitles();
    expect([simplified?.language, simplified?.name]).to.deep.equal(['zh-Hans', '简体中文']);
    expect([traditional?.language, traditional?.name]).to.deep.equal(['zh-Hant', '繁體']);
    const playlist = HLS.parse(await (await served(simplified?.uri ?? '')).text()) as HLS.types.MediaPlaylist;
    expect(playlist.segments.map(({ duration, uri }) => [duration, uri])).to.deep.equal([[60, '0000.vtt']]);
    const folder = (simplified?.uri ?? '').replace('/index.m3u8', '');
    const piece = await served(`${folder}/0000.vtt`);
    expect(piece.headers.get('content-type')).to.equal('text/vtt; charset=utf-8');
    expect(piece.headers.get('cache-control')).to.contain('immutable');
    expect(await piece.text()).to.contain(SIMPLIFIED[0]);

    const moved = await site.ask('PATCH', `${path}/zh-Hans`, { offsetMs: -1500 });
    expect(await moved.json()).to.include({ offsetMs: -1500 });
    const [later] = await subtitles();
    expect(later?.uri).to.not.equal(simplified?.uri);
    const whole = await served((later?.uri ?? '').replace('index.m3u8', 'all.vtt'));
    expect(await whole.text()).to.contain('00:00:00.000 --> 00:00:01.500');
    expect((await served(`${folder}/0000.vtt`)).status, 'what is off the air').to.equal(404);

    const playback = await (
      await fetch(`${site.base}/api/v1/courseware/${lecture.courseware.id}/playback`)
    ).json();
    const { captions } = playback as { captions: { language: string; label: string; url: string }[] };
    expect(captions.map(({ language, label }) => [language, label])).to.deep.equal([
      ['zh-Hans', '简体中文'],
      ['zh-Hant', '繁體'],
    ]);
    expect((await fetch(site.base + captions[0]?.url)).status).to.equal(200);

    for (const language of ['zh-Hans', 'zh-Hant']) {
      expect((await site.ask('DELETE', `${path}/${language}`)).status).to.equal(204);
    }
    expect(await (await served('index.m3u8')).text()).to.equal(MULTIVARIANT);
  });

  it('are listed with the lecture exactly as they are handed out', async () => {
    await send('en', written(FORMATS.webvtt(['Good morning', 'Bye']), 'UTF-8'));
    const reply = await served('objects.json');
    expect(reply.headers.get('cache-control')).to.equal('no-cache');
    const text = await reply.text();
    const { objects } = JSON.parse(text) as PackageList;
    expect(objects.map(({ name }) => name.replace(/en-[a-z0-9]{8}/, 'en-…'))).to.deep.equal([
      'captions-en-…/0000.vtt',
      'captions-en-…/all.vtt',
      'captions-en-…/index.m3u8',
      'index.m3u8',
    ]);
    for (const { name, sizeBytes, sha256, contentType } of objects) {
      const object = await served(name);
      const bytes = Buffer.from(await object.arrayBuffer());
      expect(object.headers.get('content-type'), name).to.equal(contentType);
      expect(bytes.length, name).to.equal(sizeBytes);
      expect(createHash('sha256').update(bytes).digest('hex'), name).to.equal(sha256);
    }
    const downloads = await site.ask('GET', `/api/v1/courseware/${lecture.courseware.id}/downloads`);
    const body = (await downloads.json()) as { package: { sha256: string; objectCount: number } };
    expect(body.package.sha256).to.equal(createHash('sha256').update(text).digest('hex'));
    expect(body.package.objectCount).to.equal(4);
    await site.ask('DELETE', `${path}/en`);
  });

  it('tell what is wrong with them line by line', async () => {
    const file = [
      '1',
      '00:00:01,000 --> 00:00:02,000',
      '好',
      '',
      '2',
      '00:00:04,000 --> 00:00:03,000',
      '反',
      '',
    ];
    const half = await send('zh-Hans', Buffer.from(file.join('\n')));
    expect(half.status).to.equal(200);
    const { cueCount, problems } = (await half.json()) as CaptionsBody;
    expect(cueCount).to.equal(1);
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include({ line: 6, isLeftOut: true });
    const listed = (await (await site.ask('GET', path)).json()) as { items: CaptionsBody[] };
    expect(listed.items[0]?.problems).to.deep.equal(problems);

    const nothing = await send('zh-Hans', Buffer.from(file.slice(4).join('\n')));
    const body = await expectProblem(nothing, 422, 'captions-unusable');
    expect(body.errors?.map((error) => error.path)).to.deep.equal(['line 2']);
    const kept = (await (await site.ask('GET', path)).json()) as { items: CaptionsBody[] };
    expect(kept, 'what was there').to.deep.equal(listed);
    const emptied = await site.ask('PATCH', `${path}/zh-Hans`, { offsetMs: -60_000 });
    expect((await expectProblem(emptied, 422, 'invalid-input')).errors?.[0]?.path).to.equal('body.offsetMs');
  });

  it('can be fetched back as they were handed in', async () => {
    const bytes = written(FORMATS.srt(SIMPLIFIED), 'GB18030');
    await send('zh-Hans', bytes, { offsetMs: '700' });
    const reply = await site.ask('GET', `${path}/zh-Hans/original`);
    expect(Buffer.from(await reply.arrayBuffer()).equals(bytes)).to.equal(true);
    expect(reply.headers.get('content-disposition')).to.equal(
      `attachment; filename="captions-zh-Hans.srt"; filename*=UTF-8''${encodeURIComponent('第一课.srt')}`,
    );
  });

  it('are refused to strangers, when they are too large, and for what is no language or no item', async () => {
    const bytes = written(FORMATS.srt(SIMPLIFIED), 'UTF-8');
    const stranger = await fetch(`${site.base}${path}/en?fileName=a.srt`, {
      method: 'PUT',
      body: new Uint8Array(bytes),
    });
    await expectProblem(stranger, 401, 'unauthenticated');
    await expectProblem(await fetch(site.base + path), 401, 'unauthenticated');
    await expectProblem(await send('en', Buffer.alloc(5 * 2 ** 20 + 1, 'x')), 413, 'body-too-large');
    await expectProblem(await send('en_US', bytes), 422, 'invalid-input');
    await expectProblem(await send('und', bytes), 422, 'invalid-input');
    await expectProblem(await send('en', bytes, { label: '"' }), 422, 'invalid-input');
    await expectProblem(await site.ask('PATCH', `${path}/fr`, { offsetMs: 1 }), 404, 'not-found');
    await expectProblem(await site.ask('GET', '/api/v1/courseware/nobody/captions'), 404, 'not-found');
  });

  it('go with the draft that is removed', async () => {
    const { id } = (await (await site.ask('POST', '/api/v1/courseware', { title: '草稿' })).json()) as {
      id: string;
    };
    path = `/api/v1/courseware/${id}/captions`;
    expect((await send('en', written(FORMATS.srt(['Hi', 'Bye']), 'UTF-8'))).status).to.equal(200);
    const texts = async (): Promise<number> => {
      let count = 0;
      for await (const { key } of site.foundation.store.list('captions/captions-en-'))
        count += key === '' ? 0 : 1;
      return count;
    };
    expect(await texts()).to.equal(3);
    expect((await site.ask('DELETE', `/api/v1/courseware/${id}`)).status).to.equal(204);
    while ((await texts()) > 0);
    await expectProblem(await site.ask('GET', path), 404, 'not-found');
  });
});

import { expect } from 'chai';

import { seedLecture, startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { expectProblem } from '../../support/problem-reply.ts';

interface List {
  readonly chapters: readonly { readonly start: number; readonly title: string }[];
  readonly origin: string;
}

const OF_FILE = [
  { start: 0, title: '第 1 章' },
  { start: 20, title: '第 2 章' },
];

describe('chapters and pictures over the wire', () => {
  let site: CoursewareSite;
  before(async () => {
    site = await startSite();
  });
  after(() => site.close());

  const seed = async (options: Parameters<typeof seedLecture>[2] = {}): Promise<string> =>
    (await seedLecture(site, {}, { chapters: OF_FILE, ...options })).courseware.id;
  const path = (id: string, rest = ''): string => `/api/v1/courseware/${id}/chapters${rest}`;
  const list = async (reply: Promise<Response>): Promise<List> => (await (await reply).json()) as List;

  it('are those of the file until somebody writes others, and again when those are taken away', async () => {
    const id = await seed();
    expect(await list(site.ask('GET', path(id)))).to.deep.equal({ chapters: OF_FILE, origin: 'container' });
    const written = await list(site.ask('PUT', path(id), { text: '【00：00】开场\n嫁接的时机 00:30\n' }));
    expect(written).to.deep.equal({
      chapters: [
        { start: 0, title: '开场' },
        { start: 30, title: '嫁接的时机' },
      ],
      origin: 'producer',
    });
    expect(await list(site.ask('GET', path(id)))).to.deep.equal(written);
    expect(await list(site.ask('DELETE', path(id)))).to.deep.equal({
      chapters: OF_FILE,
      origin: 'container',
    });
  });

  it('are none when an empty list was written, though the file has some', async () => {
    const id = await seed();
    const written = await list(site.ask('PUT', path(id), { chapters: [] }));
    expect(written).to.deep.equal({ chapters: [], origin: 'producer' });
  });

  it('are refused line by line, and nothing is changed', async () => {
    const id = await seed();
    const reply = await site.ask('PUT', path(id), { text: '00:00 开场\n什么时候\n05:00 太晚' });
    const { errors } = await expectProblem(reply, 422, 'invalid-input');
    expect(errors?.map(({ path: where }) => where)).to.deep.equal(['body.text.2', 'body.text.3']);
    expect((await list(site.ask('GET', path(id)))).origin).to.equal('container');
    for (const chapters of [
      [
        { start: 5, title: '后' },
        { start: 2, title: '前' },
      ],
      [{ start: 0, title: '换\n行' }],
      [{ start: -1, title: '以前' }],
      [{ start: 1e9, title: '以后' }],
      [{ start: 0, title: ' ' }],
    ]) {
      await expectProblem(await site.ask('PUT', path(id), { chapters }), 422, 'invalid-input');
    }
  });

  it('can be checked without being changed, against the length of the lecture', async () => {
    const id = await seed();
    const reply = await site.ask('POST', path(id, '/check'), { text: '00:10 开场\n01:30 太晚' });
    expect(await reply.json()).to.deep.equal({
      chapters: [{ start: 10, title: '开场' }],
      faults: [{ line: 2, code: 'beyond-end', text: '01:30 太晚' }],
    });
    expect((await list(site.ask('GET', path(id)))).origin).to.equal('container');
  });

  it('are part of the history, and are not overwritten by who has not seen the newest', async () => {
    const id = await seed();
    const { revision } = (await (await site.ask('GET', `/api/v1/courseware/${id}`)).json()) as {
      revision: number;
    };
    const ifMatch = { 'If-Match': `"${revision}"` };
    const first = await site.ask('PUT', path(id), { text: '00:00 甲' }, ifMatch);
    expect(first.status).to.equal(200);
    await expectProblem(
      await site.ask('PUT', path(id), { text: '00:00 乙' }, ifMatch),
      412,
      'revision-mismatch',
    );
    // Somebody's new title is no reason to refuse a list.
    await site.ask('PATCH', `/api/v1/courseware/${id}`, { title: '新的标题' });
    const newer = { 'If-Match': `"${revision + 1}"` };
    expect((await site.ask('PUT', path(id), { text: '00:00 丙' }, newer)).status).to.equal(200);
    const { items } = (await (await site.ask('GET', `/api/v1/courseware/${id}/history`)).json()) as {
      items: { field: string; before?: string; after?: string }[];
    };
    const changes = items.filter(({ field }) => field === 'chapters');
    expect(changes.map(({ after }) => after)).to.deep.equal(['0 甲', '0 丙']);
    expect(changes[0]?.before).to.equal('0 第 1 章\n20 第 2 章');
  });

  it('may be read by everybody who may watch, and written by producers only', async () => {
    const draft = await seed({ isPublished: false });
    expect((await fetch(site.base + path(draft))).status).to.equal(401);
    const id = await seed();
    expect((await fetch(site.base + path(id))).status).to.equal(200);
    const reply = await fetch(site.base + path(id), {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: '{"chapters":[]}',
    });
    expect(reply.status).to.equal(401);
    await expectProblem(await site.ask('GET', path('nothing')), 404, 'not-found');
  });

  it('come as a WebVTT track too', async () => {
    const reply = await fetch(`${site.base}/api/v1/courseware/${await seed()}/chapters.vtt`);
    expect(reply.headers.get('content-type')).to.equal('text/vtt; charset=utf-8');
    expect(await reply.text()).to.equal(
      'WEBVTT\n\n1\n00:00:00.000 --> 00:00:20.000\n第 1 章\n\n2\n00:00:20.000 --> 00:01:00.000\n第 2 章\n',
    );
  });

  it('are told to players with the storyboard; a lecture without pictures names none', async () => {
    const { courseware, generation } = await seedLecture(
      site,
      {
        'poster.jpg': 'jpeg',
        'storyboard/000-1.jpg': 'sheet',
        'storyboard/index-1.vtt': 'WEBVTT\n',
      },
      { poster: 'poster.jpg', storyboard: 'storyboard/index-1.vtt', chapters: OF_FILE },
    );
    const playback = (await (
      await fetch(`${site.base}/api/v1/courseware/${courseware.id}/playback`)
    ).json()) as { chapters: unknown; storyboardUrl: string };
    expect(playback.chapters).to.deep.equal(OF_FILE);
    expect(playback.storyboardUrl).to.equal(`/v/${generation}/storyboard/index-1.vtt`);
    const index = await fetch(site.base + playback.storyboardUrl);
    expect(index.headers.get('content-type')).to.equal('text/vtt; charset=utf-8');
    expect(index.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
    const sheet = await fetch(new URL('000-1.jpg', site.base + playback.storyboardUrl));
    expect(sheet.headers.get('content-type')).to.equal('image/jpeg');

    const without = await seed({ title: '只有声音', chapters: [] });
    const sound = await (await fetch(`${site.base}/api/v1/courseware/${without}/playback`)).json();
    expect(sound).to.not.have.property('storyboardUrl');
    const item = await (await fetch(`${site.base}/api/v1/courseware/${without}`)).json();
    expect(item).to.include({ posterUrl: null });
  });
});

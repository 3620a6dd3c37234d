import { randomUUID } from 'node:crypto';

import { expect } from 'chai';

import { seedLecture, startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { expectProblem } from '../../support/problem-reply.ts';

type Json = Record<string, unknown> & { readonly id: string; readonly items: Json[] };

describe('the library over the REST API', () => {
  let site: CoursewareSite;
  let published: string;

  before(async () => {
    site = await startSite();
    published = (await seedLecture(site, {}, { title: '香榧嫁接', isPublished: true })).courseware.id;
  });
  after(() => site.close());

  /** Asks as somebody who has not signed in, perhaps with a cookie. */
  const visit = (method: string, path: string, body?: unknown, cookie = ''): Promise<Response> =>
    fetch(site.base + path, {
      method,
      headers: {
        ...(cookie !== '' && { Cookie: cookie }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const json = async (reply: Response | Promise<Response>): Promise<Json> =>
    (await (await reply).json()) as Json;
  const cookieOf = (reply: Response): string => (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? '';

  it('carries every field of an item there and back', async () => {
    await site.ask('PUT', '/api/v1/categories/0203', { name: '果树' });
    const fields = {
      title: '桃形李栽培',
      code: 'SX-XT-2011-0152',
      kind: 'local',
      category: '0203',
      year: 2011,
      origin: 'self',
      dialect: '嵊州话',
      language: 'zh-CN',
      producer: '嵊州市农业局',
      presenters: ['讲课人甲'],
      audience: ['村干部'],
      trades: ['桃形李'],
      months: [3, 6],
      awards: ['一等奖'],
      rights: { holder: '嵊州市农业局', until: '2031-12-31' },
      extra: { 拍摄地: '金庭镇' },
      duration: 1110,
    };
    const made = await json(site.ask('POST', '/api/v1/courseware', fields));
    expect(made).to.deep.include({
      ...fields,
      category: { code: '0203', name: '果树' },
      producer: made['producer'],
      presenters: made['presenters'],
      uses: { views: 0, plays: 0, favourites: 0 },
    });
    expect(made['producer']).to.include({ name: '嵊州市农业局' });
    const changed = await json(
      site.ask('PATCH', `/api/v1/courseware/${made.id}`, { code: null, rights: null, months: [] }),
    );
    expect(changed).to.deep.include({ code: null, rights: null, months: [] });
    await expectProblem(
      await site.ask('POST', '/api/v1/courseware', { title: '课', kind: 'film', months: [13] }),
      422,
      'invalid-input',
    );
    await expectProblem(
      await site.ask('PATCH', `/api/v1/courseware/${made.id}`, { region: '110000' }),
      422,
      'invalid-input',
    );
  });

  it('lets the office make a series and everybody see what is published of it', async () => {
    const made = await site.ask('POST', '/api/v1/series', { title: '乡土大讲堂' });
    expect(made.status).to.equal(201);
    const { id } = await json(made);
    expect(made.headers.get('location')).to.equal(`/api/v1/series/${id}`);
    const draft = await json(site.ask('POST', '/api/v1/courseware', { title: '草稿' }));
    const set = await site.ask('PUT', `/api/v1/series/${id}/items`, { items: [draft.id, published] });
    expect(await json(set)).to.include({ itemCount: 2 });
    expect(await json(visit('GET', `/api/v1/series/${id}`))).to.include({ itemCount: 1 });
    const { items } = await json(visit('GET', `/api/v1/series/${id}/items`));
    expect(items.map((item) => item.id)).to.deep.equal([published]);
    const etag = made.headers.get('etag') ?? '';
    const late = await site.ask('PUT', `/api/v1/series/${id}/items`, { items: [] }, { 'If-Match': etag });
    await expectProblem(late, 412, 'revision-mismatch');
    await expectProblem(await site.ask('POST', '/api/v1/series', { title: '乡土大讲堂' }), 409, 'conflict');
    await expectProblem(
      await visit('PATCH', `/api/v1/series/${id}`, { title: '别名' }),
      401,
      'unauthenticated',
    );
    const history = await json(site.ask('GET', `/api/v1/series/${id}/history`));
    expect(history.items.map((entry) => [entry['actor'], entry['field']])).to.deep.equal([
      ['token test', 'created'],
      ['token test', 'items'],
    ]);
  });

  it('shows a topic in its time', async () => {
    const { id } = await json(site.ask('POST', '/api/v1/topics', { title: '冬训', audience: '村干部' }));
    await site.ask('PUT', `/api/v1/topics/${id}/items`, { items: [published] });
    await expectProblem(await visit('GET', `/api/v1/topics/${id}`), 404, 'not-found');
    await site.ask('PATCH', `/api/v1/topics/${id}`, { state: 'open', opensOn: '2011-01-01' });
    const shown = await json(visit('GET', `/api/v1/topics/${id}`));
    expect(shown).to.deep.include({ state: 'open', opensOn: '2011-01-01', closesOn: null, itemCount: 1 });
    const front = await json(visit('GET', '/api/v1/portal'));
    expect((front['topics'] as Json[]).map((topic) => topic.id)).to.deep.equal([id]);
    expect((front['newest'] as Json[]).map((item) => item.id)).to.deep.equal([published]);
    expect(front['totals']).to.include({ items: 1 });
    expect((await site.ask('DELETE', `/api/v1/topics/${id}`)).status).to.equal(204);
    await expectProblem(await site.ask('GET', `/api/v1/topics/${id}`), 404, 'not-found');
  });

  it('keeps the words of the library in order', async () => {
    await site.ask('POST', '/api/v1/tags', { name: '防汛', facet: '题材', aliases: ['抗洪'] });
    const renamed = await json(
      site.ask('PATCH', `/api/v1/tags/${encodeURIComponent('防汛')}`, { name: '防台防汛' }),
    );
    expect(renamed).to.deep.equal({
      name: '防台防汛',
      facet: '题材',
      aliases: ['抗洪', '防汛'],
      uses: 0,
    });
    await expectProblem(
      await site.ask('PATCH', `/api/v1/tags/${encodeURIComponent('防台防汛')}`, { aliases: ['乡土'] }),
      409,
      'conflict',
    );
    const item = await json(site.ask('POST', '/api/v1/courseware', { title: '课', presenters: ['旧名'] }));
    const [presenter] = item['presenters'] as Json[];
    await site.ask('PATCH', `/api/v1/presenters/${presenter?.id}`, { name: '新名' });
    const { items } = await json(site.ask('GET', '/api/v1/presenters'));
    expect(items.map((one) => one['name'])).to.include('新名');
    expect((await json(visit('GET', '/api/v1/presenters'))).items, 'of drafts only').to.deep.equal([]);
    await expectProblem(await site.ask('DELETE', '/api/v1/categories/none'), 404, 'not-found');
    expect((await json(visit('GET', '/api/v1/regions'))).items).to.be.an('array');
    expect((await json(visit('GET', '/api/v1/units'))).items).to.be.an('array');
  });

  it('counts plays by the id that the player gave them', async () => {
    const id = randomUUID();
    const path = `/api/v1/courseware/${published}/plays`;
    const first = await visit('POST', path, { id });
    expect(first.headers.get('set-cookie')).to.match(/^yj-viewer=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax/);
    const cookie = cookieOf(first);
    const again = await visit('POST', path, { id }, cookie);
    expect(again.headers.get('set-cookie')).to.equal(null);
    expect(await json(again)).to.deep.equal({ views: 1, plays: 1, favourites: 0 });
    expect(await json(visit('POST', path, { id: randomUUID() }, cookie))).to.include({ views: 1, plays: 2 });
    expect(await json(visit('GET', `/api/v1/courseware/${published}`))).to.deep.include({
      uses: { views: 1, plays: 2, favourites: 0 },
    });
    await expectProblem(await visit('POST', path, { id: 'first' }), 422, 'invalid-input');
    const draft = await json(site.ask('POST', '/api/v1/courseware', { title: '草稿' }));
    await expectProblem(
      await visit('POST', `/api/v1/courseware/${draft.id}/plays`, { id: randomUUID() }),
      401,
      'unauthenticated',
    );
  });

  it('keeps favourites for a browser it knows again', async () => {
    const path = `/api/v1/courseware/${published}/favourite`;
    expect((await json(visit('GET', '/api/v1/favourites'))).items).to.deep.equal([]);
    const kept = await visit('PUT', path);
    const cookie = cookieOf(kept);
    expect(await json(kept)).to.include({ favourites: 1 });
    expect(await json(visit('GET', path, undefined, cookie))).to.deep.equal({ isFavourite: true });
    expect(await json(visit('GET', path))).to.deep.equal({ isFavourite: false });
    const { items } = await json(visit('GET', '/api/v1/favourites', undefined, cookie));
    expect(items.map((item) => item.id)).to.deep.equal([published]);
    expect(await json(visit('DELETE', path, undefined, cookie))).to.include({ favourites: 0 });
    const elsewhere = await fetch(site.base + path, {
      method: 'PUT',
      headers: { Origin: 'https://evil.example' },
    });
    await expectProblem(elsewhere, 403, 'cross-site-refused');
  });

  it('lets a list be shared by its address and changed by its owner', async () => {
    const made = await visit('POST', '/api/v1/lists', { title: '夜校', items: [published] });
    expect(made.status).to.equal(201);
    const { id } = await json(made);
    const cookie = cookieOf(made);
    const path = `/api/v1/lists/${id}`;
    const shared = await json(visit('GET', path));
    expect(shared).to.include({ title: '夜校', isMine: false, count: 1 });
    expect(shared.items.map((item) => item.id)).to.deep.equal([published]);
    expect(await json(visit('GET', path, undefined, cookie))).to.include({ isMine: true });
    await expectProblem(await visit('PUT', path, { title: '抢', items: [] }), 404, 'not-found');
    expect(await json(visit('PUT', path, { title: '早课', items: [] }, cookie))).to.include({
      title: '早课',
      count: 0,
    });
    const { items } = await json(visit('GET', '/api/v1/lists', undefined, cookie));
    expect(items.map((list) => list.id)).to.deep.equal([id]);
    expect((await visit('DELETE', path, undefined, cookie)).status).to.equal(204);
    await expectProblem(await visit('GET', path), 404, 'not-found');
  });

  it('leads on from one item to others', async () => {
    const other = (await seedLecture(site, {}, { title: '香榧授粉', isPublished: true })).courseware.id;
    for (const id of [published, other])
      await site.ask('PATCH', `/api/v1/courseware/${id}`, { trades: ['香榧'] });
    const { items } = await json(visit('GET', `/api/v1/courseware/${published}/related`));
    expect(items.map((item) => item.id)).to.deep.equal([other]);
  });
});

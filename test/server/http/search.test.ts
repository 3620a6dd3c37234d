import { expect } from 'chai';

import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import { putOnShelf } from '../../support/shelf.ts';

interface PageBody {
  readonly items: readonly {
    readonly courseware: { readonly id: string; readonly title: string };
    readonly highlights: { readonly title: readonly (readonly [number, number])[] };
    readonly moments: readonly { readonly start: number }[];
  }[];
  readonly total: number;
  readonly facets: Readonly<Record<string, readonly { readonly value: string; readonly count: number }[]>>;
  readonly next: string | null;
  readonly corrected?: string;
}

describe('searching over the API', () => {
  let site: CoursewareSite;
  let ids: readonly string[];

  const search = async (query: string): Promise<PageBody> => {
    const reply = await fetch(`${site.base}/api/v1/search?${query}`);
    expect(reply.status, await reply.clone().text()).to.equal(200);
    return (await reply.json()) as PageBody;
  };

  before(async function start() {
    site = await startSite();
    ids = await putOnShelf(site.foundation.database, [
      { title: '杨梅嫁接四步', tags: ['乡土'], kind: 'local', year: 2026 },
      { title: '桃形李栽培', tags: ['乡土', '农业技术'], kind: 'skill', year: 2025 },
      { title: '黄酒酿造', kind: 'culture', year: 2025 },
    ]);
    await site.foundation.catalogue.create({ title: '杨梅草稿' });
  });
  after(() => site.close());

  it('shows strangers what is published, with marks and counts', async () => {
    const page = await search(`q=${encodeURIComponent('杨梅')}`);
    expect(page.total).to.equal(1);
    expect(page.items[0]?.courseware).to.include({ id: ids[0], title: '杨梅嫁接四步' });
    expect(page.items[0]?.highlights.title).to.deep.equal([[0, 2]]);
    expect(page.facets['year']).to.deep.equal([
      { value: '2026', label: '2026 年', count: 1, selected: false },
    ]);
  });

  it('takes a filter once or several times', async () => {
    expect((await search(`tag=${encodeURIComponent('乡土')}`)).total).to.equal(2);
    const both = `tag=${encodeURIComponent('乡土')}&tag=${encodeURIComponent('农业技术')}`;
    expect((await search(both)).total).to.equal(1);
    expect((await search('kind=local&kind=skill&year=2026')).total).to.equal(1);
  });

  it('pages through a list', async () => {
    const first = await search('sort=title&limit=2');
    const second = await search(`sort=title&limit=2&after=${first.next}`);
    expect([...first.items, ...second.items].map(({ courseware }) => courseware.title)).to.deep.equal([
      '黄酒酿造',
      '桃形李栽培',
      '杨梅嫁接四步',
    ]);
    expect(second.next).to.equal(null);
  });

  it('shows drafts only to who has signed in', async () => {
    const draft = `/api/v1/search?q=${encodeURIComponent('杨梅')}&publication=draft`;
    await expectProblem(await fetch(`${site.base}${draft}`), 401, 'unauthenticated');
    const page = (await (await site.ask('GET', draft)).json()) as PageBody;
    expect(page.items.map(({ courseware }) => courseware.title)).to.deep.equal(['杨梅草稿']);
  });

  it('sees a change through the API at once', async () => {
    const edited = await site.ask('PATCH', `/api/v1/courseware/${ids[2]}`, { title: '香榧炒制' });
    expect(edited.status).to.equal(200);
    expect((await search(`q=${encodeURIComponent('香榧')}`)).total).to.equal(1);
    expect((await search(`q=${encodeURIComponent('黄酒酿造')}`)).total).to.equal(0);
  });

  it('suggests while somebody types', async () => {
    const reply = await fetch(`${site.base}/api/v1/search/suggest?q=xt`);
    const { items } = (await reply.json()) as {
      items: readonly { readonly text: string; readonly kind: string }[];
    };
    expect(items[0]).to.include({ text: '乡土', kind: 'tag' });
  });

  it('refuses nonsense in Chinese', async () => {
    for (const query of ['sort=best', 'limit=0', 'colour=red', 'after=x', 'year=20255']) {
      await expectProblem(await fetch(`${site.base}/api/v1/search?${query}`), 422, 'invalid-input');
    }
  });

  it('lets a librarian keep synonyms and see what was not found', async () => {
    const noodles = `q=${encodeURIComponent('番薯干')}`;
    expect((await search(noodles)).total).to.equal(0);
    await expectProblem(await fetch(`${site.base}/api/v1/search/misses`), 401, 'unauthenticated');
    const misses = (await (await site.ask('GET', '/api/v1/search/misses')).json()) as {
      items: readonly { readonly query: string; readonly times: number; readonly foundNow: number }[];
    };
    expect(misses.items.find(({ query }) => query === '番薯干')).to.include({ times: 1, foundNow: 0 });
    const made = await site.ask('POST', '/api/v1/synonyms', { words: ['番薯干', '桃形李'] });
    expect(made.status).to.equal(201);
    const { id } = (await made.json()) as { id: string };
    expect((await search(noodles)).total).to.equal(1);
    const changed = await site.ask('PUT', `/api/v1/synonyms/${id}`, { words: ['番薯干', '杨梅'] });
    expect(changed.status).to.equal(200);
    expect((await search(noodles)).items[0]?.courseware.title).to.equal('杨梅嫁接四步');
    await expectProblem(
      await site.ask('POST', '/api/v1/synonyms', { words: ['番薯干', '地瓜干'] }),
      409,
      'conflict',
    );
    expect((await site.ask('DELETE', `/api/v1/synonyms/${id}`)).status).to.equal(204);
    await expectProblem(await site.ask('DELETE', `/api/v1/synonyms/${id}`), 404, 'not-found');
    expect((await search(noodles)).total).to.equal(0);
  });

  it('says where in a lecture something is said', async () => {
    const bytes = Buffer.from('1\n00:01:05,000 --> 00:01:08,000\n接穗要在清明前采\n');
    const put = await fetch(
      `${site.base}/api/v1/courseware/${ids[0]}/captions/zh-Hans?fileName=${encodeURIComponent('字幕.srt')}`,
      { method: 'PUT', body: bytes, headers: { Authorization: `Bearer ${site.token}` } },
    );
    expect(put.status, await put.clone().text()).to.be.lessThan(300);
    const page = await search(`q=${encodeURIComponent('接穗')}`);
    expect(page.items[0]?.moments.map(({ start }) => start)).to.deep.equal([65]);
    const reply = await fetch(
      `${site.base}/api/v1/courseware/${ids[0]}/moments?q=${encodeURIComponent('清明')}`,
    );
    const { items } = (await reply.json()) as { items: readonly { readonly start: number }[] };
    expect(items.map(({ start }) => start)).to.deep.equal([65]);
  });
});

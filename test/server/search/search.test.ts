import { expect } from 'chai';

import type { CoursewareId } from '../../../server/catalogue/courseware.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { Search, type SearchQuery } from '../../../server/search/search.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { putOnShelf, SHELF_DAY } from '../../support/shelf.ts';

const DAY_MS = 86_400_000;

onEachDatabase('The search', (databases) => {
  let database: Database;
  let search: Search;
  let ids: readonly CoursewareId[];

  const titles = async (query: SearchQuery | string): Promise<readonly string[]> => {
    const page = await search.find(typeof query === 'string' ? { q: query } : query);
    return page.items.map(({ courseware }) => courseware.title);
  };

  before(async () => {
    database = await databases.open();
    ids = await putOnShelf(database, [
      {
        title: '嵊州桃形李栽培技术',
        description: '从定植到采收，讲解桃形李的修剪与施肥。',
        tags: ['乡土', '农业技术'],
        series: '特色水果',
        presenters: ['杨梅芳'],
        producer: '嵊州市农业局',
        kind: 'local',
        year: 2025,
        duration: 1110,
        trades: ['水果'],
        months: [6, 7],
        audience: ['果农'],
        code: 'SX-2025-001',
      },
      {
        title: '杨梅嫁接四步',
        description: '砧木、接穗、切口、绑扎。',
        tags: ['乡土'],
        series: '特色水果',
        kind: 'local',
        year: 2026,
        duration: 540,
        months: [4],
      },
      {
        title: '新乡土地流转政策解读',
        description: '土地承包与流转。',
        tags: ['政策法规'],
        kind: 'policy',
        year: 2026,
      },
      { title: '枫桥经验：反诈宣传进村', description: '警惕电信诈骗。', tags: ['村务管理'], year: 2024 },
      { title: 'Excel 2016 表格入门', description: '给村会计的办公软件课，含 A4纸 打印设置。', year: 2023 },
      { title: '远程教育站点管理', description: '站点管理员手册。', year: 2022 },
      { title: '会稽山黄酒酿造', description: '冬酿的时机。', tags: ['乡土'], kind: 'culture', year: 2025 },
    ]);
    search = new Search(database, { now: () => SHELF_DAY + DAY_MS, usesMaxAgeMs: 0 });
  });

  it('finds two characters, which is what people type', async () => {
    expect(await titles('乡土')).to.include.members(['嵊州桃形李栽培技术', '杨梅嫁接四步']);
    expect(await titles('嫁接')).to.deep.equal(['杨梅嫁接四步']);
    expect(await titles('反诈')).to.deep.equal(['枫桥经验：反诈宣传进村']);
  });

  it('finds one character anywhere in a word', async () => {
    expect(await titles('酒')).to.deep.equal(['会稽山黄酒酿造']);
    expect(await titles('芳')).to.deep.equal(['嵊州桃形李栽培技术']);
  });

  it('wants every word of a query, in whatever field each is', async () => {
    expect(await titles('桃形李 栽培')).to.deep.equal(['嵊州桃形李栽培技术']);
    expect(await titles('水果 杨梅芳')).to.deep.equal(['嵊州桃形李栽培技术']);
    expect(await titles('桃形李 黄酒')).to.deep.equal([]);
  });

  it('keeps words in quotes together', async () => {
    expect(await titles('“定植到采收”')).to.deep.equal(['嵊州桃形李栽培技术']);
    expect(await titles('"excel 2016"')).to.deep.equal(['Excel 2016 表格入门']);
    expect(await titles('"2016 excel"')).to.deep.equal([]);
  });

  it('takes Latin words and numbers by how they begin', async () => {
    expect(await titles('exc')).to.deep.equal(['Excel 2016 表格入门']);
    expect(await titles('201')).to.deep.equal(['Excel 2016 表格入门']);
    expect(await titles('016')).to.deep.equal([]);
    expect(await titles('sx 2025 001')).to.deep.equal(['嵊州桃形李栽培技术']);
    expect(await titles('a4纸')).to.deep.equal(['Excel 2016 表格入门']);
    expect(await titles('4纸')).to.deep.equal(['Excel 2016 表格入门']);
  });

  it('does not mind full-width, traditional or upper-case letters', async () => {
    expect(await titles('ＥＸＣＥＬ')).to.deep.equal(['Excel 2016 表格入门']);
    expect(await titles('枫橋經驗')).to.deep.equal(['枫桥经验：反诈宣传进村']);
    expect(await titles('鄉土 嫁接')).to.deep.equal(['杨梅嫁接四步']);
  });

  it('lets no phrase run across punctuation', async () => {
    expect(await titles('经验反诈')).to.deep.equal([]);
    expect(await titles('经验 反诈')).to.deep.equal(['枫桥经验：反诈宣传进村']);
  });

  it('finds by pinyin initials and syllables, also of places others read wrongly', async () => {
    expect(await titles('ymjj')).to.deep.equal(['杨梅嫁接四步']);
    expect(await titles('yangmeijiaj')).to.deep.equal(['杨梅嫁接四步']);
    expect(await titles('yang mei jia')).to.deep.equal(['杨梅嫁接四步']);
    expect(await titles('kuaijishan')).to.deep.equal(['会稽山黄酒酿造']);
    expect(await titles('kjshj')).to.deep.equal(['会稽山黄酒酿造']);
    expect(await titles('txlzp')).to.deep.equal(['嵊州桃形李栽培技术']);
  });

  it('puts a title over a tag and a tag over a mention, and a whole word over a cut one', async () => {
    expect((await titles('杨梅'))[0]).to.equal('杨梅嫁接四步');
    const order = await titles('乡土');
    expect(order.indexOf('新乡土地流转政策解读')).to.equal(order.length - 1);
  });

  it('reads synonyms as the word itself', async () => {
    expect(await titles('远教站点')).to.deep.equal(['远程教育站点管理']);
  });

  it('marks what was found, in the text as it was written', async () => {
    const { items } = await search.find({ q: '鄉土 桃形李' });
    const [hit] = items;
    expect(hit?.courseware.title).to.equal('嵊州桃形李栽培技术');
    expect(hit?.highlights.title).to.deep.equal([[2, 5]]);
    expect(hit?.highlights.tags).to.deep.equal([{ text: '乡土', marks: [[0, 2]] }]);
    const { text, marks } = hit?.highlights.description ?? { text: '', marks: [] };
    expect(marks.map(([from, to]) => text.slice(from, to))).to.deep.equal(['桃形李']);
  });

  it('counts what there is, each facet without its own filter, tags together', async () => {
    const all = await search.find({});
    expect(all.total).to.equal(7);
    expect(all.facets.tag.find(({ value }) => value === '乡土')?.count).to.equal(3);
    expect(all.facets.length.map(({ value, count }) => [value, count])).to.deep.equal([
      ['under-10', 1],
      ['10-30', 1],
    ]);
    expect(all.facets.month.map(({ value }) => value)).to.deep.equal(['4', '6', '7']);
    const filtered = await search.find({ filters: { tag: ['乡土'], kind: ['local'] } });
    expect(filtered.total).to.equal(2);
    expect(filtered.facets.kind.map(({ value, count, selected }) => [value, count, selected])).to.deep.equal([
      ['local', 2, true],
      ['culture', 1, false],
    ]);
    expect(filtered.facets.tag.map(({ value, count }) => [value, count])).to.deep.equal([
      ['乡土', 2],
      ['农业技术', 1],
    ]);
    expect(filtered.facets.kind[0]?.label).to.equal('乡土课件');
  });

  it('shows an acknowledged change to the very next search, also of another process', async () => {
    const other = new Search(database);
    expect((await other.find({ q: '草莓' })).total).to.equal(0);
    const [id] = await putOnShelf(database, [{ title: '大棚草莓', description: '红颜' }]);
    expect((await search.find({ q: '草莓' })).total).to.equal(1);
    expect((await other.find({ q: '草莓' })).total).to.equal(1);
    await database.write(async (transaction) => {
      await transaction.rows("UPDATE courseware SET publication = 'withdrawn' WHERE id = $1", id);
      const { indexMany } = await import('../../../server/search/item-rows.ts');
      await indexMany(transaction, [id as string]);
    });
    expect((await other.find({ q: '草莓' })).total).to.equal(0);
    expect((await search.find({ q: '草莓', publication: 'withdrawn' })).total).to.equal(1);
    expect(ids).to.have.length(7);
  });

  it('suggests names by text, initials and pinyin', async () => {
    const texts = async (q: string): Promise<readonly string[]> =>
      (await search.suggest(q)).map(({ text }) => text);
    expect((await texts('xt'))[0]).to.equal('乡土');
    expect((await texts('tss'))[0]).to.equal('特色水果');
    expect((await texts('teseshui'))[0]).to.equal('特色水果');
    expect((await texts('杨'))[0]).to.equal('杨梅芳');
    expect(await texts('杨')).to.include('杨梅嫁接四步');
  });
});

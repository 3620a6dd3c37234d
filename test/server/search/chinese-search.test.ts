import { expect } from 'chai';
import { ChineseSearch, titleSortKey, type Findable } from 'yuanjiao/search';

const DAY_MS = 86_400_000;
const TODAY = Date.UTC(2026, 4, 1);

const LESSONS: readonly Findable[] = [
  {
    id: 'plum',
    title: '嵊州桃形李栽培技术',
    tags: ['乡土', '水果'],
    names: ['仇小梅', '嵊州市农业局'],
    description: '从定植到采收，讲解桃形李的修剪与施肥。',
  },
  { id: 'graft', title: '杨梅嫁接四步', tags: ['乡土'], description: '砧木、接穗、切口、绑扎。' },
  { id: 'land', title: '新乡土地流转政策解读', tags: ['政策法规'] },
  { id: 'fraud', title: '枫桥经验：反诈宣传进村', tags: ['村务管理'] },
  { id: 'excel', title: 'Excel 2016 表格入门', description: '含 A4纸 打印设置。' },
];

describe('ChineseSearch', () => {
  const search = new ChineseSearch(LESSONS, { now: () => TODAY, synonyms: [['反诈', '防骗', '电信诈骗']] });
  const ids = (query: string): readonly string[] => search.find(query).items.map(({ item }) => item.id);

  it('finds two characters wherever they stand, whole words first', () => {
    expect(ids('乡土')).to.deep.equal(['graft', 'plum', 'land']);
    expect(ids('穗')).to.deep.equal(['graft']);
  });

  it('takes traditional writing, full width and any case for the same', () => {
    expect(ids('楊梅')).to.deep.equal(['graft']);
    expect(ids('ＥＸＣＥＬ')).to.deep.equal(['excel']);
    expect(ids('a4')).to.deep.equal(['excel']);
  });

  it('knows what letters spell, also a surname and a place of its own reading', () => {
    expect(ids('ymjj')).to.deep.equal(['graft']);
    expect(ids('taoxingl')).to.deep.equal(['plum']);
    expect(ids('qiuxiaomei')).to.deep.equal(['plum']);
    expect(ids('shengzhou')).to.deep.equal(['plum']);
  });

  it('wants all words, and quoted ones as they stand', () => {
    expect(ids('乡土 接穗')).to.deep.equal(['graft']);
    expect(ids('"乡土地"')).to.deep.equal(['land']);
    expect(ids('乡土 反诈')).to.deep.equal([]);
  });

  it('finds what is called otherwise, but not between quotes', () => {
    expect(ids('防骗')).to.deep.equal(['fraud']);
    expect(ids('"防骗"')).to.deep.equal([]);
  });

  it('says where it found it, in the text as it was written', () => {
    const [found] = search.find('乡土 修剪').items;
    expect(found?.item).to.equal(LESSONS[0]);
    expect(found?.title).to.deep.equal([]);
    expect(found?.description).to.deep.equal([[13, 15]]);
    expect(found?.others).to.deep.equal([{ text: '乡土', marks: [[0, 2]] }]);
  });

  it('looks for what sounds the same when the query finds nothing', () => {
    const { items, corrected } = search.find('香土');
    expect(corrected).to.equal('乡土');
    expect(items.map(({ item }) => item.id)).to.include('graft');
    expect(search.find('没有的').corrected).to.equal(undefined);
  });

  it('completes tags, names and titles', () => {
    expect(search.complete('xt')).to.deep.include({ text: '乡土', marks: [[0, 2]], id: undefined });
    expect(search.complete('枫桥')).to.deep.equal([
      { text: '枫桥经验：反诈宣传进村', marks: [[0, 2]], id: 'fraud' },
    ]);
    expect(search.complete('乡', 1)).to.have.length(1);
    expect(search.complete('')).to.deep.equal([]);
  });

  it('shows everything for an empty query, the newest first', () => {
    const dated = new ChineseSearch([
      { id: 'old', title: '旧课', publishedAt: TODAY - 400 * DAY_MS },
      { id: 'new', title: '新课', publishedAt: TODAY },
      { id: 'undated', title: '老课' },
    ]);
    expect(dated.find('').items.map(({ item }) => item.id)).to.deep.equal(['new', 'old', 'undated']);
    expect(dated.find(' 。').total).to.equal(3);
  });

  it('turns pages without a hole or a double', () => {
    const many = new ChineseSearch(
      Array.from({ length: 95 }, (_, place) => ({
        id: String(place),
        title: `果树第${place}课`,
        publishedAt: place,
      })),
    );
    const seen: string[] = [];
    for (let offset = 0; offset < 100; offset += 10) {
      const { items, total } = many.find('果树', { limit: 10, offset });
      expect(total).to.equal(95);
      seen.push(...items.map(({ item }) => item.id));
    }
    expect(seen).to.have.length(95);
    expect(new Set(seen).size).to.equal(95);
  });

  it('sees at once what is put, replaced and removed', () => {
    const shelf = new ChineseSearch<Findable & { readonly minutes: number }>();
    shelf.put({ id: '1', title: '枇杷套袋', minutes: 9 });
    expect(shelf.find('枇杷').items[0]?.item.minutes).to.equal(9);
    expect(shelf.complete('pp').map(({ text }) => text)).to.deep.equal(['枇杷套袋']);
    shelf.put({ id: '1', title: '茶树修剪', minutes: 12 });
    expect(shelf.find('枇杷').total).to.equal(0);
    expect(shelf.find('茶树').items[0]?.item.minutes).to.equal(12);
    expect(shelf.size).to.equal(1);
    expect(shelf.remove('1')).to.equal(true);
    expect(shelf.remove('1')).to.equal(false);
    expect(shelf.find('').total).to.equal(0);
  });

  it('answers the same after thousands of changes', () => {
    const shelf = new ChineseSearch(LESSONS);
    for (let round = 0; round < 1200; round += 1) {
      for (const lesson of LESSONS) shelf.put({ ...lesson, description: `第 ${round} 次修改` });
    }
    expect(shelf.size).to.equal(LESSONS.length);
    expect(shelf.find('修改').total).to.equal(LESSONS.length);
    expect(shelf.find('嫁接').items.map(({ item }) => item.id)).to.deep.equal(['graft']);
  });

  it('refuses pages that make no sense', () => {
    for (const options of [
      { limit: 0 },
      { limit: 1.5 },
      { offset: -1 },
      { offset: Number.NaN },
      { offset: 10_000 },
    ]) {
      expect(() => search.find('乡土', options)).to.throw(RangeError, /limit|offset/);
    }
  });

  it('sorts titles as readers expect', () => {
    const titles = ['杨梅 12', '枇杷', '杨梅 3', '茶叶'];
    const byKey = titles.toSorted((a, b) => (titleSortKey(a) < titleSortKey(b) ? -1 : 1));
    expect(byKey).to.deep.equal(['茶叶', '枇杷', '杨梅 3', '杨梅 12']);
  });
});

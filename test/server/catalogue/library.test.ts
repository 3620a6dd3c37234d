import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import type { CoursewareInput } from '../../../server/catalogue/courseware-input.ts';
import { findByCodes, readCourseware } from '../../../server/catalogue/courseware-rows.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const refusal = async (promise: Promise<unknown>): Promise<CatalogueError> =>
  (await errorOf(promise)) as CatalogueError;

const FULL = {
  title: '嵊州桃形李栽培技术',
  description: '从选苗到采收。',
  series: '乡土大讲堂',
  tags: ['乡土', '农业技术'],
  code: 'SX-XT-2011-0152',
  kind: 'local',
  category: '0203',
  year: 2011,
  origin: 'self',
  dialect: '嵊州话',
  language: 'zh-CN',
  region: '330683102',
  producer: '嵊州市农业局',
  presenters: ['讲课人甲', '讲课人乙'],
  audience: ['村干部', '种植户'],
  trades: ['桃形李'],
  months: [6, 3, 6],
  awards: ['全市优秀课件一等奖'],
  rights: { holder: '嵊州市农业局', scope: '全市站点', until: '2031-12-31' },
  extra: { 拍摄地: '金庭镇', 责任编辑: '编辑甲' },
  duration: 1110,
} as const satisfies CoursewareInput;

onEachDatabase('Items of a library', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  const touched: string[][] = [];
  let refuseIndexing = false;

  before(async () => {
    database = await databases.open(undefined, {
      onChange: async (transaction, ids) => {
        // Reads within the transaction: what it hears of is there, and not before.
        const items = await readCourseware(transaction, ids);
        touched.push(items.map(({ title }) => title));
        if (refuseIndexing) throw new Error('the index is full');
      },
    });
    catalogue = new Catalogue(database).as('office');
    await database.write(async (transaction) => {
      await transaction.rows(
        `INSERT INTO category (code, name, parent_code, rank) VALUES ('02', '农业', NULL, 1), ('0203', '果树', '02', 2)`,
      );
      await transaction.rows(
        `INSERT INTO region (id, code, name, level, parent_id, path, valid_from, valid_to) VALUES
           ('330600', '330600', '绍兴市', 'city', NULL, '/330600/', NULL, NULL),
           ('330683', '330683', '嵊州市', 'county', '330600', '/330600/330683/', NULL, NULL),
           ('330683102-a', '330683102', '金庭镇（旧）', 'town', '330683', '/330600/330683/330683102-a/', NULL, '2001-10-31'),
           ('330683102', '330683102', '金庭镇', 'town', '330683', '/330600/330683/330683102/', '2001-11-01', NULL)`,
      );
    });
  });

  beforeEach(() => {
    touched.length = 0;
    refuseIndexing = false;
  });

  it('are kept with everything that was written about them', async () => {
    const made = await catalogue.create(FULL);
    expect(made).to.deep.include({
      code: 'SX-XT-2011-0152',
      kind: 'local',
      category: { code: '0203', name: '果树' },
      series: '乡土大讲堂',
      seriesPosition: 1,
      tags: ['乡土', '农业技术'],
      year: 2011,
      origin: 'self',
      dialect: '嵊州话',
      language: 'zh-CN',
      region: { id: '330683102', code: '330683102', name: '金庭镇', path: '/330600/330683/330683102/' },
      audience: ['村干部', '种植户'],
      trades: ['桃形李'],
      months: [3, 6],
      awards: ['全市优秀课件一等奖'],
      rights: { holder: '嵊州市农业局', scope: '全市站点', until: '2031-12-31' },
      extra: { 拍摄地: '金庭镇', 责任编辑: '编辑甲' },
      duration: 1110,
      uses: { views: 0, plays: 0, favourites: 0 },
      publishedAt: undefined,
    });
    expect(made.presenters.map(({ name }) => name)).to.deep.equal(['讲课人甲', '讲课人乙']);
    expect(made.producer?.name).to.equal('嵊州市农业局');
    expect(await catalogue.get(made.id)).to.deep.equal(made);
  });

  it('share a series, a unit and a person by name, and get numbers that never come again', async () => {
    const first = await catalogue.create({
      title: '甲',
      series: '同一系列',
      producer: '同一单位',
      presenters: ['同一人'],
    });
    const second = await catalogue.create({
      title: '乙',
      series: '同一系列',
      producer: '同一单位',
      presenters: ['同一人'],
    });
    expect(second.seriesId).to.equal(first.seriesId);
    expect(second.seriesPosition).to.equal(2);
    expect(second.producer).to.deep.equal(first.producer);
    expect(second.presenters).to.deep.equal(first.presenters);
    await catalogue.remove(second.id);
    const third = await catalogue.create({ title: '丙' });
    expect(third.number).to.equal(second.number + 1);
  });

  it('change field by field, each with its history, and not otherwise', async () => {
    const before = await catalogue.create({ ...FULL, code: 'A-1' });
    const same = await catalogue.update(before.id, {
      ...FULL,
      code: 'A-1',
      extra: { 责任编辑: '编辑甲', 拍摄地: '金庭镇' },
    });
    expect(same).to.deep.equal(before);
    const after = await catalogue.update(before.id, {
      kind: 'skill',
      category: null,
      region: '330683102-a',
      producer: '绍兴电视台',
      presenters: [],
      months: [12],
      rights: { until: '2030-01-01' },
      series: null,
    });
    expect(after).to.deep.include({
      kind: 'skill',
      category: undefined,
      series: undefined,
      seriesId: undefined,
      seriesPosition: undefined,
      presenters: [],
      months: [12],
      rights: { holder: undefined, scope: undefined, until: '2030-01-01' },
      year: 2011,
      revision: 2,
    });
    expect(await catalogue.get(before.id)).to.deep.equal(after);
    const history = (await catalogue.history(before.id)).slice(1);
    expect(
      Object.fromEntries(history.map(({ field, before: was, after: is }) => [field, [was, is]])),
    ).to.deep.equal({
      kind: ['local', 'skill'],
      category: ['0203 果树', undefined],
      region: ['金庭镇 (330683102)', '金庭镇（旧） (330683102)'],
      producer: ['嵊州市农业局', '绍兴电视台'],
      presenters: ['讲课人甲, 讲课人乙', undefined],
      months: ['3, 6', '12'],
      rights: ['嵊州市农业局, 全市站点, until 2031-12-31', 'until 2030-01-01'],
      series: ['乡土大讲堂', undefined],
      seriesPosition: [String(before.seriesPosition), undefined],
    });
    const stale = await refusal(catalogue.update(before.id, { kind: 'policy' }, before.revision));
    expect(stale).to.include({ code: 'revision-mismatch', field: 'kind' });
    expect(await catalogue.update(before.id, { year: 2012 }, before.revision)).to.include({ year: 2012 });
  });

  for (const [what, fields, field] of [
    ['a kind there is not', { kind: 'film' }, 'kind'],
    ['a category there is not', { category: '99' }, 'category'],
    ['a region there is not', { region: '110000' }, 'region'],
    ['a month there is not', { months: [13] }, 'months'],
    ['a day there is not', { rights: { until: '2026-02-30' } }, 'rights.until'],
    ['a year of another age', { year: 12 }, 'year'],
    ['a language that is none', { language: '中文' }, 'language'],
    ['a duration of nothing', { duration: 0 }, 'duration'],
    ['a place without a series', { seriesPosition: 3 }, 'seriesPosition'],
    ['a presenter without a name', { presenters: [' '] }, 'presenters'],
    ['a field there is not', { colour: 'red' }, 'colour'],
  ] as const) {
    it(`refuse ${what}`, async () => {
      const input = { title: '课', ...fields } as unknown as CoursewareInput;
      const count = await rowsOf(database, 'courseware');
      expect(await refusal(catalogue.create(input))).to.include({ code: 'invalid-input', field });
      expect(await rowsOf(database, 'courseware')).to.equal(count);
    });
  }

  it('do not share a code, within one import or with another item', async () => {
    const owner = await catalogue.create({ title: '有码', code: 'ONE-CODE' });
    for (const attempt of [
      catalogue.create({ title: '重码', code: 'ONE-CODE' }),
      catalogue.createMany([
        { title: '一', code: 'TWO-CODE' },
        { title: '二', code: 'TWO-CODE' },
      ]),
    ]) {
      expect(await refusal(attempt)).to.include({ code: 'conflict', field: 'code' });
    }
    expect(await catalogue.update(owner.id, { code: 'ONE-CODE', year: 2020 })).to.include({ year: 2020 });
    const found = await database.read((statements) => findByCodes(statements, ['TWO-CODE', 'ONE-CODE']));
    expect(found.map(({ title }) => title)).to.deep.equal(['有码']);
  });

  it('are written by the thousand in one transaction, as if one by one', async function many() {
    const inputs = Array.from({ length: 2500 }, (_, index) => ({
      ...FULL,
      title: `课 ${index}`,
      code: `MANY-${index}`,
      series: `系列 ${index % 40}`,
      presenters: [`人 ${index % 100}`],
      producer: `单位 ${index % 7}`,
    }));
    const ids = await catalogue.createMany(inputs);
    expect(new Set(ids).size).to.equal(2500);
    const items = await database.read((statements) => readCourseware(statements, ids));
    expect(items.map(({ title }) => title)).to.deep.equal(inputs.map(({ title }) => title));
    const [first, last] = [items[0], items[2499]];
    expect(last?.number).to.equal((first?.number ?? 0) + 2499);
    expect(last?.seriesPosition).to.equal(Math.floor(2499 / 40) + 1);
    const alone = await catalogue.create({ ...FULL, code: 'ALONE' });
    const comparable = (item: typeof alone | undefined) => ({
      ...item,
      id: '',
      number: 0,
      title: '',
      code: '',
      series: '',
      seriesId: '',
      seriesPosition: 0,
      presenters: [],
      producer: '',
      createdAt: 0,
      updatedAt: 0,
    });
    expect(comparable(last)).to.deep.equal(comparable(alone));
    expect(
      (await catalogue.history(ids[1234] ?? '')).map(({ field, after }) => [field, after]),
    ).to.deep.equal([['created', '课 1234']]);
    expect(touched[0], 'the index hears of all of them at once').to.have.length(2500);
  });

  it('are written all or none', async () => {
    const count = await rowsOf(database, 'courseware');
    const series = await rowsOf(database, 'series');
    const error = await refusal(
      catalogue.createMany([
        { title: '好', series: '不会有的系列' },
        { title: '坏', tags: ['没有的标签'] },
      ]),
    );
    expect(error).to.include({ code: 'unknown-tag' });
    expect(await rowsOf(database, 'courseware')).to.equal(count);
    expect(await rowsOf(database, 'series')).to.equal(series);
    expect(touched).to.deep.equal([]);
  });

  it('tell the index of every change within its transaction, and of nothing else', async () => {
    const { id } = await catalogue.create({ title: '变' });
    await catalogue.update(id, { title: '变二' });
    await catalogue.update(id, { title: '变二' });
    await catalogue.move(id, 'approved');
    await catalogue.setChapters(id, [{ start: 0, title: '头' }]);
    await refusal(catalogue.update(id, { kind: 'film' as 'skill' }));
    expect(touched).to.deep.equal([['变'], ['变二'], ['变二'], ['变二']]);
    await catalogue.move(id, 'returned');
    touched.length = 0;
    const draft = await catalogue.create({ title: '去' });
    await catalogue.remove(draft.id);
    expect(touched).to.deep.equal([['去'], []]);
  });

  it('stay as they were when the index cannot follow', async () => {
    const item = await catalogue.create({ title: '稳' });
    refuseIndexing = true;
    expect((await errorOf(catalogue.update(item.id, { title: '不稳' }))).message).to.equal(
      'the index is full',
    );
    refuseIndexing = false;
    expect(await catalogue.get(item.id)).to.deep.equal(item);
  });
});

async function rowsOf(database: Database, table: string): Promise<number | undefined> {
  const [row] = await database.read((statements) =>
    statements.rows<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`),
  );
  return row?.n;
}

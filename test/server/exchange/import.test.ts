import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import { selectItems } from '../../../server/catalogue/courseware-rows.ts';
import type { Courseware } from '../../../server/catalogue/courseware.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { CSV_BEGINNING, csvRow } from '../../../server/exchange/csv-writer.ts';
import { exportTable } from '../../../server/exchange/export-table.ts';
import { ImportDesk } from '../../../server/exchange/import-desk.ts';
import type { ImportReport } from '../../../server/exchange/import-report.ts';
import { tableReferences } from '../../../server/exchange/table-references.ts';
import { templateCsv, templateWorkbook } from '../../../server/exchange/template.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { workbookOf } from '../../support/workbooks.ts';

type Cells = readonly (string | undefined)[];

function csv(...rows: readonly Cells[]): Buffer {
  return Buffer.from(CSV_BEGINNING + rows.map(csvRow).join(''));
}

const told = ({ added, changed, same, problemCount, isDone }: ImportReport) => ({
  added,
  changed,
  same,
  problemCount,
  isDone,
});

onEachDatabase('Tables of courseware', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  let desk: ImportDesk;
  let changes: string[];

  beforeEach(async function open() {
    changes = [];
    database = await databases.open(undefined, {
      onChange: async (_, ids) => void changes.push(...ids),
    });
    catalogue = new Catalogue(database);
    desk = new ImportDesk(database);
    await database.write(async (transaction) => {
      await transaction.rows(
        `INSERT INTO category (code, name, parent_code, rank) VALUES ('A', '种植', NULL, 1), ('A01', '果树', 'A', 2)`,
      );
      await transaction.rows(
        `INSERT INTO region (id, code, name, level, parent_id, path, valid_from, valid_to) VALUES
           ('r1', '330600', '绍兴市', 'city', NULL, '/r1/', NULL, NULL),
           ('r2', '330683', '嵊州市', 'county', 'r1', '/r1/r2/', NULL, NULL),
           ('r3', '330624', '新昌县', 'county', 'r1', '/r1/r3/', NULL, NULL),
           ('r4', '330683102', '石璜镇', 'town', 'r2', '/r1/r2/r4/', NULL, NULL),
           ('r5', '330683109', '城关镇', 'town', 'r2', '/r1/r2/r5/', NULL, NULL),
           ('r6', '330624100', '城关镇', 'town', 'r3', '/r1/r3/r6/', NULL, NULL),
           ('r7', '330621', '绍兴县', 'county', 'r1', '/r1/r7/', '1983-01-01', '2013-10-18')`,
      );
      await transaction.rows(`INSERT INTO tag_alias (alias, tag) VALUES ('农技', '农业技术')`);
    });
  });

  const all = (): Promise<readonly Courseware[]> =>
    database.read((statements) => selectItems(statements, 'ORDER BY c.number'));

  const only = async (): Promise<Courseware> => {
    const [item, ...others] = await all();
    expect(others).to.have.length(0);
    if (item === undefined) throw new Error('there is no item');
    return item;
  };

  const exported = async (format: 'csv' | 'xlsx'): Promise<Buffer> =>
    exportTable(format, await all(), await database.read(tableReferences));

  const HEADINGS = [
    ...[
      '编号',
      '题名',
      '简介',
      '类型',
      '分类',
      '系列',
      '集数',
      '标签',
      '主讲',
      '制作单位',
      '地区',
      '年份',
      '来源',
    ],
    ...[
      '语言',
      '方言',
      '适用对象',
      '产业',
      '农时',
      '荣誉',
      '时长',
      '版权方',
      '使用范围',
      '版权到期',
      '附加：拍摄地',
    ],
  ];
  const FULL = [
    ...[
      'SX-1',
      '嵊州桃形李栽培技术',
      '第一行\n第二行',
      '乡土',
      '果树',
      '乡土课堂',
      '第3集',
      '乡土，农技',
      '张农艺、李老师',
    ],
    ...['嵊州市农业局', '嵊州市石璜镇', '2011年', '自制', '英语', '绍兴话', '种植户;村官', '水果', '11-2'],
    ...['一等奖', '18:30', '农业局', '全市', '2030/12/31', '西白山村'],
  ];

  it('fills every field from its column, by any of the words for it', async () => {
    const report = await desk.take('test', csv(HEADINGS, FULL));
    expect(report.problems).to.deep.equal([]);
    const item = await only();
    expect(item).to.deep.include({
      code: 'SX-1',
      title: '嵊州桃形李栽培技术',
      description: '第一行\n第二行',
      kind: 'local',
      category: { code: 'A01', name: '果树' },
      series: '乡土课堂',
      seriesPosition: 3,
      tags: ['乡土', '农业技术'],
      year: 2011,
      origin: 'self',
      language: 'en',
      dialect: '绍兴话',
      region: { id: 'r4', code: '330683102', name: '石璜镇', path: '/r1/r2/r4/' },
      audience: ['种植户', '村官'],
      trades: ['水果'],
      months: [1, 2, 11, 12],
      awards: ['一等奖'],
      duration: 1110,
      rights: { holder: '农业局', scope: '全市', until: '2030-12-31' },
      extra: { 拍摄地: '西白山村' },
      publication: 'draft',
    });
    expect(item.presenters.map(({ name }) => name)).to.deep.equal(['张农艺', '李老师']);
    expect(item.producer?.name).to.equal('嵊州市农业局');
    expect(changes).to.deep.equal([item.id]);
    expect((await catalogue.history(item.id)).map(({ actor }) => actor)).to.deep.equal(['test']);
  });

  it('changes nothing when the same table comes again', async () => {
    const table = csv(HEADINGS, FULL, ['SX-2', '第二条']);
    expect(told(await desk.take('test', table))).to.deep.include({ added: 2, isDone: true });
    const before = await all();
    changes = [];
    expect(told(await desk.take('test', table))).to.deep.equal({
      added: 0,
      changed: 0,
      same: 2,
      problemCount: 0,
      isDone: true,
    });
    expect(await all()).to.deep.equal(before);
    expect(changes).to.deep.equal([]);
  });

  it('changes only what a table gives: empty cells leave, （清空） empties', async () => {
    await desk.take('test', csv(HEADINGS, FULL));
    const report = await desk.take(
      'test',
      csv(
        ['编号', '标题', '简介', '标签', '农时', '版权到期', '附加：拍摄地', '语言', '地区'],
        ['SX-1', '', '新的简介', '（清空）', '(清空)', '（清空）', '（清空）', '（清空）', '（清空）'],
      ),
    );
    expect(told(report)).to.deep.include({ added: 0, changed: 1, isDone: true });
    expect(report.effects[0]?.columns).to.include.members(['简介', '标签', '农时', '版权到期']);
    const item = await only();
    expect(item).to.deep.include({
      title: '嵊州桃形李栽培技术',
      description: '新的简介',
      tags: [],
      months: [],
      rights: { holder: '农业局', scope: '全市', until: undefined },
      extra: {},
      language: 'zh-CN',
      region: undefined,
      series: '乡土课堂',
    });
  });

  it('tells every problem at once, each with its cell and what to do, and keeps nothing', async () => {
    const report = await desk.take(
      'test',
      csv(
        ['编号', '标题', '类型', '标签', '年份', '地区', '农时', '时长', '集数', '标体'],
        ['1', '好的一行'],
        ['2', '', '乡土'],
        ['3', '题', '电影', '乡士', '十一年', '城关镇', '13月', '很长', '1', '多余'],
        ['', '没有编号'],
        ['1', '编号相同'],
        ['4', '（清空）'],
        ['5', '题', '', '', '', '绍兴县'],
      ),
    );
    const cells = Object.fromEntries(report.problems.map(({ cell, message }) => [cell, message]));
    expect(cells).to.have.all.keys(
      'J1',
      'B3',
      'C4',
      'D4',
      'E4',
      'F4',
      'G4',
      'H4',
      'I4',
      'A5',
      'A6',
      'B7',
      'F8',
    );
    expect(cells['J1']).to.include('是不是“标题”');
    expect(cells['B3']).to.include('新增的课件要有标题');
    expect(cells['C4']).to.include('乡土课件、创业先锋');
    expect(cells['D4']).to.include('是不是指 乡土');
    expect(cells['F4']).to.include('绍兴市嵊州市城关镇（330683109）').and.to.include('330624100');
    expect(cells['I4']).to.include('写了集数，就要写系列');
    expect(cells['A6']).to.include('和第 2 行相同');
    expect(cells['F8']).to.include('没有地区“绍兴县”');
    expect(report.problems.map(({ row }) => row)).to.deep.equal(
      report.problems.map(({ row }) => row).toSorted((a, b) => a - b),
    );
    expect(told(report)).to.deep.include({ problemCount: 13, isDone: false });
    expect(await all()).to.deep.equal([]);
    expect(changes).to.deep.equal([]);
    const series = await database.read((statements) => statements.rows('SELECT id FROM series'));
    expect(series, 'nor what its rows named for the first time').to.deep.equal([]);
  });

  it('tries a table without keeping anything, and says what would happen', async () => {
    await desk.take('test', csv(['编号', '标题'], ['1', '旧']));
    const table = csv(['编号', '标题', '系列'], ['1', '新', '丛书'], ['2', '另一条', '丛书']);
    const trial = await desk.take('test', table, { isDryRun: true });
    expect(told(trial)).to.deep.include({ added: 1, changed: 1, isDone: false });
    expect(trial.effects).to.deep.equal([
      { row: 2, effect: 'changed', code: '1', title: '新', columns: ['标题', '系列'] },
      { row: 3, effect: 'added', code: '2', title: '另一条', columns: ['编号', '标题', '系列'] },
    ]);
    expect((await only()).title).to.equal('旧');
    expect(told(await desk.take('test', table))).to.deep.include({ added: 1, changed: 1, isDone: true });
  });

  it('names cells whose formulas came to nothing', async () => {
    const report = await desk.take(
      'test',
      workbookOf([
        ['编号', '标题'],
        ['1', '<c t="str"><f>B9</f></c>'],
        ['<c t="e"><f>A1/0</f><v>#REF!</v></c>', '题'],
      ]),
    );
    const cells = Object.fromEntries(report.problems.map(({ cell, message }) => [cell, message]));
    expect(cells['B2']).to.include('公式还没有算出结果');
    expect(cells['A3']).to.include('公式出错');
    expect(report.isDone).to.equal(false);
  });

  for (const format of ['csv', 'xlsx'] as const) {
    it(`reads its own ${format} export back without any change, also of items without a code`, async () => {
      await desk.take('test', csv(HEADINGS, FULL));
      await catalogue.create({
        title: '=没有编号',
        description: "'引号",
        extra: { 备注: '-1', '奇怪.名': '@' },
      });
      await catalogue.create({
        title: '地名用过的旧名',
        region: 'r7',
        duration: 61.26,
        code: '00123',
        presenters: ['甲、乙', '"丙"'],
        months: [3, 4, 5],
        language: 'fr',
      });
      const before = await all();
      const table = await exported(format);
      const report = await desk.take('test', table);
      expect(report.problems).to.deep.equal([]);
      expect(told(report)).to.deep.equal({ added: 0, changed: 0, same: 3, problemCount: 0, isDone: true });
      expect(await all()).to.deep.equal(before);
    });
  }

  it('knows an exported item by its own number, and lets its code be changed', async () => {
    const { id } = await catalogue.create({ title: '没有编号' });
    await catalogue.create({ title: '占着', code: 'TAKEN' });
    await desk.take('test', csv(['系统编号', '编号'], [id, 'SX-9']));
    expect((await catalogue.get(id)).code).to.equal('SX-9');
    const report = await desk.take('test', csv(['系统编号', '编号'], [id, 'TAKEN'], ['nobody', '']));
    const cells = Object.fromEntries(report.problems.map(({ cell, message }) => [cell, message]));
    expect(cells['B2']).to.include('已经属于另一条课件');
    expect(cells['A3']).to.include('没有系统编号为“nobody”的课件');
  });

  it('hands out a template that imports nothing until it is filled in, and everything then', async () => {
    const references = await database.read(tableReferences);
    for (const template of [templateCsv(references), await templateWorkbook(references)]) {
      const report = await desk.take('test', template);
      expect(told(report)).to.deep.equal({ added: 0, changed: 0, same: 0, problemCount: 0, isDone: true });
      expect(report.notes[0]).to.include('示例');
    }
    const filled = templateCsv(references).toString().replace('示例-001', 'SX-XT-2011-0152');
    const report = await desk.take('test', Buffer.from(filled));
    expect(report.problems).to.deep.equal([]);
    expect(report.added).to.equal(1);
  });

  it('takes two tables at the same time one after the other', async () => {
    const tables = Array.from({ length: 4 }, (_, index) => csv(['编号', '标题'], ['1', `题 ${index}`]));
    const reports = await Promise.all(tables.map((table) => desk.take('test', table)));
    expect(reports.map(({ added, changed }) => [added, changed])).to.deep.equal([
      [1, 0],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });
});

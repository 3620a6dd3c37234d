import { execFileSync } from 'node:child_process';

import { expect } from 'chai';

import { csvRow, CSV_BEGINNING } from '../../../server/exchange/csv-writer.ts';
import { ExchangeError } from '../../../server/exchange/exchange-error.ts';
import { withGuard, withoutGuard } from '../../../server/exchange/formula-guard.ts';
import { cellAddress, GRID_LIMITS } from '../../../server/exchange/grid.ts';
import { readTable } from '../../../server/exchange/table-reader.ts';
import { writeWorkbook } from '../../../server/exchange/workbook-writer.ts';
import { errorOf } from '../../support/databases.ts';
import { packedWorkbook, workbookEntries, workbookOf } from '../../support/workbooks.ts';

/** Texts that tables have spoilt before. */
const TEXTS = [
  '桃形李 栽培',
  '=1+1',
  "'已加引号",
  "''",
  '-5 度保鲜',
  '+86',
  '@某人',
  '＝全角',
  '逗号,引号"和\n换行',
  '_x4E00_ 不是“一”',
  '00123',
  '3-5',
  'TRUE',
  '<b>&amp;</b>',
  '𠮷野家',
  'x'.repeat(5000),
];

describe('The reader of tables', () => {
  it('gives CSV back as it was written, and lets no cell of it be a formula', async () => {
    const text = CSV_BEGINNING + csvRow(TEXTS);
    for (const cell of TEXTS.filter((one) => /^[=+\-@＝]/.test(one))) expect(text).to.include(`'${cell}`);
    const { rows } = await readTable(Buffer.from(text));
    expect(rows).to.deep.equal([TEXTS]);
    for (const one of TEXTS) expect(withoutGuard(withGuard(one))).to.equal(one);
  });

  it('gives a workbook back as it was written', async () => {
    const bytes = await writeWorkbook([{ name: '课件', columns: [], rows: [TEXTS] }]);
    const { rows, format, shown } = await readTable(bytes);
    expect(rows).to.deep.equal([TEXTS]);
    expect({ format, shown }).to.deep.equal({ format: 'xlsx', shown: '工作表“课件”' });
  });

  it('tells UTF-8 with and without its mark, GB18030 and UTF-16 apart', async () => {
    const text = '编号,标题\r\nA-1,镕基䶮吃饭\r\n';
    const gb18030 = execFileSync('iconv', ['-f', 'UTF-8', '-t', 'GB18030'], { input: text });
    const utf16 = Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from(text.replaceAll(',', '\t'), 'utf16le'),
    ]);
    const expected = [
      ['编号', '标题'],
      ['A-1', '镕基䶮吃饭'],
    ];
    for (const [bytes, shown] of [
      [Buffer.from(text), 'UTF-8，逗号分隔'],
      [Buffer.from(`\uFEFF${text}`), 'UTF-8，逗号分隔'],
      [gb18030, 'GB18030，逗号分隔'],
      [utf16, 'UTF-16，制表符分隔'],
    ] as const) {
      const grid = await readTable(bytes);
      expect(grid.rows, shown).to.deep.equal(expected);
      expect(grid.shown).to.equal(shown);
    }
  });

  it('finds the separator in the headings, also where cells hold others', async () => {
    for (const separator of [',', ';', '\t']) {
      const line = (cells: readonly string[]): string => cells.map((cell) => `"${cell}"`).join(separator);
      const text = `${line(['编号', '标签;其他,分', '标题'])}\n${line(['1', 'a;b,c\td', '题'])}\n`;
      const { rows } = await readTable(Buffer.from(text));
      expect(rows[1], separator).to.deep.equal(['1', 'a;b,c\td', '题']);
    }
    const declared = await readTable(Buffer.from('sep=;\n编号;标题\n1;题\n'));
    expect(declared.rows).to.deep.equal([
      ['编号', '标题'],
      ['1', '题'],
    ]);
  });

  it('numbers rows as spreadsheets do, with blank lines and lines within quotes', async () => {
    const { rows } = await readTable(Buffer.from('编号,标题\n\n"1","两\n行"\n2,题\n'));
    expect(rows.map((row) => row[0])).to.deep.equal(['编号', undefined, '1', '2']);
    expect(cellAddress(16, 1)).to.equal('B17');
    expect(cellAddress(0, 27)).to.equal('AB1');
  });

  it('counts formulas as what they came to, and names those that came to nothing', async () => {
    const { rows, faults } = await readTable(
      workbookOf([
        ['编号', '标题', '年份', '简介'],
        [
          '1',
          '<c t="str"><f>A2</f><v>算好</v></c>',
          '<c><f>1+1</f><v>2011</v></c>',
          '<c t="e"><f>A1/0</f><v>#DIV/0!</v></c>',
        ],
        ['2', '<c t="str"><f>A3</f></c>', '<c><f>NOW()</f></c>'],
      ]),
    );
    expect(rows[1]?.slice(0, 3)).to.deep.equal(['1', '算好', 2011]);
    expect(faults).to.deep.equal([
      { row: 1, column: 3, kind: 'error' },
      { row: 2, column: 1, kind: 'uncomputed' },
      { row: 2, column: 2, kind: 'uncomputed' },
    ]);
  });

  it('reads the sheet named 课件, and the first where there is none', async () => {
    const bytes = await writeWorkbook([
      { name: '说明', columns: [], rows: [['请看下一页']] },
      { name: '课件', columns: [], rows: [['编号', '标题']] },
    ]);
    expect((await readTable(bytes)).rows[0]).to.deep.equal(['编号', '标题']);
    expect((await readTable(workbookOf([['编号']], 'Sheet1'))).shown).to.equal('工作表“Sheet1”');
  });
});

describe('The limits of tables', () => {
  async function refusal(bytes: Uint8Array, limits = GRID_LIMITS): Promise<ExchangeError> {
    const error = await errorOf(readTable(bytes, limits));
    expect(error).to.be.instanceOf(ExchangeError);
    return error as ExchangeError;
  }

  it('refuses a workbook that unpacks to more than it may, after as much as it may', async () => {
    const limits = { ...GRID_LIMITS, unpackedBytes: 2 ** 20 };
    const bomb = packedWorkbook({
      ...workbookEntries('<row r="1"/>'),
      'xl/media.xml': ' '.repeat(8 * 2 ** 20),
    });
    expect(bomb.length).to.be.lessThan(100_000);
    expect((await refusal(bomb, limits)).code).to.equal('table-too-large');
  });

  it('does not believe what an archive says of its sizes', async () => {
    const limits = { ...GRID_LIMITS, unpackedBytes: 2 ** 20 };
    const size = 8 * 2 ** 20;
    const bomb = packedWorkbook({ ...workbookEntries('<row r="1"/>'), 'xl/media.xml': ' '.repeat(size) });
    const honest = Buffer.alloc(4);
    honest.writeUInt32LE(size);
    const small = Buffer.alloc(4);
    small.writeUInt32LE(1000);
    let lies = Buffer.from(bomb);
    for (let at = lies.indexOf(honest); at >= 0; at = lies.indexOf(honest)) small.copy(lies, at);
    expect((await refusal(lies, limits)).code).to.be.oneOf(['table-too-large', 'table-unreadable']);
  });

  it('refuses one far cell that would have millions before it filled in', async () => {
    for (const far of [
      '<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
      '<row r="1"><c r="XFD1"><v>1</v></c></row>',
      '<row a=">" r="1048576"><c r="A1048576"><v>1</v></c></row>',
    ]) {
      const error = await refusal(packedWorkbook(workbookEntries(far)));
      expect(error.code, far).to.equal('table-too-large');
      expect(error.message).to.include('删去下面和右边的空行');
    }
  });

  it('says of every other kind of file what it is and what to do', async () => {
    const cases: readonly (readonly [Uint8Array, string])[] = [
      [Buffer.from('d0cf11e0a1b11ae1', 'hex'), '另存为 .xlsx'],
      [Buffer.from('504b0304000000', 'hex'), '已损坏'],
      [packedWorkbook({ 'word/document.xml': '<w/>' }), '不是 Excel 工作簿'],
      [packedWorkbook(workbookEntries('<row r="1"><c r="A1"></row>')), '读不出来'],
      [Buffer.alloc(0), '文件是空的'],
      [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0]), '不是文字'],
      [Buffer.from([0x61, 0xff, 0xff, 0x0a]), '编码'],
      [Buffer.from('编号,"标题\n1,题\n'), '引号不成对'],
    ];
    for (const [bytes, words] of cases) {
      const error = await refusal(bytes);
      expect(error.message).to.include(words);
      expect(error.code).to.equal('table-unreadable');
    }
  });

  it('refuses tables of too many rows and columns', async () => {
    const limits = { ...GRID_LIMITS, rows: 3, columns: 2 };
    expect((await refusal(Buffer.from('a\n1\n2\n3\n'), limits)).message).to.include('超过 2 行');
    expect((await refusal(Buffer.from('a,b,c\n'), limits)).message).to.include('有 3 列');
    expect((await refusal(workbookOf([['a'], ['1'], ['2'], ['3']]), limits)).code).to.equal(
      'table-too-large',
    );
  });
});

import { CLEAR_MARK, type Column } from './column.ts';
import { COLUMNS, EXTRA_PREFIX } from './columns.ts';
import { CSV_BEGINNING, csvRow } from './csv-writer.ts';
import type { TableReferences } from './table-references.ts';
import { ITEM_SHEET } from './table-reader.ts';
import { writeWorkbook, type SheetPlan } from './workbook-writer.ts';

/** The code of the row that shows how a row is filled in. */
const EXAMPLE_CODE = '示例-001';
const BLANK_ROWS = 300;

/** An example that fits every library: what refers to its tags and places is taken from what there is. */
function exampleRow(references: TableReferences): readonly (string | undefined)[] {
  const fitting: Readonly<Record<string, string | undefined>> = {
    code: EXAMPLE_CODE,
    tags: references.tags.slice(0, 2).join('、'),
    category: references.categories[0],
  };
  return COLUMNS.map(({ key, example }) => (key in fitting ? fitting[key] : example) || undefined);
}

function headings(): readonly string[] {
  return COLUMNS.map(({ heading }) => heading);
}

/** The empty table as CSV: headings and one example. */
export function templateCsv(references: TableReferences): Buffer {
  return Buffer.from(CSV_BEGINNING + csvRow(headings()) + csvRow(exampleRow(references)));
}

/** The empty table as a workbook: headings with one example, and a sheet that tells how to fill it in. */
export function templateWorkbook(references: TableReferences): Promise<Buffer> {
  const items: SheetPlan = {
    name: ITEM_SHEET,
    columns: COLUMNS.map(({ width, choices }) => ({ width, ...(choices && { choices }) })),
    rows: [headings(), exampleRow(references)],
    blankRows: BLANK_ROWS,
  };
  return writeWorkbook([items, helpSheet(references)]);
}

function helpSheet(references: TableReferences): SheetPlan {
  return {
    name: '填写说明',
    columns: [{ width: 16 }, { width: 70 }, { width: 60 }, { width: 30 }],
    rows: [
      ['列', '怎样填写', '可以写', '列名也可以写成'],
      ...COLUMNS.map((column) => [
        column.heading,
        column.help,
        choicesOf(column, references),
        column.aliases.join('、') || undefined,
      ]),
      [`${EXTRA_PREFIX}…`, `其他要保留的信息：列名写成“${EXTRA_PREFIX}拍摄地”这样，最多 50 列。`],
      ...RULES.map((rule, index) => [index === 0 ? '规则' : undefined, rule]),
    ],
  };
}

function choicesOf({ key, choices }: Column, references: TableReferences): string | undefined {
  const words = key === 'tags' ? references.tags : key === 'category' ? references.categories : choices;
  return words === undefined || words.length === 0 ? undefined : words.slice(0, 200).join('、');
}

const RULES = [
  '一行一条课件，列的次序随意，不用的列可以删去。',
  '靠“编号”认出课件：编号已有的修改，没有的新增。同一个文件再导入一次，什么也不会变。',
  '空着的格子不改动原来的内容；要清空，写“' + CLEAR_MARK + '”。',
  '编号以“示例”开头的行不导入。',
  '一处有错，整个文件都不导入；所有的错会一次列出，写明在哪一格、怎样改。先“试导入”看看结果，再正式导入。',
  '公式按算出的结果导入。CSV 文件可以是 UTF-8 或 GB18030（GBK）编码，用逗号、分号或制表符分隔。',
];

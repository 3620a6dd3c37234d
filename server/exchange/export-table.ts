import type { Courseware } from '../catalogue/courseware.ts';
import type { Column } from './column.ts';
import { COLUMNS, extraColumn, ID_HEADING } from './columns.ts';
import { CSV_BEGINNING, csvRow } from './csv-writer.ts';
import { ITEM_SHEET } from './table-reader.ts';
import type { TableReferences } from './table-references.ts';
import { SHOWN_ONLY } from './table-rows.ts';
import { writeWorkbook } from './workbook-writer.ts';

/** The kinds of tables that are written. */
export type TableFormat = 'xlsx' | 'csv';

/** What a table is called when it is sent, by its kind. */
export const TABLE_TYPES: Readonly<Record<TableFormat, string>> = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
};

const PUBLICATION_WORDS: Readonly<Record<Courseware['publication'], string>> = {
  draft: '草稿',
  submitted: '已送审',
  in_review: '审核中',
  returned: '已退回',
  approved: '审核通过',
  published: '已发布',
  suspended: '已暂停',
  withdrawn: '已撤下',
};

const PRODUCTION_WORDS: Readonly<Record<NonNullable<Courseware['current']>['production'], string>> = {
  none: '没有视频',
  uploading: '正在上传',
  uploaded: '等待转码',
  probing: '正在检查',
  transcoding: '正在转码',
  ready: '可以播放',
  failed: '制作失败',
};

type ShownOnly = (typeof SHOWN_ONLY)[number];

/** What is shown of an item and cannot be changed by a table. */
const SHOWN: Readonly<Record<ShownOnly, (item: Courseware) => string | number | undefined>> = {
  发布状态: ({ publication }) => PUBLICATION_WORDS[publication],
  视频: ({ current }) => PRODUCTION_WORDS[current?.production ?? 'none'],
  浏览: ({ uses }) => uses.views,
  播放: ({ uses }) => uses.plays,
  收藏: ({ uses }) => uses.favourites,
  添加时间: ({ createdAt }) => dayOf(createdAt),
  首次发布: ({ publishedAt }) => (publishedAt === undefined ? undefined : dayOf(publishedAt)),
};

const BEIJING_MS = 8 * 3_600_000;

function dayOf(at: number): string {
  return new Date(at + BEIJING_MS).toISOString().slice(0, 10);
}

/**
 * Writes items as a table that an import reads back without any change: a workbook, or CSV in UTF-8 with a byte order mark.
 *
 * @param items - all of them, in the order they are to be written
 */
export async function exportTable(
  format: TableFormat,
  items: readonly Courseware[],
  references: TableReferences,
): Promise<Buffer> {
  const extras = [...new Set(items.flatMap(({ extra }) => Object.keys(extra)))].toSorted();
  const columns = [...COLUMNS, ...extras.map(extraColumn)];
  const headings = [...columns.map(({ heading }) => heading), ID_HEADING, ...SHOWN_ONLY];
  const rows = items.map((item) => rowOf(item, columns, references));
  if (format === 'csv') return Buffer.from(CSV_BEGINNING + [headings, ...rows].map(csvRow).join(''));
  const widths = [
    ...columns.map(({ width, choices }) => ({ width, ...(choices && { choices }) })),
    { width: 28 },
    ...SHOWN_ONLY.map(() => ({ width: 10 })),
  ];
  return writeWorkbook([{ name: ITEM_SHEET, columns: widths, rows: [headings, ...rows] }]);
}

function rowOf(
  item: Courseware,
  columns: readonly Column[],
  references: TableReferences,
): readonly (string | number | undefined)[] {
  const fields = columns.map((column) => {
    const value = column.of(item);
    return value === undefined ? undefined : column.write(value, references);
  });
  return [...fields, item.id, ...SHOWN_ONLY.map((name) => SHOWN[name](item))];
}

import { nearTags } from '../catalogue/tags.ts';
import { headingKey, isClearMark, type Column, type FieldValue } from './column.ts';
import { COLUMNS, EXTRA_PREFIX, extraColumn, ID_HEADING } from './columns.ts';
import { ExchangeError } from './exchange-error.ts';
import { cellAddress, type CellFault, type CellValue, type Grid } from './grid.ts';
import { shown, textOf } from './reading.ts';
import type { TableReferences } from './table-references.ts';

/** Something that is wrong with one cell, in words for whoever fills in the table. */
export interface CellProblem {
  /** Such as `B17`. */
  readonly cell: string;
  /** From 1, as spreadsheets number them. */
  readonly row: number;
  /** The heading of its column. */
  readonly column: string;
  /** Chinese: what is wrong and what to do. */
  readonly message: string;
}

/** One item as a table describes it. */
export interface TableRow {
  /** From 0. */
  readonly row: number;
  readonly code: string | undefined;
  /** Of an item that an export has written down. */
  readonly id: string | undefined;
  /** What it says of other columns that the reader asked for, such as the name of a file. */
  readonly others: Readonly<Record<string, string>>;
  /** What is given, by the column's key; null where it is to be emptied. */
  readonly values: ReadonlyMap<string, FieldValue | null>;
}

/** A column beside those of items, such as the name of a file. */
export interface OtherColumn {
  readonly key: string;
  readonly heading: string;
  readonly aliases: readonly string[];
}

/** A table taken apart. */
export interface TableContent {
  readonly rows: readonly TableRow[];
  readonly columns: readonly Column[];
  readonly problems: readonly CellProblem[];
  /** The address of a row's cell in a column; of its first cell where the table has no such column. */
  address(row: number, key: string): string;
}

/** What exports write for people to see, and imports pass over. */
export const SHOWN_ONLY = ['发布状态', '视频', '浏览', '播放', '收藏', '添加时间', '首次发布'] as const;

/** Rows whose code begins so are examples. */
const EXAMPLE = '示例';
/** Headings may stand below a line or two that tell what the table is. */
const MAX_TITLE_ROWS = 10;

type Meaning = { readonly column?: Column; readonly other?: OtherColumn | 'id' };

/** A table whose headings are understood; its rows are read when they are asked for. */
export interface TableLayout {
  readonly columns: readonly Column[];
  /** The rows that are not blank, from 0. */
  readonly rows: readonly number[];
  /** What is wrong with the headings. */
  readonly problems: readonly CellProblem[];
  /** Reads a row; undefined for an example. What is wrong with it keeps no other row from being read. */
  read(row: number, complain: (problem: CellProblem) => void): TableRow | undefined;
  /** The address of a row's cell in a column; of its first cell where the table has no such column. */
  address(row: number, key: string): string;
}

/**
 * Understands a table's headings; pure.
 *
 * @throws {ExchangeError} `table-unreadable` when there is no row of headings
 */
export function tableLayout(
  grid: Grid,
  references: TableReferences,
  others: readonly OtherColumn[] = [],
): TableLayout {
  const top = headingRow(grid, others);
  const problems: CellProblem[] = [];
  const meanings = meaningsOf(grid.rows[top] ?? [], top, others, problems);
  const reader = new RowReader(meanings, references, faultsByRow(grid.faults));
  const rows: number[] = [];
  for (let row = top + 1; row < grid.rows.length; row++) {
    if (grid.rows[row]?.some((cell) => cell !== undefined) === true || reader.hasFaults(row)) rows.push(row);
  }
  return {
    columns: [...meanings.values()].flatMap(({ column }) => column ?? []),
    rows,
    problems,
    read(row, complain) {
      const found: CellProblem[] = [];
      const read = reader.read(row, grid.rows[row] ?? [], found);
      if (read.code?.startsWith(EXAMPLE) === true) return undefined;
      found.forEach(complain);
      return read;
    },
    address: (row, key) => cellAddress(row, reader.placeOf(key) ?? 0),
  };
}

/** What is said of examples that were passed over. */
export function exampleNotes(count: number): readonly string[] {
  return count > 0 ? [`跳过了 ${count} 行示例（编号以“${EXAMPLE}”开头）。`] : [];
}

/**
 * Takes a table apart, all of its rows at once; pure. Every problem is told, not only the first.
 *
 * @throws {ExchangeError} `table-unreadable` when there is no row of headings
 */
export function tableContent(
  grid: Grid,
  references: TableReferences,
  others: readonly OtherColumn[] = [],
): TableContent {
  const layout = tableLayout(grid, references, others);
  const problems: CellProblem[] = [...layout.problems];
  const read = layout.rows.map((row) => layout.read(row, (problem) => problems.push(problem)));
  const rows = read.filter((row) => row !== undefined);
  return { ...layout, rows, problems };
}

function headingRow(grid: Grid, others: readonly OtherColumn[]): number {
  const top = grid.rows.slice(0, MAX_TITLE_ROWS).findIndex((cells) =>
    cells.some((cell) => {
      const meaning = cell === undefined ? undefined : meaningOf(textOf(cell), others);
      return meaning?.other !== undefined || IDENTIFYING.has(meaning?.column?.key ?? '');
    }),
  );
  if (top >= 0) return top;
  throw new ExchangeError(
    'table-unreadable',
    `在${grid.shown}的前 ${MAX_TITLE_ROWS} 行里没有找到表头。表头要有“编号”或“标题”一列；请下载模板，照着填写。`,
  );
}

/** Fields by which a row of headings is known. */
const IDENTIFYING: ReadonlySet<string> = new Set(['code', 'title']);

function meaningsOf(
  headings: readonly (CellValue | undefined)[],
  top: number,
  others: readonly OtherColumn[],
  problems: CellProblem[],
): ReadonlyMap<number, Meaning> {
  const meanings = new Map<number, Meaning>();
  const taken = new Map<string, number>();
  for (const [place, cell] of headings.entries()) {
    if (cell === undefined) continue;
    const heading = textOf(cell);
    const meaning = meaningOf(heading, others);
    const complain = (message: string): void => {
      problems.push({ cell: cellAddress(top, place), row: top + 1, column: heading, message });
    };
    if (meaning === undefined) {
      const [near] = nearTags(
        heading,
        [...COLUMNS, ...others].map((column) => column.heading),
      );
      complain(
        `不认识的列“${shown(heading)}”${near === undefined ? '；' : `，是不是“${near}”？`}` +
          `请改成模板中的列名，或删去这一列；要保留的附加信息，列名前加“${EXTRA_PREFIX}”`,
      );
      continue;
    }
    const key = meaning.column?.key ?? (meaning.other === 'id' ? 'id' : meaning.other?.key);
    if (key === undefined) continue;
    const before = taken.get(key);
    if (before !== undefined) {
      complain(`“${shown(heading)}”和 ${cellAddress(top, before)} 是同一列；请只留一列`);
      continue;
    }
    taken.set(key, place);
    meanings.set(place, meaning);
  }
  return meanings;
}

/** @returns undefined for a heading that nobody knows; an empty meaning for what is passed over */
function meaningOf(heading: string, others: readonly OtherColumn[]): Meaning | undefined {
  const key = headingKey(heading);
  if (key === '' || SHOWN_ONLY.some((name) => headingKey(name) === key)) return {};
  if (key === headingKey(ID_HEADING)) return { other: 'id' };
  const name = /^附加[:：]\s*(.{1,40})$/u.exec(heading.trim())?.[1];
  if (name !== undefined) return { column: extraColumn(name.trim()) };
  const isOf = (column: OtherColumn): boolean =>
    [column.heading, column.key, ...column.aliases].some((one) => headingKey(one) === key);
  const column = COLUMNS.find(isOf);
  if (column !== undefined) return { column };
  const other = others.find(isOf);
  return other === undefined ? undefined : { other };
}

function faultsByRow(faults: readonly CellFault[]): ReadonlyMap<number, readonly CellFault[]> {
  const byRow = new Map<number, CellFault[]>();
  for (const fault of faults) {
    const known = byRow.get(fault.row);
    if (known === undefined) byRow.set(fault.row, [fault]);
    else known.push(fault);
  }
  return byRow;
}

const FAULT_WORDS: Readonly<Record<CellFault['kind'], string>> = {
  error: '公式出错，没有结果；请改正公式，或直接填写内容',
  uncomputed: '公式还没有算出结果；请用表格软件打开并保存一次，或直接填写内容',
};

/** Reads rows, and tells what is wrong with them. */
class RowReader {
  readonly #meanings: ReadonlyMap<number, Meaning>;
  readonly #places = new Map<string, number>();
  readonly #references: TableReferences;
  readonly #faults: ReadonlyMap<number, readonly CellFault[]>;

  constructor(
    meanings: ReadonlyMap<number, Meaning>,
    references: TableReferences,
    faults: ReadonlyMap<number, readonly CellFault[]>,
  ) {
    this.#meanings = meanings;
    this.#references = references;
    this.#faults = faults;
    for (const [place, { column, other }] of meanings) {
      const key = column?.key ?? (other === 'id' ? 'id' : other?.key);
      if (key !== undefined) this.#places.set(key, place);
    }
  }

  placeOf(key: string): number | undefined {
    return this.#places.get(key);
  }

  hasFaults(row: number): boolean {
    return (this.#faults.get(row) ?? []).some(({ column }) => this.#meanings.has(column));
  }

  read(row: number, cells: readonly (CellValue | undefined)[], problems: CellProblem[]): TableRow {
    const values = new Map<string, FieldValue | null>();
    const others: Record<string, string> = {};
    const faults = this.#faults.get(row) ?? [];
    let id: string | undefined;
    for (const [place, { column, other }] of this.#meanings) {
      const complain = (message: string): void => {
        const cell = cellAddress(row, place);
        problems.push({ cell, row: row + 1, column: column?.heading ?? '', message });
      };
      const fault = faults.length === 0 ? undefined : faults.find((one) => one.column === place);
      const cell = cells[place];
      if (fault !== undefined) complain(FAULT_WORDS[fault.kind]);
      else if (cell === undefined) continue;
      else if (other === 'id') id = textOf(cell);
      else if (other !== undefined) others[other.key] = textOf(cell);
      else if (column !== undefined) {
        const value = this.#valueOf(column, cell, complain);
        if (value !== undefined) values.set(column.key, value);
      }
    }
    const code = values.get('code');
    return { row, id, others, values, code: typeof code === 'string' ? code : undefined };
  }

  /** What a cell gives; null where it empties the field, undefined where it gives nothing. */
  #valueOf(
    column: Column,
    cell: CellValue,
    complain: (message: string) => void,
  ): FieldValue | null | undefined {
    if (isClearMark(cell)) {
      if (column.isRequired !== true) return null;
      complain('不能清空；请填写内容');
      return undefined;
    }
    const { value, problem } = column.read(cell, this.#references);
    if (problem !== undefined) complain(problem);
    const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
    return isEmpty ? undefined : value;
  }
}

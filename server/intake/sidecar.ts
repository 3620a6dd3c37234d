import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';

import { ExchangeError } from '../exchange/exchange-error.ts';
import type { CellValue, Grid } from '../exchange/grid.ts';
import { listText, textOf } from '../exchange/reading.ts';
import { readTable } from '../exchange/table-reader.ts';
import type { TableReferences } from '../exchange/table-references.ts';
import { tableContent, type TableContent, type TableRow } from '../exchange/table-rows.ts';
import { IntakeRefusal } from './refusal.ts';
import { SHELF_COLUMNS } from './shelf-plan.ts';

/** What was written about one file: a row of a table, and the table it stands in. */
export interface FileDescription {
  readonly content: TableContent;
  readonly row: TableRow;
  /** The file it was read from. */
  readonly source: string;
}

/** About a file that nobody has written anything about. */
export const NOTHING_WRITTEN: Pick<FileDescription, 'content' | 'row'> = {
  content: { rows: [], columns: [], problems: [], address: () => '' },
  row: { row: 0, code: undefined, id: undefined, others: {}, values: new Map() },
};

/**
 * What was written about a file that lies in a folder: in a file of the same name that ends in `.json` or `.csv`, else in the row of a
 * table of the folder whose column 文件 names it.
 *
 * @param names - the names of the folder's files
 * @returns undefined where nothing was written
 * @throws {IntakeRefusal} where it cannot be read
 */
export async function describedIn(
  folder: string,
  name: string,
  names: readonly string[],
  references: TableReferences,
): Promise<FileDescription | undefined> {
  const stem = basename(name, extname(name));
  for (const ending of ['.json', '.csv']) {
    const sidecar = names.find((one) => one.toLowerCase() === (stem + ending).toLowerCase());
    if (sidecar === undefined) continue;
    const grid = await gridOf(folder, sidecar);
    const content = contentOf(sidecar, grid, references);
    const [row, ...others] = content.rows;
    if (row === undefined || others.length > 0) {
      throw new IntakeRefusal(`${sidecar} 应当正好有一行课件，现在有 ${content.rows.length} 行；请改正。`);
    }
    return { content, row, source: sidecar };
  }
  const wanted = folded(name);
  for (const table of names.filter((one) => isFolderTable(one, names))) {
    const content = contentOf(table, await gridOf(folder, table), references);
    const rows = content.rows.filter(({ others }) => {
      const named = folded(others['file'] ?? '');
      return named === wanted || named === folded(stem);
    });
    const [row, ...others] = rows;
    if (others.length > 0) throw new IntakeRefusal(`${table} 有 ${rows.length} 行写了 ${name}；请只留一行。`);
    if (row !== undefined) return { content, row, source: table };
  }
  return undefined;
}

/** The name of a file that describes another one of the same name. */
export function isSidecarOf(name: string, stem: string): boolean {
  return ['.json', '.csv'].some((ending) => name.toLowerCase() === (stem + ending).toLowerCase());
}

/** Whether a file is a table for all files of its folder: it is called after none of them. */
export function isFolderTable(name: string, names: readonly string[]): boolean {
  const ending = extname(name).toLowerCase();
  if (ending === '.xlsx') return true;
  if (ending !== '.csv') return false;
  const stem = basename(name, extname(name));
  return !names.some((other) => other !== name && basename(other, extname(other)) === stem);
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase().trim();
}

async function gridOf(folder: string, file: string): Promise<Grid> {
  const bytes = await readFile(join(folder, file));
  if (file.toLowerCase().endsWith('.json')) return gridOfJson(file, bytes);
  try {
    return await readTable(bytes);
  } catch (error) {
    if (error instanceof ExchangeError)
      throw new IntakeRefusal(`${file}：${error.message}`, { cause: error });
    throw error;
  }
}

function contentOf(file: string, grid: Grid, references: TableReferences): TableContent {
  try {
    const content = tableContent(grid, references, SHELF_COLUMNS);
    const top = content.problems.filter(({ column, row }) => column !== '' && row <= 1);
    const [problem] = content.rows.length === 0 ? content.problems : top;
    if (problem !== undefined) throw new IntakeRefusal(`${file} 的 ${problem.cell}：${problem.message}`);
    return content;
  } catch (error) {
    if (error instanceof ExchangeError)
      throw new IntakeRefusal(`${file}：${error.message}`, { cause: error });
    throw error;
  }
}

/** `{"编号": "SX-1", "标签": ["乡土"]}` as a table of one row. */
function gridOfJson(file: string, bytes: Uint8Array): Grid {
  let given: unknown;
  try {
    given = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new IntakeRefusal(`${file} 不是 JSON（UTF-8 编码）；请改正。`, { cause: error });
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new IntakeRefusal(`${file} 应当是一个对象，如 {"编号": "SX-1", "标题": "桃形李"}；请改正。`);
  }
  const entries = Object.entries(given).flatMap(([key, value]) =>
    // Groups of fields, as the API names them: {"rights": {"holder": "…"}}
    isObject(value)
      ? Object.entries(value).map(
          ([name, inner]) => [key === 'extra' ? `附加：${name}` : `${key}.${name}`, inner] as const,
        )
      : [[key, value] as const],
  );
  return {
    format: 'csv',
    shown: file,
    rows: [entries.map(([key]) => key), entries.map(([, value]) => cellOf(value))],
    faults: [],
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cellOf(value: unknown): CellValue | undefined {
  if (value === null) return '（清空）';
  if (value === '' || value === undefined) return undefined;
  if (Array.isArray(value)) return listText(value.map((entry) => textOf(String(entry)))) || undefined;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
    ? value
    : JSON.stringify(value);
}

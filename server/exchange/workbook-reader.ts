import { ExchangeError } from './exchange-error.ts';
import type { CellValue, Grid, GridLimits } from './grid.ts';
import { repackWorkbook, unpackWorkbook } from './workbook-archive.ts';
import { inspectSheet, sheetsOf } from './workbook-sheets.ts';

/**
 * Reads one sheet of a workbook: the one named `wanted`, else the first. Formulas count as what they came to.
 *
 * @throws {ExchangeError} `table-unreadable`, `table-too-large`
 */
export async function readWorkbook(bytes: Uint8Array, wanted: string, limits: GridLimits): Promise<Grid> {
  const entries = await unpackWorkbook(bytes, limits.unpackedBytes);
  const sheets = sheetsOf(entries);
  const sheet = sheets.find(({ name }) => name.trim() === wanted) ?? sheets[0];
  const xml = sheet && entries.get(sheet.entry);
  if (sheet === undefined || xml === undefined)
    throw new ExchangeError('table-unreadable', '工作簿里没有工作表。');
  const faults = inspectSheet(xml, limits);
  // Loaded with the first workbook: few commands read one, and all would wait for it.
  const { readSheet } = await import('read-excel-file/node');
  try {
    const rows = await readSheet(repackWorkbook(entries), sheet.number);
    return {
      format: 'xlsx',
      shown: `工作表“${sheet.name}”`,
      rows: rows.map((row) => row.map((cell) => cellOf(cell))),
      faults,
    };
  } catch (error) {
    throw new ExchangeError(
      'table-unreadable',
      '这个 XLSX 文件的内容有错，读不出来。请用表格软件打开，另存一份后再导入。',
      error,
    );
  }
}

/** The reader's declarations call a date by its constructor's type. */
function cellOf(cell: unknown): CellValue | undefined {
  if (cell === null || cell === undefined || cell === '') return undefined;
  return cell as CellValue;
}

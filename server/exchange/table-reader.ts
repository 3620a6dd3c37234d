import { readCsv } from './csv-reader.ts';
import { ExchangeError } from './exchange-error.ts';
import { GRID_LIMITS, type Grid, type GridLimits } from './grid.ts';
import { readWorkbook } from './workbook-reader.ts';

/** The largest file of a table. */
export const MAX_TABLE_BYTES = 32 * 2 ** 20;

/** What the sheet of the items is called. */
export const ITEM_SHEET = '课件';

/**
 * Reads a table, whatever its name says: what is packed is a workbook, all else is separated values.
 *
 * @throws {ExchangeError} `table-unreadable`, `table-too-large`
 */
export async function readTable(bytes: Uint8Array, limits: GridLimits = GRID_LIMITS): Promise<Grid> {
  if (bytes.length > MAX_TABLE_BYTES) {
    throw new ExchangeError(
      'table-too-large',
      `文件超过 ${MAX_TABLE_BYTES / 2 ** 20} MiB。请删去图片和多余的工作表，或分成几个文件。`,
    );
  }
  const head = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  if (head === '') throw new ExchangeError('table-unreadable', '文件是空的。请检查后重新选择。');
  return head === '504b0304' || head === 'd0cf11e0' || head === '504b0506'
    ? readWorkbook(bytes, ITEM_SHEET, limits)
    : readCsv(bytes, limits);
}

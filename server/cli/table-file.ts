import { extname } from 'node:path';

import type { TableFormat } from '../exchange/export-table.ts';
import { CommandError } from './exit-code.ts';

/**
 * The kind of table that a file's name asks for; pure.
 *
 * @throws {CommandError} `usage`
 */
export function tableFormatOf(file: string): TableFormat {
  const ending = extname(file).toLowerCase();
  if (ending === '.xlsx' || ending === '.csv') return ending.slice(1) as TableFormat;
  throw new CommandError('usage', `${file}: name a file that ends in .xlsx or .csv.`);
}

import type { ServerResponse } from 'node:http';

import { z } from 'zod';

import { TABLE_TYPES, type TableFormat } from '../exchange/export-table.ts';
import { attachment } from './content-disposition.ts';
import type { Reply } from './route.ts';

/** The ending of a table's address. */
export const tableFormat = z.strictObject({
  format: z.enum(['xlsx', 'csv']).describe('A workbook, or text in UTF-8.'),
});

/**
 * Sends a table to be saved.
 *
 * @param name - without its ending: `plain` in ASCII for clients that read no other, and `shown` for people
 */
export function sendTable(
  response: ServerResponse,
  format: TableFormat,
  bytes: Buffer,
  name: { readonly plain: string; readonly shown: string },
): Reply {
  response.writeHead(200, {
    'Content-Type': TABLE_TYPES[format],
    'Content-Length': bytes.length,
    'Content-Disposition': attachment(`${name.plain}.${format}`, `${name.shown}.${format}`),
    'Cache-Control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
  return 'sent';
}

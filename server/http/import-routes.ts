import { z } from 'zod';

import { actorName } from '../accounts/access.ts';
import type { ExportDesk } from '../exchange/export-desk.ts';
import { TABLE_TYPES } from '../exchange/export-table.ts';
import type { ImportDesk } from '../exchange/import-desk.ts';
import { MAX_TABLE_BYTES } from '../exchange/table-reader.ts';
import { coursewareQuery } from './courseware-wire.ts';
import { route, type Reply, type Route } from './route.ts';
import { sendTable, tableFormat } from './table-reply.ts';

const importQuery = z.strictObject({
  dryRun: z.enum(['true', 'false']).optional().describe('`true` says what would happen and changes nothing.'),
});

const exportQuery = coursewareQuery.omit({ after: true, limit: true });

const importReport = z
  .object({
    source: z.string().describe('What was read, in Chinese: `工作表“课件”`, `GB18030，逗号分隔`.'),
    rows: z.number().int().describe('Rows that describe an item.'),
    added: z.number().int(),
    changed: z.number().int(),
    same: z.number().int(),
    problemCount: z.number().int().describe('Any problem keeps the whole table out.'),
    problems: z
      .array(
        z.object({
          cell: z.string().describe('Such as `B17`.'),
          row: z.number().int().describe('From 1.'),
          column: z.string().describe('The heading of its column.'),
          message: z.string().describe('Chinese: what is wrong and what to do.'),
        }),
      )
      .describe('Row by row, at most 500.'),
    notes: z.array(z.string()).describe('Remarks in Chinese that are no problems.'),
    effects: z
      .array(
        z.object({
          row: z.number().int(),
          effect: z.enum(['added', 'changed']),
          code: z.string().optional(),
          title: z.string(),
          columns: z.array(z.string()).describe('The headings of the columns that change.'),
        }),
      )
      .describe('The first 100 rows that add or change something.'),
    isDone: z.boolean().describe('Whether the catalogue has it now: false of a trial, or with problems.'),
  })
  .meta({ id: 'ImportReport', description: 'What an import did, or would do.' });

/** Tables of courseware: taken in, handed out, and the empty one. */
export function importRoutes({
  imports,
  exports,
}: {
  readonly imports: ImportDesk;
  readonly exports: ExportDesk;
}): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/imports',
      action: 'courseware.import',
      summary: 'Take in a table of courseware',
      description:
        'Adds the items whose codes are new and changes the others; empty cells leave what is there, `（清空）` empties it. ' +
        'All of the table or nothing: with a problem anywhere nothing is changed, and the answer names every cell.',
      query: importQuery,
      file: {
        description:
          'XLSX, or CSV in UTF-8 or GB18030 with commas, semicolons or tabs; told by its content, not by its name.',
        limitBytes: MAX_TABLE_BYTES,
      },
      replies: { 200: { description: 'What was done, or what is wrong.', schema: importReport } },
      refuses: ['table-unreadable', 'table-too-large'],
      async handle({ query, bytes, principal }) {
        const report = await imports.take(actorName(principal), bytes, { isDryRun: query.dryRun === 'true' });
        return { status: 200, body: report };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/imports/template.{format}',
      action: 'courseware.import',
      summary: 'The empty table, with an example and a sheet that tells how to fill it in',
      params: tableFormat,
      replies: { 200: { description: 'The table.', contentType: TABLE_TYPES.xlsx } },
      async handle({ params, response }): Promise<Reply> {
        const bytes = await exports.template(params.format);
        return sendTable(response, params.format, bytes, { plain: 'template', shown: '课件导入模板' });
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/exports/courseware.{format}',
      action: 'courseware.export',
      summary: 'A list of courseware as a table',
      description: 'An import reads it back without any change. CSV is in UTF-8 with a byte order mark.',
      params: tableFormat,
      query: exportQuery,
      replies: { 200: { description: 'The table.', contentType: TABLE_TYPES.xlsx } },
      refuses: ['table-too-large'],
      async handle({ params, query, response }): Promise<Reply> {
        const filter = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
        const bytes = await exports.table(params.format, filter);
        const day = new Date().toISOString().slice(0, 10);
        return sendTable(response, params.format, bytes, { plain: 'courseware', shown: `课件目录-${day}` });
      },
    }),
  ];
}

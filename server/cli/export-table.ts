import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { Command } from 'commander';

import type { PublicationState } from '../catalogue/courseware.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { withFoundation } from './opened-foundation.ts';
import { tableFormatOf } from './table-file.ts';

interface ExportTableFlags extends ConfigFlags {
  readonly template?: boolean;
  readonly text?: string;
  readonly tag?: string;
  readonly series?: string;
  readonly publication?: PublicationState;
}

/** `yuanjiao export-table` */
export function exportTableCommand(): Command {
  return withConfigOption(new Command('export-table'))
    .description('Write courseware down as a table (XLSX or CSV) that "yuanjiao import" reads back.')
    .argument('<file>', 'where to; its name ends in .xlsx or .csv')
    .option('--template', 'the empty table, with an example and how to fill it in')
    .option('--text <text>', 'only items whose title or description contains this')
    .option('--tag <name>', 'only items with this tag')
    .option('--series <title>', 'only items of this series')
    .option('--publication <state>', 'only items in this state, such as published or draft')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao export-table 模板.xlsx --template
  yuanjiao export-table 乡土.xlsx --tag 乡土
  yuanjiao export-table 全部.csv`,
    )
    .action((file: string, flags: ExportTableFlags) => exportToFile(file, flags));
}

async function exportToFile(file: string, flags: ExportTableFlags): Promise<void> {
  const format = tableFormatOf(file);
  const { template, config: _, ...query } = flags;
  const bytes = await withFoundation(configOf(flags), ({ exports }) =>
    template === true ? exports.template(format) : exports.table(format, query),
  );
  await writeFile(resolve(file), bytes);
}

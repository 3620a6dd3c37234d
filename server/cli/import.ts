import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { Command } from 'commander';

import type { ImportReport } from '../exchange/import-report.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { ACTOR, withFoundation } from './opened-foundation.ts';
import { printable } from './terminal-text.ts';
import { sourceFile } from './source-file.ts';

interface ImportFlags extends ConfigFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `yuanjiao import` */
export function importCommand(): Command {
  return withConfigOption(new Command('import'))
    .description('Take a table of courseware (XLSX or CSV) into the catalogue: descriptions, without media.')
    .argument('<file>', 'the table; "yuanjiao export-table --template" gives an empty one')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao import 课件.xlsx --dry-run
  yuanjiao import 课件.csv

Items are known by their code (编号): new ones are added, the others changed where the table gives something; empty cells
leave what is there, （清空） empties it. All of the table or nothing; with a problem anywhere every problem is listed, the
exit code is 1 and nothing is changed. Importing the same table again changes nothing.`,
    )
    .action((file: string, flags: ImportFlags) => importTable(file, flags));
}

async function importTable(file: string, flags: ImportFlags): Promise<void> {
  const config = configOf(flags);
  const path = await sourceFile(file);
  await withFoundation(config, async (foundation) => {
    const isDryRun = flags.dryRun === true;
    const report = await foundation.imports.take(ACTOR, await readFile(path), { isDryRun });
    if (flags.json === true) console.log(JSON.stringify(report));
    else tell(report, isDryRun);
    if (report.problemCount > 0) {
      throw new CommandError(
        'failed',
        `${basename(path)} 有 ${report.problemCount} 处错误，什么也没有导入。请改正后再导入。`,
      );
    }
  });
}

function tell(report: ImportReport, isDryRun: boolean): void {
  for (const { cell, column, message } of report.problems) {
    console.log(printable(`${cell}${column === '' ? '' : `（${column}）`}：${message}`));
  }
  const left = report.problemCount - report.problems.length;
  if (left > 0) console.log(`……还有 ${left} 处，改正上面这些后会列出。`);
  for (const note of report.notes) console.log(note);
  if (report.problemCount > 0) return;
  for (const { row, effect, code, title, columns } of isDryRun ? report.effects : []) {
    const what = effect === 'added' ? '新增' : `修改 ${columns.join('、')}`;
    console.log(printable(`第 ${row} 行 ${code ?? ''}《${title}》：${what}`));
  }
  console.log(
    `${report.source}，${report.rows} 行：${isDryRun ? '将' : '已'}新增 ${report.added}，修改 ${report.changed}，` +
      `不变 ${report.same}。${isDryRun ? '这是试导入，什么也没有改动。' : ''}`,
  );
}

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { Command } from 'commander';

import type { ImportReport } from '../exchange/import-report.ts';
import { readTable } from '../exchange/table-reader.ts';
import { tableReferences } from '../exchange/table-references.ts';
import { FolderKeeper } from '../intake/folder-keeper.ts';
import { intakeRows, oldestUnfinished, publishableItems } from '../intake/intake-rows.ts';
import { planShelf, realFolder, SHELF_COLUMNS, type ShelfPlan } from '../intake/shelf-plan.ts';
import { takeShelf, type ShelfEvent, type ShelfResult } from '../intake/shelf.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { withIntake, type IntakeTools } from './intake-tools.ts';
import { ladderOptionsOf, withLadderOptions, type LadderFlags } from './ladder-option.ts';
import { waitUntilReady } from './production-wait.ts';
import { ACTOR } from './opened-foundation.ts';
import { ProgressBar } from './progress-bar.ts';
import { printable } from './terminal-text.ts';
import { warnOfWeakness } from './sandbox-warning.ts';
import { sourceFile } from './source-file.ts';
import { wholeNumber } from './whole-number.ts';

interface ShelfFlags extends ConfigFlags, LadderFlags {
  readonly table: string;
  readonly dryRun?: boolean;
  readonly publish?: boolean;
  readonly wait?: boolean;
  readonly ahead: number;
}

/** `yuanjiao shelf` */
export function shelfCommand(signal: AbortSignal): Command {
  return withLadderOptions(withConfigOption(new Command('shelf')))
    .description('Take a folder of lectures into the catalogue, described by a table.')
    .argument('<folder>', 'where the files are, in it and below it')
    .requiredOption('--table <file>', 'a table of courseware with a column 文件 that names each file')
    .option('--dry-run', 'check the table and all files, and change nothing')
    .option('--publish', 'publish each lecture when it is ready')
    .option('--wait', 'stay until all are ready, and encode them here while no server or worker does')
    .option(
      '--ahead <count>',
      'lectures of the shelf that may be in the queue at a time',
      wholeNumber(999_999),
      8,
    )
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao shelf /mnt/disk --table 目录.xlsx --dry-run
  yuanjiao shelf /mnt/disk --table 目录.xlsx --publish --wait

Everything is checked first: with a missing file, a file named twice, an unknown tag or any other problem nothing is taken,
and every problem is listed. Captions of the same name (or in a column 字幕) are taken along. A file whose like is in the
catalogue is not encoded again. Series take turns. Interrupted or killed, the same command goes on where it was.`,
    )
    .action((folder: string, flags: ShelfFlags) => shelf(folder, flags, signal));
}

async function shelf(folder: string, flags: ShelfFlags, signal: AbortSignal): Promise<void> {
  const config = configOf(flags);
  const tablePath = await sourceFile(flags.table);
  const real = await realFolder(resolve(folder));
  await warnOfWeakness();
  const progress = new ShelfProgress();
  const options = { ladder: ladderOptionsOf(flags), onBytes: (count: number) => progress.read(count) };
  await withIntake(config, options, async (tools) => {
    const table = await readFile(tablePath);
    const plan = await checkedPlan(tools, real, table);
    if (flags.dryRun === true) return;
    const keeper = await FolderKeeper.take(tools.foundation.database, real);
    if (keeper === undefined) {
      throw new CommandError('unavailable', `${real} 正由另一个进程入库；等它结束，或先停止它，再执行。`);
    }
    try {
      await tools.foundation.imports.take(ACTOR, table, { others: SHELF_COLUMNS });
      await carryOut(tools, real, plan, flags, progress, AbortSignal.any([signal, keeper.lost]));
    } catch (error) {
      if (!signal.aborted) throw error;
      const message = '已按要求停止。已入库的都在；再执行同一条命令，就从这里接着做。';
      throw new CommandError('interrupted', message, error);
    } finally {
      progress.end();
      await keeper.release();
    }
  });
}

/** Checks all there is to check, and says what would be done. */
async function checkedPlan(
  { foundation }: IntakeTools,
  folder: string,
  table: Uint8Array,
): Promise<ShelfPlan> {
  const grid = await readTable(table);
  const plan = await planShelf(folder, grid, await foundation.database.read(tableReferences));
  const report = await foundation.imports.take(ACTOR, table, { isDryRun: true, others: SHELF_COLUMNS });
  const problemCount = tellProblems(report, plan);
  tellForeign(plan, folder);
  if (problemCount > 0) {
    throw new CommandError('failed', `有 ${problemCount} 处错误，什么也没有入库。请改正后再执行。`);
  }
  const rows = await foundation.database.read((statements) => intakeRows(statements, folder));
  const taken = new Set(rows.filter(({ state }) => state === 'taken').map(({ file }) => file));
  const done = plan.entries.filter(({ file }) => taken.has(file)).length;
  console.error(
    `${report.source}，${report.rows} 行：新增 ${report.added}，修改 ${report.changed}，不变 ${report.same}；` +
      `文件 ${plan.entries.length} 个，共 ${gigabytes(plan.totalBytes)}，其中 ${done} 个已入库。`,
  );
  const [first, ...others] = plan.unnamed;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : `等 ${plan.unnamed.length} 个文件`;
    console.error(printable(`提示：文件夹里的 ${first}${more}没有写在表里，不会入库。`));
  }
  return plan;
}

function tellProblems(report: ImportReport, plan: ShelfPlan): number {
  const problems = [...report.problems, ...plan.problems].toSorted((a, b) => a.row - b.row);
  for (const { cell, column, message } of problems) {
    console.log(printable(`${cell}${column === '' ? '' : `（${column}）`}：${message}`));
  }
  return report.problemCount + plan.problems.length;
}

/** The files are not touched: whoever keeps them may know them by these names. */
function tellForeign({ foreign }: ShelfPlan, folder: string): void {
  const [first, ...others] = foreign;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `等 ${foreign.length} 个`;
  console.error(
    printable(
      `提示：${first}${more}的文件名不是 UTF-8 编码（多半是 GBK），打不开，不会入库。改名：convmv -f gbk -t utf8 -r --notest ${folder}`,
    ),
  );
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

async function carryOut(
  tools: IntakeTools,
  folder: string,
  plan: ShelfPlan,
  flags: ShelfFlags,
  progress: ShelfProgress,
  signal: AbortSignal,
): Promise<void> {
  const { foundation, intake } = tools;
  progress.begin(plan);
  const result = await takeShelf(
    plan.entries,
    {
      database: foundation.database,
      intake,
      folder,
      ahead: flags.ahead,
      onEvent: (event) => progress.tell(event),
      async onFull() {
        if (flags.publish === true) await publishReady(tools, folder);
        await workOnOldest(tools, folder, signal);
      },
    },
    signal,
  );
  progress.end();
  if (flags.wait === true) await waitForRest(tools, folder, signal);
  const published = flags.publish === true ? await publishReady(tools, folder) : 0;
  tellResult(result, published);
}

/** Waits for one making, and works on it while nobody else does. */
async function workOnOldest(
  { config, foundation }: IntakeTools,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const generation = await foundation.database.read((statements) => oldestUnfinished(statements, folder));
  if (generation === undefined) {
    await pause(1000, undefined, { signal });
    return;
  }
  const found = await foundation.catalogue.findByGeneration(generation);
  const bar = new ProgressBar(`转码 ${found?.courseware.title ?? ''}`);
  try {
    await waitUntilReady(generation, { config, foundation, bar, signal });
  } catch (error) {
    signal.throwIfAborted();
    // A lecture that cannot be made keeps no other from being made; the studio shows why.
    if (!(error instanceof CommandError) || error.code === 'unavailable') throw error;
    console.error(printable(`《${found?.courseware.title ?? generation}》没有做成：${error.message}`));
  }
}

async function waitForRest(tools: IntakeTools, folder: string, signal: AbortSignal): Promise<void> {
  const unfinished = (): ReturnType<typeof oldestUnfinished> =>
    tools.foundation.database.read((statements) => oldestUnfinished(statements, folder));
  while ((await unfinished()) !== undefined) await workOnOldest(tools, folder, signal);
}

async function publishReady({ foundation }: IntakeTools, folder: string): Promise<number> {
  const ids = await foundation.database.read((statements) => publishableItems(statements, folder));
  const catalogue = foundation.catalogue.as(ACTOR);
  for (const id of ids) await catalogue.move(id, 'published');
  return ids.length;
}

function tellResult({ taken, shared, known, refused }: ShelfResult, published: number): void {
  const parts = [
    `入库 ${taken}`,
    ...(shared > 0 ? [`片源已有、不再转码 ${shared}`] : []),
    ...(known > 0 ? [`以前已入库 ${known}`] : []),
    ...(published > 0 ? [`发布 ${published}`] : []),
  ];
  console.log(`${parts.join('，')}。`);
  if (refused.length === 0) return;
  for (const { entry, reason } of refused) {
    console.log(printable(`第 ${entry.row + 1} 行 ${entry.file} 没有入库：${reason}`));
  }
  throw new CommandError('badMedia', `${refused.length} 个文件没有入库，原因如上；改正后再执行同一条命令。`);
}

/** Tells how far a shelf has come, by the bytes of its files. */
class ShelfProgress {
  #bar: ProgressBar | undefined;
  #plan: ShelfPlan | undefined;
  #before = 0;
  #ofThis = 0;
  #stage = '';

  begin(plan: ShelfPlan): void {
    this.#plan = plan;
    this.#bar = new ProgressBar('入库');
  }

  /** More bytes of the present file were read. */
  read(count: number): void {
    this.#ofThis += count;
    this.#update();
  }

  tell(event: ShelfEvent): void {
    if (event.kind === 'waiting') {
      this.#bar?.clear();
      console.error(`有 ${event.unfinished} 课正在转码；做完一些再接着入库。`);
      return;
    }
    const { entry, number } = event;
    this.#stage = `${number}/${this.#plan?.entries.length ?? 0} ${entry.file}`;
    if (event.kind !== 'begun') {
      this.#before += entry.sizeBytes;
      this.#ofThis = 0;
    }
    if (event.kind === 'refused') {
      this.#bar?.clear();
      console.error(printable(`${entry.file} 没有入库：${event.reason}`));
    }
    this.#update();
  }

  end(): void {
    this.#bar?.finish();
    this.#bar = undefined;
  }

  #update(): void {
    const total = this.#plan?.totalBytes ?? 0;
    this.#bar?.update(total === 0 ? 1 : (this.#before + this.#ofThis) / total, printable(this.#stage));
  }
}

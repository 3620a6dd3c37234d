import { resolve } from 'node:path';

import { Command } from 'commander';

import { WatchFolder, type WatchEvent } from '../intake/watch-folder.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { withIntake } from './intake-tools.ts';
import { ladderOptionsOf, withLadderOptions, type LadderFlags } from './ladder-option.ts';
import { ACTOR } from './opened-foundation.ts';
import { printable } from './terminal-text.ts';
import { warnOfWeakness } from './sandbox-warning.ts';
import { untilAborted } from './serve.ts';
import { wholeNumber } from './whole-number.ts';

interface WatchFlags extends ConfigFlags, LadderFlags {
  readonly settle: number;
  readonly ahead: number;
}

/** `yuanjiao watch-folder` */
export function watchFolderCommand(signal: AbortSignal): Command {
  return withLadderOptions(withConfigOption(new Command('watch-folder')))
    .description('Take in whatever is put into a folder, until it is stopped.')
    .argument('<folder>', 'the folder; made when it is missing')
    .option(
      '--settle <seconds>',
      'how long a file must rest before it is taken for complete',
      wholeNumber(999_999),
      10,
    )
    .option(
      '--ahead <count>',
      'lectures of the folder that may be in the queue at a time',
      wholeNumber(999_999),
      20,
    )
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao watch-folder /srv/收件箱
  YUANJIAO_WATCH_FOLDER=/srv/收件箱 yuanjiao serve        (the same, inside the server)

A file is taken when it has rested and nobody writes to it; copy under a name that ends in .part and rename it at the end to
be sure. What is written about it is taken from a .json or .csv of the same name, or from the row of a table (.xlsx, .csv) in
the folder whose column 文件 names it; captions of the same name come along. Taken files go to 已入库, others to 未入库
with a text that says why. A server or worker encodes them.`,
    )
    .action((folder: string, flags: WatchFlags) => watch(folder, flags, signal));
}

async function watch(folder: string, flags: WatchFlags, signal: AbortSignal): Promise<void> {
  const config = configOf(flags);
  await warnOfWeakness();
  await withIntake(config, { ladder: ladderOptionsOf(flags) }, async ({ foundation, intake }) => {
    const watching = new WatchFolder({
      ...foundation,
      intake,
      folder: resolve(folder),
      actor: ACTOR,
      settleMs: flags.settle * 1000,
      ahead: flags.ahead,
      onEvent: (event) => console.log(printable(wordsOf(event))),
    });
    watching.start();
    console.error(`正在看着 ${resolve(folder)}；按 Ctrl-C 停止。`);
    await untilAborted(signal);
    await watching.stop();
  });
}

const OUTCOMES = { taken: '已入库', shared: '已入库（片源已有，不再转码）', known: '以前已入库' } as const;

function wordsOf(event: WatchEvent): string {
  switch (event.kind) {
    case 'taken':
      return `${event.file} ${OUTCOMES[event.outcome.kind]}：${event.outcome.coursewareId}`;
    case 'refused':
      return `${event.file} 没有入库：${event.reason}`;
    case 'renamed':
      return `${event.file}：文件名原来不是 UTF-8 编码（多半是 GBK），已改过来。`;
    case 'postponed':
      return `${event.file ?? '文件夹'} 暂时不能入库，过一会儿再试：${messageOf(event.error)}`;
    case 'full':
      return `有 ${event.unfinished} 课正在转码；做完一些再接着入库。`;
    case 'kept-by-another':
      return '另一个进程正在看着这个文件夹；等它结束。';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

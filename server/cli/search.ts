import { Command } from 'commander';

import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { withFoundation } from './opened-foundation.ts';

/** `yuanjiao search rebuild | check` */
export function searchCommand(signal: AbortSignal): Command {
  return new Command('search')
    .description('Check the index of the search, or make it again.')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao search check
  yuanjiao search rebuild

A server keeps its index by itself. This is for after a database was put back from a backup, or when something is not found.`,
    )
    .addCommand(checkCommand())
    .addCommand(rebuildCommand(signal));
}

function checkCommand(): Command {
  return withConfigOption(new Command('check'))
    .description('Compare every item with what the search knows of it. Exit code 1 when something differs.')
    .addHelpText('after', '\nExamples:\n  yuanjiao search check\n\nChanges nothing.')
    .action(async (flags: ConfigFlags) => {
      const { openSearchDesk } = await import('../search/search-desk.ts');
      await withFoundation(configOf(flags), async (foundation) => {
        const drift = await openSearchDesk(foundation).drift();
        const lines = Object.entries(WORDS).flatMap(([kind, words]) => {
          const found = drift[kind as keyof typeof WORDS];
          return found.length === 0 ? [] : [`${words}：${found.length}（${found.slice(0, 5).join('、')}）`];
        });
        if (lines.length > 0) {
          throw new CommandError('failed', [...lines, '运行 yuanjiao search rebuild 重建索引。'].join('\n'));
        }
        console.log('索引与目录一致。');
      });
    });
}

const WORDS = {
  missing: '没有索引的课件',
  stale: '索引过时的课件',
  ghosts: '已删除却还能搜到的课件',
  unspoken: '没有索引的字幕',
  orphans: '已删除却还能搜到的字幕',
} as const;

function rebuildCommand(signal: AbortSignal): Command {
  return withConfigOption(new Command('rebuild'))
    .description('Index every item and every caption again. The server may run meanwhile.')
    .addHelpText('after', '\nExamples:\n  yuanjiao search rebuild')
    .action(async (flags: ConfigFlags) => {
      const { openSearchDesk } = await import('../search/search-desk.ts');
      await withFoundation(configOf(flags), async (foundation) => {
        const startedAt = performance.now();
        const { items, captions } = await openSearchDesk(foundation).rebuild(signal);
        const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
        console.log(`已重建索引：${items} 个课件，${captions} 份字幕，用时 ${seconds} 秒。`);
      });
    });
}

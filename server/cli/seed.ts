import { availableParallelism } from 'node:os';

import { Command } from 'commander';

import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import { FULL_LIBRARY, TRAILERS } from '../seed/library-size.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { withFoundation } from './opened-foundation.ts';
import { ProgressBar } from './progress-bar.ts';
import { warnOfWeakness } from './sandbox-warning.ts';

interface SeedFlags extends ConfigFlags {
  readonly regionsOnly?: boolean;
  readonly items: string;
  readonly encodes: string;
}

/** `yuanjiao seed` */
export function seedCommand(signal: AbortSignal): Command {
  return withConfigOption(new Command('seed'))
    .description(
      'Put the library of the article into the configured database and store: invented items, real media.',
    )
    .option('--regions-only', 'only the administrative tree of Shaoxing since 2006')
    .option(
      '--items <count>',
      'how many items; their lengths add up to 2,400 s times as much',
      String(FULL_LIBRARY),
    )
    .option(
      '--encodes <count>',
      `how many clips are really encoded, 0 to ${TRAILERS}; without any, items stay drafts`,
      String(TRAILERS),
    )
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao seed
  yuanjiao seed --items 300 --encodes 1
  yuanjiao seed --regions-only

10,500 items of 7,000 hours, 152 of them home-made pieces (乡土), the same ones wherever and whenever; all play one of twelve
clips of half a minute. Meant for a database of its own: it is for trying out, showing and measuring. Safe to run again:
what is there stays as it is, and what was broken off is taken up. "yuanjiao figures" counts what came of it.`,
    )
    .action((flags: SeedFlags) => seed(flags, signal));
}

async function seed(flags: SeedFlags, signal: AbortSignal): Promise<void> {
  const items = countOf('--items', flags.items, 1, 100_000);
  const encodes = countOf('--encodes', flags.encodes, 0, TRAILERS);
  const config = configOf(flags);
  const { loadRegions } = await import('../seed/region-rows.ts');
  await withFoundation(config, async (foundation) => {
    if (flags.regionsOnly === true) {
      const changed = await foundation.database.write((transaction) => loadRegions(transaction));
      console.log(`行政区划：${changed === 0 ? '没有变化' : `写入 ${changed} 个`}。`);
      return;
    }
    await seedAll(config, foundation, { items, encodes, signal });
  });
}

function countOf(option: string, given: string, least: number, most: number): number {
  const count = Number(given);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new CommandError(
    'usage',
    `${option} takes a whole number from ${least} to ${most.toLocaleString('en-US')}; got ${JSON.stringify(given)}`,
  );
}

/** Making the clips takes about as long as all the rest. */
const CLIPS_SHARE = 0.6;

async function seedAll(
  config: Config,
  foundation: Foundation,
  {
    items,
    encodes,
    signal,
  }: { readonly items: number; readonly encodes: number; readonly signal: AbortSignal },
): Promise<void> {
  const [
    { seedLibrary },
    { makeClips },
    { createWorker, inspectMediaTools, openDesk },
    { openLog },
    { createMetrics },
    { Transcripts },
  ] = await Promise.all([
    import('../seed/seed-library.ts'),
    import('../seed/clip-makings.ts'),
    import('../foundation.ts'),
    import('../log.ts'),
    import('../metrics.ts'),
    import('../search/transcripts.ts'),
  ]);
  if (encodes > 0) await warnOfWeakness();
  const { database, store, jobs } = foundation;
  const catalogue = foundation.catalogue.as('seed');
  const log = openLog({ level: 'silent', fd: 2 });
  const bar = new ProgressBar('建库');
  const onClips = (share: number): void => bar.update(CLIPS_SHARE * share, '转码片花');
  const rowsFrom = encodes === 0 ? 0 : CLIPS_SHARE;
  try {
    const report = await seedLibrary({
      database,
      count: items,
      signal,
      onProgress: (share, stage) =>
        bar.update(stage === '入库' ? rowsFrom + (1 - rowsFrom) * share : 0, stage),
      ...(encodes > 0 && {
        makeClips: async (trailers) => {
          const { desk } = await openDesk(
            config,
            { ...foundation, catalogue },
            { log, metrics: createMetrics() },
          );
          const startWorker = async () => {
            const { profile: encoder } = await inspectMediaTools(config, log);
            const concurrency = config.workers > 0 ? config.workers : availableParallelism();
            const worker = createWorker(config, foundation, { concurrency, encoder }, log);
            worker.start();
            return worker;
          };
          return makeClips(
            { catalogue, jobs, desk, encodes, startWorker, onProgress: onClips, signal },
            trailers,
          );
        },
      }),
    });
    await new Transcripts({ database, store }).sweep(signal);
    bar.finish();
    console.log(
      `片库：新增 ${report.drafted} 部，发布 ${report.published} 部，专题 ${report.topics} 个，区划 ${report.regions} 个。` +
        (report.drafted + report.published + report.topics + report.regions === 0 ? '没有变化。' : ''),
    );
  } catch (error) {
    bar.clear();
    if (!signal.aborted) throw error;
    throw new CommandError(
      'interrupted',
      'Stopped on request. What is done stays; run it again to go on.',
      error,
    );
  }
}

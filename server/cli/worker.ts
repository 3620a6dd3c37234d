import { availableParallelism } from 'node:os';

import { Command, InvalidArgumentError } from 'commander';

import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { untilAborted } from './serve.ts';

const MOST_JOBS = 256;

/** `yuanjiao worker` */
export function workerCommand(signal: AbortSignal): Command {
  return withConfigOption(new Command('worker'))
    .description('Encode for servers that share the same database and store.')
    .option('--jobs <number>', 'jobs at once (default: YUANJIAO_WORKERS, or the number of cores)', jobCount)
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao worker
  yuanjiao worker --jobs 4

Any number of workers on any number of machines may share a PostgreSQL database and an S3 store. Logs JSON lines to standard
output. Ctrl-C or SIGTERM gives unfinished jobs back at once and exits with 0; a killed worker's jobs are taken over after
30 seconds.`,
    )
    .action(async (flags: ConfigFlags & { readonly jobs?: number }) => {
      const config = configOf(flags);
      const [{ createWorker, openFoundation }, { openLog }] = await Promise.all([
        import('../foundation.ts'),
        import('../log.ts'),
      ]);
      const log = openLog({ level: config.logLevel });
      const foundation = await openFoundation(config);
      try {
        // An address that is wrong for good is worth stopping for; a worker that cannot store would only waste the cores.
        await foundation.store.check();
        const concurrency = flags.jobs ?? (config.workers > 0 ? config.workers : availableParallelism());
        const worker = createWorker(config, foundation, concurrency, log);
        try {
          worker.start();
          log.info({ database: foundation.database.shown, jobs: concurrency }, 'working');
          await untilAborted(signal);
        } finally {
          await worker.stop();
          log.info('stopped; unfinished jobs were given back');
        }
      } finally {
        await foundation.close();
      }
    });
}

function jobCount(given: string): number {
  const count = Number(given);
  if (!/^\d+$/.test(given) || count < 1 || count > MOST_JOBS) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_JOBS}.`);
  }
  return count;
}

import { availableParallelism } from 'node:os';

import { Command } from 'commander';

import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { untilAborted } from './serve.ts';
import { wholeNumber } from './whole-number.ts';

const MOST_AT_ONCE = 256;

type WorkerFlags = ConfigFlags & {
  readonly jobs?: number;
  readonly threads?: number;
  readonly maxJobs?: number;
};

/** `yuanjiao worker` */
export function workerCommand(signal: AbortSignal): Command {
  return withConfigOption(new Command('worker'))
    .description('Encode for servers that share the same database and store.')
    .option(
      '--jobs <number>',
      'jobs at once (default: YUANJIAO_WORKERS, or the number of cores)',
      wholeNumber(MOST_AT_ONCE),
    )
    .option(
      '--threads <number>',
      'threads of each encoder (default: 1 with several jobs at once, else as many as it likes)',
      wholeNumber(MOST_AT_ONCE),
    )
    .option(
      '--max-jobs <number>',
      'stop after so many jobs (default: go on until told to stop)',
      wholeNumber(),
    )
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao worker
  yuanjiao worker --jobs 4
  yuanjiao worker --jobs 1 --threads 1   (one of several on this machine)
  yuanjiao worker --max-jobs 500         (a fresh process now and then, started again by systemd)

Any number of workers on any number of machines may share a PostgreSQL database and an S3 store. Logs JSON lines to standard
output. Ctrl-C or SIGTERM gives unfinished jobs back at once and exits with 0; a killed worker's jobs are taken over
after 30 seconds, and at once by a worker that starts on the same machine.`,
    )
    .action(async (flags: WorkerFlags) => {
      const config = configOf(flags);
      const [{ createWorker, inspectMediaTools, openFoundation }, { openLog }] = await Promise.all([
        import('../foundation.ts'),
        import('../log.ts'),
      ]);
      const log = openLog({ level: config.logLevel });
      const foundation = await openFoundation(config);
      try {
        // An address that is wrong for good is worth stopping for; a worker that cannot store would only waste the cores.
        await foundation.store.check();
        const concurrency = flags.jobs ?? (config.workers > 0 ? config.workers : availableParallelism());
        const { profile: encoder } = await inspectMediaTools(config, log);
        const worker = createWorker(
          config,
          foundation,
          {
            concurrency,
            encoder,
            ...(flags.threads !== undefined && { threads: flags.threads }),
            ...(flags.maxJobs !== undefined && { maxJobs: flags.maxJobs }),
          },
          log,
        );
        try {
          worker.start();
          log.info({ database: foundation.database.shown, jobs: concurrency, encoder }, 'working');
          await Promise.race([untilAborted(signal), worker.ended()]);
        } finally {
          await worker.stop();
          log.info('stopped; unfinished jobs were given back');
        }
      } finally {
        await foundation.close();
      }
    });
}

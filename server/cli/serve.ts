import { Command } from 'commander';

import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';

/** `yuanjiao serve` */
export function serveCommand(signal: AbortSignal): Command {
  return withConfigOption(new Command('serve'))
    .description('Run the server: pages, API, uploads, lectures, and encoding unless YUANJIAO_WORKERS is 0.')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao serve
  YUANJIAO_PORT=9000 YUANJIAO_DATA_DIR=/srv/yuanjiao yuanjiao serve
  YUANJIAO_WORKERS=0 yuanjiao serve        (and "yuanjiao worker" on other machines)

Brings the database up to date first. Logs JSON lines to standard output. Ctrl-C or SIGTERM lets transfers end, gives
unfinished jobs back and exits with 0; a second one stops at once. "yuanjiao config --help" lists the settings.`,
    )
    .action(async (flags: ConfigFlags) => {
      const config = configOf(flags);
      const { createServer } = await import('../courseware-server.ts');
      const server = createServer(config);
      try {
        await server.start();
        await untilAborted(signal);
      } finally {
        await server.stop();
      }
    });
}

/** Resolves when a stop was asked for. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

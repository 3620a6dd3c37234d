#!/usr/bin/env node

import { CommandError, EXIT, verdictOf, type ExitCode } from './exit-code.ts';
import { programOf } from './program.ts';

async function run(): Promise<ExitCode> {
  const interruption = new AbortController();
  let stopSignals = 0;
  const onStop = (): void => {
    stopSignals += 1;
    // Whoever asks twice does not want to wait for a clean end.
    if (stopSignals > 1) process.exit(EXIT.interrupted);
    interruption.abort();
  };
  process.on('SIGINT', onStop).on('SIGTERM', onStop);
  try {
    await programOf(interruption.signal).parseAsync(process.argv);
    return EXIT.ok;
  } catch (error) {
    if (interruption.signal.aborted) {
      console.error(error instanceof CommandError ? error.message : 'Stopped on request.');
      return EXIT.interrupted;
    }
    const { exitCode, message } = verdictOf(error);
    if (message !== undefined) console.error(message);
    return exitCode;
  }
}

for (const stream of [process.stdout, process.stderr]) {
  // `yuanjiao config | head -1` closes the pipe early; that is no failure of ours.
  stream.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed),
  );
}
process.exit(await run());

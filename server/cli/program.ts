import { Command } from 'commander';

import { VERSION } from '../version.ts';
import { adminCommand } from './admin.ts';
import { configCommand } from './config.ts';
import { edgeConfigCommand } from './edge-config.ts';
import { exportMetadataCommand } from './export-metadata.ts';
import { exportCommand } from './export.ts';
import { figuresCommand } from './figures.ts';
import { exportTableCommand } from './export-table.ts';
import { importCommand } from './import.ts';
import { ingestCommand } from './ingest.ts';
import { liveCommand } from './live.ts';
import { migrateCommand } from './migrate.ts';
import { probeCommand } from './probe.ts';
import { reprocessCommand } from './reprocess.ts';
import { searchCommand } from './search.ts';
import { seedCommand } from './seed.ts';
import { shelfCommand } from './shelf.ts';
import { serveCommand } from './serve.ts';
import { transcodeCommand } from './transcode.ts';
import { verifyCommand } from './verify.ts';
import { watchFolderCommand } from './watch-folder.ts';
import { workerCommand } from './worker.ts';

const EXIT_CODES = `
Exit codes:
  0 done   1 failed   2 wrong command line or configuration   3 the media file cannot be used
  4 a store, a database or a tool is not available   130 interrupted`;

/** The whole command line; commands stop when `signal` is aborted, and nothing ends the process. */
export function programOf(signal: AbortSignal): Command {
  const program = new Command('yuanjiao')
    .description('远教: a streaming courseware server for distance-education halls.')
    .version(VERSION)
    .addCommand(serveCommand(signal))
    .addCommand(workerCommand(signal))
    .addCommand(ingestCommand(signal))
    .addCommand(importCommand())
    .addCommand(exportTableCommand())
    .addCommand(exportMetadataCommand(signal))
    .addCommand(shelfCommand(signal))
    .addCommand(watchFolderCommand(signal))
    .addCommand(reprocessCommand(signal))
    .addCommand(probeCommand(signal))
    .addCommand(transcodeCommand(signal))
    .addCommand(exportCommand(signal))
    .addCommand(verifyCommand(signal))
    .addCommand(liveCommand())
    .addCommand(searchCommand(signal))
    .addCommand(migrateCommand())
    .addCommand(seedCommand(signal))
    .addCommand(figuresCommand())
    .addCommand(edgeConfigCommand())
    .addCommand(adminCommand())
    .addCommand(configCommand())
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao serve
  yuanjiao ingest lecture.mp4 --title '杨梅嫁接四步' --tag 乡土 --wait
  yuanjiao import 课件.xlsx --dry-run
  yuanjiao probe lecture.mp4
  yuanjiao transcode lecture.mp4 --to ./lecture
  yuanjiao export ./lecture --rendition 480p --to /media/usb
  yuanjiao verify ./lecture
  yuanjiao COMMAND --help
${EXIT_CODES}`,
    );
  throwInsteadOfExit(program);
  return program;
}

/** Commander hands its settings on to commands it makes itself, not to added ones. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('Run it with --help for what it understands.');
  for (const nested of command.commands) throwInsteadOfExit(nested);
}

import type { Command } from 'commander';

import type { LadderOptions } from '../../transcoder/index.ts';

/** The flags that say which renditions to make. */
export interface LadderFlags {
  readonly '1080p'?: boolean;
  readonly floor?: boolean;
  readonly fullRate?: boolean;
}

/** Adds the flags that say which renditions to make. */
export function withLadderOptions(command: Command): Command {
  return command
    .option('--1080p', 'add 1080p at full quality where the source has the lines for it')
    .option('--floor', 'keep the lowest rendition with its sound under 400 kbit/s')
    .option('--full-rate', 'keep 50 or 60 pictures a second, which are halved otherwise');
}

/** What the flags ask for. */
export function ladderOptionsOf(flags: LadderFlags): LadderOptions {
  return {
    includes1080p: flags['1080p'] === true,
    includesFloor: flags.floor === true,
    keepsFullRate: flags.fullRate === true,
  };
}

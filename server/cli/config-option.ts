import type { Command } from 'commander';

import { loadConfig, type Config } from '../config.ts';

/** What every command that reads the configuration understands. */
export interface ConfigFlags {
  readonly config?: string;
}

/** Gives a command the option `--config`. */
export function withConfigOption(command: Command): Command {
  return command.option(
    '--config <file>',
    'a JSON file of settings (default: yuanjiao.config.json when there is one)',
  );
}

/** @throws {ConfigError} with every problem there is */
export function configOf(flags: ConfigFlags): Config {
  return loadConfig(flags.config === undefined ? {} : { file: flags.config });
}

import { Command } from 'commander';

import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';

/** `yuanjiao migrate` */
export function migrateCommand(): Command {
  return withConfigOption(new Command('migrate'))
    .description("Bring the database's tables to what this version needs.")
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao migrate
  YUANJIAO_DATABASE=postgres://yuanjiao:secret@127.0.0.1/yuanjiao yuanjiao migrate

Safe to run again, and while others run it. Make a backup before an upgrade: there is no way back.`,
    )
    .action(async (flags: ConfigFlags) => {
      const config = configOf(flags);
      const { openDatabase } = await import('../database/database.ts');
      const database = await openDatabase(config.database);
      try {
        const ran = await database.migrate();
        console.log(
          ran.length === 0 ? `${database.shown} is up to date.` : `${database.shown}: ran ${ran.join(', ')}.`,
        );
      } finally {
        await database.close();
      }
    });
}

import { Command } from 'commander';

import { describeConfig } from '../config.ts';
import { settingRows } from '../settings.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';

/** `yuanjiao config` */
export function configCommand(): Command {
  return withConfigOption(new Command('config'))
    .description('Check the configuration and print it; secrets are hidden.')
    .option('--json', 'print it as one JSON object')
    .addHelpText(
      'after',
      () => `
Examples:
  yuanjiao config
  YUANJIAO_PORT=9000 yuanjiao config --json

Settings; the environment beats the file:
${settingRows()
  .map(
    ({ env, file, fallback, purpose }) =>
      `  ${env} (in the file: ${file})\n      ${purpose}${fallback === '' ? '' : ` Default: ${fallback}`}`,
  )
  .join('\n')}

Exits with 2 and lists every problem when the configuration cannot be used.`,
    )
    .action((flags: ConfigFlags & { readonly json?: boolean }) => {
      const shown = describeConfig(configOf(flags));
      if (flags.json === true) console.log(JSON.stringify(shown, undefined, 2));
      else for (const [name, value] of Object.entries(shown)) console.log(`${name}=${value}`);
    });
}

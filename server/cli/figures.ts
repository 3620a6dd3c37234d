import { Command } from 'commander';

import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { withDatabase } from './opened-foundation.ts';
import { displayWidth } from './terminal-text.ts';

interface FiguresFlags extends ConfigFlags {
  readonly at: string;
  readonly json?: boolean;
}

/** `yuanjiao figures` */
export function figuresCommand(): Command {
  return withConfigOption(new Command('figures'))
    .description('Print what the catalogue holds: items, hours, series, regions.')
    .option('--at <day>', 'name regions as they were on that day, YYYY-MM-DD', '2011-12-31')
    .option('--json', 'as one JSON object, its keys as they are')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao figures
  yuanjiao figures --at 2026-01-01
  yuanjiao figures --json

Everything is counted from the database when it is asked. Beside the figures of the article of 2011 stands what it says of them.`,
    )
    .action(figures);
}

async function figures(flags: FiguresFlags): Promise<void> {
  if (!/^\d{4}-\d\d-\d\d$/.test(flags.at) || Number.isNaN(Date.parse(flags.at))) {
    throw new CommandError('usage', `--at takes a day like 2011-12-31; got ${JSON.stringify(flags.at)}`);
  }
  const { countFigures } = await import('../catalogue/figures.ts');
  const found = await withDatabase(configOf(flags), (database) =>
    database.read((statements) => countFigures(statements, { at: flags.at })),
  );
  if (flags.json === true) {
    console.log(JSON.stringify(Object.fromEntries(found.map(({ key, value }) => [key, value])), null, 2));
    return;
  }
  const shown = found.map(({ value }) => value.toLocaleString('en-US'));
  const labels = width(found.map(({ label }) => label));
  const values = width(shown);
  const units = width(found.map(({ unit }) => unit));
  for (const [index, { label, unit, article }] of found.entries()) {
    const value = shown[index] ?? '';
    const line = `${label}${pad(label, labels)}  ${pad(value, values)}${value} ${unit}`;
    console.log(article === undefined ? line : `${line}${pad(unit, units)}  报道：${article}`);
  }
}

function width(texts: readonly string[]): number {
  return Math.max(...texts.map(displayWidth));
}

function pad(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text)));
}

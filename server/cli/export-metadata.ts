import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { Command } from 'commander';

import { METADATA_FORMATS, type MetadataFormat } from '../harvest/public-site.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { withFoundation } from './opened-foundation.ts';
import { ProgressBar } from './progress-bar.ts';

interface ExportMetadataFlags extends ConfigFlags {
  readonly format: string;
  readonly to: string;
}

const ENDINGS: Readonly<Record<MetadataFormat, string>> = { dc: 'xml', lom: 'xml', 'json-ld': 'jsonld' };
/** Items read at once. */
const PART = 100;

/** `yuanjiao export-metadata` */
export function exportMetadataCommand(signal: AbortSignal): Command {
  return withConfigOption(new Command('export-metadata'))
    .description('Write the description of every published item into a folder, one file each.')
    .requiredOption('--format <name>', 'dc (Dublin Core), lom (IEEE LOM) or json-ld (schema.org)')
    .requiredOption(
      '--to <folder>',
      'where to; it is made when it is not there, files of the same name are replaced',
    )
    .addHelpText(
      'after',
      `
Examples:
  YUANJIAO_PUBLIC_URL=https://yuanjiao.example.cn yuanjiao export-metadata --format lom --to ./lom

Files are named after the id of the item. Addresses in them begin with YUANJIAO_PUBLIC_URL. Prints how many were written.`,
    )
    .action((flags: ExportMetadataFlags) => exportMetadata(flags, signal));
}

async function exportMetadata(flags: ExportMetadataFlags, signal: AbortSignal): Promise<void> {
  const format = METADATA_FORMATS.find((known) => known === flags.format);
  if (format === undefined) {
    throw new CommandError('usage', `${flags.format}: choose one of ${METADATA_FORMATS.join(', ')}.`);
  }
  const config = configOf(flags);
  const { HarvestShelf } = await import('../harvest/harvest-shelf.ts');
  const { describeItem } = await import('../harvest/item-description.ts');
  const { PublicSite } = await import('../harvest/public-site.ts');
  const site = new PublicSite(config.publicUrl ?? `http://localhost:${config.port}`, config.contactEmail);
  const folder = resolve(flags.to);
  await mkdir(folder, { recursive: true });
  const bar = new ProgressBar(flags.format);
  const written = await withFoundation(config, async ({ database, catalogue }) => {
    const shelf = new HarvestShelf(database);
    const total = await shelf.size();
    let count = 0;
    let after: string | undefined;
    do {
      const { items, next } = await shelf.open({ kind: 'newest' }, { order: 'newest', after, limit: PART });
      for (const item of items) {
        signal.throwIfAborted();
        const { chapters } = await catalogue.chapters(item.id);
        const path = join(folder, `${item.id}.${ENDINGS[format]}`);
        // Whoever watches the folder never sees half a file.
        await writeFile(`${path}.part`, describeItem(format, item, site, chapters));
        await rename(`${path}.part`, path);
        count += 1;
      }
      bar.update(total === 0 ? 1 : Math.min(1, count / total), 'writing');
      after = next;
    } while (after !== undefined);
    return count;
  }).catch((error: unknown) => {
    bar.clear();
    throw error;
  });
  bar.finish();
  console.log(`${written}`);
}

import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { Command } from 'commander';

import { objectKey, readObject } from '../../storage/index.ts';
import {
  generationPrefix,
  folderReader,
  PACKAGE_NAME,
  parsePackageList,
  saveDownload,
  storeReader,
  type ObjectReader,
  type PackageDownload,
  type PackageList,
} from '../../transcoder/index.ts';
import { downloadFileName } from '../http/content-disposition.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { ProgressBar } from './progress-bar.ts';

interface ExportFlags extends ConfigFlags {
  readonly to: string;
  readonly rendition?: string;
  readonly sound?: string;
  readonly fragmented?: boolean;
  readonly overwrite?: boolean;
}

/** `yuanjiao export` */
export function exportCommand(signal: AbortSignal): Command {
  return withConfigOption(new Command('export'))
    .description('Write a lecture as one MP4 file, such as onto a USB stick for a television box.')
    .argument('<lecture>', 'its id in the catalogue, or a folder made by "transcode" or a mirror')
    .requiredOption('--to <path>', 'the file, or a folder in which it gets the name of the lecture')
    .option('--rendition <name>', 'such as 480p, or audio for the sound alone (default: the largest picture)')
    .option('--sound <name>', 'such as audio-2, where a lecture has several (default: the one that is heard)')
    .option(
      '--fragmented',
      'the stored segments one after the other, instead of a plain MP4 with its index in front',
    )
    .option('--overwrite', 'replace a file that is there already')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao export 3f9c2a --rendition 480p --to /media/usb
  yuanjiao export ./lecture --to lecture.mp4

Prints the path of the file. Nothing is encoded: it takes as long as copying. The file appears when it is whole and safely on
the disk.`,
    )
    .action((lecture: string, flags: ExportFlags) => exportLecture(lecture, flags, signal));
}

/** A lecture's objects, wherever they are. */
interface OpenedLecture {
  readonly title: string;
  readonly read: ObjectReader;
  readonly list: PackageList;
  close(): Promise<void>;
}

async function exportLecture(lecture: string, flags: ExportFlags, signal: AbortSignal): Promise<void> {
  const opened = (await openFolder(lecture)) ?? (await openCatalogued(lecture, flags));
  try {
    const download = choose(opened.list, flags);
    const path = await targetOf(flags, downloadFileName(opened.title, download));
    const bar = new ProgressBar(basename(path));
    try {
      await saveDownload(opened.read, opened.list, download, path, {
        signal,
        onProgress: (share) => bar.update(share, 'writing'),
      });
      bar.finish();
    } catch (error) {
      bar.clear();
      throw error;
    }
    console.log(path);
  } finally {
    await opened.close();
  }
}

async function openFolder(folder: string): Promise<OpenedLecture | undefined> {
  const bytes = await readFile(join(folder, PACKAGE_NAME)).catch(() => undefined);
  if (bytes === undefined) return undefined;
  return {
    title: basename(resolve(folder)),
    read: folderReader(folder),
    list: parsePackageList(bytes),
    close: async () => {},
  };
}

async function openCatalogued(id: string, flags: ExportFlags): Promise<OpenedLecture> {
  if (!/^[a-z0-9-]{1,40}$/.test(id)) {
    throw new CommandError(
      'usage',
      `${id} is neither the id of a lecture nor a folder with an ${PACKAGE_NAME}. The id stands at the end of the lecture's address.`,
    );
  }
  const { openFoundation } = await import('../foundation.ts');
  const foundation = await openFoundation(configOf(flags));
  try {
    const { title, current } = await foundation.catalogue.get(id);
    if (current?.generation === undefined || current.production !== 'ready') {
      throw new CommandError(
        'failed',
        `Cannot export ${id}: it is not complete yet. Wait until it is ready.`,
      );
    }
    const prefix = generationPrefix(current.generation);
    const bytes = await readObject(foundation.store, objectKey(`${prefix}/${PACKAGE_NAME}`));
    return {
      title,
      read: storeReader(foundation.store, prefix),
      list: parsePackageList(bytes),
      close: () => foundation.close(),
    };
  } catch (error) {
    await foundation.close();
    throw error;
  }
}

function choose({ downloads }: PackageList, flags: ExportFlags): PackageDownload {
  const layout = flags.fragmented === true ? 'fragmented' : 'fast-start';
  const offered = downloads.filter((download) => download.layout === layout);
  const largest = offered.toSorted((a, b) => (b.height ?? 0) - (a.height ?? 0))[0];
  const { rendition = largest?.rendition } = flags;
  const { sound } = flags;
  const chosen = offered.find(
    (download) =>
      download.rendition === rendition && (sound === undefined || download.tracks.includes(sound)),
  );
  if (chosen === undefined) {
    const names = offered.map(({ tracks }) => tracks.join(' with ')).join(', ');
    throw new CommandError(
      'usage',
      `There is no ${[rendition ?? 'rendition', ...(sound === undefined ? [] : [sound])].join(' with ')} to export. Choose one of: ${names}.`,
    );
  }
  return chosen;
}

async function targetOf(flags: ExportFlags, fileName: string): Promise<string> {
  const given = resolve(flags.to);
  const facts = await stat(given).catch(() => undefined);
  const path = facts?.isDirectory() === true ? join(given, fileName) : given;
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere && flags.overwrite !== true) {
    throw new CommandError(
      'usage',
      `${path} is there already; nothing was changed. Add --overwrite to replace it.`,
    );
  }
  return path;
}

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { Command } from 'commander';

import { transcodeToFolder } from '../../transcoder/index.ts';
import { captionsOf, withCaptionsOption, type CaptionsFlags } from './captions-option.ts';
import { CommandError } from './exit-code.ts';
import { ladderOptionsOf, withLadderOptions, type LadderFlags } from './ladder-option.ts';
import { ProgressBar } from './progress-bar.ts';
import { warnOfWeakness } from './sandbox-warning.ts';
import { sourceFile } from './source-file.ts';

interface TranscodeFlags extends LadderFlags, CaptionsFlags {
  readonly to: string;
  readonly overwrite?: boolean;
}

/** `yuanjiao transcode` */
export function transcodeCommand(signal: AbortSignal): Command {
  return withCaptionsOption(withLadderOptions(new Command('transcode')))
    .description('Make HLS of a media file in a folder, without a server or a database.')
    .argument('<file>', 'the media file')
    .requiredOption('--to <folder>', 'where the playlists and segments go; made when missing')
    .option('--overwrite', 'replace a lecture that is already in the folder')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao transcode lecture.mp4 --to ./lecture
  yuanjiao transcode lecture.mp4 --to ./lecture --1080p --overwrite
  yuanjiao transcode lecture.mp4 --to ./lecture --captions lecture-gb.srt,zh-Hans --captions english.ass,en

Prints the path of the playlist to open. The files appear when all of them are made; Ctrl-C leaves none behind.
Caption files beside the lecture under its name (lecture.srt, lecture.en.srt) are taken along without being named.`,
    )
    .action(async (file: string, flags: TranscodeFlags) => {
      const source = await sourceFile(file);
      const folder = resolve(flags.to);
      await refuseLecture(folder, flags.overwrite === true);
      await warnOfWeakness();
      const bar = new ProgressBar(basename(source));
      try {
        const made = await transcodeToFolder(source, folder, {
          ...ladderOptionsOf(flags),
          captions: await captionsOf(source, flags),
          signal,
          onProgress: (status, remaining) => bar.update(status.progress, status.stage, remaining),
        });
        bar.finish();
        for (const warning of made.warnings) console.error(`Note: ${warning}`);
        console.log(join(folder, made.entryKey));
      } catch (error) {
        bar.clear();
        throw error;
      }
    });
}

async function refuseLecture(folder: string, mayOverwrite: boolean): Promise<void> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts !== undefined && !facts.isDirectory()) {
    throw new CommandError('usage', `Cannot write to ${folder}: it is a file. Name a folder with --to.`);
  }
  if (mayOverwrite) return;
  const isThere = await stat(join(folder, 'index.m3u8')).then(
    () => true,
    () => false,
  );
  if (isThere) {
    throw new CommandError(
      'usage',
      `There is a lecture in ${folder} already; nothing was changed. Name another folder, or add --overwrite.`,
    );
  }
}

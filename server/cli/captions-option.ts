import type { Command } from 'commander';

import { languageTag, type CaptionsOption } from '../../transcoder/index.ts';
import { captionFilesBeside } from '../captions/caption-files.ts';
import { CommandError } from './exit-code.ts';
import { sourceFile } from './source-file.ts';

/** The flags about captions that a command adds with {@link withCaptionsOption}. */
export interface CaptionsFlags {
  /** Given as `file` or `file,language`. False when none are wanted. */
  readonly captions?: readonly string[] | false;
}

/** Adds `--captions` and `--no-captions`. */
export function withCaptionsOption(command: Command): Command {
  return command
    .option(
      '--captions <file[,language]>',
      'captions in SRT, ASS or WebVTT; repeat it for more languages',
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option('--no-captions', 'leave out caption files that lie beside it under its name');
}

/**
 * The caption files a command was given; when it was given none, those beside the lecture that have its name, such as
 * `lecture.srt` and `lecture.en.srt`.
 *
 * @throws {CommandError} `usage` when a file is missing or a language is none
 */
export async function captionsOf(
  path: string,
  { captions }: CaptionsFlags,
): Promise<readonly CaptionsOption[]> {
  if (captions === false) return [];
  if (captions === undefined) return (await captionFilesBeside(path)).map((found) => ({ path: found }));
  return Promise.all(captions.map(captionsGiven));
}

async function captionsGiven(value: string): Promise<CaptionsOption> {
  const comma = value.lastIndexOf(',');
  const named = comma < 0 ? undefined : languageTag(value.slice(comma + 1));
  if (named !== undefined) return { path: await sourceFile(value.slice(0, comma)), language: named };
  const path = await sourceFile(value).catch((error: unknown) => {
    // A comma may be part of the name; when there is no such file, the language was meant.
    if (comma < 0 || !(error instanceof CommandError)) throw error;
    const word = JSON.stringify(value.slice(comma + 1));
    throw new CommandError('usage', `${word} is no language: use zh-Hans, zh-Hant, en or another tag.`);
  });
  return { path };
}

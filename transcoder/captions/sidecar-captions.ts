import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';

import type { ObjectStore } from '../../storage/index.ts';
import { TranscodeError } from '../errors.ts';
import { keyUnder } from '../segment-run.ts';
import type { CaptionFile, CaptionProblem, Cue } from './caption-file.ts';
import { captionFolder, storeCaptions, type CaptionKind, type CaptionTrack } from './caption-track.ts';
import { guessLanguage, languageLabel, languageTag } from './language.ts';
import { readCaptions } from './read-captions.ts';
import { AS_WRITTEN, retime, type Timing } from './retime.ts';

/** A caption file beside a lecture's. */
export interface CaptionsOption extends Partial<Timing> {
  readonly path: string;
  /** BCP 47; found out from the file's name and text by default. */
  readonly language?: string;
  /** The language's own name by default. */
  readonly label?: string;
  /** `subtitles` by default. */
  readonly kind?: CaptionKind;
}

/** A caption file that was read, with what its option left open decided. */
export interface SidecarCaptions {
  readonly fileName: string;
  readonly file: CaptionFile;
  /** At the lecture's times. */
  readonly cues: readonly Cue[];
  readonly language: string;
  readonly label: string;
  readonly kind: CaptionKind;
}

/** The largest caption file. A two-hour lecture has about 150 kB of text; ten times the longest is a mistake. */
export const MAX_CAPTION_BYTES = 5 * 2 ** 20;

/**
 * Reads a caption file.
 *
 * @throws {TranscodeError} `captions-unusable` when nothing in it can be shown, naming its lines
 */
export async function readSidecar(option: CaptionsOption): Promise<SidecarCaptions> {
  const fileName = basename(option.path);
  const { size } = await stat(option.path);
  if (size > MAX_CAPTION_BYTES) {
    throw new TranscodeError(
      'captions-unusable',
      `${fileName} has ${size} bytes; captions may have ${MAX_CAPTION_BYTES}. Choose the caption file itself.`,
    );
  }
  const file = readCaptions(await readFile(option.path));
  const cues = retime(file.cues, { ...AS_WRITTEN, ...option });
  if (cues.length === 0) throw unusable(fileName, file);
  const language =
    option.language === undefined ? guessLanguage(fileName, cues) : languageTag(option.language);
  if (language === undefined) {
    throw new TranscodeError(
      'captions-unusable',
      `${JSON.stringify(option.language)} is no language of captions. Use a tag such as zh-Hans, zh-Hant or en.`,
    );
  }
  return {
    fileName,
    file,
    cues,
    language,
    label: option.label ?? languageLabel(language),
    kind: option.kind ?? 'subtitles',
  };
}

/** What to throw when nothing of a caption file can be shown. */
export function unusable(fileName: string, { problems, cues }: CaptionFile): TranscodeError {
  const [first] = problems;
  const why =
    cues.length > 0
      ? 'every caption would end before the lecture begins; check the offset'
      : first === undefined
        ? 'there is no caption in it'
        : captionProblemText(first);
  return new TranscodeError('captions-unusable', `Nothing of ${fileName} can be shown: ${why}`, {
    captionProblems: problems,
  });
}

/** A problem as one line of text: `第 12 行：…`. */
export function captionProblemText({ line, message }: CaptionProblem): string {
  return `第 ${line} 行：${message}`;
}

/**
 * Stores captions that were read under the folder of their lecture.
 *
 * @throws {StorageError} what the store throws
 */
export async function storeSidecar(
  store: ObjectStore,
  prefix: string,
  { language, label, kind, cues }: SidecarCaptions,
): Promise<CaptionTrack> {
  const edition = language.toLowerCase();
  const folder = keyUnder(prefix, captionFolder(edition));
  return { edition, language, label, kind, ...(await storeCaptions(store, folder, edition, cues)) };
}

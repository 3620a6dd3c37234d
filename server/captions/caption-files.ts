import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

const CAPTION_FILES: ReadonlySet<string> = new Set(['.srt', '.ass', '.ssa', '.vtt']);

/** Whether a file is called like captions. */
export function isCaptionFile(name: string): boolean {
  return CAPTION_FILES.has(extname(name).toLowerCase());
}

/** Whether captions are called after a lecture: `lecture.srt`, or `lecture.en.srt`: between the two at most one word. */
export function areCaptionsOf(name: string, stem: string): boolean {
  if (!isCaptionFile(name) || !name.startsWith(`${stem}.`)) return false;
  const words = name.slice(stem.length + 1, -extname(name).length);
  return words === '' || /^[\w-]{1,20}$/.test(words);
}

/** The caption files that lie beside a lecture under its name. */
export async function captionFilesBeside(path: string): Promise<readonly string[]> {
  const stem = basename(path, extname(path));
  const names = await readdir(dirname(path));
  return names
    .filter((name) => areCaptionsOf(name, stem))
    .toSorted()
    .map((name) => join(dirname(path), name));
}

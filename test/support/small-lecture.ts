import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import {
  parsePackageList,
  transcodeToFolder,
  type PackageDownload,
  type PackageList,
} from 'yuanjiao/transcoder';

import { ffmpeg, picture, type TestFolder } from './media.ts';

/** Seconds of {@link makeSmallLecture}: three segments of six seconds and a rest, in more than one span. */
export const SMALL_LECTURE_SECONDS = 20;
/** Pictures a second. */
export const SMALL_LECTURE_RATE = 10;

/** The second at which its sound begins; before, it is silent. */
export const SMALL_LECTURE_BEEP = 5;

/** A lecture as files, made by the transcoder itself. */
export interface SmallLecture {
  readonly folder: string;
  readonly list: PackageList;
  download(name: string): PackageDownload;
}

/** Makes a lecture with a picture of one size and, unless told otherwise, sound. */
export async function makeSmallLecture(
  folder: TestFolder,
  options: {
    /** How many sound tracks; each a tone of its own. Default 1. */
    readonly sounds?: number;
    /** Words for the encoder of the source's picture. */
    readonly coding?: readonly string[];
  } = {},
): Promise<SmallLecture> {
  const { sounds = 1, coding = ['-preset', 'ultrafast'] } = options;
  const seconds = SMALL_LECTURE_SECONDS;
  const tones = Array.from({ length: sounds }, (_, index) => index + 1);
  await ffmpeg(
    ...picture('320x180', String(SMALL_LECTURE_RATE), seconds),
    ...tones.flatMap((tone) => beepFrom(SMALL_LECTURE_BEEP, seconds, 440 * tone)),
    ...['-map', '0:v', ...tones.flatMap((tone) => ['-map', `${tone}:a`])],
    ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', ...coding],
    ...(sounds > 0 ? ['-c:a', 'aac'] : []),
    folder.join('source.mp4'),
  );
  const lecture = folder.join('lecture');
  await transcodeToFolder(folder.join('source.mp4'), lecture);
  return openSmallLecture(lecture);
}

export async function openSmallLecture(folder: string): Promise<SmallLecture> {
  const list = parsePackageList(await readFile(join(folder, 'objects.json')));
  return {
    folder,
    list,
    download(name) {
      const found = list.downloads.find((download) => download.name === name);
      if (found === undefined)
        throw new Error(`no ${name} among ${list.downloads.map((d) => d.name).join()}`);
      return found;
    },
  };
}

/** All files below a folder, by their path from there. */
export async function filesOf(folder: string): Promise<Readonly<Record<string, Buffer>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return [relative(folder, path), await readFile(path)] as const;
      }),
    ),
  );
}

function beepFrom(start: number, seconds: number, hertz: number): readonly string[] {
  return ['-f', 'lavfi', '-i', `aevalsrc=0.5*sin(${2 * hertz}*PI*t)*gte(t\\,${start}):s=48000:d=${seconds}`];
}

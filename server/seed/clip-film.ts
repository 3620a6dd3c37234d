import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { TranscodeError } from '../../transcoder/index.ts';
import { clipCaptions } from './clip-words.ts';
import { CLIPS } from './subject.ts';

const run = promisify(execFile);

/** Seconds of every clip. */
export const CLIP_SECONDS = 30;

/**
 * Films a clip: half a minute of a moving picture with its title and a clock burned in, a chime of its own, and captions, as MP4.
 * It is our own picture, so no box is needed.
 *
 * @param folder - where it and what it is made from are put
 * @returns its path
 * @throws {TranscodeError} `tool-missing`, `encoder-failed`
 */
export async function filmClip(folder: string, index: number, signal?: AbortSignal): Promise<string> {
  const clip = CLIPS[index];
  if (clip === undefined) throw new RangeError(`There is no clip ${index}`);
  const path = (name: string): string => join(folder, `clip-${index + 1}${name}`);
  const font = await chineseFont();
  await writeFile(path('.srt'), clipCaptions(clip));
  // By file, so that no character of it means anything to the filter.
  await writeFile(path('.txt'), `课件片花：${clip}`);
  const hue = `0x${hueOf(index)}`;
  const text = (more: string): string =>
    `drawtext=${font === undefined ? '' : `fontfile='${font}':`}fontcolor=white:shadowx=2:shadowy=2:${more}`;
  const picture = [
    `drawbox=x=0:y=250:w=640:h=60:color=black@0.4:t=fill`,
    `drawbox=x='mod(40*t\\,640)':y=180:w=60:h=60:color=white@0.8:t=fill`,
    ...(font === undefined ? [] : [text(`textfile='${path('.txt')}':expansion=none:fontsize=44:x=40:y=80`)]),
    text(`text='%{pts\\:hms}':fontsize=36:x=40:y=262`),
    'format=yuv420p',
  ].join(',');
  const hertz = 330 + 35 * index;
  try {
    await run(
      'ffmpeg',
      [
        ...['-nostdin', '-v', 'error', '-y'],
        ...['-f', 'lavfi', '-i', `color=c=${hue}:s=640x360:r=25:d=${CLIP_SECONDS}`],
        ...[
          '-f',
          'lavfi',
          '-i',
          `aevalsrc='0.25*exp(-2*mod(t,3))*sin(2*PI*${hertz}*t)':s=48000:d=${CLIP_SECONDS}`,
        ],
        ...['-i', path('.srt'), '-vf', picture],
        ...['-map', '0:v', '-map', '1:a', '-map', '2:s'],
        ...[
          '-c:v',
          'libx264',
          '-preset',
          'ultrafast',
          '-g',
          '50',
          '-c:a',
          'aac',
          '-b:a',
          '96k',
          '-c:s',
          'mov_text',
        ],
        ...[
          '-metadata:s:s:0',
          'language=chi',
          '-t',
          String(CLIP_SECONDS),
          '-fflags',
          '+bitexact',
          '-flags',
          '+bitexact',
        ],
        ...['-movflags', '+faststart', path('.mp4')],
      ],
      signal === undefined ? {} : { signal },
    );
  } catch (error) {
    throw failureOf(error, clip);
  }
  return path('.mp4');
}

/** Any font with Chinese; without one the clip has its clock and no title. */
async function chineseFont(): Promise<string | undefined> {
  try {
    const { stdout } = await run('fc-match', ['-f', '%{file}', ':lang=zh-cn:weight=200']);
    return /cjk|han|song|hei|kai|ming|wenquan|wqy|uming|ukai|droid/i.test(stdout) ? stdout : undefined;
  } catch {
    return undefined;
  }
}

function hueOf(index: number): string {
  const shade = (offset: number): string =>
    Math.round(70 + 50 * Math.sin(((index + offset) * Math.PI) / 6))
      .toString(16)
      .padStart(2, '0');
  return shade(0) + shade(4) + shade(8);
}

function failureOf(error: unknown, clip: string): unknown {
  const { code, name, stderr } = error as NodeJS.ErrnoException & { readonly stderr?: string };
  if (name === 'AbortError') return error;
  if (code === 'ENOENT') {
    return new TranscodeError(
      'tool-missing',
      'There is no ffmpeg on this machine; install the package "ffmpeg"',
    );
  }
  return new TranscodeError(
    'encoder-failed',
    `The clip ${clip} could not be filmed: ${String(stderr ?? error)
      .trim()
      .slice(0, 500)}`,
  );
}

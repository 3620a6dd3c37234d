import { readFile, writeFile } from 'node:fs/promises';

import { ffmpeg, picture, tone, type TestFolder } from '../media.ts';
import type { ClipName, Materials } from './hostile-file.ts';

const SECONDS = 1;

/** What goes into each clip, besides the picture as input 0 and the tone as input 1. */
const RECIPES: Readonly<Record<ClipName, readonly string[]>> = {
  'clip.mp4': [
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-bf',
    '2',
    '-c:a',
    'aac',
  ],
  'silent.mp4': ['-map', '0:v', '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2'],
  'wide-samples.mp4': ['-map', '0:v', '-vf', 'setsar=30000/1', '-c:v', 'libx264', '-preset', 'ultrafast'],
  'clip.avi': ['-map', '0:v', '-c:v', 'mjpeg', '-huffman', 'default'],
  'clip.flv': ['-map', '0:v', '-c:v', 'flv1', '-g', '1'],
  'clip.mpg': ['-map', '0:v', '-c:v', 'mpeg1video'],
  'clip.ogg': ['-map', '1:a', '-c:a', 'libvorbis'],
  'clip.mp3': ['-map', '1:a', '-c:a', 'libmp3lame', '-id3v2_version', '0'],
  'clip.wmv': ['-map', '0:v', '-c:v', 'wmv2'],
  'vp8.webm': ['-map', '0:v', '-frames:v', '4', '-c:v', 'libvpx', '-g', '1', '-deadline', 'realtime'],
  'vp9.webm': [
    '-map',
    '0:v',
    '-frames:v',
    '4',
    '-c:v',
    'libvpx-vp9',
    '-g',
    '1',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
  ],
  'fonts.mkv': ['-map', '0:v', '-c:v', 'mpeg4'],
};

/** Makes the healthy clips and lays out the baits. */
export async function makeMaterials(
  folder: TestFolder,
  port: number,
  secretText: string,
): Promise<Materials> {
  const font = folder.join('font.ttf');
  await writeFile(font, Buffer.alloc(3_000_000, secretText));
  const outputs = Object.entries(RECIPES).flatMap(([name, words]) => [
    ...words,
    ...(name === 'fonts.mkv' ? ['-attach', font, '-metadata:s:t', 'mimetype=font/ttf'] : []),
    folder.join(name),
  ]);
  await ffmpeg(...picture('320x180', '25', SECONDS), ...tone(SECONDS), ...outputs);
  const names = Object.keys(RECIPES) as ClipName[];
  const clips = await Promise.all(
    names.map(async (name) => [name, await readFile(folder.join(name))] as const),
  );
  const neighbour = folder.join('neighbour.ts');
  await ffmpeg(...picture('320x180', '25', 1), '-c:v', 'mpeg2video', '-f', 'mpegts', neighbour);
  const secret = folder.join('secret.txt');
  await writeFile(secret, `${secretText}\n`.repeat(50));
  return {
    clips: Object.fromEntries(clips) as Materials['clips'],
    url: `http://127.0.0.1:${port}`,
    port,
    neighbour,
    secret,
  };
}

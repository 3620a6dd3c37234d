import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Seconds of the lecture, and of each segment. */
export const LECTURE_SECONDS = 72;
export const SEGMENT_SECONDS = 2;

const RENDITIONS = [
  { name: '360p', size: '640x360', bitrate: 900_000 },
  { name: '180p', size: '320x180', bitrate: 180_000 },
];

/** Makes a lecture as the transcoder publishes it: two renditions, one audio group, fragmented MP4 by byte ranges. */
export async function makeLectureMedia(directory: string): Promise<void> {
  const audio = ['-c:a', 'aac', '-b:a', '64k', '-ac', '1', ...hls(directory, 'audio')];
  const inputs = [
    ...args('-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=25:duration=${LECTURE_SECONDS}`),
    ...args('-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${LECTURE_SECONDS}`),
  ];
  const outputs = RENDITIONS.flatMap(({ name, size, bitrate }) => [
    ...args('-map', '0:v', '-s', size, '-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'baseline'),
    ...args('-pix_fmt', 'yuv420p', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0'),
    ...args('-b:v', String(bitrate), '-maxrate', String(bitrate), '-bufsize', String(bitrate)),
    ...hls(directory, name),
  ]);
  await run('ffmpeg', ['-v', 'error', '-y', ...inputs, ...outputs, '-map', '1:a', ...audio]);
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  lines.push(
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="原声",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",URI="audio/index.m3u8"',
  );
  for (const { name, size, bitrate } of RENDITIONS) {
    const peak = bitrate + 80_000;
    lines.push(
      `#EXT-X-STREAM-INF:BANDWIDTH=${peak},RESOLUTION=${size},FRAME-RATE=25,CODECS="avc1.42c01e,mp4a.40.2",AUDIO="audio"`,
      `${name}/index.m3u8`,
    );
  }
  await writeFile(join(directory, 'index.m3u8'), `${lines.join('\n')}\n`);
}

function args(...words: readonly string[]): readonly string[] {
  return words;
}

function hls(directory: string, name: string): readonly string[] {
  return [
    ...args('-f', 'hls', '-hls_time', String(SEGMENT_SECONDS), '-hls_playlist_type', 'vod'),
    ...args('-hls_segment_type', 'fmp4', '-hls_flags', 'single_file'),
    ...args('-hls_segment_filename', join(directory, name, 'all.mp4'), join(directory, name, 'index.m3u8')),
  ];
}

/** The playlist as it stands while only the first `segments` are encoded. */
export function growingPlaylist(playlist: string, segments: number): string {
  let seen = 0;
  const lines: string[] = [];
  for (const line of playlist.split('\n')) {
    if (line.startsWith('#EXTINF')) seen += 1;
    if (seen > segments) break;
    if (line !== '#EXT-X-ENDLIST') lines.push(line.replace('PLAYLIST-TYPE:VOD', 'PLAYLIST-TYPE:EVENT'));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Captions with a line that can be looked for. */
export const CAPTIONS_VTT = 'WEBVTT\n\n00:00.000 --> 00:40.000\n今天讲果树的冬季修剪\n';

/** Where in the file the segment lies that is on the screen at this second. */
export async function segmentAt(playlist: string, second: number): Promise<{ from: number; to: number }> {
  const ranges = (await readFile(playlist, 'utf8')).match(/#EXT-X-BYTERANGE:\d+@\d+/g) ?? [];
  const [length = 0, from = 0] =
    (ranges[Math.floor(second / SEGMENT_SECONDS)] ?? '').match(/\d+/g)?.map(Number) ?? [];
  return { from, to: from + length - 1 };
}

/** Seconds from one small picture of the storyboard to the next; its sheet has them side by side, each of one colour. */
export const STORYBOARD_SECONDS = 24;
export const STORYBOARD_COLOURS: readonly string[] = ['red', 'lime', 'blue'];

/** Makes a storyboard of three tiles beside a lecture. */
export async function makeStoryboard(directory: string): Promise<void> {
  const inputs = STORYBOARD_COLOURS.flatMap((colour) => ['-f', 'lavfi', '-i', `color=${colour}:s=160x90`]);
  const sheet = join(directory, 'storyboard', '000-1.jpg');
  const words = ['-filter_complex', 'hstack=3,format=yuvj420p', '-frames:v', '1', sheet];
  await run('ffmpeg', ['-v', 'error', '-y', ...inputs, ...words]);
  const cues = STORYBOARD_COLOURS.map((_, place) => {
    const time = (tile: number): string =>
      new Date(tile * STORYBOARD_SECONDS * 1000).toISOString().slice(11, 23);
    return `${time(place)} --> ${time(place + 1)}\n000-1.jpg#xywh=${place * 160},0,160,90\n`;
  });
  await writeFile(join(directory, 'storyboard', 'index.vtt'), ['WEBVTT\n', ...cues].join('\n'));
}

import type { RunLimits } from './box.ts';
import type { FfmpegTask } from './ffmpeg.ts';
import { MAX_PIXELS } from './hostile-media.ts';
import type { StoryboardLayout } from './storyboard.ts';

/** Names of what the tasks write. */
export const GREY_NAME = 'grey.raw';
export const STILL_NAME = 'still.jpg';

/**
 * Options before our own H.264. Copied renditions are the producer's bytes, so nothing else may be opened here either, and one
 * thread is enough for pictures that do not depend on each other.
 */
function inputOptions(format: 'h264' | 'mp4'): readonly string[] {
  return [
    '-v',
    'warning',
    '-stats',
    '-protocol_whitelist',
    'file',
    '-format_whitelist',
    format === 'h264' ? 'h264' : 'mov,mp4',
    '-codec_whitelist',
    'h264',
    '-max_pixels',
    String(MAX_PIXELS),
    '-threads',
    '1',
    // A bare byte stream has no times: its pictures are counted.
    ...(format === 'h264' ? ['-f', 'h264', '-framerate', '1'] : []),
  ];
}

/** Some hundred small pictures take a second or two. */
const LIMITS: RunLimits = { cpuSeconds: 300, outputBytes: 64 * 2 ** 20 };

/** The output has as many pictures as the filters give, however they are timed. */
const EVERY_PICTURE: readonly string[] = ['-fps_mode', 'passthrough'];

/** The name of a sheet of a storyboard, as the task writes it. */
export function sheetName(sheet: number): string {
  return `sheet-${String(sheet + 1).padStart(3, '0')}.jpg`;
}

/** From a byte stream of key pictures to sheets of small ones, and the same as grey pictures for measuring; pure. */
export function sheetsTask({ columns, rows, tileWidth, tileHeight }: StoryboardLayout): FfmpegTask {
  const graph =
    `[0:v:0]scale=${tileWidth}:${tileHeight}:flags=area,setsar=1,split[tiles][measured];` +
    `[tiles]format=yuvj420p,tile=${columns}x${rows}[sheets];[measured]format=gray[grey]`;
  return {
    limits: LIMITS,
    inputOptions: inputOptions('h264'),
    outputs: [
      {
        name: 'sheet-%03d.jpg',
        options: [
          ...['-filter_complex', graph, '-map', '[sheets]', ...EVERY_PICTURE],
          ...['-q:v', '5', '-f', 'image2'],
        ],
      },
      { name: GREY_NAME, options: ['-map', '[grey]', ...EVERY_PICTURE, '-f', 'rawvideo'] },
    ],
  };
}

/** From a segment to small grey pictures: every `step`th of the first `count × step`; pure. */
export function greyTask(
  { tileWidth, tileHeight }: StoryboardLayout,
  step: number,
  count: number,
): FfmpegTask {
  const graph = `select=not(mod(n\\,${step})),scale=${tileWidth}:${tileHeight}:flags=area,format=gray`;
  return {
    limits: LIMITS,
    inputOptions: inputOptions('mp4'),
    outputs: [
      {
        name: GREY_NAME,
        options: [
          ...['-map', '0:v:0', '-vf', graph, ...EVERY_PICTURE],
          ...['-frames:v', String(count), '-f', 'rawvideo'],
        ],
      },
    ],
  };
}

/** From a segment to one picture of it, as a JPEG of `width` dots; pure. */
export function stillTask(pictureNumber: number, width: number): FfmpegTask {
  const graph = `select=gte(n\\,${pictureNumber}),scale=${width}:-2:flags=lanczos,setsar=1,format=yuvj420p`;
  return {
    limits: LIMITS,
    inputOptions: inputOptions('mp4'),
    outputs: [
      {
        name: STILL_NAME,
        options: [
          ...['-map', '0:v:0', '-vf', graph, ...EVERY_PICTURE],
          ...['-frames:v', '1', '-q:v', '4', '-f', 'mjpeg'],
        ],
      },
    ],
  };
}

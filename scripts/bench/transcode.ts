import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { machine, measure, median } from './cpu-meter.ts';
import { cameraLecture, slideLecture } from './lecture.ts';

const ROUNDS = 3;
const ONCE = fileURLToPath(new URL('transcode-once.js', import.meta.url));

interface Size {
  readonly width: number;
  readonly height: number;
  readonly maxBitrate: number;
}

/** The hall ladder for a 1080p source. */
const SIZES: readonly Size[] = [
  { width: 640, height: 360, maxBitrate: 450_000 },
  { width: 854, height: 480, maxBitrate: 800_000 },
  { width: 1280, height: 720, maxBitrate: 1_600_000 },
];

/**
 * Processor seconds of our whole pipeline (probing, spans, sandbox, storing with fsync, playlists, poster) over those of one bare
 * ffmpeg that makes the same outputs from one decode, and over one ffmpeg for each output. All with the same encoder settings
 * and one thread an encoder, in turn, in one run; the ratio is taken round by round.
 */
export async function run(): Promise<object> {
  const slides = await compare(slideLecture(120));
  const camera = await compare(cameraLecture(40));
  return {
    ratio_bare: slides.bare,
    ratio_separate: slides.separate,
    camera_ratio_bare: camera.bare,
    camera_ratio_separate: camera.separate,
    slides_cpu_seconds: slides.ours,
    camera_cpu_seconds: camera.ours,
    rounds: ROUNDS,
    machine: machine(),
  };
}

async function compare(source: string): Promise<{ bare: number; separate: number; ours: number }> {
  const bareRatios: number[] = [];
  const separateRatios: number[] = [];
  const oursSeconds: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-bench-'));
    try {
      const ours = (await measure([process.execPath, ONCE, source, join(folder, 'ours')])).cpuSeconds;
      const bare = (await measure(bareCommand(source, folder))).cpuSeconds;
      let separate = (await measure(soundCommand(source, folder))).cpuSeconds;
      for (const size of SIZES) separate += (await measure(separateCommand(source, size, folder))).cpuSeconds;
      bareRatios.push(ours / bare);
      separateRatios.push(ours / separate);
      oursSeconds.push(ours);
      console.log(
        `${source.split('/').at(-1)} round ${round}: ours ${ours.toFixed(1)} CPU-s, bare ${bare.toFixed(1)}, separate ${separate.toFixed(1)}`,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return {
    bare: rounded(median(bareRatios)),
    separate: rounded(median(separateRatios)),
    ours: rounded(median(oursSeconds)),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

const INPUT = ['ffmpeg', '-v', 'error', '-nostdin', '-y'];
const SOUND = ['-map', '0:a', '-ac', '1', '-ar', '48000', '-c:a', 'aac', '-b:a', '64k'];

function encoder(size: Size): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-threads', '1', '-crf', '23'],
    ...['-g', '150', '-keyint_min', '150', '-sc_threshold', '0'],
    ...['-maxrate', String(size.maxBitrate), '-bufsize', String(size.maxBitrate * 2)],
    ...['-f', 'mp4', '-movflags', '+cmaf+frag_keyframe'],
  ];
}

function bareCommand(source: string, folder: string): string[] {
  // 360p from 720p, as the pipeline does: exactly half, so nothing is lost.
  const graph =
    '[0:v]fps=25,split[a][b];[a]scale=1280:720:flags=lanczos,format=yuv420p,split[v720][c];[b]scale=854:480:flags=lanczos,format=yuv420p[v480];[c]scale=640:360:flags=lanczos[v360]';
  const outputs = SIZES.flatMap((size) => [
    '-map',
    `[v${size.height}]`,
    ...encoder(size),
    join(folder, `bare-${size.height}.mp4`),
  ]);
  return [...INPUT, '-i', source, '-filter_complex', graph, ...outputs, ...SOUND, join(folder, 'bare.m4a')];
}

function separateCommand(source: string, size: Size, folder: string): string[] {
  const filter = `fps=25,scale=${size.width}:${size.height}:flags=lanczos,format=yuv420p`;
  return [
    ...INPUT,
    '-i',
    source,
    '-map',
    '0:v',
    '-vf',
    filter,
    ...encoder(size),
    join(folder, `one-${size.height}.mp4`),
  ];
}

function soundCommand(source: string, folder: string): string[] {
  return [...INPUT, '-i', source, ...SOUND, join(folder, 'one.m4a')];
}

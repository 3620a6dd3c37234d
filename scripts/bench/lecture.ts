import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { once } from 'node:events';

import { Classroom, CLASSROOM_SIZE } from './classroom.ts';
import { drawSlides, SLIDE_SECONDS } from './slide-deck.ts';
import { HEAD_SIZE, TalkingHead } from './talking-head.ts';

/** Bump it when the clips change; what older versions drew is then not used any more. */
const EDITION = 2;
const FOLDER = resolve('.cache/bench');
/** A longer lecture repeats so many seconds, because making it takes longer than measuring on it. */
const SLIDES_LOOP_SECONDS = 60;
const CAMERA_LOOP_SECONDS = 30;
const FRAME_RATE = 25;

/**
 * A recorded slide lecture, 1080p25 at 0.6 Mbit/s with a key picture every ten seconds: print, tables, code and photographs, a
 * speaker in a corner, a pointer that moves. Made once and kept.
 */
export async function slideLecture(seconds: number): Promise<string> {
  if (seconds > SLIDES_LOOP_SECONDS) {
    return repeat(await slideLecture(SLIDES_LOOP_SECONDS), `slides-${seconds}`, seconds);
  }
  const path = pathOf(`slides-${seconds}`);
  if (existsSync(path)) return path;
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-slides-'));
  try {
    drawSlides(folder, Math.ceil(seconds / SLIDE_SECONDS));
    const head = new TalkingHead();
    const graph = [
      `[0:v]fps=${FRAME_RATE},format=yuv420p[slides]`,
      '[slides][1:v]overlay=1400:770[spoken]',
      "[spoken][2:v]overlay=x='600+420*sin(t*0.7)*gt(sin(t*0.21),0)':y='500+210*sin(t*0.9)*gt(sin(t*0.21),0)'[v]",
    ].join(';');
    await make(path, seconds, (frame) => head.draw(frame), [
      ...['-framerate', `1/${SLIDE_SECONDS}`, '-i', join(folder, 'slide-%04d.png')],
      ...rawInput(HEAD_SIZE),
      ...['-f', 'lavfi', '-i', `color=c=red:s=16x16:r=${FRAME_RATE}`],
      ...['-filter_complex', graph],
    ]);
    return path;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A lecture before a blackboard as a camcorder takes it, 1080p25 at about 13 Mbit/s. Made once and kept. */
export async function cameraLecture(seconds: number): Promise<string> {
  if (seconds > CAMERA_LOOP_SECONDS) {
    return repeat(await cameraLecture(CAMERA_LOOP_SECONDS), `camera-${seconds}`, seconds);
  }
  const path = pathOf(`camera-${seconds}`);
  if (existsSync(path)) return path;
  const room = new Classroom();
  await make(path, seconds, (frame) => room.draw(frame), [
    ...rawInput(CLASSROOM_SIZE),
    ...['-filter_complex', '[0:v]null[v]'],
  ]);
  return path;
}

/** The slide lecture as a program exports it that sets a key picture every two seconds: its packets can be copied. */
export async function copyableLecture(seconds: number): Promise<string> {
  const path = pathOf(`copyable-${seconds}`);
  if (existsSync(path)) return path;
  const slides = await slideLecture(seconds);
  const part = `${path}.part`;
  const video = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '23',
    '-profile:v',
    'high',
    '-level',
    '4.1',
  ];
  const keys = ['-g', '50', '-keyint_min', '50', '-sc_threshold', '0'];
  const rate = ['-maxrate', '2M', '-bufsize', '2M'];
  runFfmpeg(['-i', slides, ...video, ...keys, ...rate, '-c:a', 'copy', '-f', 'mp4', part]);
  renameSync(part, path);
  return path;
}

/** The same packets in Matroska, whose clock is too coarse for the pipeline to copy them. */
export function inMatroska(source: string): string {
  const path = source.replace(/mp4$/, 'mkv');
  if (existsSync(path)) return path;
  const part = `${path}.part`;
  runFfmpeg(['-i', source, '-c', 'copy', '-f', 'matroska', part]);
  renameSync(part, path);
  return path;
}

function pathOf(name: string): string {
  mkdirSync(FOLDER, { recursive: true });
  return join(FOLDER, `${name}-v${EDITION}.mp4`);
}

function rawInput({ width, height }: { readonly width: number; readonly height: number }): readonly string[] {
  const shape = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`];
  return [...shape, '-r', String(FRAME_RATE), '-i', 'pipe:0'];
}

/** Encodes what a graph makes of drawn pictures as a producer's program would, with a voice. */
async function make(
  path: string,
  seconds: number,
  draw: (frame: number) => Uint8ClampedArray,
  inputs: readonly string[],
): Promise<void> {
  console.log(`making ${path} (once)`);
  const part = `${path}.part`;
  const inputCount = inputs.filter((word) => word === '-i').length;
  const voice = 'aevalsrc=0.3*sin(2*PI*(180+40*sin(3*t))*t)*(0.6+0.4*sin(9*t)):s=44100';
  // An option before -i belongs to that input, so the voice comes before the graph.
  const graphAt = inputs.indexOf('-filter_complex');
  const words = [
    ...[
      '-v',
      'error',
      '-y',
      ...inputs.slice(0, graphAt),
      '-f',
      'lavfi',
      '-i',
      voice,
      ...inputs.slice(graphAt),
    ],
    ...['-map', '[v]', '-map', `${inputCount}:a`, '-t', String(seconds)],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '19', '-g', '250', '-pix_fmt', 'yuv420p'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'],
    ...['-c:a', 'aac', '-b:a', '160k', '-ac', '2', '-f', 'mp4', '-movflags', '+faststart', part],
  ];
  const encoder = spawn('ffmpeg', words, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(encoder, 'close') as Promise<[number | null]>;
  for (let frame = 0; frame < seconds * FRAME_RATE; frame += 1) {
    // A copy, because the picture's buffer is drawn over while the pipe is still being read.
    if (!encoder.stdin.write(Buffer.from(draw(frame)))) await once(encoder.stdin, 'drain');
  }
  encoder.stdin.end();
  const [status] = await ended;
  if (status !== 0) throw new Error(`ffmpeg could not make ${path}: status ${status}`);
  renameSync(part, path);
}

function repeat(clip: string, name: string, seconds: number): string {
  const path = pathOf(name);
  if (existsSync(path)) return path;
  const part = `${path}.part`;
  runFfmpeg(['-stream_loop', '-1', '-i', clip, '-t', String(seconds), '-c', 'copy', '-f', 'mp4', part]);
  renameSync(part, path);
  return path;
}

function runFfmpeg(words: readonly string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...words]);
}

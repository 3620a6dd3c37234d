import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs ffmpeg as it is on the PATH; what it says becomes the error. */
export async function ffmpeg(...words: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...words], { maxBuffer: 64 * 1024 * 1024 });
}

/** Runs ffprobe and returns what it printed as JSON. */
export async function ffprobe<T>(...words: readonly string[]): Promise<T> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', ...words], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as T;
}

/** The digest of every decoded picture of a file or a playlist, in order; anything ffmpeg complains of fails. */
export async function pictureDigests(path: string): Promise<readonly string[]> {
  const words = ['-v', 'warning', '-nostdin', '-i', path, '-map', '0:v:0', '-f', 'framemd5', '-'];
  const { stdout, stderr } = await run('ffmpeg', words, { maxBuffer: 64 * 1024 * 1024 });
  if (stderr.trim() !== '') throw new Error(`ffmpeg complains about ${path}: ${stderr}`);
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}

/**
 * The luma PSNR of the worst picture of two videos of one source, in dB. With the running clock of {@link picture}, a picture that
 * is one off falls below 25 dB, and what an encoder loses stays above.
 */
export async function lowestPsnr(one: string, two: string): Promise<number> {
  const words = [
    '-v',
    'error',
    '-nostdin',
    '-i',
    one,
    '-i',
    two,
    '-lavfi',
    'psnr=stats_file=-',
    '-f',
    'null',
    '-',
  ];
  const { stdout } = await run('ffmpeg', words, { maxBuffer: 64 * 1024 * 1024 });
  const values = [...stdout.matchAll(/psnr_y:([\d.]+|inf)/g)].map((match) =>
    match[1] === 'inf' ? 100 : Number(match[1]),
  );
  return Math.min(...values);
}

/** Presentation times of the packets of one track, ascending, in seconds. */
export async function packetTimes(path: string, track: 'v:0' | 'a:0'): Promise<readonly number[]> {
  const { packets } = await ffprobe<{ packets: { pts_time: string }[] }>(
    ...['-select_streams', track, '-show_entries', 'packet=pts_time', path],
  );
  return packets.map((packet) => Number(packet.pts_time)).toSorted((a, b) => a - b);
}

/** A folder that goes with the test. */
export interface TestFolder {
  readonly path: string;
  join(...parts: readonly string[]): string;
  remove(): Promise<void>;
}

export async function testFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'yuanjiao-test-'));
  return {
    path,
    join: (...parts) => join(path, ...parts),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Words for a moving picture of a size and rate; `testsrc2` shows a running clock, so every picture is its own. */
export function picture(size: string, rate: string, seconds: number): readonly string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`];
}

/** Words for a tone. */
export function tone(seconds: number): readonly string[] {
  return ['-f', 'lavfi', '-i', `sine=f=440:r=44100:d=${seconds}`];
}

/** Words for an encoder that is quick and still uses B-frames and an irregular distance of key pictures. */
export const QUICK_H264: readonly string[] = [
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-bf',
  '2',
  '-g',
  '73',
];

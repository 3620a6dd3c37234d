import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SAMPLE_RATE = 48_000;
/** Levels of brightness that tell a flash, which is white, from any picture. */
const FLASH_LUMA = 200;

/** What a lecture shows and lets hear, measured on its decoded pictures and sound. */
export interface SeenAndHeard {
  readonly width: number;
  readonly height: number;
  readonly pictureCount: number;
  /** The matrix of the colour tags, or undefined. */
  readonly matrix: string | undefined;
  /** Mean brightness of every picture. */
  readonly lumas: readonly number[];
  /** The number of the first picture of each flash. */
  readonly flashes: readonly number[];
  /** Seconds at which each beep begins. */
  readonly beeps: readonly number[];
  readonly soundSeconds: number;
}

/** Decodes a rendition and, where there is one, a sound track in one run, and looks for flashes and beeps. */
export async function seeAndHear(
  folder: string,
  rendition: string,
  sound: string | undefined,
): Promise<SeenAndHeard> {
  const at = (name: string): string => join(folder, name);
  const words = ['-v', 'info', '-nostdin', '-y', '-i', at(`${rendition}/index.m3u8`)];
  if (sound !== undefined) words.push('-i', at(`${sound}/index.m3u8`));
  // The plane as it is: a conversion to grey, and scaling one, would stretch it.
  words.push('-map', '0:v', '-vf', 'extractplanes=y', '-fps_mode', 'passthrough');
  words.push('-f', 'rawvideo', at('luma.raw'));
  if (sound !== undefined)
    words.push('-map', '1:a', '-ac', '1', '-ar', String(SAMPLE_RATE), '-f', 's16le', at('sound.raw'));
  const { stderr } = await run('ffmpeg', words, { maxBuffer: 16 * 1024 * 1024 });
  const stream = /Stream #0:0.*?: Video: .*?, yuv420p\(([^)]*)\).*?, (\d+)x(\d+)/.exec(stderr);
  const [width, height] = [Number(stream?.[2]), Number(stream?.[3])];
  const lumas = meanLumas(await readFile(at('luma.raw')), width * height);
  const heard = sound === undefined ? new Int16Array() : samplesOf(await readFile(at('sound.raw')));
  return {
    width,
    height,
    pictureCount: lumas.length,
    matrix: matrixOf(stream?.[1] ?? ''),
    lumas,
    flashes: lumas.flatMap((luma, place) =>
      luma > FLASH_LUMA && (lumas[place - 1] ?? 0) <= FLASH_LUMA ? [place] : [],
    ),
    beeps: beepsIn(heard),
    soundSeconds: heard.length / SAMPLE_RATE,
  };
}

/** ffmpeg writes `tv, bt470bg/bt470bg/smpte170m, progressive`, or one name where the three are the same. */
function matrixOf(tags: string): string | undefined {
  const names = tags.split(', ').find((word) => /bt|smpte/.test(word));
  return names?.split('/')[0];
}

/** One dot in so many is enough for a mean; it has no factor in common with a line, so all columns are met. */
const DOT_STEP = 31;

function meanLumas(bytes: Buffer, size: number): readonly number[] {
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, place) => {
    let sum = 0;
    let count = 0;
    for (let dot = place * size; dot < (place + 1) * size; dot += DOT_STEP) {
      sum += bytes[dot] ?? 0;
      count += 1;
    }
    return sum / count;
  });
}

function samplesOf(bytes: Buffer): Int16Array {
  return new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 2));
}

/** A beep begins where, after a tenth of a second of quiet, the sound is half as loud as it ever gets. */
function beepsIn(samples: Int16Array): readonly number[] {
  const loud = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 2;
  const begins: number[] = [];
  let lastLoud = Number.NEGATIVE_INFINITY;
  for (const [place, sample] of samples.entries()) {
    if (loud < 100 || Math.abs(sample) < loud) continue;
    if (place - lastLoud > SAMPLE_RATE / 10) begins.push(place / SAMPLE_RATE);
    lastLoud = place;
  }
  return begins;
}

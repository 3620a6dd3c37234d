import { execFileSync } from 'node:child_process';

/** A row of numbers in [0, 1) that is the same on every machine (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A plane of numbers, row by row. */
export interface Plane<Samples extends { [place: number]: number; readonly length: number } = Float32Array> {
  readonly width: number;
  readonly height: number;
  readonly samples: Samples;
}

/**
 * A texture as nature has it: half the strength with every halving of the size (1/f), between −1 and 1 or nearly so.
 *
 * @param coarsest - dots of its largest patches
 */
export function cloud(width: number, height: number, coarsest: number, seed: number): Plane {
  const random = randomNumbers(seed);
  const samples = new Float32Array(width * height);
  let strength = 0.5;
  for (let size = coarsest; size >= 2; size /= 2) {
    addOctave({ width, height, samples }, size, strength, random);
    strength /= 2;
  }
  return { width, height, samples };
}

function addOctave(plane: Plane, size: number, strength: number, random: () => number): void {
  const columns = Math.ceil(plane.width / size) + 2;
  const rows = Math.ceil(plane.height / size) + 2;
  const knots = Float32Array.from({ length: columns * rows }, () => (random() * 2 - 1) * strength);
  const lattice = { width: columns, height: rows, samples: knots };
  for (let y = 0; y < plane.height; y += 1) {
    for (let x = 0; x < plane.width; x += 1) {
      const place = y * plane.width + x;
      plane.samples[place] = (plane.samples[place] ?? 0) + between(lattice, x / size, y / size);
    }
  }
}

/** The value of a plane between its samples, bilinear; the edge's own beyond the edge. */
export function between(plane: Plane, x: number, y: number): number {
  const left = Math.min(Math.max(Math.floor(x), 0), plane.width - 2);
  const top = Math.min(Math.max(Math.floor(y), 0), plane.height - 2);
  const right = Math.min(Math.max(x - left, 0), 1);
  const down = Math.min(Math.max(y - top, 0), 1);
  const place = top * plane.width + left;
  const { samples, width } = plane;
  const upper = (samples[place] ?? 0) * (1 - right) + (samples[place + 1] ?? 0) * right;
  const lower = (samples[place + width] ?? 0) * (1 - right) + (samples[place + width + 1] ?? 0) * right;
  return upper * (1 - down) + lower * down;
}

/** Normally distributed noise of a sensor: neighbours share half of it, as a demosaicing camera's do. */
export function sensorNoise(
  width: number,
  height: number,
  deviation: number,
  seed: number,
): Plane<Int8Array> {
  const random = randomNumbers(seed);
  // Four evenly distributed numbers have a deviation of 1/√3; the mean of two such neighbours has 1/√6 of it.
  const white = Float32Array.from(
    { length: width * height + 1 },
    () => (random() + random() + random() + random() - 2) * Math.sqrt(6) * deviation,
  );
  const samples = new Int8Array(width * height);
  for (let place = 0; place < samples.length; place += 1) {
    samples[place] = Math.round(((white[place] ?? 0) + (white[place + 1] ?? 0)) / 2);
  }
  return { width, height, samples };
}

/** Lines of text, as ffmpeg draws them, in shades from 0 (nothing) to 255 (ink). */
export function textPlane(
  width: number,
  height: number,
  lines: readonly string[],
  fontSize: number,
): Plane<Uint8Array> {
  const drawn = lines.map(
    (line, row) =>
      `drawtext=font='Noto Sans CJK SC':text='${line}':expansion=none:x=20:y=${20 + Math.round(row * fontSize * 1.5)}:fontsize=${fontSize}:fontcolor=white`,
  );
  const words = ['-v', 'error', '-f', 'lavfi', '-i', `color=c=black:s=${width}x${height}`];
  words.push('-vf', [...drawn, 'format=gray'].join(','), '-frames:v', '1', '-f', 'rawvideo', '-');
  const bytes = execFileSync('ffmpeg', words, { maxBuffer: width * height * 2 });
  return { width, height, samples: bytes };
}

// How the clips of input-fixtures.ts are drawn and made: a picture that flashes, and a beep with every flash.

/** What must come out of a clip; all of it is measured on the lecture that was made. */
export interface ExpectedLecture {
  /** Size of the largest rendition, as displayed. */
  readonly size: string;
  /** Pictures a second, as a ratio or a number. */
  readonly rate: string;
  readonly seconds: number;
  /** Seconds that more or fewer are right too; two pictures when it is not said. */
  readonly tolerance?: number;
  /** Seconds at which a flash is seen and, where there is sound, a beep is heard. */
  readonly flashes: readonly number[];
  /** Brightness from 16 to 235 of the picture between the flashes, and of a flash. */
  readonly luma?: { readonly still: number; readonly flash: number };
  /** The colour matrix the renditions are tagged with. */
  readonly matrix?: string;
  /** How many sound tracks are offered; one when it is not said. */
  readonly sounds?: number;
  /** What the producer is told, in part. */
  readonly warning?: string;
}

/** One kind of input. */
export interface InputFixture {
  /** What it stands for, in the producers' words. */
  readonly kind: string;
  /** The name of the clip; it is unique. */
  readonly file: string;
  /** ffmpeg's arguments, run by run; the last one writes the clip. `at` answers with the path of a name. */
  readonly make: (at: (name: string) => string) => readonly (readonly string[])[];
  /** Makes the clip out of the bytes of what the runs wrote, where ffmpeg would write no such file. */
  readonly assemble?: (read: (name: string) => Buffer) => Buffer;
  readonly expected: ExpectedLecture;
}

const FLASH_SECONDS = 0.2;

/** What is drawn and heard. */
export interface Clip {
  readonly size?: string;
  readonly rate?: string;
  readonly seconds?: number;
  readonly flashes?: readonly number[];
  /** A plain colour instead of a moving picture. */
  readonly color?: string;
  /** Filters after the flash is drawn. */
  readonly after?: string;
}

/** A moving picture that flashes white; every picture shows another clock. */
export function picture(clip: Clip = {}): readonly string[] {
  const { size = '320x240', rate = '25', seconds = 2.4, color } = clip;
  const source = color === undefined ? `testsrc2=s=${size}` : `color=c=${color}:s=${size}`;
  const flash = `drawbox=t=fill:c=white:enable='${flashing(clip)}'`;
  return [
    '-f',
    'lavfi',
    '-i',
    [`${source}:r=${rate}:d=${seconds}`, flash, ...(clip.after ?? '').split(',')].filter(Boolean).join(','),
  ];
}

/** A beep with every flash. */
export function beep(clip: Clip = {}, layout = 'mono'): readonly string[] {
  const wave = `0.4*sin(2*PI*997*t)*(${flashing(clip)})`;
  const channels = { mono: 1, stereo: 2, '5.1': 6 }[layout] ?? 1;
  const waves = Array.from({ length: channels }, () => wave).join('|');
  return ['-f', 'lavfi', '-i', `aevalsrc=exprs='${waves}':c=${layout}:s=48000:d=${clip.seconds ?? 2.4}`];
}

function flashing({ flashes = [1] }: Clip): string {
  // A thousandth earlier, so that the picture on the border belongs to the flash whatever its time was rounded to.
  return flashes.map((at) => `between(t,${at - 0.001},${at + FLASH_SECONDS - 0.001})`).join('+');
}

/** Picture and sound. */
export function both(clip: Clip = {}, layout?: string): readonly string[] {
  return [...picture(clip), ...beep(clip, layout)];
}

/** The arguments of the codecs that most clips have. */
export const H264 = [
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-bf',
  '2',
  '-g',
  '50',
  '-pix_fmt',
  'yuv420p',
];
/** The same of the sound. */
export const AAC = ['-c:a', 'aac'];
/** Both as Flash had them. */
export const OLD_FLASH = ['-c:v', 'flv', '-b:v', '600k', '-c:a', 'libmp3lame', '-ar', '44100'];
/** What comes out of a clip about which nothing is said. */
export const PLAIN = { size: '320x240', rate: '25', seconds: 2.4, flashes: [1] };

/** A clip that one run of ffmpeg makes from picture and sound. */
export function encoded(
  kind: string,
  file: string,
  words: readonly string[],
  clip: Clip = {},
  expected: Partial<ExpectedLecture> = {},
): InputFixture {
  return {
    kind,
    file,
    make: (at) => [[...both(clip), ...words, at(file)]],
    expected: { ...PLAIN, ...expected },
  };
}

const MPEG2 = ['-c:v', 'mpeg2video', '-b:v', '1M', '-bf', '2', '-g', '12', '-c:a', 'mp2'];

/** One of the recordings that a clip is joined of. */
export interface JoinedPart {
  /** What its clock says at its beginning, in seconds. */
  readonly start: number;
  readonly size?: string;
  /** Seconds of its sound; as long as its picture when it is not said. */
  readonly soundSeconds?: number;
  /** Its encoders; MPEG-2 and MP2 when it is not said. */
  readonly words?: readonly string[];
}

const PART_SECONDS = 1.2;
const PART_FLASH = 0.6;

/** Recordings in MPEG-TS joined byte by byte. */
export function joined(
  kind: string,
  file: string,
  parts: readonly JoinedPart[],
  expected: Partial<ExpectedLecture> = {},
): InputFixture {
  return {
    kind,
    file,
    make: (at) =>
      parts.map(({ start, size, soundSeconds = PART_SECONDS, words = MPEG2 }, number) => {
        const clip = {
          flashes: [PART_FLASH],
          seconds: PART_SECONDS,
          ...(size === undefined ? {} : { size }),
        };
        return [
          ...[...picture(clip), ...beep({ ...clip, seconds: soundSeconds }), ...words],
          ...['-output_ts_offset', String(start), '-muxdelay', '0', '-f', 'mpegts', at(`part-${number}.ts`)],
        ];
      }),
    assemble: (read) => Buffer.concat(parts.map((_, number) => read(`part-${number}.ts`))),
    expected: {
      ...PLAIN,
      seconds: parts.length * PART_SECONDS,
      flashes: parts.map((_, number) => PART_FLASH + number * PART_SECONDS),
      tolerance: 0.15,
      ...expected,
    },
  };
}

/**
 * An FLV whose tags say other times, in milliseconds modulo 2^24 (Adobe FLV 10.1, annex E.4).
 *
 * @param timeOf - is given what a tag says, and which sound tag it is, counted from 0; undefined for all others
 */
export function withTagTimes(
  flv: Buffer,
  timeOf: (timeMs: number, soundNumber: number | undefined) => number,
): Buffer {
  const bytes = Buffer.from(flv);
  let soundCount = 0;
  // The header, and a length that stands before every tag and after the last.
  for (let tag = 9 + 4; tag + 11 <= bytes.length; tag += 11 + bytes.readUIntBE(tag + 1, 3) + 4) {
    const soundNumber = bytes[tag] === 8 ? soundCount++ : undefined;
    bytes.writeUIntBE(timeOf(bytes.readUIntBE(tag + 4, 3), soundNumber) % 2 ** 24, tag + 4, 3);
  }
  return bytes;
}

/** A clip of six seconds of which the second half of the bytes is missing. */
export function truncated(
  kind: string,
  file: string,
  words: readonly string[],
  warning?: string,
): InputFixture {
  const extension = file.slice(file.lastIndexOf('.'));
  return {
    kind,
    file,
    make: (at) => [[...both({ seconds: 6 }), ...words, at(`whole${extension}`)]],
    assemble: (read) => {
      const bytes = read(`whole${extension}`);
      return bytes.subarray(0, Math.round(bytes.length / 2));
    },
    expected: { ...PLAIN, seconds: 3, tolerance: 0.9, ...(warning === undefined ? {} : { warning }) },
  };
}

import { join } from 'node:path';

/** One rendition as a person would type it: the figures of `transcoder/ladder.ts`, kept apart so that a change there shows here. */
export interface BareRung {
  readonly width: number;
  readonly height: number;
  readonly rateFactor: number;
  readonly maxBitrate: number;
}

/** What the pipeline makes of 1080p camera work when nothing is asked. */
export const CAMERA_RUNGS: readonly BareRung[] = [
  { width: 640, height: 360, rateFactor: 23, maxBitrate: 450_000 },
  { width: 854, height: 480, rateFactor: 23, maxBitrate: 800_000 },
  { width: 1280, height: 720, rateFactor: 23, maxBitrate: 1_600_000 },
];

/** What the pipeline makes of 1080p slides when nothing is asked. */
export const SLIDE_RUNGS: readonly BareRung[] = [
  { width: 854, height: 480, rateFactor: 26, maxBitrate: 500_000 },
  { width: 1280, height: 720, rateFactor: 28, maxBitrate: 900_000 },
  { width: 1920, height: 1080, rateFactor: 28, maxBitrate: 1_500_000 },
];

const PROGRAM = ['ffmpeg', '-v', 'error', '-nostdin', '-y'];
const SOUND = [
  ...['-map', '0:a', '-ac', '1', '-ar', '48000', '-c:a', 'aac', '-aac_coder', 'fast', '-b:a', '56k'],
];

/**
 * One ffmpeg that makes every rendition from one decode: the recommended command and nothing around it. The largest size comes from
 * the source, each other from the smallest that has at least one and a half times its lines.
 */
export function bareCommand(source: string, rungs: readonly BareRung[], folder: string): readonly string[] {
  const taller = rungs.toSorted((a, b) => b.height - a.height);
  const parentOf = ({ height }: BareRung): BareRung | undefined =>
    taller.findLast((other) => other.height >= height * 1.5);
  const split = (parent: BareRung | undefined, own: string): string => {
    const pads = taller.filter((rung) => parentOf(rung) === parent).map(({ height }) => `[to${height}]`);
    const all = own === '' ? pads : [own, ...pads];
    return `${all.length > 1 ? `,split=${all.length}` : ''}${all.join('')}`;
  };
  const chains = taller.map((rung) => `[to${rung.height}]${scaled(rung)}${split(rung, `[v${rung.height}]`)}`);
  const graph = [`[0:v]fps=25${split(undefined, '')}`, ...chains].join(';');
  const outputs = rungs.flatMap((rung) => [
    ...['-map', `[v${rung.height}]`, ...encoder(rung), join(folder, `bare-${rung.height}.mp4`)],
  ]);
  return [...PROGRAM, '-i', source, '-filter_complex', graph, ...outputs, ...SOUND, join(folder, 'bare.m4a')];
}

/** One ffmpeg for one rendition. */
export function separateCommand(source: string, rung: BareRung, folder: string): readonly string[] {
  const words = ['-i', source, '-map', '0:v', '-vf', `fps=25,${scaled(rung)}`, ...encoder(rung)];
  return [...PROGRAM, ...words, join(folder, `one-${rung.height}.mp4`)];
}

function scaled({ width, height }: BareRung): string {
  return `zscale=w=${width}:h=${height}:filter=lanczos,format=yuv420p`;
}

/** One ffmpeg for the sound. */
export function soundCommand(source: string, folder: string): readonly string[] {
  return [...PROGRAM, '-i', source, ...SOUND, join(folder, 'one.m4a')];
}

/** One ffmpeg that measures how loud the sound is, which comes before making every lecture equally loud. */
export function hearingCommand(source: string): readonly string[] {
  return [...PROGRAM, '-i', source, '-map', '0:a', '-af', 'ebur128=peak=true', '-f', 'null', '-'];
}

function encoder(rung: BareRung): readonly string[] {
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-threads', '1'],
    ...['-crf', String(rung.rateFactor), '-g', '150', '-keyint_min', '150', '-sc_threshold', '0'],
    ...['-maxrate', String(rung.maxBitrate), '-bufsize', String(rung.maxBitrate * 2)],
    ...['-f', 'mp4', '-movflags', '+cmaf+frag_keyframe'],
  ];
}

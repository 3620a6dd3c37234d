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
 * One ffmpeg that makes every rendition from one decode: the recommended command and nothing around it. 360p comes from
 * 720p, which is exactly twice as large, so that nothing is lost; every other size comes from the source.
 */
export function bareCommand(source: string, rungs: readonly BareRung[], folder: string): readonly string[] {
  const is360From720 = [360, 720].every((height) => rungs.some((rung) => rung.height === height));
  const fromSource = rungs.filter(({ height }) => height !== 360 || !is360From720);
  const chains = fromSource.map((rung) => {
    const scaled = `[to${rung.height}]scale=${rung.width}:${rung.height}:flags=lanczos,format=yuv420p`;
    if (rung.height !== 720 || !is360From720) return `${scaled}[v${rung.height}]`;
    return `${scaled},split[v720][to360];[to360]scale=640:360:flags=lanczos[v360]`;
  });
  const pads = fromSource.map(({ height }) => `[to${height}]`).join('');
  const graph = [`[0:v]fps=25,split=${fromSource.length}${pads}`, ...chains].join(';');
  const outputs = rungs.flatMap((rung) => [
    ...['-map', `[v${rung.height}]`, ...encoder(rung), join(folder, `bare-${rung.height}.mp4`)],
  ]);
  return [...PROGRAM, '-i', source, '-filter_complex', graph, ...outputs, ...SOUND, join(folder, 'bare.m4a')];
}

/** One ffmpeg for one rendition. */
export function separateCommand(source: string, rung: BareRung, folder: string): readonly string[] {
  const filter = `fps=25,scale=${rung.width}:${rung.height}:flags=lanczos,format=yuv420p`;
  const words = ['-i', source, '-map', '0:v', '-vf', filter, ...encoder(rung)];
  return [...PROGRAM, ...words, join(folder, `one-${rung.height}.mp4`)];
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

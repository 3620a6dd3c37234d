import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an independent meter says of a file or a playlist. */
export interface Metered {
  /** LUFS, integrated. */
  readonly loudness: number;
  /** LU. */
  readonly range: number;
  /** dBTP. */
  readonly truePeak: number;
}

/** Hears a file or a playlist with ffmpeg's meter, as it comes: a mono track as one channel. */
export async function meter(path: string): Promise<Metered> {
  const log = await logOf(path, 'ebur128=peak=true:framelog=verbose');
  const figure = (name: string): number =>
    Number(new RegExp(String.raw`^\s+${name}:\s+(\S+)`, 'm').exec(log)?.[1]);
  return { loudness: figure('I'), range: figure('LRA'), truePeak: figure('Peak') };
}

/** The mean level of what a filter leaves of a file or a playlist, in dB. */
export async function levelAfter(path: string, filter: string): Promise<number> {
  return Number(/mean_volume: (\S+)/.exec(await logOf(path, `${filter},volumedetect`))?.[1]);
}

async function logOf(path: string, filter: string): Promise<string> {
  const words = ['-hide_banner', '-nostats', '-nostdin', '-i', path, '-vn', '-af', filter, '-f', 'null', '-'];
  return (await run('ffmpeg', words, { maxBuffer: 16 * 1024 * 1024 })).stderr;
}

/** LUFS of what {@link recordSpeech} makes. */
export const SPEECH_LUFS = -13.5;

/**
 * Records something with the shape of speech: a voice with overtones, four syllables a second, a breath after every three seconds; one
 * channel, just below full scale.
 */
export async function recordSpeech(path: string, seconds: number): Promise<void> {
  const voice = [1, 2, 4, 8, 16].map((overtone) => `sin(2*PI*${140 * overtone}*t)/${overtone}`).join('+');
  const syllables = 'pow(sin(2*PI*2*t),2)*lt(mod(t,4),3)';
  const words = ['-f', 'lavfi', '-i', `aevalsrc='0.5*(${voice})*${syllables}':s=48000:d=${seconds}`];
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...words, path]);
}

import { spawn, type ChildProcess } from 'node:child_process';

/** What an encoder sends. */
export interface EncoderPictures {
  /** Default `320x180`. */
  readonly size?: string;
  /** Default 25. */
  readonly rate?: number;
  /** Seconds between key pictures; default 1. */
  readonly keySeconds?: number;
  /** A source of ffmpeg's `lavfi`; default a test pattern. */
  readonly source?: string;
  /** Hertz of the tone; default 440. */
  readonly tone?: number;
  /** Ends by itself after so long. */
  readonly seconds?: number;
}

/** A real encoder that publishes in real time. */
export interface Encoder {
  readonly process: ChildProcess;
  /** What it has said. */
  readonly words: () => string;
  readonly ended: Promise<number | null>;
  /** Ends it in order, or as a power cut would. Idempotent. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts ffmpeg with a test pattern and a tone, to an RTMP address. */
export function startEncoder(url: string, pictures: EncoderPictures = {}): Encoder {
  const { size = '320x180', rate = 25, keySeconds = 1, tone = 440, seconds } = pictures;
  const source = pictures.source ?? `testsrc2=size=${size}:rate=${rate}`;
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'warning', '-nostdin', '-re', '-f', 'lavfi', '-i', source],
      ...['-re', '-f', 'lavfi', '-i', `sine=frequency=${tone}:sample_rate=48000`],
      ...(seconds === undefined ? [] : ['-t', String(seconds)]),
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
      ...['-g', String(rate * keySeconds), '-keyint_min', String(rate * keySeconds), '-sc_threshold', '0'],
      ...['-threads', '1', '-c:a', 'aac', '-b:a', '64k', '-f', 'flv', url],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    process: child,
    words: () => said,
    ended,
    async stop(signal = 'SIGINT') {
      child.kill(signal);
      await ended;
    },
  };
}

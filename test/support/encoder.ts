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
  /** What it has said. */
  readonly words: () => string;
  /** Ends it in order, or as a power cut would. Idempotent. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Freezes it: nothing comes, and the connection stays. */
  hold(): void;
  release(): void;
}

/** How soon an encoder that lost its server tries again. */
const AGAIN_MS = 200;

/**
 * Starts ffmpeg with a test pattern and a tone, to an RTMP address. As encoders do, it comes back when it is refused or cut off,
 * until it is stopped.
 */
export function startEncoder(url: string, pictures: EncoderPictures = {}): Encoder {
  const { size = '320x180', rate = 25, keySeconds = 1, tone = 440, seconds } = pictures;
  const source = pictures.source ?? `testsrc2=size=${size}:rate=${rate}`;
  const words = [
    ...['-v', 'warning', '-nostdin', '-re', '-f', 'lavfi', '-i', source],
    ...['-re', '-f', 'lavfi', '-i', `sine=frequency=${tone}:sample_rate=48000`],
    ...(seconds === undefined ? [] : ['-t', String(seconds)]),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...['-g', String(rate * keySeconds), '-keyint_min', String(rate * keySeconds), '-sc_threshold', '0'],
    ...['-threads', '1', '-c:a', 'aac', '-b:a', '64k', '-f', 'flv', url],
  ];
  let said = '';
  let isStopped = false;
  let child: ChildProcess;
  let ended: Promise<void>;
  let again: NodeJS.Timeout | undefined;
  const start = (): void => {
    child = spawn('ffmpeg', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    ended = new Promise((resolve) => {
      child.once('exit', (code) => {
        resolve();
        if (!isStopped && code !== 0) again = setTimeout(start, AGAIN_MS);
      });
    });
  };
  start();
  return {
    words: () => said,
    async stop(signal = 'SIGINT') {
      isStopped = true;
      clearTimeout(again);
      child.kill(signal);
      // One that is held can hear of its end only when it is let go.
      child.kill('SIGCONT');
      await ended;
    },
    hold: () => void child.kill('SIGSTOP'),
    release: () => void child.kill('SIGCONT'),
  };
}

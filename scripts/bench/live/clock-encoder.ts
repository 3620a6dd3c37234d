import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { CLOCK_HEIGHT, CLOCK_RATE, CLOCK_WIDTH, ClockPictures } from './clock-picture.ts';

/**
 * A lecturer's encoder whose picture shows the time at which it was taken: raw frames at their moments into ffmpeg, H.264 of
 * about 2 Mb/s without look-ahead and a key picture every two seconds, AAC beside it.
 */
export class ClockEncoder {
  readonly #ffmpeg: ChildProcess;
  readonly #timer: NodeJS.Timeout;
  readonly #pictures = new ClockPictures();
  readonly #startedAt = performance.now();
  readonly #ended: Promise<void>;
  #written = 0;
  #said = '';

  /** `outputs` is what comes behind the codecs on ffmpeg's command line. */
  constructor(outputs: readonly string[]) {
    const words = [
      ...['-nostdin', '-v', 'warning', '-fflags', 'nobuffer'],
      ...[
        '-probesize',
        '32',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'yuv420p',
        '-s',
        `${CLOCK_WIDTH}x${CLOCK_HEIGHT}`,
      ],
      ...['-r', String(CLOCK_RATE), '-i', 'pipe:0'],
      ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=330:sample_rate=48000:samples_per_frame=512'],
      ...['-map', '0:v', '-map', '1:a', '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency'],
      ...['-g', String(2 * CLOCK_RATE), '-keyint_min', String(2 * CLOCK_RATE), '-sc_threshold', '0'],
      ...['-b:v', '2M', '-maxrate', '2M', '-bufsize', '1M', '-threads', '1', '-c:a', 'aac', '-b:a', '64k'],
      ...outputs,
    ];
    this.#ffmpeg = spawn('ffmpeg', words, { stdio: ['pipe', 'ignore', 'pipe'] });
    this.#ended = once(this.#ffmpeg, 'exit').then(() => clearInterval(this.#timer));
    this.#ffmpeg.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4000);
    });
    this.#ffmpeg.stdin?.on('error', () => {});
    this.#timer = setInterval(() => this.#write(), 4);
  }

  /** Settles when ffmpeg has ended, whoever ended it. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Freezes it: nothing comes, and its connections stay. */
  hold(): void {
    this.#ffmpeg.kill('SIGSTOP');
  }

  release(): void {
    this.#ffmpeg.kill('SIGCONT');
  }

  /** Throws what ffmpeg said if it has ended. */
  check(): void {
    if (this.#ffmpeg.exitCode !== null) throw new Error(`The encoder has ended: ${this.#said}`);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    // A muxer that waits for its other end does not hear a polite wish, and has nothing to lose.
    this.#ffmpeg.kill('SIGKILL');
    await this.#ended;
  }

  #write(): void {
    const due = Math.floor(((performance.now() - this.#startedAt) * CLOCK_RATE) / 1000);
    // A frame that was missed is shown with the time at which it is written: the clock tells the truth in any case.
    for (; this.#written <= due; this.#written++) {
      this.#ffmpeg.stdin?.write(this.#pictures.frameAt(Date.now()));
    }
  }
}

import { readFile } from 'node:fs/promises';

import { FlvReader, type FlvTag } from 'yuanjiao/live';

import { ffmpeg, type TestFolder } from './media.ts';

/** Seconds of {@link makeLiveClip}; afterwards it begins again. */
export const CLIP_SECONDS = 10;

/** What an encoder sends, to be sent again and again: a running clock, a tone, a key picture every second. */
export async function makeLiveClip(folder: TestFolder): Promise<readonly FlvTag[]> {
  const file = folder.join('clip.flv');
  await ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${CLIP_SECONDS}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=44100:duration=${CLIP_SECONDS}`],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...['-g', '25', '-keyint_min', '25', '-sc_threshold', '0', '-b:v', '300k'],
    ...['-c:a', 'aac', '-b:a', '64k', '-f', 'flv', file],
  );
  return new FlvReader().push(await readFile(file));
}

/** Sends a clip as an encoder does: each tag at its time, from the start again when it is over. */
export class ClipSender {
  readonly #clip: readonly FlvTag[];
  readonly #send: (tag: FlvTag) => void;
  readonly #beganAt = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #next = 0;
  #round = 0;

  constructor(clip: readonly FlvTag[], send: (tag: FlvTag) => void) {
    this.#clip = clip;
    this.#send = send;
    this.#timer = setInterval(() => this.#sendDue(), 20);
    this.#sendDue();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sendDue(): void {
    const nowMs = performance.now() - this.#beganAt;
    for (;;) {
      const tag = this.#clip[this.#next];
      if (tag === undefined) return;
      const timestampMs = tag.timestampMs + this.#round * CLIP_SECONDS * 1000;
      if (timestampMs > nowMs) return;
      this.#send({ ...tag, timestampMs });
      this.#next += 1;
      if (this.#next < this.#clip.length) continue;
      this.#next = 0;
      this.#round += 1;
    }
  }
}

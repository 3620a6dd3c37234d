import type { Page } from 'playwright-core';

/** When flashes were on the screen and beeps came out of the loudspeaker, in seconds of the media's own clock. */
export interface HeardAndSeen {
  readonly flashes: readonly number[];
  readonly beeps: readonly number[];
}

/**
 * Plays a `<video>` of a page for some seconds and notes each flash and each beep.
 *
 * A flash has the time stamp that the browser itself gives the picture. A beep is found to the sample, by an audio worklet; the worklet's
 * clock is set against `currentTime` some hundred times, and the median of the differences is what counts. What the output adds to
 * all sounds alike is still in it: measure something known to be exact in the same way, and subtract.
 */
export async function hearAndSee(page: Page, selector: string, seconds: number): Promise<HeardAndSeen> {
  return await page.evaluate(
    async ([query, length]) => {
      const video = document.querySelector<HTMLVideoElement>(query);
      if (video === null) throw new Error(`there is no ${query}`);
      const context = new AudioContext({ sampleRate: 48_000 });
      const listener = `registerProcessor('listener', class extends AudioWorkletProcessor {
        quiet = 0;
        process([input]) {
          const samples = input[0];
          if (samples === undefined) return true;
          for (let at = 0; at < samples.length; at += 1) {
            if (Math.abs(samples[at]) < 0.01) { this.quiet += 1; continue; }
            if (this.quiet > 12000) this.port.postMessage((currentFrame + at) / sampleRate);
            this.quiet = 0;
          }
          return true;
        }
      });`;
      await context.audioWorklet.addModule(
        URL.createObjectURL(new Blob([listener], { type: 'text/javascript' })),
      );
      const worklet = new AudioWorkletNode(context, 'listener');
      context.createMediaElementSource(video).connect(worklet).connect(context.destination);

      const onsets: number[] = [];
      worklet.port.addEventListener('message', ({ data }: MessageEvent<number>) => onsets.push(data));
      worklet.port.start();
      const flashes: number[] = [];
      const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      let wasWhite = true;
      const look = (_now: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
        canvas?.drawImage(video, 0, 0, 1, 1);
        const isWhite = (canvas?.getImageData(0, 0, 1, 1).data[0] ?? 0) > 128;
        if (isWhite && !wasWhite) flashes.push(mediaTime);
        wasWhite = isWhite;
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);

      const differences: number[] = [];
      await context.resume();
      await video.play();
      await new Promise<void>((resolve) => {
        const clock = setInterval(() => {
          if (video.readyState >= 3 && video.currentTime > 0.5) {
            differences.push(context.currentTime - video.currentTime);
          }
          if (video.currentTime < length && !video.ended) return;
          clearInterval(clock);
          resolve();
        }, 5);
      });
      video.pause();
      differences.sort((one, other) => one - other);
      const offset = differences[Math.floor(differences.length / 2)] ?? 0;
      return { flashes, beeps: onsets.map((onset) => onset - offset) };
    },
    [selector, seconds] as const,
  );
}

/** How far things come from the whole seconds where they belong: the median, in milliseconds. */
export function offBeatMs(times: readonly number[]): number {
  const off = times.map((time) => (time - Math.round(time)) * 1000).sort((one, other) => one - other);
  return off[Math.floor(off.length / 2)] ?? Number.NaN;
}

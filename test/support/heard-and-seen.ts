import type { Page } from 'playwright-core';

/** Seconds, and how many readings of the clock a beep needs. */
const MEASURE = { length: 6, frame: 0.04, around: 0.4, fewest: 10 };

/** When flashes were on the screen and beeps came out of the loudspeaker, in seconds of the media's own clock. */
export interface HeardAndSeen {
  readonly flashes: readonly number[];
  readonly beeps: readonly number[];
}

/**
 * Plays the first seconds of a page's `<video>`, again and again, until so many flashes and beeps were noted.
 *
 * A flash has the time stamp that the browser itself gives the picture; one before which pictures were left out, as a busy machine
 * does, is not noted, because it may have begun in one of those. A beep is found to the sample, by an audio worklet; the worklet's
 * clock is set against `currentTime` every few milliseconds, and the median of the differences around the beep is what counts: they change when
 * the sound has run dry for a moment. What the output adds to all sounds alike is still in it: measure something known to be exact in
 * the same way, and subtract.
 */
export async function hearAndSee(
  page: Page,
  selector: string,
  enough: { readonly flashes: number; readonly beeps: number },
): Promise<HeardAndSeen> {
  return await page.evaluate(
    async ([query, wanted, { length, frame, around, fewest }]) => {
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
      let before = -1;
      const look = (_now: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
        canvas?.drawImage(video, 0, 0, 1, 1);
        const isWhite = (canvas?.getImageData(0, 0, 1, 1).data[0] ?? 0) > 128;
        if (isWhite && !wasWhite && mediaTime - before < 1.5 * frame) flashes.push(mediaTime);
        wasWhite = isWhite;
        before = mediaTime;
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);

      const readings: { readonly at: number; readonly difference: number }[] = [];
      await context.resume();
      await video.play();
      const beepsSoFar = (): readonly number[] =>
        onsets.flatMap((onset) => {
          const near = readings.filter(({ at }) => Math.abs(at - onset) < around);
          const differences = near.map(({ difference }) => difference).sort((one, other) => one - other);
          const middle = differences[Math.floor(differences.length / 2)];
          return middle === undefined || differences.length < fewest ? [] : [onset - middle];
        });
      return await new Promise<HeardAndSeen>((resolve) => {
        const clock = setInterval(() => {
          if (video.seeking) return;
          if (video.readyState >= 3 && video.currentTime > 0.5) {
            const at = context.currentTime;
            readings.push({ at, difference: at - video.currentTime });
          }
          if (video.currentTime < length && !video.ended) return;
          const beeps = beepsSoFar();
          if (flashes.length < wanted.flashes || beeps.length < wanted.beeps) {
            video.currentTime = 0.5; // where it is dark and quiet
            void video.play();
            return;
          }
          clearInterval(clock);
          video.pause();
          resolve({ flashes, beeps });
        }, 5);
      });
    },
    [selector, enough, MEASURE] as const,
  );
}

/** How far things come from the whole seconds where they belong: the median, in milliseconds. */
export function offBeatMs(times: readonly number[]): number {
  const off = times.map((time) => (time - Math.round(time)) * 1000).sort((one, other) => one - other);
  return off[Math.floor(off.length / 2)] ?? Number.NaN;
}

import { fileURLToPath } from 'node:url';

import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

import { CLOCK_HEIGHT, CLOCK_WIDTH, READ_CLOCK } from './clock-picture.ts';
import { spread } from './spread.ts';

export type { Browser, Page };

/** What a viewer saw: how long after its taking each picture was on the screen. */
export interface SeenPictures {
  readonly latenciesMs: readonly number[];
  /** Times at which the picture stood still because nothing was there to show. */
  readonly stalls: number;
  /** Milliseconds from the beginning to the first picture. */
  readonly firstPictureMs: number;
}

/** Starts Chromium as a hall's screen is set up. `CHROMIUM` names it where it is in no usual place. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--mute-audio',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
  });
}

interface Watching {
  readonly latencies: readonly number[];
  readonly stalls: number;
  readonly firstAt: number;
  readonly beganAt: number;
}

const HLS = fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js'));

/**
 * Opens a page with nothing but hls.js and a video, as if the server of the playlist had it, so that no rule about foreign
 * addresses comes in between.
 *
 * @param config - hls.js's, where it is not its own
 */
export async function openHlsPage(
  browser: Browser,
  playlistUrl: string,
  config: Readonly<Record<string, unknown>>,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: CLOCK_WIDTH, height: CLOCK_HEIGHT } });
  const page = await context.newPage();
  const { origin } = new URL(playlistUrl);
  await page.route(`${origin}/clock.html`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<!doctype html><body style="margin:0"><video muted></video>',
    }),
  );
  await page.goto(`${origin}/clock.html`);
  await page.addScriptTag({ path: HLS });
  await page.evaluate(
    `(() => {
      const hls = new Hls(${JSON.stringify(config)});
      globalThis.fatal = [];
      hls.on(Hls.Events.ERROR, (_, error) => { if (error.fatal) globalThis.fatal.push(error.details); });
      hls.attachMedia(document.querySelector('video'));
      hls.loadSource(${JSON.stringify(playlistUrl)});
      hls.on(Hls.Events.MANIFEST_PARSED, () => document.querySelector('video').play());
    })()`,
  );
  return page;
}

/** Begins to read the clock out of every picture that a page's video presents. */
export async function watchClock(page: Page): Promise<void> {
  await page.waitForSelector('video', { state: 'attached' });
  await page.evaluate(
    `(() => {
      const read = ${READ_CLOCK};
      const video = document.querySelector('video');
      const canvas = document.createElement('canvas');
      canvas.width = ${CLOCK_WIDTH};
      canvas.height = 64;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      const seen = { latencies: [], stalls: 0, firstAt: 0, beganAt: Date.now() };
      globalThis.watching = seen;
      video.addEventListener('waiting', () => { if (seen.firstAt !== 0) seen.stalls += 1; });
      const look = () => {
        const now = Date.now();
        if (seen.firstAt === 0) seen.firstAt = now;
        context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * 64 / ${CLOCK_HEIGHT}, 0, 0, ${CLOCK_WIDTH}, 64);
        const pixels = context.getImageData(0, 0, ${CLOCK_WIDTH}, 64).data;
        const taken = read((x, y) => pixels[(y * ${CLOCK_WIDTH} + x) * 4 + 1]);
        if (taken !== undefined) seen.latencies.push((now % 2 ** 32 - taken + 2 ** 32) % 2 ** 32);
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    })()`,
  );
}

/** Forgets what was seen so far, except that there was a first picture. */
export async function startOver(page: Page): Promise<void> {
  await page.evaluate('watching.latencies.splice(0); watching.stalls = 0;');
}

/** What was seen since. Fails when nothing was. */
export async function whatWasSeen(page: Page): Promise<SeenPictures> {
  const seen = await page.evaluate<Watching>('watching');
  if (seen.latencies.length === 0) {
    const fatal = String(await page.evaluate('String(globalThis.fatal)'));
    throw new Error(`No picture was seen (${fatal}).`);
  }
  return {
    latenciesMs: seen.latencies,
    stalls: seen.stalls,
    firstPictureMs: seen.firstAt - seen.beganAt,
  };
}

/** Seconds, to the hundredth. */
export function seconds(latenciesMs: readonly number[], share: number): number {
  return Math.round(spread(latenciesMs, share) / 10) / 100;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { EdgeBox } from '../edge-box.ts';
import { machine } from './cpu-meter.ts';
import { ClockEncoder } from './live/clock-encoder.ts';
import {
  openBrowser,
  openHlsPage,
  seconds,
  startOver,
  watchClock,
  whatWasSeen,
  type Browser,
  type Page,
  type SeenPictures,
} from './live/clock-viewer.ts';
import { Crowd } from './live/crowd.ts';
import { FfmpegHls } from './live/ffmpeg-hls.ts';
import { LiveSite } from './live/live-site.ts';

const SECRET = 'a-secret-of-the-benchmark-and-its-edge';
const OTHERS = 60;
/** Until the joining of sixty players, the start of three pages and the catching up are over. */
const SETTLING_MS = 20_000;

/**
 * From the moment at which a picture is taken to the moment at which it is on the screen, in seconds: an encoder whose pictures show
 * the time, the whole server, nginx and Varnish before it, sixty other players, and the page of a class in Chromium. The same
 * class in ordinary mode, and ffmpeg's own HLS of the same encoder in hls.js, are watched at the same time.
 *
 * @param given - seconds to watch; default 60
 */
export async function run(given = '60'): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-latency-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const site = await LiveSite.open({ YUANJIAO_EDGE_SECRET: SECRET, YUANJIAO_TRUSTED_PROXIES: '1' });
    undo.push(() => site.close());
    say('the server runs');
    const edge = await EdgeBox.open({ origin: site.base, secret: SECRET });
    undo.push(() => edge.close());
    const hls = await FfmpegHls.open(join(folder, 'hls'));
    undo.push(() => hls.close());
    const { id, publishUrl } = await site.startClass({ title: '延迟测量' });
    say('a class is on the air');
    const encoder = new ClockEncoder([
      '-flags',
      '+global_header',
      '-f',
      'tee',
      `[f=flv]${publishUrl}|${hls.output}`,
    ]);
    undo.push(() => encoder.stop());
    const playlistUrl = edge.base + (await site.playlistPath(id));

    say('it can be played');
    const crowd = Crowd.gather(playlistUrl, OTHERS);
    undo.push(() => crowd.leave());
    const browser = await openBrowser();
    undo.push(() => browser.close());
    say('sixty players have come');
    const low = await openClassPage(browser, `${edge.base}/live/${id}`, 'low');
    say('one page plays it');
    const ordinary = await openClassPage(browser, `${edge.base}/live/${id}`, 'ordinary');
    const plain = await openHlsPage(browser, hls.playlistUrl, {});
    say('three pages play it');
    await watchClock(plain);
    await delay(SETTLING_MS);
    say('they have settled');
    for (const page of [low, ordinary, plain]) await startOver(page);
    await delay(Number(given) * 1000);
    encoder.check();
    const seen = {
      low: await whatWasSeen(low),
      ordinary: await whatWasSeen(ordinary),
      ffmpegHls: await whatWasSeen(plain),
    };
    const others = await crowd.leave();
    for (const [name, pictures] of Object.entries(seen)) console.log(line(name, pictures));
    console.log(`others: ${JSON.stringify(others)}`);
    return {
      p50_s: seconds(seen.low.latenciesMs, 0.5),
      p95_s: seconds(seen.low.latenciesMs, 0.95),
      ordinary_p50_s: seconds(seen.ordinary.latenciesMs, 0.5),
      ffmpeg_hls_p50_s: seconds(seen.ffmpegHls.latenciesMs, 0.5),
      stalls: seen.low.stalls,
      ordinary_stalls: seen.ordinary.stalls,
      first_picture_s: Math.round(seen.low.firstPictureMs / 10) / 100,
      others: OTHERS,
      others_parts: others.parts,
      others_failures: others.failures,
      part_behind_p95_s: Math.round(others.behindMs.p95) / 1000,
      machine: machine(),
    };
  } finally {
    for (const step of undo.toReversed()) await step().catch(() => {});
  }
}

/** To whoever waits for the figures. */
function say(words: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${words}`);
}

/** The page that viewers open, in the mode they choose. */
async function openClassPage(browser: Browser, url: string, latency: 'low' | 'ordinary'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, locale: 'zh-CN' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  await watchClock(page);
  await untilPlaying(page);
  if (latency === 'ordinary') {
    // The controls hide while nobody moves.
    await page.getByRole('button', { name: /^延迟/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(/^更稳/).click();
  }
  return page;
}

/** The page's own rules allow no text to be run in it, so it is asked from outside. */
async function untilPlaying(page: Page): Promise<void> {
  const deadline = performance.now() + 20_000;
  while ((await page.evaluate<number>('document.querySelector("video").currentTime')) === 0) {
    if (performance.now() > deadline) throw new Error('The page does not play.');
    await delay(100);
  }
}

function line(name: string, { latenciesMs, stalls, firstPictureMs }: SeenPictures): string {
  const at = (share: number): string => seconds(latenciesMs, share).toFixed(2);
  return `${name}: p5 ${at(0.05)} p50 ${at(0.5)} p95 ${at(0.95)} max ${at(1)} s, ${latenciesMs.length} pictures, ${stalls} stalls, first picture ${firstPictureMs} ms`;
}

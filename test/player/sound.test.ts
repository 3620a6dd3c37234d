import { join } from 'node:path';

import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type * as face from 'yuanjiao/player';
import { transcodeToFolder } from 'yuanjiao/transcoder';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import { hearAndSee, offBeatMs } from '../support/heard-and-seen.ts';
import { ffmpeg, QUICK_H264 } from '../support/media.ts';
import { PageServer } from '../support/page-server.ts';
import { playerBundle, servePlayerPage } from '../support/player-bundle.ts';
import { PlayerScreen } from '../support/player-screen.ts';

const SECONDS = 9;

/** A beep of a fifth of a second at each whole second. */
function beeps(frequency: number): readonly string[] {
  const words = `aevalsrc='0.3*sin(2*PI*${frequency}*t)*lt(mod(t+0.00001,1),0.2)':s=48000:d=${SECONDS}`;
  return ['-f', 'lavfi', '-i', words];
}

describe('sound in the player', function () {
  let server: PageServer;
  let browser: Browser;
  let script: string;

  before(async function () {
    this.timeout(180_000); // a lecture is encoded
    browser = await launchChromium(this, 'the sound of the player');
    server = await PageServer.start({ media: false });
    script = await playerBundle();
    const flashes = `color=black:s=320x180:r=25:d=${SECONDS},drawbox=c=white:t=fill:enable='lt(mod(t+0.001,1),0.2)'`;
    await ffmpeg(
      ...['-f', 'lavfi', '-i', flashes, ...beeps(1000), ...beeps(3000)],
      ...['-map', '0', '-map', '1', '-map', '2', ...QUICK_H264, '-c:a', 'aac'],
      ...['-metadata:s:a:0', 'language=chi', '-metadata:s:a:1', 'language=wuu'],
      join(server.directory, 'source.mp4'),
    );
    await transcodeToFolder(join(server.directory, 'source.mp4'), server.directory);
    await ffmpeg(...beeps(1000), join(server.directory, 'reference.wav'));
  });

  after(async () => {
    await browser?.close();
    await server?.remove();
  });

  beforeEach(() => {
    server.reset();
    servePlayerPage(server, script);
  });

  async function load(page: Page): Promise<void> {
    await page.goto(`${server.url}/mine`);
    await page.evaluate((duration) => {
      const { yuanjiao } = window as unknown as { yuanjiao: typeof face };
      const screen = document.querySelector('#screen') as HTMLElement;
      const player = new yuanjiao.CoursewarePlayer(screen, { storage: null });
      const playlistUrl = '/v/g1/index.m3u8';
      player.load(
        { coursewareId: 'a', title: '对拍', playlistUrl, extent: 'complete', duration, captions: [] },
        { autoplay: false },
      );
    }, SECONDS);
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 3);
  }

  it('comes with its picture: a flash and a beep are less than 5 ms apart', async () => {
    const { page, context } = await newVisitor(browser);
    await load(page);
    const lecture = await hearAndSee(page, 'video', { flashes: 5, beeps: 5 });
    await page.setContent('<video src="/v/g1/reference.wav" preload="auto"></video>');
    const reference = await hearAndSee(page, 'video', { flashes: 0, beeps: 4 });
    const sound = offBeatMs(lecture.beeps) - offBeatMs(reference.beeps);
    expect(sound - offBeatMs(lecture.flashes)).to.be.within(-5, 5);
    await context.close();
  });

  it('is in the language that the viewer chose, from where the picture is', async () => {
    const { page, context } = await newVisitor(browser);
    const screen = new PlayerScreen(page);
    await load(page);
    const loudest = async (): Promise<number> =>
      await page.evaluate(async () => {
        const video = document.querySelector('video') as HTMLVideoElement;
        const context = new AudioContext({ sampleRate: 48_000 });
        const stream = (video as unknown as { captureStream(): MediaStream }).captureStream();
        const analyser = new AnalyserNode(context, { fftSize: 2048 });
        context.createMediaStreamSource(stream).connect(analyser);
        const bins = new Float32Array(analyser.frequencyBinCount);
        return await new Promise<number>((resolve) => {
          const clock = setInterval(() => {
            analyser.getFloatFrequencyData(bins);
            const peak = bins.indexOf(Math.max(...bins));
            if ((bins[peak] ?? -200) < -60) return;
            clearInterval(clock);
            resolve((peak * context.sampleRate) / analyser.fftSize);
          }, 10);
        });
      });
    await page.evaluate(() => document.querySelector('video')?.play());
    expect(await loudest()).to.be.closeTo(1000, 30);
    // The lecture is short: it stands still while a slow machine works the menu.
    await page.evaluate(() => document.querySelector('video')?.pause());
    await screen.phase('paused');
    await screen.choose('音轨', '吴语');
    const before = (await screen.read()).position;
    await page.waitForFunction(() =>
      document.querySelector('.yj-menu-line[data-value="吴语"][aria-checked="true"]'),
    );
    await page.evaluate(() => document.querySelector('video')?.play());
    await screen.reach(before + 1);
    expect(await screen.begunAt()).to.be.below(before + 0.5);
    expect(await loudest()).to.be.closeTo(3000, 30);
    await context.close();
  });
});

import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import * as face from 'yuanjiao/player';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import { PageServer } from '../support/page-server.ts';
import { playerBundle, servePlayerPage } from '../support/player-bundle.ts';
import { PlayerScreen } from '../support/player-screen.ts';

type Face = typeof face;
interface LibraryWindow {
  readonly yuanjiao: Face;
  player: face.CoursewarePlayer;
}

const DESCRIPTOR: face.PlaybackDescriptor = {
  coursewareId: 'a',
  title: '果树冬季修剪',
  playlistUrl: '/v/g1/index.m3u8',
  extent: 'complete',
  duration: 72,
  captions: [],
};

describe('player library', () => {
  let server: PageServer;
  let browser: Browser;
  let script: string;

  before(async function () {
    this.timeout(180_000); // a lecture is encoded
    browser = await launchChromium(this, 'the player library');
    server = await PageServer.start({ media: true });
    script = await playerBundle();
  });

  after(async () => {
    await browser?.close();
    await server?.remove();
  });

  beforeEach(() => {
    server.reset();
    servePlayerPage(server, script);
  });

  it('can be loaded where there is no DOM', () => {
    expect(face.CoursewarePlayer).to.be.a('function');
    expect(face.SPEEDS).to.deep.equal([0.75, 1, 1.25, 1.5, 1.75, 2]);
  });

  it('plays a descriptor in somebody else’s page, without a worker', async () => {
    const { page, context, complaints } = await newVisitor(browser);
    const screen = new PlayerScreen(page);
    await page.goto(`${server.url}/mine`);
    const phases = await page.evaluate(async (descriptor) => {
      const mine = window as unknown as LibraryWindow;
      mine.player = new mine.yuanjiao.CoursewarePlayer(document.querySelector('#screen') as HTMLElement, {
        storage: null,
      });
      const heard: string[] = [];
      mine.player.listen(({ phase }, before) => {
        if (phase !== before.phase) heard.push(phase);
      });
      mine.player.load(descriptor, { startAt: 20 });
      mine.player.setSpeed(2);
      await new Promise<void>((resolve) => {
        mine.player.listen(({ position }) => {
          if (position > 20.5) resolve();
        });
      });
      return heard;
    }, DESCRIPTOR);
    expect(phases).to.deep.equal(['loading', 'playing']);
    await page.evaluate(() => (window as unknown as LibraryWindow).player.setRendition('360p'));
    await screen.height(360);
    const after = await page.evaluate(() => {
      const { player } = window as unknown as LibraryWindow;
      player.unload();
      return {
        phase: player.state.phase,
        isFrozen: Object.isFrozen(player.state),
        speed: player.state.speed,
      };
    });
    expect(after).to.deep.equal({ phase: 'empty', isFrozen: true, speed: 2 });
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it('refuses what makes no sense with a code, and everything after it was destroyed', async () => {
    const { page, context } = await newVisitor(browser);
    await page.goto(`${server.url}/mine`);
    const codes = await page.evaluate((descriptor) => {
      const { yuanjiao } = window as unknown as LibraryWindow;
      const player = new yuanjiao.CoursewarePlayer(document.querySelector('#screen') as HTMLElement);
      const codeOf = (call: () => void): string => {
        try {
          call();
          return 'none';
        } catch (error) {
          return error instanceof yuanjiao.PlayerError ? error.code : String(error);
        }
      };
      const found = [
        codeOf(() => player.setSpeed(-1)),
        codeOf(() => player.setVolume(Number.NaN)),
        codeOf(() => player.seekTo(Number.NaN)),
        codeOf(() => player.load(descriptor, { startAt: -1 })),
      ];
      player.destroy();
      player.destroy();
      found.push(codeOf(() => player.play()));
      found.push(String(document.querySelector('#screen')?.childElementCount));
      return found;
    }, DESCRIPTOR);
    const bad = 'invalid-argument';
    expect(codes).to.deep.equal([bad, bad, bad, bad, 'destroyed', '0']);
    await context.close();
  });

  it('offers an element that plays while it is on the page', async () => {
    const { page, context } = await newVisitor(browser);
    const screen = new PlayerScreen(page);
    await page.goto(`${server.url}/mine`);
    await page.evaluate((descriptor) => {
      const { yuanjiao } = window as unknown as LibraryWindow;
      // A page may be ahead of its scripts.
      const made = document.createElement('courseware-player');
      made.descriptor = descriptor;
      yuanjiao.defineCoursewareElement();
      yuanjiao.defineCoursewareElement();
      document.body.append(made);
    }, DESCRIPTOR);
    await screen.reach(0.5);
    await page.evaluate(() => document.querySelector('courseware-player')?.remove());
    expect(await page.locator('video').count()).to.equal(0);
    await context.close();
  });
});

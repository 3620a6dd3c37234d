import type { Page } from 'playwright-core';
import type { CoverKind, LivePlayer, LivePlayerOptions, LiveState } from 'yuanjiao/player';

import { openUntouched } from './chromium.ts';

interface StageWindow extends Window {
  yuanjiao: { readonly LivePlayer: new (place: Element, url: string, options: object) => LivePlayer };
  player: LivePlayer;
  seen: string[];
}

/** The live player on a page of somebody else's, used and read as that page would. */
export class LiveScreen {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the page and puts a player on it. */
  async open(url: string, options: Pick<LivePlayerOptions, 'healing' | 'latency'> = {}): Promise<void> {
    await this.#putPlayer(options);
    await this.page.goto(url);
    await this.page.waitForSelector('.yj-live');
  }

  /** Opens the page and puts a player on it, which plays before anything of what it shows is asked for. */
  async openUntouched(
    url: string,
    options: Pick<LivePlayerOptions, 'healing' | 'latency'> = {},
  ): Promise<void> {
    await this.#putPlayer(options);
    await openUntouched(this.page, url, () => document.querySelector('.yj-live[data-cover="none"]') !== null);
  }

  async #putPlayer(options: Pick<LivePlayerOptions, 'healing' | 'latency'>): Promise<void> {
    await this.page.addInitScript((wanted) => {
      const stage = window as unknown as StageWindow;
      window.addEventListener('load', () => {
        const place = document.querySelector('#screen');
        if (place === null) throw new Error('there is no screen');
        stage.player = new stage.yuanjiao.LivePlayer(place, '/live/class/stage.json', wanted);
        stage.seen = [];
        stage.player.listen(({ cover }, before) => {
          if (cover !== before.cover) stage.seen.push(cover);
        });
      });
    }, options);
  }

  async state(): Promise<LiveState> {
    return await this.page.evaluate(() => (window as unknown as StageWindow).player.state);
  }

  /** Every cover there was so far, in order. */
  async covers(): Promise<readonly string[]> {
    return await this.page.evaluate(() => (window as unknown as StageWindow).seen);
  }

  async cover(kind: CoverKind, timeout = 60_000): Promise<void> {
    await this.page.waitForSelector(`.yj-live[data-cover="${kind}"]`, { timeout });
  }

  /** Waits until the picture moves on from what is shown now. @returns milliseconds it took */
  async move(timeout = 60_000): Promise<number> {
    return await this.page.evaluate(async (deadline) => {
      const { player } = window as unknown as StageWindow;
      const begun = performance.now();
      const from = player.video.currentTime;
      const source = player.video.currentSrc;
      while (performance.now() - begun < deadline) {
        const { currentTime, currentSrc, readyState, seeking } = player.video;
        const isOther = currentSrc !== source;
        if (readyState >= 2 && !seeking && (isOther ? currentTime > 0.3 : currentTime > from + 0.3)) {
          return performance.now() - begun;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`the picture stood for ${deadline} ms at ${player.video.currentTime}`);
    }, timeout);
  }

  /** How far the picture is behind the clock, in seconds. */
  async behind(): Promise<number> {
    const { playingMs } = await this.state();
    if (playingMs === undefined) throw new Error('nothing plays');
    return (Date.now() - playingMs) / 1000;
  }

  async call(name: 'play' | 'pause' | 'goLive' | 'refresh'): Promise<void> {
    await this.page.evaluate((method) => (window as unknown as StageWindow).player[method](), name);
  }

  async goTo(dateMs: number): Promise<void> {
    await this.page.evaluate((wanted) => (window as unknown as StageWindow).player.goTo(wanted), dateMs);
  }
}

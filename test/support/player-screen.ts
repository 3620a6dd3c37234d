import type { Page } from 'playwright-core';

/** What the picture is doing. */
export interface Reading {
  readonly position: number;
  readonly frames: number;
  readonly dropped: number;
  readonly height: number;
  readonly isPaused: boolean;
  readonly speed: number;
  readonly volume: number;
  readonly isMuted: boolean;
  readonly duration: number;
}

/** The player on a page, read and used as a viewer would. */
export class PlayerScreen {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async read(): Promise<Reading> {
    return await this.page.evaluate(() => {
      const video = document.querySelector('video');
      if (video === null) throw new Error('there is no video');
      const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
      return {
        position: video.currentTime,
        frames: totalVideoFrames,
        dropped: droppedVideoFrames,
        height: video.videoHeight,
        isPaused: video.paused,
        speed: video.playbackRate,
        volume: video.volume,
        isMuted: video.muted,
        duration: video.duration,
      };
    });
  }

  /** The second from which it has played to where it is, without a jump. */
  async begunAt(): Promise<number> {
    return await this.page.evaluate(() => {
      const { currentTime = 0, played } = document.querySelector('video') ?? {};
      for (let range = (played?.length ?? 0) - 1; range >= 0; range -= 1) {
        const start = played?.start(range) ?? 0;
        if (start <= currentTime) return start;
      }
      throw new Error('nothing has been played');
    });
  }

  /** Waits until the picture has passed this second. */
  async reach(position: number, timeout = 20_000): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => {
        const video = document.querySelector('video');
        return video !== null && !video.seeking && video.readyState >= 2 && video.currentTime >= wanted;
      },
      position,
      { timeout },
    );
  }

  /** Waits until the picture moves on from where it is. */
  async move(timeout = 20_000): Promise<void> {
    const { position } = await this.read();
    await this.reach(position + 0.3, timeout);
  }

  async phase(phase: string, timeout = 20_000): Promise<void> {
    await this.page.waitForSelector(`.yj-player[data-phase="${phase}"]`, { timeout });
  }

  /** Waits for words over the picture. */
  async message(words: string | RegExp, timeout = 20_000): Promise<void> {
    await this.page.getByText(words).first().waitFor({ state: 'visible', timeout });
  }

  async pressAction(words: string): Promise<void> {
    await this.page.locator('.yj-action', { hasText: words }).click();
  }

  /** Chooses from a menu with the mouse. */
  async choose(menu: string, line: string): Promise<void> {
    await this.page.mouse.move(300, 300);
    await this.page.mouse.move(320, 300);
    await this.page.getByRole('button', { name: menu }).click();
    await this.page.getByRole('menuitemradio', { name: line, exact: true }).click();
  }

  /** Moves to a second the way a script of the page would: by the video's own clock. */
  async seekBarTo(position: number): Promise<void> {
    await this.page.evaluate((wanted) => {
      const bar = document.querySelector<HTMLInputElement>('.yj-seek');
      if (bar === null) throw new Error('there is no seek bar');
      bar.value = String(wanted);
      bar.dispatchEvent(new Event('input'));
      bar.dispatchEvent(new Event('change'));
    }, position);
  }

  /** Waits until the picture has this many lines. */
  async height(height: number, timeout = 20_000): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => document.querySelector('video')?.videoHeight === wanted,
      height,
      {
        timeout,
      },
    );
  }
}

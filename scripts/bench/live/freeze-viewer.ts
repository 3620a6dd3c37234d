import { READ_CLOCK, CLOCK_HEIGHT, CLOCK_WIDTH } from './clock-picture.ts';
import type { Browser, Page } from './clock-viewer.ts';

/** What a viewer lived through. */
export interface Experience {
  /** The longest time without a new picture, in milliseconds. */
  readonly freezeMs: number;
  /** When that time began; milliseconds since 1970. */
  readonly frozenAtMs: number;
  /** How old the last picture was when it was shown, in milliseconds. */
  readonly behindMs: number;
  /** Why the page gave up, such as `unsupported` or an error of its script; empty when it never did. */
  readonly fatal: readonly string[];
  /** What lay over the picture, in order. */
  readonly covers: readonly string[];
  /** How often the page made a new player to get over it. */
  readonly rebuilds: number;
  /** Pictures whose time was earlier than that of one before. */
  readonly backwards: number;
}

/** What the page wrote down; times are milliseconds since 1970. */
interface Seen {
  readonly shownAt: readonly number[];
  readonly takenAt: readonly number[];
  readonly covers: readonly { readonly at: number; readonly cover: string }[];
  readonly emptied: number;
}

/** Covers that a viewer does not get away from without doing something. */
const FATAL_COVERS: ReadonlySet<string> = new Set(['missing', 'forbidden', 'blocked', 'unsupported']);

/** A viewer on the page of a class in Chromium, who does nothing but look. */
export class FreezeViewer {
  readonly #page: Page;
  readonly #errors: string[] = [];

  private constructor(page: Page) {
    this.#page = page;
    page.on('pageerror', (error) => this.#errors.push(error.message));
    page.on('crash', () => this.#errors.push('the page crashed'));
  }

  /** Opens the page of a class; what is shown is written down from its first picture. */
  static async open(browser: Browser, url: string): Promise<FreezeViewer> {
    const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, locale: 'zh-CN' });
    const page = await context.newPage();
    const viewer = new FreezeViewer(page);
    await page.goto(url);
    await page.waitForSelector('video', { state: 'attached' });
    await page.evaluate(WATCH);
    return viewer;
  }

  /** When the latest picture on the screen was taken; `undefined` before the first. */
  async latest(): Promise<number | undefined> {
    return (await this.#page.evaluate<number | null>('watching.takenAt.at(-1) ?? null')) ?? undefined;
  }

  /** What was lived through since a moment, in milliseconds since 1970. */
  async since(fromMs: number): Promise<Experience> {
    const seen = await this.#seen();
    const { shownAt, takenAt, emptied } = seen;
    const covers = seen.covers.filter(({ at }) => at >= fromMs).map(({ cover }) => cover);
    // A picture that was seen before is no new one, however long ago that was.
    const news: number[] = [];
    let newest = -Infinity;
    takenAt.forEach((taken, place) => {
      if (taken <= newest) return;
      newest = taken;
      news.push(shownAt[place] ?? 0);
    });
    const firstNew = Math.max(
      1,
      news.findIndex((at) => at >= fromMs),
    );
    const times = [...news.slice(firstNew - 1), Date.now()];
    let longest = { ms: 0, at: 0 };
    for (let place = 1; place < times.length; place += 1) {
      const [before = 0, after = 0] = [times[place - 1], times[place]];
      if (after - before > longest.ms) longest = { ms: after - before, at: before };
    }
    const taken = takenAt.filter((_, place) => (shownAt[place] ?? 0) >= fromMs);
    return {
      freezeMs: longest.ms,
      frozenAtMs: longest.at,
      behindMs: (shownAt.at(-1) ?? 0) - (takenAt.at(-1) ?? 0),
      fatal: [...this.#errors, ...covers.filter((cover) => FATAL_COVERS.has(cover))],
      covers,
      rebuilds: emptied,
      backwards: taken.filter((at, place) => place > 0 && at < (taken[place - 1] ?? 0)).length,
    };
  }

  async close(): Promise<void> {
    await this.#page.context().close();
  }

  async #seen(): Promise<Seen> {
    return await this.#page.evaluate<Seen>('watching');
  }
}

/** Text, because the page's own rules allow none of its own to be made. */
const WATCH = `(() => {
  const read = ${READ_CLOCK};
  const video = document.querySelector('video');
  const canvas = document.createElement('canvas');
  canvas.width = ${CLOCK_WIDTH};
  canvas.height = 64;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const seen = { shownAt: [], takenAt: [], covers: [], emptied: 0 };
  globalThis.watching = seen;
  const root = document.querySelector('.yj-live');
  const note = () => {
    const cover = root.dataset.cover;
    if (cover !== seen.covers.at(-1)?.cover) seen.covers.push({ at: Date.now(), cover });
  };
  note();
  new MutationObserver(note).observe(root, { attributes: true, attributeFilter: ['data-cover'] });
  video.addEventListener('emptied', () => { if (seen.shownAt.length > 0) seen.emptied += 1; });
  const look = () => {
    const now = Date.now();
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * 64 / ${CLOCK_HEIGHT}, 0, 0, ${CLOCK_WIDTH}, 64);
    const pixels = context.getImageData(0, 0, ${CLOCK_WIDTH}, 64).data;
    const taken = read((x, y) => pixels[(y * ${CLOCK_WIDTH} + x) * 4 + 1]);
    // The clock has 32 bits.
    if (taken !== undefined) {
      const at = now - ((now % 2 ** 32) - taken + 2 ** 32) % 2 ** 32;
      // A picture that is shown again is none.
      if (at !== seen.takenAt.at(-1)) {
        seen.shownAt.push(now);
        seen.takenAt.push(at);
      }
    }
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
})()`;

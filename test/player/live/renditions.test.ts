import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';

import { FlvReader, LivePackager, type FlvTag } from 'yuanjiao/live';

import { launchChromium, newVisitor } from '../../support/chromium.ts';
import { CLIP_SECONDS, ClipSender } from '../../support/live-clip.ts';
import { startLiveSite, type LiveSite } from '../../support/live-site.ts';
import { ffmpeg, testFolder, type TestFolder } from '../../support/media.ts';
import { until } from '../../support/until.ts';

const HLS = fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js'));

async function clipOf(folder: TestFolder, size: string): Promise<readonly FlvTag[]> {
  const file = folder.join(`${size}.flv`);
  await ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${CLIP_SECONDS}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=44100:duration=${CLIP_SECONDS}`],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...[
      '-g',
      '25',
      '-keyint_min',
      '25',
      '-sc_threshold',
      '0',
      '-c:a',
      'aac',
      '-b:a',
      '64k',
      '-f',
      'flv',
      file,
    ],
  );
  return new FlvReader().push(await readFile(file));
}

/** What a ladder takes at the least. */
const BEHIND_MS = 80;

/** What the page's player says of itself. */
interface Seen {
  readonly width: number;
  readonly time: number;
  readonly fatal: readonly string[];
}

describe('hls.js on the renditions of a class', function renditions() {
  this.timeout(180_000);
  let folder: TestFolder;
  let site: LiveSite;
  let browser: Browser;
  let page: Page;
  let sender: ClipSender | undefined;

  before(async function start() {
    browser = await launchChromium(this, 'hls.js on the renditions of a class');
    folder = await testFolder();
    site = await startLiveSite();
    const large = await clipOf(folder, '320x180');
    const smaller = await clipOf(folder, '192x108');
    const source = new LivePackager({ startsAtMs: 0, startsAtWallMs: Date.now() });
    const follower = new LivePackager({ follows: source });
    const [first, second] = [site.broadcast.begin('source'), site.broadcast.begin('108p')];
    // As a ladder's, a smaller picture always comes behind the source's: with a clock of its own it would now and then be first, and
    // the segment that begins with it would be missing.
    const small = new Set(smaller.map(({ body }) => body));
    const dueMs = ({ timestampMs, body }: FlvTag): number => timestampMs + (small.has(body) ? BEHIND_MS : 0);
    const both = [...large, ...smaller].toSorted((one, other) => dueMs(one) - dueMs(other));
    sender = new ClipSender(both, (tag) => {
      const [packager, input] = small.has(tag.body) ? [follower, second] : [source, first];
      for (const cut of packager.push(tag)) void input.write(cut);
    });
    await until('both can be played', () => site.broadcast.renditions.length === 2);
    page = (await newVisitor(browser)).page;
    await page.route(`${site.base}/page`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><video muted autoplay></video>' }),
    );
    await page.goto(`${site.base}/page`);
    await page.addScriptTag({ path: HLS });
    await page.evaluate(`
      window.fatal = [];
      window.hls = new Hls({ lowLatencyMode: true });
      hls.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) fatal.push(data.details); });
      hls.attachMedia(document.querySelector('video'));
      hls.loadSource('${site.live}/index.m3u8');
      // Which is the first of them is said by what their first seconds weighed.
      window.levelOf = (width) => hls.levels.findIndex((level) => level.width === width);
    `);
  });
  after(async () => {
    sender?.stop();
    await browser?.close();
    await site?.close();
    await folder?.remove();
  });

  const look = (): Promise<Seen> =>
    page.evaluate<Seen>(
      `({ width: document.querySelector('video').videoWidth, time: document.querySelector('video').currentTime, fatal })`,
    );

  const plays = (width: number): Promise<Seen> =>
    until(`it plays ${width} pixels across`, async () => {
      const before = await look();
      await page.waitForTimeout(200);
      const seen = await look();
      expect(seen.fatal).to.deep.equal([]);
      return seen.width === width && seen.time > before.time && seen;
    });

  it('changes between them as it likes', async () => {
    // A smaller size may have begun with a gap, from which hls.js turns away whatever it was told.
    await until('it plays beyond the first segments', async () => (await look()).time > 6.5);
    await page.evaluate('hls.currentLevel = levelOf(192)');
    await plays(192);
    await page.evaluate('hls.nextLevel = levelOf(320)');
    await plays(320);
    await page.evaluate('hls.nextLevel = levelOf(192)');
    await plays(192);
  });

  it('goes over to another when the one it plays is dropped', async () => {
    site.broadcast.drop('108p');
    const seen = await plays(320);
    await until('it plays on', async () => (await look()).time > seen.time + 3);
    expect((await look()).fatal).to.deep.equal([]);
  });
});

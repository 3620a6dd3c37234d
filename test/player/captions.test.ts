import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { createMetrics, openDesk, openLog } from 'yuanjiao/server';
import { DEFAULT_LADDER_OPTIONS } from 'yuanjiao/transcoder';

import { axeViolations } from '../support/axe.ts';
import { FORMATS, SIMPLIFIED, written } from '../support/caption-files.ts';
import { launchChromium, newVisitor, type Visitor } from '../support/chromium.ts';
import { startSite, type CoursewareSite } from '../support/courseware-site.ts';
import { ffmpeg, picture, QUICK_H264, testFolder, type TestFolder } from '../support/media.ts';
import { PlayerScreen } from '../support/player-screen.ts';
import { until } from '../support/until.ts';

const PAGES = fileURLToPath(new URL('../../player/page', import.meta.url));
const TITLE = '果树冬季修剪';

describe('captions in the browser', () => {
  let folder: TestFolder;
  let site: CoursewareSite;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let id: string;

  before(async function () {
    this.timeout(180_000); // a lecture is encoded
    browser = await launchChromium(this, 'captions in the browser');
    folder = await testFolder();
    site = await startSite({ pagesDir: PAGES, env: { YUANJIAO_WORKERS: '1' } });
    await writeFile(folder.join('english.srt'), FORMATS.srt(['Winter pruning', 'Look at this branch']));
    const source = folder.join('lecture.mkv');
    await ffmpeg(
      ...[...picture('320x180', '10', 6), '-i', folder.join('english.srt'), '-map', '0', '-map', '1'],
      ...[...QUICK_H264, '-pix_fmt', 'yuv420p', '-c:s', 'subrip', '-metadata:s:s:0', 'language=eng', source],
    );
    id = await madeOf(source);
  });

  after(async () => {
    await browser?.close();
    await site?.close();
    await folder?.remove();
  });

  beforeEach(async () => {
    visitor = await newVisitor(browser, { width: 1280, height: 800 });
    page = visitor.page;
  });

  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).to.deep.equal([]);
  });

  /** Takes a file in and waits until it is ready and published. */
  async function madeOf(source: string): Promise<string> {
    const { config, foundation } = site;
    const log = openLog({ level: 'silent' });
    const { desk } = await openDesk(config, foundation, { log, metrics: createMetrics() });
    const item = await foundation.catalogue.create({ title: TITLE });
    await desk.take(source, {
      coursewareId: item.id,
      fileName: 'lecture.mkv',
      ladder: DEFAULT_LADDER_OPTIONS,
    });
    await until(
      'it is ready',
      async () => (await foundation.catalogue.get(item.id)).current?.production === 'ready',
    );
    await foundation.catalogue.move(item.id, 'published');
    return item.id;
  }

  /** Waits until the picture of this second has this text on it, or none. */
  async function shows(second: number, text: string): Promise<void> {
    await page.evaluate((wanted) => {
      const video = document.querySelector('video');
      video?.pause();
      if (video !== null) video.currentTime = wanted;
    }, second);
    // Which cues are active is found out by the browser some time after the seek.
    await page.waitForFunction(
      ([wanted, words]) => {
        const video = document.querySelector('video');
        const cues = Array.from(video?.textTracks ?? [])
          .filter(({ mode }) => mode === 'showing')
          .flatMap((track) => Array.from(track.activeCues ?? []));
        const isThere = video?.seeking === false && video.currentTime === wanted;
        return isThere && cues.map((cue) => (cue as VTTCue).text).join('|') === words;
      },
      [second, text] as const,
    );
  }

  it('are handed in, corrected, taken away and put back in the studio, and broken ones are named by line', async () => {
    await visitor.context.setExtraHTTPHeaders({ Authorization: `Bearer ${site.token}` });
    await page.goto(`${site.base}/studio`);
    await page.getByRole('button', { name: `字幕《${TITLE}》` }).click();
    await page.getByText('视频自带：字幕轨 1（eng） · 2 条').waitFor();

    const broken = `${FORMATS.srt(SIMPLIFIED)}\r\n3\r\n00:00:09,000 --> 00:00:08,000\r\n倒过来了\r\n`;
    const file = { name: '第一课.srt', mimeType: 'application/x-subrip', buffer: written(broken, 'GB18030') };
    await page.getByLabel('字幕文件').setInputFiles(file);
    await page.getByRole('button', { name: '上传字幕' }).click();
    await page.getByText('已上传简体中文字幕，共 2 条，有 1 处请核对。').waitFor();
    await page.getByText('第 10 行：结束时间不晚于开始时间，这一条没有采用。').waitFor();
    expect(await axeViolations(page)).to.deep.equal([]);

    await page.getByLabel('简体中文字幕整体移动的秒数').fill('-0.5');
    await page.getByRole('button', { name: '应用简体中文字幕的校时' }).click();
    await page.getByText('第一课.srt · 2 条 · GB18030 · 提前 0.5 秒').waitFor();
    await page.getByRole('button', { name: '撤销' }).click();
    await page.getByText('已恢复原来的时间。').waitFor();

    await page.getByRole('button', { name: '删除English字幕' }).click();
    await page.getByText('已删除English字幕。').waitFor();
    await page.getByText('视频自带').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: '撤销' }).click();
    await page.getByText('字幕轨 1（eng） · 2 条').waitFor();

    const nothing = { name: '解说词.txt', mimeType: 'text/plain', buffer: Buffer.from('没有时间的解说词') };
    await page.getByLabel('字幕文件').setInputFiles(nothing);
    await page.getByRole('button', { name: '上传字幕' }).click();
    await page.getByText('第 1 行：没有找到任何字幕时间。').waitFor();
    expect(
      (await site.foundation.catalogue.history(id)).filter(({ field }) => field.startsWith('captions')),
    ).to.have.length(6);
  });

  it('are chosen from a menu, shown at their times, once each, and kept for the next visit', async () => {
    const screen = new PlayerScreen(page);
    await page.goto(`${site.base}/watch/${id}`);
    await screen.reach(0.2);
    await shows(1.5, '');
    await screen.choose('字幕：关闭', '简体中文');
    await page.waitForFunction(() => (document.querySelector('video')?.textTracks[0]?.cues?.length ?? 0) > 0);
    await shows(2, SIMPLIFIED[0] ?? '');
    await shows(3.2, '');
    expect(await page.evaluate(() => document.querySelector('video')?.textTracks.length)).to.equal(2);
    await page.reload();
    await page.getByRole('button', { name: '字幕：简体中文' }).waitFor();
    // Before there is a picture, no second can be looked at.
    await screen.reach(0.2);
    await screen.choose('字幕：简体中文', 'English');
    await page.waitForFunction(() => (document.querySelector('video')?.textTracks[1]?.cues?.length ?? 0) > 0);
    await shows(4, 'Look at this branch');
    await screen.choose('字幕：English', '关闭');
    await shows(2, '');
  });
});

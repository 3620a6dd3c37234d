import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import type { CoursewareSite } from '../support/courseware-site.ts';
import { startLibrarySite } from '../support/library-site.ts';
import { ffmpeg, picture, testFolder, tone } from '../support/media.ts';
import type { TestFolder } from '../support/media.ts';
import { PlayerScreen } from '../support/player-screen.ts';
import { signIn } from '../support/producer.ts';
import type { Producer } from '../support/producer.ts';
import { until } from '../support/until.ts';

const SECONDS = 30;
const CAPTIONS = `1
00:00:02,000 --> 00:00:05,000
大家好，今天讲果园的土肥水管理

2
00:00:14,000 --> 00:00:18,000
冬季要施足基肥，先看土壤
`;

interface Uses {
  readonly uses: { readonly plays: number; readonly views: number };
}

describe('from a search to the second at which it is said', function () {
  this.timeout(120_000);
  let folder: TestFolder;
  let site: CoursewareSite;
  let producer: Producer;
  let browser: Browser;
  let visitor: Visitor;
  let id: string;

  before(async function () {
    browser = await launchChromium(this, 'the way from a search to a second');
    folder = await testFolder();
    const source = folder.join('source.mp4');
    await ffmpeg(
      ...picture('320x180', '10', SECONDS),
      ...tone(SECONDS),
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', source],
    );
    site = await startLibrarySite({ env: { YUANJIAO_WORKERS: '1' } });
    await site.ask('POST', '/api/v1/tags', { name: '乡土' });
    producer = await signIn(site.base);
    id = await producer.createCourseware('果园冬季管理');
    await producer.upload(id, source);
    await producer.production(id, 'it is ready', ({ state }) => state === 'ready', 90_000);
    const captions = await fetch(`${site.base}/api/v1/courseware/${id}/captions/zh-Hans?fileName=a.srt`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${site.token}`, 'Content-Type': 'application/octet-stream' },
      body: CAPTIONS,
    });
    expect(captions.status).to.be.oneOf([200, 201]);
    await producer.publish(id);
  });

  after(async () => {
    await browser?.close();
    await site?.close();
    await folder?.remove();
  });

  beforeEach(async () => {
    visitor = await newVisitor(browser, { width: 1280, height: 800 });
  });

  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).to.deep.equal([]);
  });

  it('finds words that are only spoken, and plays from there; a play is counted', async () => {
    const { page } = visitor;
    const screen = new PlayerScreen(page);
    await page.goto(site.base);
    await page.getByText('馆藏 1 件').waitFor();
    await page.getByRole('combobox', { name: '搜索课件' }).fill('基肥');
    await page.keyboard.press('Enter');
    const moment = page.locator('.moment').first();
    await moment.waitFor();
    expect(await moment.locator('mark').textContent()).to.equal('基肥');
    expect(await moment.getAttribute('href')).to.equal(`/watch/${id}?t=14`);
    expect(await axeViolations(page)).to.deep.equal([]);
    await moment.click();
    await screen.reach(14.2);
    expect((await screen.read()).position).to.be.below(18);
    await screen.move();
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('>');
    await until('the play is counted', async () => {
      const { uses } = await producer.get<Uses>(`/api/v1/courseware/${id}`);
      return uses.plays === 1 && uses.views === 1;
    });
  });

  it('finds the place within the lecture and jumps back to it', async () => {
    const { page } = visitor;
    const screen = new PlayerScreen(page);
    await page.goto(`${site.base}/watch/${id}?t=20`);
    await screen.reach(20.1);
    await page.getByRole('searchbox', { name: '在这一课里找' }).fill('土肥水');
    const place = page.getByRole('button', { name: /0:02.*土肥水管理/ });
    await place.waitFor();
    await page.getByText('讲到 1 处').waitFor();
    expect(await axeViolations(page)).to.deep.equal([]);
    await place.click();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 99) < 12);
    await screen.move();
    await page.getByRole('searchbox', { name: '在这一课里找' }).fill('电商');
    await page.getByText('没有讲到“电商”。').waitFor();
  });

  /** Takes the only lecture out of a list while the server is slow, and says so once more after taking it back. */
  async function takeOut(page: Page): Promise<void> {
    const held: (() => void)[] = [];
    await page.route('**/api/v1/lists/*', async (route) => {
      if (route.request().method() === 'PUT') await new Promise<void>((resolve) => held.push(resolve));
      await route.continue();
    });
    const done = page.getByText('已移出《果园冬季管理》。');
    await page.getByRole('button', { name: /^移出/ }).click();
    await until('the server is asked', async () => held.length === 1);
    await page.getByText('正在保存…').waitFor();
    expect(await done.count()).to.equal(0, 'nothing is said to be done that is not');
    expect(await page.getByText('1 课').count()).to.equal(1);
    held[0]?.();
    await done.waitFor();
    await page.unroute('**/api/v1/lists/*');
    await page.getByText('0 课').waitFor();
    await page.getByRole('button', { name: '撤销' }).click();
    await page.getByText('已恢复原来的次序。').waitFor();
    await page.getByRole('link', { name: '果园冬季管理' }).waitFor();
    await page.route('**/api/v1/lists/*', (route) => route.abort());
    await page.getByRole('button', { name: /^移出/ }).click();
    await page.getByText('连不上服务器。').waitFor();
    expect(await page.getByRole('button', { name: /^移出/ }).count()).to.equal(1, 'it is shown again');
    await page.unroute('**/api/v1/lists/*');
    await page.getByRole('button', { name: /^移出/ }).click();
    await done.waitFor();
  }

  it('keeps a lecture as a favourite and on a list, whose address others may open', async () => {
    const { page } = visitor;
    await page.goto(`${site.base}/watch/${id}`);
    await page.getByRole('button', { name: '☆ 收藏' }).click();
    await page.getByRole('button', { name: '★ 已收藏' }).waitFor();
    await page.getByText('加入清单').click();
    await page.getByLabel('新清单的名称').fill('十一月夜校');
    await page.keyboard.press('Enter');
    await page.getByText('已建清单《十一月夜校》，并加入这一课。').waitFor();
    expect(await page.getByLabel('十一月夜校', { exact: true }).isChecked()).to.equal(true);
    expect(await axeViolations(page)).to.deep.equal([]);
    await page.goto(`${site.base}/lists`);
    await page.getByRole('heading', { name: '收藏的课件（1）' }).waitFor();
    await page.getByRole('link', { name: '果园冬季管理' }).waitFor();
    expect(await axeViolations(page)).to.deep.equal([]);
    await page.getByRole('link', { name: '十一月夜校' }).click();
    await page.getByRole('heading', { name: '十一月夜校' }).waitFor();
    await page.getByRole('link', { name: '果园冬季管理' }).waitFor();
    expect(await axeViolations(page)).to.deep.equal([]);
    const other = await newVisitor(browser);
    await other.page.goto(page.url());
    await other.page.getByText('1 课 · 别人分享的清单').waitFor();
    expect(await other.page.getByRole('button', { name: '删除清单' }).count()).to.equal(0);
    await other.context.close();
    const playlist = await page.getByRole('link', { name: '播放列表（M3U）' }).getAttribute('href');
    expect(await (await fetch(site.base + playlist)).text()).to.include('果园冬季管理');
    await takeOut(page);
    await page.reload();
    await page.getByText('这份清单是空的').waitFor();
    await page.getByRole('button', { name: '删除清单' }).click();
    await page.getByRole('button', { name: '再点一次就删除' }).click();
    await page.waitForURL(`${site.base}/lists`);
    await page.getByRole('heading', { name: '我的清单（0）' }).waitFor();
  });
});

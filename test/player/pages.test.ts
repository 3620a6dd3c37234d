import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import type { CoursewareSite } from '../support/courseware-site.ts';
import { askSite, signInByPage, startLibrarySite } from '../support/library-site.ts';
import { putOnShelf } from '../support/shelf.ts';
import { until } from '../support/until.ts';

const SIZES = [
  { width: 1920, height: 1080 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];
const MARKUP = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
const SERIES = `系列${MARKUP}`;
const TODAY = new Date().toISOString().slice(0, 10);

interface Named {
  readonly id: string;
  readonly title: string;
}

describe('every page', () => {
  let site: CoursewareSite;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let ids: readonly string[];
  let series: Named;
  let topic: Named;

  before(async function () {
    browser = await launchChromium(this, 'every page');
    site = await startLibrarySite();
    const facts = { description: MARKUP, tags: [`标签${MARKUP}`.slice(0, 40)], kind: 'local' } as const;
    ids = await putOnShelf(site.foundation.database, [
      {
        ...facts,
        title: MARKUP,
        series: SERIES,
        presenters: [MARKUP],
        producer: MARKUP,
        audience: ['村干部'],
        trades: ['水果'],
        months: [3],
        awards: [MARKUP],
        year: 2011,
        duration: 1110,
        rights: { holder: MARKUP, until: '2099-12-31' },
        extra: { 地点: MARKUP },
        publishedAt: Date.now() - 1000,
      },
      { ...facts, title: '第二课', series: SERIES, duration: 700, publishedAt: Date.now() - 9 * 86_400_000 },
    ]);
    [series = series] = (await askSite<{ items: Named[] }>(site, 'GET', '/series')).items;
    const times = { opensOn: TODAY, state: 'open', audience: '党员' };
    topic = await askSite<Named>(site, 'POST', '/topics', {
      title: '学习专题',
      description: MARKUP,
      ...times,
    });
    await askSite(site, 'PUT', `/topics/${topic.id}/items`, { items: ids });
    await askSite(site, 'PUT', '/categories/A', { name: MARKUP });
    await fetch(`${site.base}/api/v1/search?q=${encodeURIComponent('没有的词')}`);
    await site.ask('POST', '/api/v1/courseware', { title: '草稿' });
  });

  after(async () => {
    await browser?.close();
    await site?.close();
  });

  beforeEach(async () => {
    visitor = await newVisitor(browser);
    page = visitor.page;
  });

  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).to.deep.equal([]);
  });

  async function inspect(path: string, sign: string): Promise<void> {
    await page.goto(site.base + path);
    await page.locator(sign).first().waitFor();
    if (path !== '/sign-in') {
      await page.locator('#account .header-link').first().waitFor({ state: 'attached' });
    }
    expect(await axeViolations(page), path).to.deep.equal([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, path).to.equal(0);
    expect(await page.locator('main script, main img[src="x"]').count(), path).to.equal(0);
  }

  for (const size of SIZES) {
    const words = `${size.width}×${size.height}`;

    it(`is without fault for axe and fits at ${words} for viewers, with markup shown as text`, async () => {
      await page.setViewportSize(size);
      for (const [path, sign] of [
        ['/', '.shelf >> nth=2'],
        ['/browse', '.card'],
        ['/browse?q=img', '.result'],
        ['/browse?q=没有的词&kind=local', '.empty h2 >> nth=1'],
        ['/series', '.card'],
        [`/series/${series.id}`, '.card'],
        [`/series/nothing`, '#status >> text=找不到这个系列'],
        ['/topics', '.card'],
        [`/topics/${topic.id}`, '.card'],
        ['/lists', '.shelf'],
        ['/lists/nothing', '#status >> text=找不到这份清单'],
        [`/watch/${ids[0]}`, '#waiting >> text=这一课还没有可以播放的视频'],
        ['/watch/nothing', '#waiting >> text=找不到这一课'],
        ['/sign-in', '#password'],
      ] as const) {
        await inspect(path, sign);
      }
    });

    it(`is without fault for axe and fits at ${words} for the administrator`, async () => {
      await page.setViewportSize(size);
      await signInByPage(page, site.base, '/studio');
      for (const [path, sign] of [
        ['/studio', '.item >> nth=2'],
        ['/library', '.chooser-line'],
        ['/library?part=topics', '.chooser-line'],
        ['/library?part=tags', 'tbody tr'],
        ['/library?part=categories', 'tbody tr'],
        ['/library?part=synonyms', 'tbody tr'],
        ['/library?part=misses', 'tbody tr'],
        ['/library?part=exchange', 'input[type=file]'],
      ] as const) {
        await inspect(path, sign);
      }
    });
  }

  it('keeps the header to one row on a phone, and folds the ways to other pages out of it', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['/', '/browse', '/sign-in']) {
      await page.goto(site.base + path);
      const menu = page.getByRole('button', { name: '菜单' });
      const link = page.locator('.sections').getByRole('link', { name: '直播课堂' });
      await menu.waitFor();
      const { height = 0 } = (await page.locator('.header').boundingBox()) ?? {};
      expect(height, path).to.be.within(48, 72);
      expect(await link.isVisible(), path).to.equal(false);
      // The script that opens it may still be on its way.
      await until('the menu is open', async () => {
        await menu.click();
        return link.isVisible();
      });
      expect(await axeViolations(page), path).to.deep.equal([]);
      await page.keyboard.press('Escape');
      await link.waitFor({ state: 'hidden' });
      await page.keyboard.press('Enter');
      await link.click();
      await page.waitForURL(`${site.base}/live-classes`);
    }
  });

  it('makes cards of the rows of a table on a phone, and nothing scrolls sideways', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await signInByPage(page, site.base, '/studio');
    for (const name of ['tags', 'categories', 'synonyms', 'misses']) {
      await page.goto(`${site.base}/library?part=${name}`);
      await page.locator('tbody tr').first().waitFor();
      const beyond = await page
        .locator('.table-box')
        .first()
        .evaluate((box) => box.scrollWidth - box.clientWidth);
      expect(beyond, name).to.equal(0);
    }
  });

  it('shows the front: topics, what is new this week, series, and how much there is', async () => {
    await page.goto(site.base);
    await page.getByText('馆藏 2 件，共 30 分钟').waitFor();
    expect(await page.locator('.section-title').allTextContents()).to.deep.equal([
      '学习专题',
      '本周新增',
      '系列',
      '近期发布',
    ]);
    const fresh = page.getByRole('region', { name: '本周新增' });
    expect(await fresh.locator('.card').count()).to.equal(1);
    await fresh.getByRole('link', { name: '本周新增：全部新增' }).click();
    await page.getByText('共 1 件').waitFor();
    await page.getByRole('button', { name: '取消时间：本周新增' }).click();
    await page.getByText('共 2 件').waitFor();
  });

  it('shows a series in its order and leads to its first lecture', async () => {
    await page.goto(`${site.base}/series/${series.id}`);
    await page.getByText('2 件 · 30 分钟').waitFor();
    expect(await page.locator('.card-title').allTextContents()).to.deep.equal([MARKUP, '第二课']);
    await page.getByRole('link', { name: '在其中筛选' }).click();
    await page.getByText('共 2 件').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: '从第一课开始看' }).click();
    await page.waitForURL(`${site.base}/watch/${ids[0]}`);
  });

  it('tries again by itself when a script did not arrive', async () => {
    let broken = 0;
    await page.route('**/assets/portal*.js', (route) => {
      broken += 1;
      return broken > 1 ? route.continue() : route.abort();
    });
    await page.goto(site.base);
    await page.getByText('馆藏 2 件').waitFor();
    expect(broken).to.equal(2);
  });
});

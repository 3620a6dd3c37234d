import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import type { CoursewareSite } from '../support/courseware-site.ts';
import { signInByPage, startLibrarySite } from '../support/library-site.ts';
import { putOnShelf, SHELF_DAY } from '../support/shelf.ts';
import type { ShelfItem } from '../support/shelf.ts';

const DAY_MS = 86_400_000;

/** The newest first: lesson 30, 29, … */
function lessons(count: number): readonly ShelfItem[] {
  return Array.from({ length: count }, (_, place) => ({
    title: `第 ${place + 1} 课`,
    tags: ['理论'],
    kind: 'theory',
    year: 2010,
    duration: 1500,
    publishedAt: SHELF_DAY + place * 60_000,
  }));
}

const FRUIT: readonly ShelfItem[] = [
  {
    title: '嵊州桃形李栽培技术',
    description: '从定植到采收，讲解桃形李的修剪与施肥。',
    tags: ['乡土', '水果'],
    series: '特色水果',
    kind: 'local',
    year: 2011,
    duration: 1110,
    producer: '嵊州市农业局',
    presenters: ['杨梅芳'],
    months: [6, 7],
    audience: ['果农'],
    trades: ['水果'],
    region: '330683102',
    code: 'SX-1',
    publishedAt: SHELF_DAY - DAY_MS,
  },
  {
    title: '杨梅嫁接四步',
    tags: ['乡土'],
    series: '特色水果',
    kind: 'local',
    year: 2011,
    duration: 540,
    publishedAt: SHELF_DAY - 2 * DAY_MS,
  },
  {
    title: '水果电商怎么做',
    tags: ['电商', '水果'],
    kind: 'skill',
    year: 2012,
    duration: 4000,
    publishedAt: SHELF_DAY - 3 * DAY_MS,
  },
];

describe('browsing and searching', () => {
  let site: CoursewareSite;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;

  before(async function () {
    browser = await launchChromium(this, 'browsing and searching');
    site = await startLibrarySite();
    await site.foundation.database.write(async (transaction) => {
      for (const [id, name, level, parent] of [
        ['330600', '绍兴市', 'city', null],
        ['330683', '嵊州市', 'county', '330600'],
        ['330683102', '甘霖镇', 'town', '330683'],
        ['330602', '越城区', 'county', '330600'],
      ] as const) {
        const path = `/330600/${id === '330600' ? '' : parent === '330600' ? `${id}/` : `${parent}/${id}/`}`;
        await transaction.rows(
          'INSERT INTO region (id, code, name, level, parent_id, path) VALUES ($1, $1, $2, $3, $4, $5)',
          ...[id, name, level, parent, path],
        );
      }
    });
    await putOnShelf(site.foundation.database, [...lessons(30), ...FRUIT]);
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

  const open = (query = ''): Promise<unknown> => page.goto(`${site.base}/browse${query}`);
  const found = (words: string): Promise<void> => page.locator('#status', { hasText: words }).waitFor();
  const facet = (name: string) => page.locator('.facet-value', { hasText: name });
  const params = (): URLSearchParams => new URL(page.url()).searchParams;

  it('shows everything, the newest first, and more on demand', async () => {
    await open();
    await found('共 33 件');
    expect(await page.locator('.card-title').first().textContent()).to.equal('第 30 课');
    expect(await page.locator('.card').count()).to.equal(24);
    await page.getByRole('button', { name: '加载更多' }).click();
    await page.locator('.card >> nth=32').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal('第 6 课');
    await page.getByRole('link', { name: '第 1 课', exact: true }).click();
    await page.waitForURL(/\/watch\//);
    await page.goBack();
    await page.locator('.card >> nth=32').waitFor();
  });

  it('narrows by facets with exact counts, keeps all in the address, and goes back and forth', async () => {
    await open();
    await facet('乡土').first().waitFor();
    expect(await facet('水果').first().textContent()).to.equal('水果2');
    await facet('水果').first().click();
    await found('共 2 件');
    expect(await facet('乡土').first().textContent(), 'tags add up').to.equal('乡土1');
    await facet('实用技术').click();
    await found('共 1 件');
    await page.getByText('水果电商怎么做').first().waitFor();
    expect(await facet('乡土课件').textContent(), 'its own facet shows what else there is').to.equal(
      '乡土课件1',
    );
    expect(params().getAll('tag')).to.deep.equal(['水果']);
    expect(params().get('kind')).to.equal('skill');
    await page.reload();
    await found('共 1 件');
    await page.goBack();
    await found('共 2 件');
    await page.goForward();
    await found('共 1 件');
    await page.getByRole('button', { name: '取消标签：水果' }).click();
    await found('共 1 件');
    await page.getByRole('button', { name: '取消类别：实用技术' }).click();
    await found('共 33 件');
    expect(page.url()).to.equal(`${site.base}/browse`);
  });

  it('keeps the focus on the value that was pressed', async () => {
    await open();
    await facet('实用技术').waitFor();
    await facet('实用技术').focus();
    await page.keyboard.press('Enter');
    await found('共 1 件');
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('data-key'));
    expect(focused).to.equal('kind skill');
  });

  it('opens the districts level by level, each with what lies in it', async () => {
    await open();
    const county = page.getByRole('button', { name: /^嵊州市\s*1$/ });
    await county.waitFor();
    expect(await facet('越城区').count(), 'nothing is there').to.equal(0);
    await page.getByRole('button', { name: '嵊州市的下级地区' }).click();
    await facet('甘霖镇').click();
    await found('共 1 件');
    expect(params().get('region')).to.equal('330683102');
    await county.click();
    await page.waitForFunction(() => new URLSearchParams(location.search).get('region') === '330683');
    expect(params().getAll('region'), 'the county instead of its town').to.deep.equal(['330683']);
  });

  it('marks what was found in title, tags and description, and tells names it was found by', async () => {
    await open('?q=桃形李');
    await found('共 1 件');
    const result = page.locator('.result').first();
    expect(await result.locator('.result-title mark').textContent()).to.equal('桃形李');
    expect(await result.locator('.result-description mark').first().textContent()).to.equal('桃形李');
    await page.getByRole('searchbox').or(page.getByRole('combobox')).fill('杨梅芳');
    await page.keyboard.press('Enter');
    await found('共 1 件');
    await page.locator('.result-tags mark', { hasText: '杨梅芳' }).waitFor();
    expect(params().get('q')).to.equal('杨梅芳');
  });

  it('sorts as one asks, and by relevance only when there are words', async () => {
    await open('?tag=水果');
    await found('共 2 件');
    expect(await page.locator('.sort').allTextContents()).to.deep.equal([
      '最新',
      '播放最多',
      '收藏最多',
      '按拼音',
    ]);
    await page.getByRole('button', { name: '按拼音' }).click();
    await page.waitForFunction(() => document.querySelector('.card-title')?.textContent?.startsWith('嵊州'));
    expect(params().get('sort')).to.equal('title');
    await open('?q=水果&tag=水果');
    await found('共 2 件');
    expect(await page.getByRole('button', { name: '相关度' }).getAttribute('aria-pressed')).to.equal('true');
  });

  it('helps out of an empty result: which condition to drop, what is near, how to ask', async () => {
    await open('?q=桃形李&kind=skill');
    await page.getByText('在所选条件下，没有找到与“桃形李”有关的课件。').waitFor();
    await page.getByRole('link', { name: '去掉类别“实用技术”：1 件' }).waitFor();
    await page.getByRole('link', { name: '去掉搜索词“桃形李”：1 件' }).waitFor();
    expect(await axeViolations(page)).to.deep.equal([]);
    await page.getByRole('link', { name: '去掉类别“实用技术”：1 件' }).click();
    await found('共 1 件');
    await open('?q=特色水果罐头');
    await page.getByText('没有找到与“特色水果罐头”有关的课件。').waitFor();
    await page.getByRole('link', { name: '特色水果', exact: true }).click();
    await page.waitForURL(/\/series\//);
  });

  it('suggests while one types, by words and by initials, and arrows choose', async () => {
    await open();
    const box = page.getByRole('combobox', { name: '搜索课件' });
    await box.pressSequentially('tssg');
    await page.getByRole('option', { name: '特色水果' }).waitFor();
    await box.fill('txl');
    await page.getByRole('option', { name: '嵊州桃形李栽培技术' }).waitFor();
    await box.fill('乡');
    const first = page.getByRole('option').first();
    await first.getByText('标签').waitFor();
    expect(await axeViolations(page)).to.deep.equal([]);
    await page.keyboard.press('ArrowDown');
    expect(await first.getAttribute('aria-selected')).to.equal('true');
    expect(await box.getAttribute('aria-activedescendant')).to.equal(await first.getAttribute('id'));
    await page.keyboard.press('Enter');
    await found('共 2 件');
    expect(params().get('tag')).to.equal('乡土');
  });

  it('closes the suggestions with Escape and searches for what is typed with Enter', async () => {
    await open();
    const box = page.getByRole('combobox', { name: '搜索课件' });
    await box.fill('水果');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('listbox').count()).to.equal(0);
    await page.keyboard.press('Enter');
    await found('共 3 件');
    expect(params().get('q')).to.equal('水果');
  });

  it('walks from card to card with the arrows of a remote control', async () => {
    await page.setViewportSize({ width: 1920, height: 1080 });
    await open();
    await page.locator('.card >> nth=23').waitFor();
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).to.equal('第 30 课');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).to.equal('第 29 课');
    const columns = await page.evaluate(
      () =>
        getComputedStyle(document.querySelector('#cards') ?? document.body).gridTemplateColumns.split(' ')
          .length,
    );
    await page.keyboard.press('ArrowDown');
    expect(await focused()).to.equal(`第 ${29 - columns} 课`);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await page.evaluate(() => document.activeElement?.closest('.facets') !== null)).to.equal(true);
    for (let press = 0; press < 40; press += 1) await page.keyboard.press('ArrowUp');
    expect(await page.evaluate(() => document.activeElement?.closest('.header') !== null)).to.equal(true);
  });

  it('offers the list as a feed and a playlist, and to the administrator as a table', async () => {
    const hrefs = async (): Promise<readonly string[]> => {
      await page.locator('#takeaway a').first().waitFor();
      return page
        .locator('#takeaway a')
        .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
    };
    const got = async (href: string): Promise<string> => {
      const reply = await site.ask('GET', href);
      expect(reply.status, href).to.equal(200);
      return `${reply.headers.get('content-type')}\n${await reply.text()}`;
    };
    await open('?q=水果&tag=乡土');
    await found('共 2 件');
    const [feed = '', playlist = '', ...others] = await hrefs();
    expect(others).to.deep.equal([]);
    expect(await got(feed)).to.match(/^application\/atom\+xml[^]*杨梅嫁接四步/);
    expect(await got(playlist)).to.match(/mpegurl[^]*#PLAYLIST:搜索：水果/);
    await signInByPage(page, site.base, '/browse?year=2012');
    await found('共 1 件');
    const [table = ''] = await hrefs();
    expect(table).to.equal('/api/v1/exports/search.xlsx?year=2012');
    expect(await got(table)).to.include('spreadsheetml');
  });

  it('folds the filters away on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open();
    await found('共 33 件');
    expect(await facet('实用技术').isVisible()).to.equal(false);
    await page.getByRole('button', { name: '筛选', exact: true }).click();
    await facet('实用技术').click();
    await found('共 1 件');
    await page.getByRole('button', { name: '筛选（已选 1）' }).waitFor();
  });

  it('says when the server is away, and asks again on demand', async () => {
    await page.route('**/api/v1/search?**', (route) => route.fulfill({ status: 503, body: '' }));
    await open();
    await found('服务器暂时出错（503）');
    await page.unroute('**/api/v1/search?**');
    await page.getByRole('button', { name: '重试' }).click();
    await found('共 33 件');
  });
});

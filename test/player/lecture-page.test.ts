import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import { PageServer } from '../support/page-server.ts';
import { PlayerScreen } from '../support/player-screen.ts';
import { until } from '../support/until.ts';

describe('what surrounds a lecture', () => {
  let server: PageServer;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let screen: PlayerScreen;

  before(async function () {
    this.timeout(180_000); // a lecture is encoded
    browser = await launchChromium(this, 'what surrounds a lecture');
    server = await PageServer.start({ media: true });
  });

  after(async () => {
    await browser?.close();
    await server?.remove();
  });

  beforeEach(async () => {
    server.reset();
    visitor = await newVisitor(browser);
    page = visitor.page;
    screen = new PlayerScreen(page);
  });

  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).to.deep.equal([]);
  });

  it('names the series, the part and its neighbours, and the tags lead to more', async () => {
    const facts = { series: '农技讲堂', seriesId: 's1', tags: ['乡土'] };
    const parts = ['选种', '育苗', '移栽'].map((title) => server.add({ title, ...facts }));
    await page.goto(`${server.url}/watch/${parts[1]?.id}`);
    await page.getByRole('heading', { name: '育苗' }).waitFor();
    await page.getByText('第 2 课，共 3 课').waitFor();
    expect(await page.title()).to.equal('育苗 · 远教');
    expect(await page.getByRole('link', { name: '农技讲堂' }).getAttribute('href')).to.equal('/series/s1');
    expect(await page.getByRole('link', { name: '乡土' }).getAttribute('href')).to.equal(
      `/browse?tag=${encodeURIComponent('乡土')}`,
    );
    await page.getByRole('link', { name: '下一课：移栽' }).click();
    await page.getByText('第 3 课，共 3 课').waitFor();
    expect(await page.getByRole('link', { name: /^下一课/ }).count()).to.equal(0);
  });

  it('begins at the second the address names, and asks nothing', async () => {
    const { id } = server.add({ title: '从中间看' });
    await page.goto(`${server.url}/watch/${id}?t=0:40`);
    await screen.reach(40.2);
    expect(await screen.begunAt()).to.be.closeTo(40, 0.3);
  });

  it('copies a link to the moment that is on the screen', async () => {
    await visitor.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const { id } = server.add({ title: '分享' });
    await page.goto(`${server.url}/watch/${id}?t=30`);
    await screen.reach(30.2);
    await page.keyboard.press('k');
    await screen.phase('paused');
    await page.getByRole('button', { name: '复制此刻的链接' }).click();
    const second = Math.floor((await screen.read()).position);
    await page.getByText(`已复制从 0:${second} 开始的链接。`).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).to.equal(`${server.url}/watch/${id}?t=${second}`);
  });

  it('counts a play after ten seconds of picture, once, also when the server was away at first', async () => {
    const { id } = server.add({ title: '计数' });
    let refused = 0;
    server.fault = (request, response) => {
      if (request.url?.endsWith('/plays') !== true || refused > 0) return false;
      refused += 1;
      response.writeHead(503).end();
      return true;
    };
    await page.goto(`${server.url}/watch/${id}`);
    await screen.reach(0.3);
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('>');
    await page.evaluate(() => {
      const video = document.querySelector('video');
      const stop = (): void => {
        if (video === null || video.currentTime < 5) return;
        video.removeEventListener('timeupdate', stop);
        video.pause();
      };
      video?.addEventListener('timeupdate', stop);
    });
    await screen.phase('paused');
    expect((await screen.read()).position).to.be.within(5, 9);
    expect(refused + server.plays.size, 'five seconds are no play').to.equal(0);
    await page.keyboard.press('k');
    await until('a play is counted', () => server.plays.size > 0);
    expect(refused).to.equal(1);
    await screen.reach(20);
    expect(server.plays.size).to.equal(1);
    expect(server.requests.filter((request) => request.endsWith(`/${id}/plays`))).to.have.lengthOf(2);
  });

  it('plays on when all that surrounds it is out of reach', async () => {
    const { id } = server.add({ title: '独自播放' });
    server.fault = (request, response) => {
      if (!/\/api\/v1\/(me|tags|lists|favourites|courseware\/[^/]+)(\?|$|\/related)/.test(request.url ?? ''))
        return false;
      response.writeHead(500).end();
      return true;
    };
    await page.goto(`${server.url}/watch/${id}`);
    await screen.reach(0.5);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal('独自播放');
  });
});

import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, newVisitor, openUntouched } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import { makeStoryboard } from '../support/lecture-media.ts';
import { PageServer, newVersion } from '../support/page-server.ts';
import { PlayerScreen } from '../support/player-screen.ts';

/** A finger on the picture, where no control is. */
async function tapPicture(page: Page): Promise<void> {
  const box = await page.locator('#stage').boundingBox();
  if (box === null) throw new Error('the picture is not shown');
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 3);
}

describe('watch page', () => {
  let server: PageServer;
  let browser: Browser;
  let visitor: Visitor;
  let screen: PlayerScreen;
  let lecture: string;

  before(async function () {
    this.timeout(180_000); // a lecture is encoded
    browser = await launchChromium(this, 'the watch page');
    server = await PageServer.start({ media: true });
    await makeStoryboard(server.directory);
  });

  after(async () => {
    await browser?.close();
    await server?.remove();
  });

  beforeEach(async () => {
    server.reset();
    server.hasCaptions = true;
    lecture = `${server.url}/watch/${server.add({ title: '果树冬季修剪', tags: ['乡土'], series: '农技讲堂' }).id}`;
    visitor = await newVisitor(browser);
    screen = new PlayerScreen(visitor.page);
  });

  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).to.deep.equal([]);
  });

  /** Stops the picture and takes it to a second, where it stays. */
  async function stopAt(second: number): Promise<void> {
    await visitor.page.keyboard.press('k');
    await screen.phase('paused');
    await screen.seekBarTo(second);
    await screen.reach(second);
  }

  it('plays: the clock advances and frames are decoded at the lecture’s rate', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(1);
    const before = await screen.read();
    await screen.reach(before.position + 3);
    const after = await screen.read();
    const expected = (after.position - before.position) * 25;
    expect(after.frames - before.frames).to.be.within(expected * 0.8, expected * 1.2);
    expect(after.duration).to.be.closeTo(72, 0.5);
  });

  it('parses segments in a worker that the content security policy allows', async () => {
    const worker = visitor.page.waitForEvent('worker');
    await visitor.page.goto(lecture);
    expect((await worker).url()).to.match(/\/assets\/hls-worker\.[0-9a-f]+\.js$/);
    await screen.reach(1);
  });

  it('offers files to take along, each with its size and what it is for, when somebody asks', async () => {
    await visitor.page.goto(lecture);
    const menu = visitor.page.getByText('下载到U盘或手机');
    await menu.waitFor();
    expect(server.requests.filter((request) => request.endsWith('/downloads'))).to.deep.equal([]);
    await menu.click();
    const files = visitor.page.locator('a.download');
    await files.first().waitFor();
    expect(await files.locator('strong').allTextContents()).to.deep.equal(['720p', '360p', '只有声音']);
    expect(await files.first().textContent())
      .to.contain('5 GB')
      .and.to.contain('exFAT');
    expect(await files.nth(1).getAttribute('href')).to.match(/\/downloads\/360p\.mp4$/);
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
  });

  it('shows the rendition a viewer chose, and decides again when told 自动', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(1);
    await screen.choose('清晰度', '360p');
    await screen.height(360);
    await screen.choose('清晰度', '180p');
    await screen.height(180);
    await screen.choose('清晰度', '自动');
    await visitor.page.getByRole('button', { name: '清晰度：自动' }).waitFor();
    await screen.move();
  });

  it('rises to what the line carries, and falls when the line gets slow', async () => {
    const line = await visitor.context.newCDPSession(visitor.page);
    const slow = { offline: false, latency: 50, downloadThroughput: 80_000, uploadThroughput: 80_000 };
    await line.send('Network.enable');
    await visitor.page.goto(lecture);
    await screen.height(360);
    await line.send('Network.emulateNetworkConditions', slow);
    await screen.seekBarTo(52);
    await screen.height(180);
    await screen.move();
  });

  it('seeks by the bar and by keys, and shows the time', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.5);
    await visitor.page.keyboard.press('k');
    await screen.phase('paused');
    await screen.seekBarTo(30);
    await screen.reach(30);
    await visitor.page.keyboard.press('ArrowRight');
    await screen.reach(35);
    await visitor.page.keyboard.press('ArrowLeft');
    await visitor.page.keyboard.press('ArrowLeft');
    await visitor.page.waitForFunction(
      () => document.querySelector('.yj-time')?.textContent === '0:25 / 1:12',
    );
    await visitor.page.keyboard.press('5');
    await visitor.page.waitForFunction(
      () => document.querySelector('.yj-time')?.textContent === '0:36 / 1:12',
    );
    expect((await screen.read()).isPaused).to.equal(true);
    await visitor.page.keyboard.press('Space');
    await screen.reach(36.5);
  });

  it('obeys the keys for volume, mute, speed and captions', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.3);
    await visitor.page.keyboard.press('ArrowDown');
    await visitor.page.keyboard.press('m');
    await visitor.page.keyboard.press('>');
    await visitor.page.keyboard.press('c');
    const reading = await screen.read();
    expect(reading).to.include({ volume: 0.9, isMuted: true, speed: 1.25 });
    await visitor.page.waitForFunction(() => {
      const track = document.querySelector('video')?.textTracks[0];
      return track?.mode === 'showing' && track.activeCues?.length === 1;
    });
    await visitor.page.keyboard.press('c');
    await visitor.page.waitForFunction(
      () => document.querySelector('video')?.textTracks[0]?.mode === 'disabled',
    );
  });

  it('obeys the odd key codes of a television’s remote control', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.3);
    const remote = await visitor.context.newCDPSession(visitor.page);
    const press = async (windowsVirtualKeyCode: number): Promise<void> => {
      await remote.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', windowsVirtualKeyCode, key: '' });
      await remote.send('Input.dispatchKeyEvent', { type: 'keyUp', windowsVirtualKeyCode, key: '' });
    };
    await press(413);
    await screen.phase('paused');
    await press(417);
    await screen.reach(10);
    await press(415);
    await screen.phase('playing');
  });

  it('reaches every control with a remote control’s four arrows and OK, and Back leads out again', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.3);
    const focused = async (): Promise<string> =>
      await visitor.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    await visitor.page.keyboard.press('Enter');
    const labels = [await focused()];
    for (let step = 0; step < 5; step += 1) {
      await visitor.page.keyboard.press('ArrowRight');
      labels.push(await focused());
    }
    expect(labels.map((label) => label.split('：')[0])).to.deep.equal([
      '暂停',
      '静音',
      '音量',
      '字幕',
      '播放速度',
      '清晰度',
    ]);
    await visitor.page.keyboard.press('ArrowRight');
    expect(await focused()).to.equal('全屏');
    await visitor.page.keyboard.press('ArrowUp');
    expect(await focused()).to.equal('播放进度');
    await visitor.page.keyboard.press('Escape');
    expect(await focused()).to.equal('播放器：果树冬季修剪');
  });

  it('keeps the chosen speed through the menu and closes it with Back', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.3);
    await screen.choose('播放速度', '1.5×');
    expect((await screen.read()).speed).to.equal(1.5);
    await visitor.page.getByRole('button', { name: '播放速度：1.5×' }).click();
    await visitor.page.keyboard.press('Escape');
    expect(await visitor.page.locator('.yj-menu-list:visible').count()).to.equal(0);
  });

  it('remembers where a viewer stopped and offers it after a reload', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.3);
    await stopAt(23);
    await visitor.page.reload();
    await screen.message('从 0:23 继续');
    expect((await screen.read()).isPaused).to.equal(true);
    await screen.pressAction('从 0:23 继续');
    await screen.reach(23.5);
    await visitor.page.reload();
    await screen.pressAction('从头播放');
    await screen.phase('playing');
    expect((await screen.read()).position).to.be.below(10);
  });

  it('offers nothing when the lecture was seen to its end, and plays it again on demand', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.3);
    await screen.seekBarTo(71.5);
    await screen.message('重新播放');
    await visitor.page.reload();
    await screen.reach(0.3);
    await screen.seekBarTo(71.5);
    await screen.pressAction('重新播放');
    await screen.phase('playing');
    expect((await screen.read()).position).to.be.below(10);
  });

  it('keeps captions on for the next lecture', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.3);
    await visitor.page.keyboard.press('c');
    await visitor.page.goto(`${server.url}/watch/${server.add({ title: '第二课' }).id}`);
    await screen.reach(0.3);
    await visitor.page.waitForFunction(
      () => document.querySelector('video')?.textTracks[0]?.mode === 'showing',
    );
  });

  it('plays a lecture that is still being encoded from its start, and grows into the whole', async () => {
    server.segmentsEncoded = 3;
    await visitor.page.goto(lecture);
    await screen.message('仍在转码，可先观看 · 全长 1:12');
    await screen.reach(0.2);
    expect(await screen.begunAt()).to.be.below(1);
    expect(await visitor.page.locator('.yj-time').textContent()).to.match(/ \/ 0:06$/);
    for (let press = 0; press < 4; press += 1) await visitor.page.keyboard.press('>');
    await visitor.page.evaluate(() => {
      let farthest = 0;
      document.querySelector('video')?.addEventListener('timeupdate', ({ target }) => {
        const { currentTime } = target as HTMLVideoElement;
        if (currentTime < farthest - 0.5) document.body.dataset['jumped'] = `${farthest} → ${currentTime}`;
        farthest = Math.max(farthest, currentTime);
      });
    });
    await screen.message('后面的内容还在转码…');
    for (let reload = 0; reload < 3; reload += 1) await visitor.page.waitForResponse(/\dp\/index\.m3u8$/);
    expect((await screen.read()).position).to.be.within(5.5, 6.1);
    server.segmentsEncoded = 5;
    await screen.reach(6.5);
    server.segmentsEncoded = undefined;
    await visitor.page.waitForFunction(() =>
      document.querySelector('.yj-time')?.textContent?.endsWith(' / 1:12'),
    );
    await visitor.page.locator('.yj-badge').waitFor({ state: 'hidden' });
    await screen.move();
    expect(await visitor.page.evaluate(() => document.body.dataset['jumped'])).to.equal(undefined);
  });

  it('waits for a lecture of which nothing is encoded yet, and starts by itself', async () => {
    const item = server.add({
      title: '刚上传',
      current: newVersion({ production: 'probing', duration: 72 }),
    });
    await visitor.page.goto(`${server.url}/watch/${item.id}`);
    await screen.message('这一课的视频还没有准备好');
    server.produce(item.id, { isPlayable: true });
    await screen.reach(0.5);
  });

  it('says what to do when the lecture is not public or not there', async () => {
    server.isAdmin = false;
    const draft = server.add({ title: '草稿', publication: 'draft' });
    await visitor.page.goto(`${server.url}/watch/${draft.id}`);
    await screen.message('这一课还没有公开');
    await visitor.page.goto(`${server.url}/watch/nothing`);
    await screen.message('找不到这一课');
    await visitor.page.getByRole('link', { name: '返回课件目录' }).click();
    await visitor.page.waitForURL(`${server.url}/`);
  });

  const CHAPTERS = [
    { start: 0, title: '开场' },
    { start: 20, title: '剪口的高低 <b>' },
    { start: 50, title: '问答' },
  ];

  it('shows the picture, the chapter and the time where somebody points, and where a key leads', async () => {
    server.hasStoryboard = true;
    const { id } = server.add({ title: '有小图', chapters: CHAPTERS });
    await visitor.page.goto(`${server.url}/watch/${id}`);
    await screen.reach(0.3);
    const asked = (): readonly string[] => server.requests.filter((line) => line.includes('/storyboard/'));
    expect(asked(), 'nobody has looked for a place yet').to.deep.equal([]);
    const bar = await visitor.page.locator('.yj-seek').boundingBox();
    if (bar === null) throw new Error('the seek bar is not shown');
    await visitor.page.mouse.move(bar.x + bar.width / 2, bar.y + bar.height / 2);
    const preview = visitor.page.locator('.yj-preview');
    await preview.getByText('剪口的高低 <b>').waitFor();
    expect(await preview.locator('.yj-preview-time').textContent()).to.equal('0:36');
    // The second of three tiles side by side, and the sheet is there.
    await visitor.page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>('.yj-tile img');
      return image?.naturalWidth === 480 && image.style.transform === 'translate(-160px, 0px)';
    });
    const edge = await preview.boundingBox();
    await visitor.page.mouse.move(bar.x + bar.width - 1, bar.y + bar.height / 2);
    await preview.getByText('问答').waitFor();
    const moved = await preview.boundingBox();
    expect((moved?.x ?? 0) + (moved?.width ?? 0)).to.be.at.most(bar.x + bar.width + 1);
    expect(moved?.x).to.be.above(edge?.x ?? 0);
    await visitor.page.mouse.move(bar.x + 200, bar.y - 300);
    await preview.waitFor({ state: 'hidden' });
    await visitor.page.keyboard.press('7');
    await preview.getByText('0:50').waitFor();
    await preview.waitFor({ state: 'hidden' });
    expect(asked()).to.deep.equal(['GET /v/g1/storyboard/index.vtt', 'GET /v/g1/storyboard/000-1.jpg']);
  });

  it('leads from chapter to chapter by list, keys and menu, and needs no pictures for it', async () => {
    const { id } = server.add({ title: '有章节', chapters: CHAPTERS });
    await visitor.page.goto(`${server.url}/watch/${id}`);
    await screen.reach(0.3);
    const list = visitor.page.getByRole('navigation', { name: '章节' });
    await list.getByRole('button', { name: '剪口的高低' }).click();
    await screen.reach(20);
    await list.locator('[aria-current]', { hasText: '剪口的高低 <b>' }).waitFor();
    expect(await visitor.page.locator('.yj-mark').count()).to.equal(2);
    // A chapter that has run for some seconds is not left by going back.
    await visitor.page.keyboard.press('k');
    await screen.phase('paused');
    await visitor.page.keyboard.press('n');
    await screen.reach(50);
    expect(await visitor.page.locator('.yj-tile:visible').count()).to.equal(0);
    await list.locator('[aria-current]', { hasText: '问答' }).waitFor();
    await visitor.page.keyboard.press('p');
    await list.locator('[aria-current]', { hasText: '剪口的高低' }).waitFor();
    await screen.choose('章节', '0:00 开场');
    await list.locator('[aria-current]', { hasText: '开场' }).waitFor();
    await visitor.page.getByRole('button', { name: '章节', exact: true }).click();
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
    await visitor.page.keyboard.press('ArrowDown');
    await visitor.page.keyboard.press('ArrowDown');
    await visitor.page.keyboard.press('Enter');
    await screen.reach(50);
  });

  it('shows the slide that stood beside the picture in the class, wherever the viewer goes', async () => {
    const imageUrl = '/v/g1/storyboard/000-1.jpg';
    server.hasStoryboard = true;
    const slides = [{ start: 0.1, title: '剪口', imageUrl }, { start: 20 }];
    const { id } = server.add({ title: '直播回放', chapters: CHAPTERS, slides });
    await visitor.page.goto(`${server.url}/watch/${id}`);
    await screen.reach(0.3);
    const slide = visitor.page.locator('.lecture-slide');
    await slide.getByRole('img', { name: '课件页：剪口' }).waitFor();
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
    await visitor.page.keyboard.press('n');
    await screen.reach(20);
    await slide.waitFor({ state: 'hidden' });
  });

  it('shows what a finger drags over, before it lets go', async () => {
    server.hasStoryboard = true;
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const page = await context.newPage();
    const { id } = server.add({ title: '手机', chapters: CHAPTERS });
    const its = new PlayerScreen(page);
    await page.goto(`${server.url}/watch/${id}`);
    await its.reach(0.3);
    await tapPicture(page);
    const bar = await page.locator('.yj-seek').boundingBox();
    if (bar === null) throw new Error('the seek bar is not shown');
    const finger = await context.newCDPSession(page);
    const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number): Promise<void> => {
      const touchPoints = type === 'touchEnd' ? [] : [{ x, y: bar.y + bar.height / 2 }];
      await finger.send('Input.dispatchTouchEvent', { type, touchPoints });
    };
    await touch('touchStart', bar.x + 20);
    for (let x = 20; x <= bar.width * 0.8; x += 20) await touch('touchMove', bar.x + x);
    await page.locator('.yj-preview').getByText('问答').waitFor();
    expect((await its.read()).position).to.be.below(20);
    await touch('touchEnd', 0);
    await page.locator('.yj-preview').waitFor({ state: 'hidden' });
    await its.reach(50);
    await context.close();
  });

  it('is without fault for axe while it plays, with a menu open, and while it offers to resume', async () => {
    await visitor.page.goto(lecture);
    await screen.reach(0.3);
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
    await visitor.page.getByRole('button', { name: '播放速度' }).click();
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
    await visitor.page.keyboard.press('Escape');
    await stopAt(23);
    await visitor.page.reload();
    // It played on while axe looked.
    await screen.message(/从 0:[2-5]\d 继续/);
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
  });

  it('shows its controls to a finger before it obeys one', async () => {
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const page = await context.newPage();
    const its = new PlayerScreen(page);
    await page.goto(lecture);
    await its.reach(0.5);
    await page.waitForSelector('.yj-player.yj-idle');
    await tapPicture(page);
    await page.waitForSelector('.yj-player:not(.yj-idle)');
    expect((await its.read()).isPaused).to.equal(false);
    await page.getByRole('button', { name: '暂停' }).tap();
    await its.phase('paused');
    await context.close();
  });

  it('shows a title full of markup as text', async () => {
    const title = '<img src=x onerror="document.title=1"><script>alert(1)</script>&amp;';
    const item = server.add({ title, description: title, tags: [title], series: title });
    await visitor.page.goto(`${server.url}/watch/${item.id}`);
    await screen.reach(0.3);
    expect(await visitor.page.locator('h1').textContent()).to.equal(title);
    expect(await visitor.page.locator('main img[onerror], main script').count()).to.equal(0);
  });

  it('asks for a click where the browser refuses to start with sound, and plays after it', async function () {
    const strict = await launchChromium(this, 'the refusal of autoplay', 'refused');
    try {
      const { page } = await newVisitor(strict);
      const its = new PlayerScreen(page);
      await openUntouched(page, lecture, () =>
        Array.from(document.querySelectorAll('.yj-action')).some(
          ({ textContent }) => textContent === '点击播放',
        ),
      );
      await its.message('点击播放');
      expect((await its.read()).isPaused).to.equal(true);
      await its.pressAction('点击播放');
      await its.reach(0.5);
    } finally {
      await strict.close();
    }
  });
});

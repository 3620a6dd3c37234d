import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';

import { fieldOfTime } from '../../../player/live/china-time.ts';
import { axeViolations } from '../../support/axe.ts';
import { launchChromium, newVisitor } from '../../support/chromium.ts';
import type { Visitor } from '../../support/chromium.ts';
import type { CoursewareSite } from '../../support/courseware-site.ts';
import { startEncoder, type Encoder } from '../../support/encoder.ts';
import { askSite, signInByPage, startLibrarySite } from '../../support/library-site.ts';
import { picturePng } from '../../support/live-pictures.ts';
import { until } from '../../support/until.ts';

const TITLE = '桃形李冬季修剪';
const SIZES = [
  { width: 1920, height: 1080 },
  { width: 390, height: 844 },
  { width: 1024, height: 768 },
];

/** One class from the timetable to the recording, by the pages alone; each test goes on where the one before has left it. */
describe('pages of a live class', function () {
  this.timeout(180_000);
  let site: CoursewareSite;
  let browser: Browser;
  let operator: Visitor;
  let hall: Visitor;
  let desk: Page;
  let page: Page;
  let encoder: Encoder | undefined;
  let classId: string;

  before(async function () {
    browser = await launchChromium(this, 'the pages of live classes');
    site = await startLibrarySite({ env: { YUANJIAO_LIVE_PORT: '0' } });
    operator = await newVisitor(browser);
    hall = await newVisitor(browser);
    desk = operator.page;
    page = hall.page;
    await signInByPage(desk, site.base, '/live/new');
  });

  after(async () => {
    await browser?.close();
    await encoder?.stop('SIGKILL');
    await site?.close();
  });

  afterEach(() => {
    expect(operator.complaints).to.deep.equal([]);
    expect(hall.complaints).to.deep.equal([]);
  });

  /** What is wrong with a page as it stands, at every size. */
  async function inspect(shown: Page): Promise<void> {
    for (const size of SIZES) {
      await shown.setViewportSize(size);
      expect(await axeViolations(shown), `${size.width}`).to.deep.equal([]);
      const overflow = await shown.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${size.width}`).to.equal(0);
    }
  }

  async function isMoving(shown: Page): Promise<void> {
    await shown.waitForSelector('.yj-live[data-cover="none"]');
    await shown.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.3);
  }

  /** Presses a button that is to be pressed twice; anew where the second press came too late for it. */
  async function pressTwice(words: string, again: string): Promise<void> {
    await until(`${words} is confirmed`, async () => {
      await desk.getByRole('button', { name: words, exact: true }).click();
      return desk
        .getByRole('button', { name: again })
        .click({ timeout: 4_000 })
        .then(
          () => true,
          () => false,
        );
    });
  }

  it('plans a class by the form, and says what is missing', async () => {
    await desk.getByRole('button', { name: '排进课表' }).click();
    await desk.getByText('请填写标题。').waitFor();
    await desk.getByLabel('标题（必填）').fill(TITLE);
    await desk.getByLabel('主讲人').fill('王老师、李老师');
    await desk.getByLabel('主办单位').fill('嵊州市农业局');
    await desk.getByLabel('开始（必填，北京时间）').fill(fieldOfTime(Date.now() + 6 * 60_000));
    await desk.getByLabel('画质').selectOption('source');
    await inspect(desk);
    await desk.getByRole('button', { name: '排进课表' }).click();
    await desk.waitForURL(/\/live\/[^/]+\/console$/);
    classId = new URL(desk.url()).pathname.split('/')[2] ?? '';
    await desk.getByRole('heading', { name: TITLE, level: 1 }).waitFor();
    const planned = await askSite<Record<string, unknown>>(site, 'GET', `/live-classes/${classId}`);
    expect(planned).to.deep.include({
      title: TITLE,
      lecturers: ['王老师', '李老师'],
      hostUnit: '嵊州市农业局',
      state: 'scheduled',
      ladder: 'source',
    });
    expect(Date.parse(String(planned['plannedEnd'])) - Date.parse(String(planned['plannedStart']))).to.equal(
      90 * 60_000,
    );
  });

  it('announces it, and everybody finds it: on the front page, in the timetable, counting down', async () => {
    await desk.getByRole('button', { name: '发布预告' }).click();
    await desk.getByText('已预告').waitFor();
    await page.goto(site.base);
    await page.getByRole('heading', { name: '即将直播' }).waitFor();
    await page.getByRole('link', { name: new RegExp(TITLE) }).waitFor();
    await page.goto(`${site.base}/live-classes`);
    await page.getByRole('link', { name: TITLE, exact: true }).waitFor();
    await inspect(page);
    await page.getByRole('link', { name: TITLE, exact: true }).click();
    await page.getByText('距开课还有').waitFor();
    await page.getByRole('group', { name: '到场人数（可不填）' }).waitFor();
    await inspect(page);
  });

  it('gives out the key once, and previews what comes in with the light, seen by nobody else', async () => {
    await desk.getByRole('button', { name: '生成推流密钥' }).first().click();
    await desk.locator('.desk-secret-value').nth(1).waitFor();
    const [server, key] = await desk.locator('.desk-secret-value').allTextContents();
    expect(server).to.equal(`rtmp://127.0.0.1:${site.server.ingestAddress?.port}/live`);
    expect(key).to.match(/^[a-z2-7]{26,}$/);
    encoder = startEncoder(`${server}/${key}`);
    await isMoving(desk);
    await desk.getByText('推流正常').waitFor();
    await desk.getByText('320×180 · 25 帧/秒').waitFor();
    await desk.getByText('主路 · 正在使用').waitFor();
    await inspect(desk);
    expect(await page.locator('.yj-live').getAttribute('data-cover')).to.equal('lobby');
  });

  it('goes on the air at the second press, and the hall sees it by itself', async () => {
    await pressTwice('开始上课', '再点一次开播');
    await desk.getByText('直播中').waitFor();
    await isMoving(page);
    await page.getByText('直播', { exact: true }).waitFor();
    await inspect(page);
  });

  it('tells the operator that time is up and when it ends by itself, and gives it half an hour more', async () => {
    // As if it had begun an hour and a half ago, and been planned for that.
    await site.foundation.database.write((transaction) =>
      transaction.rows(
        `UPDATE live_class SET planned_start = planned_start - 5700000, planned_end = $2,
           on_air_at = on_air_at - 5400000, revision = revision + 1 WHERE id = $1`,
        classId,
        Date.now() - 180_000,
      ),
    );
    await desk.getByText(/^已超时 [3-9] 分钟。\d\d:\d\d 自动下课/).waitFor();
    await inspect(desk);
    await desk.getByRole('button', { name: '延长 30 分钟' }).click();
    await desk.getByText(/^已延长到 \d\d:\d\d。$/).waitFor();
    await desk.getByText(/^已超时 /).waitFor({ state: 'hidden' });
    const { plannedEnd } = await askSite<{ readonly plannedEnd: string }>(
      site,
      'GET',
      `/live-classes/${classId}`,
    );
    expect(Date.parse(plannedEnd) - Date.now()).to.be.greaterThan(20 * 60_000);
  });

  it('takes a question and a raised hand, which the operator decides on, and takes back', async () => {
    await page.getByRole('textbox', { name: '提问' }).fill('修剪口要涂药吗？');
    await page.getByLabel('我是（可不填）').fill('西白山村');
    await page.getByRole('button', { name: '提问', exact: true }).click();
    await page.getByText('已送到导播，等待处理').waitFor();
    await page.getByRole('button', { name: '举手发言' }).click();
    await page.getByRole('button', { name: '已举手（点此放下）' }).waitFor();
    await desk.getByRole('heading', { name: '提问和举手（2 条待处理）' }).waitFor();
    await desk.getByRole('button', { name: '略过：西白山村 举手' }).click();
    await desk.getByText('已略过。').waitFor();
    await desk.getByRole('button', { name: '撤销' }).click();
    await desk.getByRole('button', { name: '请他发言：西白山村 举手' }).click();
    await desk.getByRole('button', { name: '回答并公布：西白山村：修剪口要涂药吗？' }).click();
    await desk.getByLabel('回答：修剪口要涂药吗？').fill('要，涂波尔多浆。');
    await desk.keyboard.press('Enter');
    await desk.getByText('已公布给全班。').waitFor();
    await page.getByText('答：要，涂波尔多浆。').waitFor();
    await page.getByRole('button', { name: '请准备发言（点此放下）' }).waitFor();
  });

  it('counts who is there and who has confirmed, with heads', async () => {
    await page.getByLabel('站点名称（个人收看可不填）').fill('石璜镇西白山村');
    await page.getByLabel('党员').fill('14');
    await page.getByLabel('群众').fill('7');
    await page.getByRole('button', { name: '确认收看' }).click();
    await page.getByText('回执已收到，谢谢。').waitFor();
    await desk.getByText('石璜镇西白山村，党员 14 · 群众 7').waitFor();
    await desk
      .locator('.desk-figures > div', { hasText: '正在看' })
      .getByText('1', { exact: true })
      .waitFor();
  });

  it('tells everybody something, and shows slides in step with the picture', async () => {
    await desk.getByLabel('所有画面上会出现 20 秒，并留在通知栏里').fill('请各站点填写收看回执');
    await desk.getByRole('button', { name: '发通知' }).click();
    await page.locator('.yj-live-notice').getByText('请各站点填写收看回执').waitFor();
    await desk.getByLabel('上传幻灯片').setInputFiles([
      { name: '第10页.png', mimeType: 'image/png', buffer: picturePng(96, 54, 10) },
      { name: '第2页.png', mimeType: 'image/png', buffer: picturePng(96, 54, 2) },
    ]);
    await desk.getByText('已上传 2 页。').waitFor();
    await desk.getByRole('button', { name: '放出第 1 页：第2页' }).click();
    await page.getByRole('img', { name: '幻灯片：第2页' }).waitFor();
    await page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>('.live-slide-image');
      return image !== null && image.naturalWidth === 96;
    });
    await inspect(page);
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.getByRole('button', { name: '放大幻灯片' }).click();
    await page.locator('#stage').hover();
    await page.getByRole('button', { name: '全屏', exact: true }).click();
    await page.waitForFunction(() => document.fullscreenElement?.id === 'stage-row');
    const box = await page.getByRole('img', { name: '幻灯片：第2页' }).boundingBox();
    expect(box?.width).to.be.greaterThan(900);
    await page.getByRole('button', { name: '退出全屏' }).click();
    await page.waitForFunction(() => document.fullscreenElement === null);
    await desk.getByRole('button', { name: '放出第 1 页：第2页' }).press('ArrowRight');
    await page.getByRole('img', { name: '幻灯片：第10页' }).waitFor();
    await desk.getByRole('button', { name: '收起幻灯片' }).click();
    await page.locator('#slide').waitFor({ state: 'hidden' });
  });

  it('adds each slide once when an answer was lost and the rest is sent again', async () => {
    const slidesOf = async (): Promise<readonly (string | null)[]> => {
      const { items } = await askSite<{ items: { title: string | null }[] }>(
        site,
        'GET',
        `/live-classes/${classId}/slides`,
      );
      return items.map(({ title }) => title);
    };
    const before = await slidesOf();
    let isCut = false;
    await desk.route(/\/slides\?title=/, async (sent) => {
      if (isCut || !sent.request().url().includes(encodeURIComponent('补充2'))) return sent.continue();
      isCut = true;
      await sent.fetch();
      return sent.abort();
    });
    await desk.getByLabel('上传幻灯片').setInputFiles(
      [1, 2, 3].map((page) => ({
        name: `补充${page}.png`,
        mimeType: 'image/png',
        buffer: picturePng(96, 54, page),
      })),
    );
    await desk.getByText('已上传 1 页，下一页《补充2.png》没有成功：连不上服务器').waitFor();
    await inspect(desk);
    await desk.getByRole('button', { name: '接着上传余下的 2 页' }).click();
    await desk.getByText('已上传 2 页。').waitFor();
    await desk.unroute(/\/slides\?title=/);
    expect(await slidesOf()).to.deep.equal([...before, '补充1', '补充2', '补充3']);
  });

  it('marks the picture by one key, names the mark, and takes it back', async () => {
    await desk.getByRole('heading', { name: TITLE, level: 1 }).click();
    await desk.keyboard.press('b');
    const name = desk.getByLabel(/^章节名称，/);
    await name.fill('剪口处理');
    await name.press('Enter');
    await desk.getByText('标记名称已保存。').waitFor();
    await desk.keyboard.press('n');
    await desk.getByText(/已在 .* 打标记。/).waitFor();
    await desk.getByRole('button', { name: '撤销' }).click();
    await desk.getByText('已撤销。').waitFor();
    const { items } = await askSite<{ items: { kind: string; text: string | null }[] }>(
      site,
      'GET',
      `/live-classes/${classId}/marks`,
    );
    const marks = items.filter(({ kind }) => kind === 'chapter' || kind === 'section');
    expect(marks.map(({ kind, text }) => [kind, text])).to.deep.equal([['chapter', '剪口处理']]);
    await inspect(desk);
  });

  it('ends at the second press: the hall is told, what it watched is counted, and the recording is there', async () => {
    await pressTwice('下课', '再点一次确认下课');
    await page.getByText('直播已结束').waitFor();
    await desk.getByRole('link', { name: '看录像' }).waitFor();
    for (const gone of ['推流地址', '推流灯', '给全班的通知']) {
      await desk.getByRole('heading', { name: gone }).waitFor({ state: 'hidden' });
    }
    await desk.getByText('课已结束，标记已经成为录像的章节').waitFor();
    await desk.getByText('课已结束。放过的幻灯片跟着录像走').waitFor();
    expect(await desk.getByRole('button', { name: /打.*标记/ }).count()).to.equal(0);
    expect(await desk.getByLabel('上传幻灯片').isVisible()).to.equal(false);
    expect(await desk.getByRole('button', { name: '放出第 1 页：第2页' }).isDisabled()).to.equal(true);
    await inspect(desk);
    await page.goto(`${site.base}/live-classes`);
    await page.getByRole('link', { name: TITLE, exact: true }).waitFor();
    await until('the beats have told it', async () => {
      const { items } = await askSite<{ items: { name: string; watchedSeconds: number }[] }>(
        site,
        'GET',
        `/live-classes/${classId}/attendance`,
      );
      return items.some(({ name, watchedSeconds }) => name === '石璜镇西白山村' && watchedSeconds > 1);
    });
    await desk.getByText('逐个站点查看').click();
    const sites = desk.getByRole('group', { name: '各站点到课情况' });
    await sites.getByText('石璜镇西白山村').waitFor();
    await desk.setViewportSize({ width: 390, height: 844 });
    const hiddenPixels = await sites.evaluate((box) => box.scrollWidth - box.clientWidth);
    expect(hiddenPixels).to.equal(0, 'a phone shows every line whole');
  });
});

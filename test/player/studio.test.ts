import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import { makeStoryboard } from '../support/lecture-media.ts';
import { PageServer, newVersion } from '../support/page-server.ts';
import { until } from '../support/until.ts';

/** What a video file is to a page that only sends it. */
function file(name: string, sizeBytes: number): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'video/mp4', buffer: Buffer.alloc(sizeBytes, 7) };
}

describe('pages of producers', () => {
  let server: PageServer;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;

  before(async function () {
    browser = await launchChromium(this, 'the pages of producers');
    server = await PageServer.start({ media: false });
  });

  after(async () => {
    await browser?.close();
    await server?.remove();
  });

  beforeEach(async () => {
    server.reset();
    visitor = await newVisitor(browser);
    page = visitor.page;
  });

  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).to.deep.equal([]);
  });

  describe('sign-in', () => {
    it('refuses a wrong password with words, slows down guessing, and returns to where one came from', async () => {
      server.isAdmin = false;
      await page.goto(`${server.url}/studio`);
      await page.waitForURL(/\/sign-in\?to=%2Fstudio$/);
      await page.getByRole('button', { name: '登录' }).click();
      await page.getByText('请输入密码。').waitFor();
      await page.getByLabel('密码').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByText('密码不对。').waitFor();
      server.failedSignIns = 3;
      await page.keyboard.press('Enter');
      await page.getByText('请等 5 分钟后再试').waitFor();
      server.failedSignIns = 0;
      await page.getByLabel('密码').fill(server.password);
      await page.keyboard.press('Enter');
      await page.waitForURL(`${server.url}/studio`);
      await page.getByRole('button', { name: '退出' }).click();
      await page.waitForURL(`${server.url}/`);
      await page.getByRole('link', { name: '登录' }).waitFor();
    });

    it('returns to pages of this site alone', async () => {
      server.isAdmin = false;
      await page.goto(`${server.url}/sign-in?to=//evil.test/`);
      await page.getByLabel('密码').fill(server.password);
      await page.keyboard.press('Enter');
      await page.waitForURL(`${server.url}/studio`);
    });
  });

  describe('studio', () => {
    it('creates a lecture, uploads its file and follows its making until it can be published', async () => {
      await page.goto(`${server.url}/studio`);
      await page.getByLabel('标题（必填）').fill('玉米高产栽培');
      await page.getByLabel('简介').fill('农技站主讲');
      await page.getByRole('button', { name: '乡土', exact: true }).click();
      await page.getByLabel('视频文件（可以稍后再选）').setInputFiles(file('玉米.mp4', 300_000));
      await page.getByText('画质选项').first().click();
      await page.getByLabel('加做全画质的 1080p').check();
      await page.getByRole('button', { name: '创建并上传' }).click();
      await page.getByText('正在检查视频', { exact: true }).waitFor();
      const item = Array.from(server.courseware.values())[0];
      expect(item).to.include({ title: '玉米高产栽培', description: '农技站主讲', publication: 'draft' });
      expect(item?.tags).to.deep.equal(['乡土']);
      expect(item?.current).to.include({ sourceName: '玉米.mp4', sourceBytes: 300_000 });
      const { includes1080p, includesFloor } = server.uploadMetadata.at(-1) ?? {};
      expect({ includes1080p, includesFloor }).to.deep.equal({
        includes1080p: 'true',
        includesFloor: undefined,
      });
      server.produce(item?.id ?? '', { production: 'transcoding', progress: 0.37, isPlayable: true }, 130);
      await page.getByText('转码中 37% · 还需约 2 分 10 秒 · 已可以观看').waitFor();
      server.produce(item?.id ?? '', { production: 'ready', progress: 1 });
      await page.getByText('视频已就绪').waitFor();
      await page.getByRole('button', { name: '发布《玉米高产栽培》', exact: true }).click();
      await page.getByText('已发布，各站点现在就能看到。').waitFor();
      expect(item?.publication).to.equal('published');
      await server.unfollowed(item?.id ?? '');
    });

    it('tells the producer what is weak about the server, and what the administrator can do', async () => {
      const advice = 'Install it: apt-get install bubblewrap';
      server.parts = [
        { name: 'process', status: 'ok' },
        { name: 'sandbox', status: 'degraded', advice },
      ];
      await page.goto(`${server.url}/studio`);
      const health = page.getByRole('list', { name: '服务器状态' });
      await health.getByText('上传的视频没有在隔离环境中解码').waitFor();
      await health.getByText(advice).waitFor();
      expect(await health.getByRole('listitem').count()).to.equal(1);
    });

    it('tells of a full disk while the page is open, what it costs, and when it is over', async () => {
      await page.clock.install();
      await page.goto(`${server.url}/studio`);
      const health = page.getByRole('list', { name: '服务器状态' });
      await page.getByText('还没有课件').waitFor();
      expect(await health.getByRole('listitem').count()).to.equal(0);
      server.parts = [
        { name: 'disk', status: 'failed' },
        { name: 'live-recording', status: 'degraded' },
      ];
      await page.clock.fastForward(30_000);
      await health.getByText('服务器磁盘空间不足，暂时不能上传').waitFor();
      await health.getByText('直播课照常播出，但录不下来').waitFor();
      server.parts = [];
      await page.clock.fastForward(30_000);
      await health.getByText('服务器已恢复正常。').waitFor();
      expect(await health.getByRole('listitem').count()).to.equal(1);
    });

    it('makes one lecture when the answer was lost and the button is pressed again', async () => {
      await page.goto(`${server.url}/studio`);
      await page.getByLabel('标题（必填）').fill('只有一个');
      server.answersToLose = 1;
      await page.getByRole('button', { name: '创建并上传' }).click();
      await page.getByText('连不上服务器').waitFor();
      await page.getByRole('button', { name: '创建并上传' }).click();
      await page.getByText('已创建《只有一个》。').waitFor();
      expect(server.courseware.size).to.equal(1);
    });

    it('pauses an upload, survives a reload, and goes on with the same file from where it was', async () => {
      const line = await visitor.context.newCDPSession(page);
      const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_000_000 };
      const item = server.add({ title: '没有视频', publication: 'draft' });
      delete item.current;
      await page.goto(`${server.url}/studio`);
      await line.send('Network.enable');
      await line.send('Network.emulateNetworkConditions', slow);
      await page.getByLabel('选择视频文件').setInputFiles(file('大.mp4', 6_000_000));
      await page.waitForFunction(() =>
        /每秒 .*还需约/.test(document.querySelector('.upload-text')?.textContent ?? ''),
      );
      await page.getByRole('button', { name: '暂停上传' }).click();
      await page.getByText('已暂停，已上传的部分会保留。').waitFor();
      const dialog = page.waitForEvent('dialog').then(async (asked) => {
        await asked.accept();
        return asked.type();
      });
      await page.reload();
      expect(await dialog).to.equal('beforeunload');
      await page.getByText(/上次上传到 \d+%。请重新选择同一个文件《大.mp4》/).waitFor();
      await line.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
      await page.getByLabel('选择视频文件').setInputFiles(file('别的.mp4', 10));
      await page.getByText('这不是上次的文件《大.mp4》').waitFor();
      server.requests.length = 0;
      await page.getByLabel('选择视频文件').setInputFiles(file('大.mp4', 6_000_000));
      await page.getByText('正在检查视频', { exact: true }).waitFor();
      expect(begunUploads()).to.deep.equal([]);
    });

    it('goes on by itself when the server was gone during an upload', async () => {
      const item = server.add({ title: '没有视频', publication: 'draft' });
      delete item.current;
      await page.goto(`${server.url}/studio`);
      let refused = 0;
      server.fault = (request, response) => {
        if (request.method !== 'PATCH' || refused >= 2) return false;
        refused += 1;
        response.destroy();
        return true;
      };
      await page.getByLabel('选择视频文件').setInputFiles(file('课.mp4', 400_000));
      await page.getByText('正在检查视频', { exact: true }).waitFor();
      expect(refused).to.equal(2);
    });

    it('says why an upload was refused, and lets another file be chosen', async () => {
      const item = server.add({ title: '没有视频', publication: 'draft' });
      delete item.current;
      await page.goto(`${server.url}/studio`);
      await page.getByLabel('选择视频文件').setInputFiles(file('空.mp4', 0));
      await page.getByText('《空.mp4》是空文件').waitFor();
      server.fault = (request, response) => {
        if (request.method !== 'POST') return false;
        response.writeHead(413).end();
        return true;
      };
      await page.getByLabel('选择视频文件').setInputFiles(file('大.mp4', 100));
      await page.getByText('上传没有成功：文件太大').waitFor();
      server.fault = undefined;
      await page.getByLabel('选择视频文件').setInputFiles(file('小.mp4', 100));
      await page.getByText('正在检查视频', { exact: true }).waitFor();
    });

    /** Begins an upload whose bytes nobody answers. @returns cuts its line */
    async function beginUpload(): Promise<() => void> {
      const item = server.add({ title: '没有视频', publication: 'draft' });
      delete item.current;
      await page.goto(`${server.url}/studio`);
      let cut: (() => void) | undefined;
      server.fault = (request, response) => {
        if (request.method !== 'PATCH') return false;
        cut = () => void response.destroy();
        return true;
      };
      await page.getByLabel('选择视频文件').setInputFiles(file('课.mp4', 400_000));
      return until('the bytes come', () => cut);
    }

    const begunUploads = (): readonly string[] =>
      server.requests.filter((request) => request.startsWith('POST /api/v1/uploads'));

    it('says that an upload is given up only when the server has let go of it, and offers ways on', async () => {
      await beginUpload();
      server.fault = (request, response) => {
        if (request.method === 'DELETE') response.writeHead(403).end();
        return request.method === 'DELETE' || request.method === 'PATCH';
      };
      await page.getByRole('button', { name: '放弃上传' }).click();
      await page.getByText('放弃没有成功：没有权限这样做').waitFor();
      await page
        .getByText('已上传的部分可能还在服务器上。点“继续上传”接着传，或点“放弃上传”再试。')
        .waitFor();
      expect(await page.getByText('已放弃上传。').count()).to.equal(0);
      expect(await axeViolations(page)).to.deep.equal([]);
      // Also after a reload.
      page.once('dialog', (asked) => void asked.accept());
      await page.reload();
      await page.getByText(/上次上传到 0%。请重新选择同一个文件《课.mp4》/).waitFor();
      await page.getByRole('button', { name: '放弃上传' }).click();
      await page.getByText('点“放弃上传”再试，或选择原来的文件接着传。').waitFor();
      server.fault = undefined;
      await page.getByRole('button', { name: '放弃上传' }).click();
      await page.getByText('已放弃上传。').waitFor();
      const remembered = await page.evaluate(() =>
        Object.keys(localStorage).filter((key) => key.startsWith('tus::')),
      );
      expect(remembered).to.deep.equal([]);
    });

    it('goes on from where it was after giving up has failed', async () => {
      await beginUpload();
      server.fault = (request, response) => {
        if (request.method !== 'DELETE') return false;
        response.writeHead(500).end();
        return true;
      };
      await page.getByRole('button', { name: '放弃上传' }).click();
      await page.getByText('放弃没有成功').waitFor();
      server.requests.length = 0;
      await page.getByRole('button', { name: '继续上传' }).click();
      await page.getByText('正在检查视频', { exact: true }).waitFor();
      expect(begunUploads()).to.deep.equal([]);
    });

    it('keeps an upload whose session has expired, and goes on with it after signing in elsewhere', async () => {
      const cut = await beginUpload();
      let isExpired = true;
      // The line breaks; when it is there again, the session is not.
      server.fault = (request, response) => {
        const isUpload = request.url?.startsWith('/api/v1/uploads') === true;
        if (isUpload && isExpired) response.writeHead(401).end();
        return isUpload && isExpired;
      };
      cut();
      await page.getByText('上传没有完成：还没有登录，或登录已过期。请重新登录。').waitFor();
      expect(await page.getByRole('link', { name: '在新窗口登录' }).getAttribute('href')).to.equal(
        '/sign-in?to=%2Fstudio',
      );
      await page.getByRole('button', { name: '继续上传' }).click();
      await page.getByText('上传没有完成：还没有登录').waitFor();
      isExpired = false;
      server.requests.length = 0;
      await page.getByRole('button', { name: '继续上传' }).click();
      await page.getByText('正在检查视频', { exact: true }).waitFor();
      expect(begunUploads()).to.deep.equal([]);
    });

    it('orders once when a button is pressed twice', async () => {
      server.add({ title: '坏文件', publication: 'draft', current: newVersion({ production: 'failed' }) });
      await page.goto(`${server.url}/studio`);
      let release: (() => void) | undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route('**/production/retry', async (order) => {
        await held;
        await order.continue();
      });
      await page.getByRole('button', { name: '重试《坏文件》' }).click();
      await page.getByRole('button', { name: '重试《坏文件》' }).click();
      release?.();
      await page.getByText('已重新排队，做好的部分不会重做。').waitFor();
      await page.getByText('等待处理', { exact: true }).waitFor();
      expect(server.requests.filter((request) => request.includes('/production/retry'))).to.have.length(1);
    });

    it('shows why the making failed and orders it again', async () => {
      const failure = { code: 'encoder-failed', message: 'ffmpeg could not encode.', job: 'span-0003' };
      const item = server.add({
        title: '坏文件',
        publication: 'draft',
        current: newVersion({ production: 'failed', failure }),
      });
      await page.goto(`${server.url}/studio`);
      await page.getByText('处理失败（第 4 段画面）：转码时出错，片子可能有损坏之处。请重试').waitFor();
      await page.getByRole('button', { name: '重试《坏文件》' }).click();
      await page.getByText('已重新排队，做好的部分不会重做。').waitFor();
      await page.getByText('等待处理', { exact: true }).waitFor();
      expect(item.current?.production).to.equal('uploaded');
    });

    it('reads a pasted list of chapters while it is typed, names bad lines, and saves a good list', async () => {
      const item = server.add({ title: '嫁接', publication: 'draft' });
      await page.goto(`${server.url}/studio`);
      await page.getByRole('button', { name: '章节《嫁接》' }).click();
      const box = page.getByRole('textbox', { name: '章节' });
      await box.fill('【00：00】开场\n什么时候\n1:10 结束语');
      await page.getByText('第 2 行没有时间，请写成“05:30 标题”：什么时候').waitFor();
      await page.getByRole('button', { name: '保存 2 个章节' }).click();
      await page.getByText('有的行没有看懂').waitFor();
      expect(item.chapters).to.equal(undefined);
      expect(await axeViolations(page)).to.deep.equal([]);
      await box.fill('【00：00】开场\n1:10 结束语');
      await page.getByRole('button', { name: '保存 2 个章节' }).click();
      await page.getByText('章节已保存。').waitFor();
      expect(server.courseware.get(item.id)?.chapters).to.deep.equal([
        { start: 0, title: '开场' },
        { start: 70, title: '结束语' },
      ]);
      await page.getByRole('button', { name: '章节《嫁接》' }).click();
      await page.getByRole('button', { name: '改用视频自带的章节' }).waitFor();
      expect(await box.inputValue()).to.equal('0:00 开场\n1:10 结束语');
    });

    it('makes a published lecture again with another ladder, and lets it pass the others', async () => {
      const ladder = { includes1080p: false, includesFloor: true, keepsFullRate: false };
      const item = server.add({
        title: '重做',
        publication: 'published',
        current: newVersion({ production: 'ready', isPlayable: true, progress: 1, ladder }),
      });
      await page.goto(`${server.url}/studio`);
      await page.getByRole('button', { name: '重新转码《重做》' }).click();
      const drawer = page.getByRole('group', { name: '用原来的文件重新转码' });
      await drawer.getByText('做好之前，站点看到的仍是现在的版本。').waitFor();
      await page.waitForFunction(
        () => document.querySelectorAll('.question input[type=checkbox]:checked').length === 1,
      );
      await drawer.getByLabel('1080p').check();
      await drawer.getByRole('button', { name: '开始重新转码' }).click();
      await page.getByText('新版本：等待处理').waitFor();
      expect(item.upcoming?.ladder).to.deep.equal({ ...ladder, includes1080p: true });
      expect(await page.getByRole('link', { name: '观看', exact: true }).count()).to.equal(1);
      await page.getByRole('button', { name: '加急《重做》', exact: true }).click();
      await page.getByText('已加急，会排到其他课件前面。').waitFor();
      expect(item.upcoming?.isUrgent).to.equal(true);
      await page.getByText('等待处理 0% · 加急').waitFor();
      await page.getByRole('button', { name: '不再加急《重做》' }).click();
      await page.getByText('已取消加急。').waitFor();
      expect(item.upcoming?.isUrgent).to.equal(false);
    });

    it('lets a producer click the picture that shall be the poster', async () => {
      server.hasStoryboard = true;
      await makeStoryboard(server.directory);
      const item = server.add({ title: '换封面的课' });
      await page.goto(`${server.url}/studio`);
      await page.getByRole('button', { name: '换封面《换封面的课》' }).click();
      const tiles = page.locator('.poster-tile');
      await tiles.nth(2).waitFor();
      expect(await tiles.allTextContents()).to.deep.equal(['0:00', '0:24', '0:48']);
      expect(await axeViolations(page)).to.deep.equal([]);
      await page.getByRole('button', { name: '0:24 的画面' }).click();
      await page.getByText('封面已换好。').waitFor();
      expect(server.courseware.get(item.id)?.posterUrl).to.equal('/v/g1/poster-24.jpg');
    });

    it('asks instead when the stream of events is refused', async () => {
      const item = server.add({
        title: '转码',
        publication: 'draft',
        current: newVersion({ production: 'transcoding', progress: 0.1 }),
      });
      server.fault = (request, response) => {
        if (request.url?.endsWith('/events') !== true) return false;
        response.writeHead(404).end();
        return true;
      };
      await page.goto(`${server.url}/studio`);
      await page.getByText('转码中 10%').waitFor();
      server.produce(item.id, { progress: 0.6 });
      await page.getByText('转码中 60%').waitFor();
    });

    it('suspends, withdraws and undoes', async () => {
      const item = server.add({ title: '已发布的课' });
      await page.goto(`${server.url}/studio`);
      await page.getByRole('button', { name: '暂停发布《已发布的课》' }).click();
      await page.getByText('已暂停发布').waitFor();
      expect(item.publication).to.equal('suspended');
      await page.getByRole('button', { name: '撤销' }).click();
      await page.getByText('已撤销。').waitFor();
      expect(item.publication).to.equal('published');
      await page.getByRole('button', { name: '撤回《已发布的课》' }).click();
      await page.getByText('已撤回。').waitFor();
      await page.getByRole('button', { name: '撤销' }).click();
      await page.getByText('已撤销。').waitFor();
      expect(item.publication).to.equal('published');
    });

    it('asks before it deletes a draft', async () => {
      const item = server.add({ title: '不要了', publication: 'draft' });
      await page.goto(`${server.url}/studio`);
      await page.getByRole('button', { name: '删除《不要了》' }).click();
      await page.getByRole('button', { name: '不删除' }).click();
      expect(server.courseware.has(item.id)).to.equal(true);
      await page.getByRole('button', { name: '删除《不要了》' }).click();
      await page.getByRole('button', { name: '确定删除' }).click();
      await page.getByText('已删除《不要了》。').waitFor();
      expect(server.courseware.has(item.id)).to.equal(false);
    });

    it('tells of a tag that does not exist, and of somebody else’s change', async () => {
      const item = server.add({ title: '旧标题', publication: 'draft' });
      await page.goto(`${server.url}/studio`);
      await page.getByRole('button', { name: '修改信息《旧标题》' }).click();
      const form = page.getByRole('form', { name: '修改《旧标题》' });
      await form.getByLabel('标签', { exact: true }).fill('乡士');
      await form.getByRole('button', { name: '保存' }).click();
      await page.getByText('没有“乡士”这个标签。相近的有：乡土、创业先锋。').waitFor();
      await form.getByLabel('标签', { exact: true }).fill('乡土');
      item.revision += 1;
      await form.getByRole('button', { name: '保存' }).click();
      await page.getByText('别处刚刚改过这个课件').waitFor();
      item.revision -= 1;
      await form.getByRole('button', { name: '保存' }).click();
      await page.getByText('已保存。').waitFor();
      expect(item.tags).to.deep.equal(['乡土']);
    });

    it('opens one thing at a time, keeps what was typed, and gives the focus back', async () => {
      server.add({ title: '一样一样来', publication: 'draft' });
      await page.goto(`${server.url}/studio`);
      const edit = page.getByRole('button', { name: '修改信息《一样一样来》' });
      await edit.click();
      const form = page.getByRole('form', { name: '修改《一样一样来》' });
      await form.getByLabel('标题（必填）').fill('改了一半');
      await page.getByRole('button', { name: '删除《一样一样来》' }).click();
      await page.getByText('还没有保存').waitFor();
      expect(await form.getByLabel('标题（必填）').inputValue()).to.equal('改了一半');
      expect(await page.getByRole('button', { name: '确定删除' }).count()).to.equal(0);
      await form.getByRole('button', { name: '不改了' }).click();
      await form.waitFor({ state: 'detached' });
      expect(await edit.evaluate((made) => made === document.activeElement)).to.equal(true);
    });

    it('asks before what was typed is lost', async () => {
      await page.goto(`${server.url}/studio`);
      await page.getByLabel('标题（必填）').fill('没有保存');
      const dialog = page.waitForEvent('dialog');
      const leaving = page.goto(server.url).catch(() => undefined);
      const asked = await dialog;
      expect(asked.type()).to.equal('beforeunload');
      await asked.dismiss();
      await leaving;
      expect(await page.getByLabel('标题（必填）').inputValue()).to.equal('没有保存');
      await page.getByLabel('标题（必填）').fill('');
    });
  });
});

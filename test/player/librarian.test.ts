import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import type { CoursewareSite } from '../support/courseware-site.ts';
import { askSite, signInByPage, startLibrarySite } from '../support/library-site.ts';
import { putOnShelf } from '../support/shelf.ts';

interface Items {
  readonly items: readonly { readonly id: string; readonly title: string }[];
}

/** A table as a browser hands it over. */
function csv(...lines: readonly string[]): { name: string; mimeType: string; buffer: Buffer } {
  return { name: '课件.csv', mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\r\n')}\r\n`) };
}

describe('the librarian’s page', () => {
  let site: CoursewareSite;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;

  before(async function () {
    browser = await launchChromium(this, 'the librarian’s page');
    site = await startLibrarySite();
    await putOnShelf(site.foundation.database, [
      { title: '选种', tags: ['乡土'], series: '种植课' },
      { title: '育苗', tags: ['乡土'], series: '种植课' },
      { title: '移栽', tags: ['水果'], series: '种植课' },
      { title: '采收', tags: ['水果'] },
    ]);
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

  const open = (part: string): Promise<void> => signInByPage(page, site.base, `/library?part=${part}`);
  const said = (words: string): Promise<void> => page.locator('.notice', { hasText: words }).waitFor();
  const rows = (): Promise<readonly string[]> => page.locator('.order-row .order-title').allTextContents();

  async function stored(title: string): Promise<readonly string[]> {
    const { items } = await askSite<Items>(site, 'GET', '/series');
    const id = items.find((one) => one.title === title)?.id ?? '';
    return (await askSite<Items>(site, 'GET', `/series/${id}/items`)).items.map((item) => item.title);
  }

  it('is for the administrator alone', async () => {
    await page.goto(`${site.base}/library?part=tags`);
    await page.waitForURL(/\/sign-in\?to=%2Flibrary%3Fpart%3Dtags$/);
  });

  it('orders a series by keys and by dragging, stores it at once and can take it back', async () => {
    await open('series');
    await page.getByRole('button', { name: /^种植课/ }).click();
    await page.locator('.order-row >> nth=2').waitFor();
    expect(await axeViolations(page)).to.deep.equal([]);
    await page.getByRole('button', { name: /^调整《育苗》的次序，现在是第 2 个/ }).focus();
    await page.keyboard.press('ArrowUp');
    await said('次序已保存。');
    expect(await rows()).to.deep.equal(['育苗', '选种', '移栽']);
    expect(await stored('种植课')).to.deep.equal(['育苗', '选种', '移栽']);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).to.match(
      /^调整《育苗》的次序，现在是第 1 个，共 3 个/,
    );
    const from = await page.locator('.order-handle').last().boundingBox();
    const to = await page.locator('.order-handle').first().boundingBox();
    if (from === null || to === null) throw new Error('the handles are not shown');
    await page.mouse.move(from.x + 10, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(to.x + 10, to.y + 20, { steps: 5 });
    await page.mouse.move(to.x + 10, to.y - 5, { steps: 3 });
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelector('.order-title')?.textContent === '移栽');
    // Only the way back of this change is on the page once it is stored.
    await said('次序已保存。');
    expect(await stored('种植课')).to.deep.equal(['移栽', '育苗', '选种']);
    await page.getByRole('button', { name: '撤销' }).click();
    await said('已恢复原来的次序。');
    expect(await stored('种植课')).to.deep.equal(['育苗', '选种', '移栽']);
  });

  it('makes a series, finds items for it, renames it and removes it', async () => {
    await open('series');
    await page.getByRole('button', { name: '新建系列' }).click();
    await page.getByRole('button', { name: '保存' }).click();
    await page.getByText('请填写名称。').waitFor();
    await page.getByLabel('名称（必填）').fill('收获课');
    await page.getByRole('button', { name: '保存' }).click();
    await said('已保存系列《收获课》。');
    await page.getByLabel('添加课件').fill('采收');
    await page.getByRole('button', { name: '添加《采收》' }).click();
    await said('已加入《采收》。');
    expect(await stored('收获课')).to.deep.equal(['采收']);
    await page.getByLabel('名称（必填）').fill('种植课');
    await page.getByRole('button', { name: '保存' }).click();
    await page.locator('.chooser-detail .failure').filter({ hasText: /./ }).waitFor();
    await page.getByLabel('名称（必填）').fill('采收课');
    await page.getByRole('button', { name: '保存' }).click();
    await said('已保存系列《采收课》。');
    await page.getByRole('button', { name: '删除系列《采收课》' }).click();
    await page.getByRole('button', { name: '确定删除系列《采收课》' }).click();
    await said('已删除系列《采收课》，里面的课件还在。');
  });

  it('opens a topic to its audience for its time', async () => {
    await open('topics');
    await page.getByRole('button', { name: '新建专题' }).click();
    await page.getByLabel('名称（必填）').fill('建党90周年');
    await page.getByLabel('学习对象').fill('村干部');
    await page.getByLabel('开始日期').fill('2011-06-01');
    await page.getByLabel('状态').selectOption({ label: '开放' });
    await page.getByRole('button', { name: '保存' }).click();
    await said('已保存专题《建党90周年》。');
    await page.getByLabel('添加课件').fill('选种');
    await page.getByRole('button', { name: '添加《选种》' }).click();
    await said('已加入《选种》。');
    expect(await axeViolations(page)).to.deep.equal([]);
    await page.getByRole('link', { name: '查看页面' }).click();
    await page.getByText('学习对象：村干部').waitFor();
    await page.getByText('2011 年 6 月 1 日起').waitFor();
  });

  it('gives a tag a heading, another name and aliases, which then find', async () => {
    await open('tags');
    await page.getByRole('button', { name: '修改标签“水果”' }).click();
    const form = page.getByRole('form', { name: '修改标签“水果”' });
    await form.getByLabel('分组').fill('产业');
    await form.getByLabel('别名').fill('果品、鲜果');
    expect(await axeViolations(page)).to.deep.equal([]);
    await form.getByRole('button', { name: '保存' }).click();
    await said('已保存标签“水果”。');
    await page.getByRole('row', { name: /水果 产业 果品、鲜果 2/ }).waitFor();
    await page.goto(`${site.base}/browse?q=鲜果`);
    await page.getByText('共 2 件').waitFor();
    await page.locator('.facet-heading', { hasText: '产业' }).waitFor();
  });

  it('keeps the tree of categories', async () => {
    await open('categories');
    for (const [code, name, parent] of [
      ['A', '农业技术', undefined],
      ['A1', '果树', 'A 农业技术'],
    ] as const) {
      await page.getByRole('button', { name: '新建分类' }).click();
      await page.getByLabel('代码（必填）').fill(code);
      await page.getByLabel('名称（必填）').fill(name);
      if (parent !== undefined) await page.getByLabel('上级分类').selectOption({ label: parent });
      await page.getByRole('button', { name: '保存' }).click();
      await said(`已保存分类“${name}”。`);
    }
    await page.getByRole('row', { name: /A1\s+果树/ }).waitFor();
    await page.getByRole('button', { name: '删除分类“果树”' }).click();
    await page.getByRole('button', { name: '确定删除分类“果树”' }).click();
    await said('已删除分类“果树”。');
  });

  it('lists what was sought in vain, and a synonym makes it found', async () => {
    await page.goto(`${site.base}/browse?q=插秧`);
    await page.getByText('没有找到与“插秧”有关的课件。').waitFor();
    await open('misses');
    await page.getByRole('row', { name: /插秧 1 仍然没有/ }).waitFor();
    await page.getByRole('button', { name: '设同义词：插秧' }).click();
    const box = page.getByRole('textbox', { name: '一组同义词' });
    expect(await box.inputValue()).to.equal('插秧、');
    await page.getByRole('button', { name: '保存' }).click();
    await page.getByText('请写两个以上的词').waitFor();
    await box.fill('插秧、移栽');
    await page.getByRole('button', { name: '保存' }).click();
    await said('已保存：插秧、移栽。');
    await page.getByRole('link', { name: '落空的搜索' }).click();
    await page.getByRole('row', { name: /插秧 1 1 件/ }).waitFor();
    await page.getByRole('link', { name: '再搜一次“插秧”' }).click();
    await page.getByRole('link', { name: '移栽' }).first().waitFor();
  });

  it('tries a table first, names each bad cell, and imports a good one', async () => {
    await open('exchange');
    const file = page.getByLabel('填好的表格（.xlsx 或 .csv）');
    await page.getByRole('button', { name: '先检查一遍' }).click();
    await page.getByText('请先选择表格。').waitFor();
    await file.setInputFiles(csv('编号,标题,年份', 'X-1,新课,去年'));
    await page.getByRole('button', { name: '先检查一遍' }).click();
    await page.getByText('有 1 处要改，改好后再检查一遍；现在什么也没有改动。').waitFor();
    await page.getByRole('row', { name: /^C2 年份/ }).waitFor();
    expect(await page.getByRole('button', { name: '导入', exact: true }).isDisabled()).to.equal(true);
    expect(await axeViolations(page)).to.deep.equal([]);
    await file.setInputFiles(csv('编号,标题,年份', 'X-1,新课,2011'));
    await page.getByRole('button', { name: '先检查一遍' }).click();
    await page.getByText(/共 1 行，将新建 1 件，将更新 0 件，0 件不变/).waitFor();
    await page.getByRole('row', { name: /第 2 行 新建 X-1 新课/ }).waitFor();
    await page.getByRole('button', { name: '导入', exact: true }).click();
    await said('导入完成。');
    await page.getByText(/共 1 行，新建了 1 件/).waitFor();
    const { items } = await askSite<Items>(site, 'GET', '/courseware?text=新课');
    expect(items.map(({ title }) => title)).to.deep.equal(['新课']);
  });

  it('writes all that is known of an item from the studio’s form', async () => {
    await askSite(site, 'PUT', '/categories/A', { name: '农业技术' });
    await signInByPage(page, site.base, '/studio');
    await page.getByRole('button', { name: '修改信息《采收》' }).click();
    const form = page.getByRole('form', { name: '修改《采收》' });
    await form.getByText('更多信息').click();
    await form.getByLabel('编号').fill('CS-1');
    await form.getByLabel('类别').selectOption({ label: '实用技术' });
    await form.getByLabel('分类').selectOption({ label: 'A 农业技术' });
    await form.getByLabel('年份').fill('2011');
    await form.getByLabel('主讲人').fill('王建国、李 梅');
    await form.getByLabel('制作单位').fill('嵊州市农业局');
    await form.getByRole('button', { name: '9 月' }).click();
    await form.getByLabel('授权截止（到期自动撤回）').fill('2099-12-31');
    await form.getByLabel('其他').fill('拍摄地点：石璜镇');
    expect(await axeViolations(page)).to.deep.equal([]);
    await form.getByRole('button', { name: '保存' }).click();
    await said('已保存。');
    const [item] = (await askSite<{ items: Record<string, unknown>[] }>(site, 'GET', '/courseware?text=采收'))
      .items;
    expect(item).to.deep.include({
      code: 'CS-1',
      kind: 'skill',
      category: { code: 'A', name: '农业技术' },
      year: 2011,
      months: [9],
      rights: { until: '2099-12-31' },
      extra: { 拍摄地点: '石璜镇' },
    });
    const presenters = (item?.['presenters'] ?? []) as { name: string }[];
    expect(presenters.map(({ name }) => name)).to.deep.equal(['王建国', '李 梅']);
    await page.getByRole('button', { name: '修改信息《采收》' }).click();
    await form.getByText('更多信息').click();
    await form.getByLabel('编号').fill('');
    await form.getByRole('button', { name: '保存' }).click();
    await form.waitFor({ state: 'detached' });
    const [after] = (
      await askSite<{ items: Record<string, unknown>[] }>(site, 'GET', '/courseware?text=采收')
    ).items;
    expect(after).to.deep.include({ code: null, year: 2011 });
  });
});

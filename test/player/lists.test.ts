import { expect } from 'chai';
import type { Browser, Page, Route } from 'playwright-core';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, newVisitor } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import type { CoursewareSite } from '../support/courseware-site.ts';
import { startLibrarySite } from '../support/library-site.ts';
import { putOnShelf } from '../support/shelf.ts';
import { until } from '../support/until.ts';

interface ListRecord {
  readonly id: string;
  readonly items: readonly { readonly id: string; readonly title: string }[];
}

/** The page's PUTs, each kept from the server until it is let go. */
class HeldPuts {
  readonly #held: Route[] = [];

  async open(page: Page): Promise<void> {
    await page.route('**/api/v1/lists/*', (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      this.#held.push(route);
      return undefined;
    });
  }

  get count(): number {
    return this.#held.length;
  }

  async next(): Promise<Route> {
    await until('the page sends the order', () => this.#held.length > 0);
    const route = this.#held.shift();
    if (route === undefined) throw new Error('no order was sent');
    return route;
  }
}

describe('a list of one’s own', () => {
  let site: CoursewareSite;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let list: ListRecord;
  let held: HeldPuts;

  before(async function () {
    browser = await launchChromium(this, 'a list of one’s own');
    site = await startLibrarySite();
    await putOnShelf(site.foundation.database, [{ title: '选种' }, { title: '育苗' }, { title: '移栽' }]);
  });

  after(async () => {
    await browser?.close();
    await site?.close();
  });

  beforeEach(async () => {
    visitor = await newVisitor(browser);
    page = visitor.page;
    await page.goto(`${site.base}/lists`);
    await page.getByRole('heading', { name: '我的清单（0）' }).waitFor();
    list = await page.evaluate(async () => {
      const found = (await (await fetch('/api/v1/courseware')).json()) as {
        items: { id: string; title: string }[];
      };
      const ids = ['选种', '育苗', '移栽'].map((title) => found.items.find((one) => one.title === title)?.id);
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify({ title: '春耕', items: ids });
      const made = (await (
        await fetch('/api/v1/lists', { method: 'POST', headers, body })
      ).json()) as ListRecord;
      return (await (await fetch(`/api/v1/lists/${made.id}`)).json()) as ListRecord;
    });
    held = new HeldPuts();
    await held.open(page);
    await page.goto(`${site.base}/lists/${list.id}`);
    await page.getByText('3 课', { exact: true }).waitFor();
  });

  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).to.deep.equal([]);
  });

  const notice = (words: string): Promise<void> => page.getByText(words, { exact: true }).waitFor();
  const rows = (): Promise<readonly string[]> => page.locator('.order-row .order-title').allTextContents();
  const cards = (): Promise<readonly string[]> => page.locator('.card-title').allTextContents();
  const stored = (): Promise<readonly string[]> =>
    page.evaluate(async (id) => {
      const { items } = (await (await fetch(`/api/v1/lists/${id}`)).json()) as ListRecord;
      return items.map(({ title }) => title);
    }, list.id);

  const focused = (): Promise<string | null | undefined> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label'));

  const idsOf = (...titles: readonly string[]): readonly (string | undefined)[] =>
    titles.map((title) => list.items.find((one) => one.title === title)?.id);

  async function moveUp(title: string): Promise<void> {
    await page.getByRole('button', { name: new RegExp(`^调整《${title}》的次序`) }).focus();
    await page.keyboard.press('ArrowUp');
  }

  it('takes a removal back, and the focus is where the lecture is again', async () => {
    await page.getByRole('button', { name: '移出《育苗》' }).click();
    const put = await held.next();
    await notice('正在保存…');
    expect(await page.getByText('已移出').count()).to.equal(0);
    expect(await cards()).to.deep.equal(['选种', '育苗', '移栽']);
    await put.continue();
    await notice('已移出《育苗》。');
    expect(await cards()).to.deep.equal(['选种', '移栽']);
    expect(await stored()).to.deep.equal(['选种', '移栽']);
    await page.getByRole('button', { name: '撤销' }).click();
    const back = await held.next();
    expect(await page.getByText('已恢复').count()).to.equal(0);
    await back.continue();
    await notice('已恢复原来的次序。');
    expect(await stored()).to.deep.equal(['选种', '育苗', '移栽']);
    expect(await cards()).to.deep.equal(['选种', '育苗', '移栽']);
    expect(await focused()).to.match(/^调整《育苗》的次序，现在是第 2 个/);
    expect(await axeViolations(page)).to.deep.equal([]);
  });

  it('sends quick changes one after the other, so that the last one stays', async () => {
    await moveUp('移栽');
    await moveUp('移栽');
    const first = await held.next();
    expect(await rows()).to.deep.equal(['移栽', '选种', '育苗']);
    expect(first.request().postDataJSON()).to.deep.include({
      items: idsOf('选种', '移栽', '育苗'),
    });
    expect(held.count).to.equal(0);
    await first.continue();
    const second = await held.next();
    expect(await stored()).to.deep.equal(['选种', '移栽', '育苗']);
    await second.continue();
    await notice('次序已保存。');
    expect(await stored()).to.deep.equal(['移栽', '选种', '育苗']);
    expect(await cards()).to.deep.equal(['移栽', '选种', '育苗']);
    expect(await focused()).to.match(/^调整《移栽》的次序，现在是第 1 个/);
  });

  it('shows the old order again when it could not be saved, and says why', async () => {
    await moveUp('移栽');
    await (await held.next()).fulfill({ status: 503, body: '' });
    await page.getByText(/^服务器暂时出错（503）/).waitFor();
    expect(await rows()).to.deep.equal(['选种', '育苗', '移栽']);
    expect(await stored()).to.deep.equal(['选种', '育苗', '移栽']);
    expect(await focused()).to.match(/^调整《移栽》的次序，现在是第 3 个/);
    await page.keyboard.press('ArrowUp');
    const again = await held.next();
    expect(again.request().postDataJSON()).to.deep.include({ items: idsOf('选种', '移栽', '育苗') });
    await again.continue();
    await notice('次序已保存。');
    expect(await stored()).to.deep.equal(['选种', '移栽', '育苗']);
  });
});

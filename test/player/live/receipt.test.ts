import { expect } from 'chai';
import type { Browser } from 'playwright-core';

import { launchChromium, newVisitor } from '../../support/chromium.ts';
import type { CoursewareSite } from '../../support/courseware-site.ts';
import { askSite, startLibrarySite } from '../../support/library-site.ts';
import { until } from '../../support/until.ts';

interface Attendance {
  readonly counts: { readonly acknowledged: number; readonly invited: number };
  readonly items: readonly { readonly name: string; readonly devices: number }[];
}

describe('the receipt of a hall, in Chromium', function receipt() {
  this.timeout(180_000);
  let site: CoursewareSite;
  let browser: Browser;

  before(async function open() {
    browser = await launchChromium(this, 'the receipt of a hall');
    site = await startLibrarySite();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  it('is given for a hall that is chosen from those expected, and counts once for all its screens', async () => {
    const { id } = await site.foundation.classes.create({
      title: '回执',
      plannedStart: new Date(Date.now() + 600_000).toISOString(),
      plannedEnd: new Date(Date.now() + 3_600_000).toISOString(),
      state: 'scheduled',
    });
    await site.foundation.classes.move(id, 'announced');
    await askSite(site, 'PUT', `/live-classes/${id}/invitations`, {
      halls: ['石璜镇西白山村', '枫桥镇'],
    });
    for (const [typed, members] of [
      ['西白', '3'],
      ['白山', '14'],
    ] as const) {
      const { page } = await newVisitor(browser);
      await page.goto(`${site.base}/live/${id}`);
      const hall = page.getByLabel('站点名称');
      await hall.waitFor();
      await hall.pressSequentially(typed);
      const offered = page.locator('#expected-halls option');
      await until('the hall is offered', async () => (await offered.count()) === 1);
      await hall.fill((await offered.getAttribute('value')) ?? '');
      await page.getByLabel('党员').fill(members);
      await page.getByRole('button', { name: '确认收看' }).click();
      await page.getByText('回执已收到').waitFor();
    }
    const { counts, items } = await until('both screens are there', async () => {
      const found = await askSite<Attendance>(site, 'GET', `/live-classes/${id}/attendance`);
      return found.items.find(({ name }) => name === '石璜镇西白山村')?.devices === 2 && found;
    });
    expect(counts).to.deep.include({ acknowledged: 1, invited: 2 });
    expect(counts).to.deep.nested.include({ 'headCount.members': 14 });
    expect(items).to.have.length(2);
  });
});

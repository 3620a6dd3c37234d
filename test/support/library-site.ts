import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Page } from 'playwright-core';

import { PASSWORD } from './producer.ts';
import { startSite, type CoursewareSite, type SiteOptions } from './courseware-site.ts';

const PAGES = fileURLToPath(new URL('../../player/page/', import.meta.url));

/** A server of our own with the pages that are shipped, and an administrator who can sign in. */
export async function startLibrarySite(options: SiteOptions = {}): Promise<CoursewareSite> {
  if (!existsSync(`${PAGES}manifest.json`)) throw new Error('the pages were not built: run npm run build');
  const site = await startSite({ ...options, pagesDir: PAGES });
  await site.foundation.accounts.createAdmin(PASSWORD);
  return site;
}

/** Signs in as the administrator, by the page that is there for it. */
export async function signInByPage(page: Page, base: string, to: string): Promise<void> {
  await page.goto(`${base}/sign-in?to=${encodeURIComponent(to)}`);
  await page.getByLabel('密码').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(base + to);
}

/** Calls the API as the administrator and gives what it answers. */
export async function askSite<Answer>(
  site: Pick<CoursewareSite, 'ask'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const reply = await site.ask(method, `/api/v1${path}`, body);
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

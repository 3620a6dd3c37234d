import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PLAIN = resolve(import.meta.dirname, '../../../test/support/plain-chromium.sh');

/** Where Chromium is: `CHROMIUM` in the environment, else the usual places. */
export function chromiumPath(): string | undefined {
  const named = process.env['CHROMIUM'];
  return named !== undefined && named !== '' ? named : PLACES.find((place) => existsSync(place));
}

/**
 * Starts Chromium, or says by name what is not run without it. Under `CI=true` its absence is a failure.
 *
 * @param autoplay `allowed`: as a hall's screen is set up. `refused`: as on everybody's own computer.
 */
export async function launchChromium(
  suite: Mocha.Context,
  what: string,
  autoplay: 'allowed' | 'refused' = 'allowed',
): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) {
    const words = `not run: ${what} (no Chromium; install the package chromium or set CHROMIUM to its path)`;
    if (process.env['CI'] === 'true') throw new Error(words);
    process.stderr.write(`${words}\n`);
    suite.skip();
  }
  const flags = ['--mute-audio', '--hide-scrollbars', '--force-color-profile=srgb'];
  if (autoplay === 'allowed') flags.push('--autoplay-policy=no-user-gesture-required');
  return await chromium.launch({
    executablePath: PLAIN,
    args: flags,
    env: { ...process.env, CHROMIUM: executablePath },
  });
}

/**
 * Opens a page and leaves it alone until a look finds what it looks for. To Chromium whatever a test asks of a page is a click of the
 * viewer's, after which it refuses no sound: so where sound is to be refused, the page looks at itself.
 *
 * @param look runs in the page, every 20 ms, and knows nothing of what is around it here
 */
export async function openUntouched(page: Page, url: string, look: () => boolean): Promise<void> {
  const found = 'the page shows what is waited for';
  await page.addInitScript(`{
    const look = ${look.toString()};
    const timer = setInterval(() => {
      if (!look()) return;
      clearInterval(timer);
      console.debug(${JSON.stringify(found)});
    }, 20);
  }`);
  await Promise.all([page.waitForEvent('console', (message) => message.text() === found), page.goto(url)]);
}

/** One visitor: a context of its own, and everything the browser complained about. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Violations of the content security policy, and exceptions nobody caught. */
  readonly complaints: readonly string[];
}

export async function newVisitor(
  browser: Browser,
  viewport: { readonly width: number; readonly height: number } = { width: 1024, height: 768 },
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  });
  // For what never comes; a loaded machine is slow.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text());
  });
  return { context, page, complaints };
}

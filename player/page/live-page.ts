import { element } from '../controls/element.ts';
import { apiPath, callApi } from './api.ts';
import type { Page } from './api.ts';
import { byDay } from './live/class-words.ts';
import { pastLine, runningCard, upcomingLine } from './live/class-line.ts';
import type { LiveClassRecord } from './live/live-records.ts';
import { openFrame } from './page-frame.ts';
import { part } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { isSignedIn } from './session.ts';
import { shelf } from './shelf.ts';

const LOOK_AGAIN_MS = 30_000;
const PAST_PAGE = 20;

const status = part('status');
const retry = part('retry') as HTMLButtonElement;
const more = part('more') as HTMLButtonElement;
const past = element('ul', { class: 'live-lines' });
let next: string | undefined;
let shown = '';

function listOf(query: Readonly<Record<string, string>>): Promise<Page<LiveClassRecord>> {
  return callApi(`${apiPath('live-classes')}?${new URLSearchParams(query).toString()}`);
}

async function showComing(): Promise<void> {
  const { items } = await listOf({ part: 'upcoming', limit: '50' });
  const text = JSON.stringify(items);
  if (text === shown) return;
  shown = text;
  const now = Date.now();
  const running = items.filter(({ state }) => state === 'on_air' || state === 'interrupted');
  const coming = items.filter((item) => !running.includes(item));
  const place = part('coming');
  place.textContent = '';
  if (running.length > 0) {
    const cards = running.map((item) => runningCard(item, now));
    place.append(shelf('正在直播', undefined, element('ul', { class: 'cards live-cards' }, ...cards)));
  }
  const days = byDay(coming, now).map(({ day, items: ofDay }) =>
    element(
      'div',
      { class: 'live-day' },
      element('h3', { class: 'live-day-name' }, day),
      element('ul', { class: 'live-lines' }, ...ofDay.map((item) => upcomingLine(item))),
    ),
  );
  const none = element('p', { class: 'hint' }, '近期没有安排直播课。安排好后会在这里预告。');
  place.append(shelf('即将开始', undefined, days.length === 0 ? none : element('div', {}, ...days)));
}

async function showPast(): Promise<void> {
  more.disabled = true;
  const query = { part: 'past', limit: String(PAST_PAGE), ...(next === undefined ? {} : { after: next }) };
  const page = await listOf(query).finally(() => {
    more.disabled = false;
  });
  next = page.next ?? undefined;
  more.hidden = next === undefined;
  const now = Date.now();
  if (past.parentElement === null && page.items.length > 0) {
    part('past').append(shelf('往期直播', undefined, past));
  }
  for (const item of page.items) past.append(pastLine(item, now));
}

async function begin(): Promise<void> {
  retry.hidden = true;
  status.textContent = '加载中…';
  try {
    await showComing();
    status.textContent = '';
    await showPast();
  } catch (error) {
    status.textContent = problemWords(error);
    retry.hidden = false;
  }
}

async function showTools(): Promise<void> {
  part('tools').append(
    element('a', { class: 'button', href: apiPath('live-classes', 'calendar.ics') }, '订阅课程表'),
  );
  if (!(await isSignedIn())) return;
  part('tools').append(element('a', { class: 'button is-first', href: '/live/new' }, '新建直播课'));
}

openFrame({ walks: true });
retry.addEventListener('click', () => void begin());
more.addEventListener(
  'click',
  () =>
    void showPast().catch((error: unknown) => {
      status.textContent = problemWords(error);
    }),
);
void showTools();
void begin();
// Somebody waits in front of this page for the class to begin.
setInterval(() => {
  if (document.visibilityState === 'visible') void showComing().catch(() => undefined);
}, LOOK_AGAIN_MS);

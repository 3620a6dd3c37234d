import { element } from '../controls/element.ts';
import { apiPath, callApi, fetchTags } from './api.ts';
import type { Page } from './api.ts';
import { groupText, hoursText } from './count-text.ts';
import { coursewareCard } from './courseware-card.ts';
import type { PortalRecord } from './library-records.ts';
import { frontLine } from './live/class-line.ts';
import { isRunning } from './live/class-words.ts';
import type { LiveClassRecord } from './live/live-records.ts';
import { openFrame } from './page-frame.ts';
import { part } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { EMPTY_QUERY, browseAddress, valueAddress } from './search/search-query.ts';
import { keepWholeRows } from './whole-rows.ts';
import { collectionCard, periodText, shelf, sizeText } from './shelf.ts';

/** How a shelf is laid out. */
interface Look {
  readonly name: string;
  readonly rows: number;
}

const HOT_TAGS = 10;
const LIVE_SHOWN = 4;

const totals = part('totals');
const retry = part('retry') as HTMLButtonElement;

async function begin(): Promise<void> {
  retry.hidden = true;
  try {
    show(await callApi<PortalRecord>(apiPath('portal')));
  } catch (error) {
    totals.textContent = problemWords(error);
    retry.hidden = false;
  }
}

function add(heading: string, more: string, href: string, made: readonly HTMLElement[], look: Look): void {
  if (made.length === 0) return;
  const grid = element('ul', { class: `cards ${look.name}`.trim() }, ...made);
  part('shelves').append(shelf(heading, { href, words: more }, grid));
  keepWholeRows(grid, look.rows);
}

function show({ topics, series, newest, newThisWeek, totals: { items, seconds } }: PortalRecord): void {
  const isMore = newThisWeek.length === newest.length ? ' 件以上' : ' 件';
  const week = newThisWeek.length === 0 ? '' : `，本周新增 ${newThisWeek.length}${isMore}`;
  totals.textContent =
    items === 0 ? '还没有发布的课件。' : `馆藏 ${groupText(items)} 件，共 ${hoursText(seconds)}${week}`;
  part('shelves').textContent = '';
  const open = topics.filter(({ state }) => state === 'open');
  add(
    '学习专题',
    '全部专题',
    '/topics',
    open.map((topic) =>
      collectionCard('topics', topic, [sizeText(topic), periodText(topic)].filter(Boolean).join(' · ')),
    ),
    { name: 'is-large', rows: 1 },
  );
  const isNew = new Set(newThisWeek.map(({ id }) => id));
  add(
    '本周新增',
    '全部新增',
    browseAddress({ ...EMPTY_QUERY, since: 'week', sort: 'newest' }),
    newThisWeek.map((item) => coursewareCard(item)),
    { name: '', rows: 1 },
  );
  add(
    '系列',
    '全部系列',
    '/series',
    series.map((one) => collectionCard('series', one, sizeText(one))),
    { name: 'is-small', rows: 2 },
  );
  add(
    isNew.size > 0 ? '近期发布' : '最新发布',
    '全部课件',
    browseAddress({ ...EMPTY_QUERY, sort: 'newest' }),
    newest.filter(({ id }) => !isNew.has(id)).map((item) => coursewareCard(item)),
    { name: '', rows: 3 },
  );
}

/** What is on the air, and what is next: the way there has to be the first thing a hall sees. */
async function showLive(): Promise<void> {
  try {
    const query = `${apiPath('live-classes')}?part=upcoming&limit=${LIVE_SHOWN}`;
    const { items } = await callApi<Page<LiveClassRecord>>(query);
    const now = Date.now();
    const shown = items.filter(({ state }) => state !== 'cancelled' && state !== 'postponed');
    if (shown.length === 0) return;
    const list = element('ul', { class: 'front-live' }, ...shown.map((item) => frontLine(item, now)));
    const heading = shown.some(isRunning) ? '正在直播' : '即将直播';
    part('live').append(shelf(heading, { href: '/live-classes', words: '全部直播课' }, list));
  } catch {
    // The front page is there without it.
  }
}

async function showTags(): Promise<void> {
  try {
    const tags = (await fetchTags()).filter(({ uses }) => uses > 0).slice(0, HOT_TAGS);
    for (const { name } of tags) {
      part('hot').append(element('a', { class: 'chip', href: valueAddress('tag', name) }, name));
    }
  } catch {
    // The search field is there.
  }
}

openFrame({ walks: true });
retry.addEventListener('click', () => void begin());
void showLive();
void showTags();
void begin();

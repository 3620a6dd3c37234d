import { element } from '../controls/element.ts';
import { apiPath, callApi, fetchTags } from './api.ts';
import { groupText, hoursText } from './count-text.ts';
import { coursewareCard } from './courseware-card.ts';
import type { PortalRecord } from './library-records.ts';
import { openFrame, part } from './page-frame.ts';
import { problemWords } from './problem-words.ts';
import { EMPTY_QUERY, browseAddress, valueAddress } from './search/search-query.ts';
import { collectionCard, periodText, shelf, sizeText } from './shelf.ts';

const HOT_TAGS = 10;

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

function cards(made: readonly HTMLElement[], look = ''): HTMLElement {
  return element('ul', { class: `cards ${look}`.trim() }, ...made);
}

function show({ topics, series, newest, newThisWeek, totals: { items, seconds } }: PortalRecord): void {
  const week = newThisWeek.length === 0 ? '' : '，本周上新';
  totals.textContent =
    items === 0 ? '还没有发布的课件。' : `馆藏 ${groupText(items)} 件，共 ${hoursText(seconds)}${week}`;
  const shelves = part('shelves');
  shelves.textContent = '';
  const open = topics.filter(({ state }) => state === 'open');
  if (open.length > 0) {
    const made = open.map((topic) =>
      collectionCard('topics', topic, [sizeText(topic), periodText(topic)].filter(Boolean).join(' · ')),
    );
    shelves.append(shelf('学习专题', { href: '/topics', words: '全部专题' }, cards(made, 'is-large')));
  }
  if (newThisWeek.length > 0) {
    const href = browseAddress({ ...EMPTY_QUERY, since: 'week', sort: 'newest' });
    const made = newThisWeek.map((item) => coursewareCard(item));
    shelves.append(shelf('本周新增', { href, words: '全部新增' }, cards(made, 'is-row')));
  }
  if (series.length > 0) {
    const made = series.map((one) => collectionCard('series', one, sizeText(one)));
    shelves.append(shelf('系列', { href: '/series', words: '全部系列' }, cards(made, 'is-small')));
  }
  const known = new Set(newThisWeek.map(({ id }) => id));
  const older = newest.filter(({ id }) => !known.has(id));
  if (older.length > 0) {
    const href = browseAddress({ ...EMPTY_QUERY, sort: 'newest' });
    const heading = known.size > 0 ? '近期发布' : '最新发布';
    const made = older.map((item) => coursewareCard(item));
    shelves.append(shelf(heading, { href, words: '全部课件' }, cards(made)));
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
void showTags();
void begin();

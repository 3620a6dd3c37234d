import { element } from '../controls/element.ts';
import { ApiProblem, apiPath, callApi } from './api.ts';
import type { CoursewareRecord, Page } from './api.ts';
import { collectionItems } from './collection-items.ts';
import { coursewareCard, watchAddress } from './courseware-card.ts';
import type { SeriesRecord, TopicRecord } from './library-records.ts';
import { openFrame } from './page-frame.ts';
import { part } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { showTakeaways } from './search/list-links.ts';
import { EMPTY_QUERY, valueAddress } from './search/search-query.ts';
import { collectionCard, periodText, sizeText } from './shelf.ts';

const [, kindWord = '', idWord] = location.pathname.split('/');
const kind = kindWord === 'topics' ? 'topics' : 'series';
const id = idWord === undefined || idWord === '' ? undefined : decodeURIComponent(idWord);
const NAMES = { series: '系列', topics: '专题' } as const;

const place = part('collection');
const status = part('status');
const retry = part('retry') as HTMLButtonElement;

async function begin(): Promise<void> {
  retry.hidden = true;
  status.textContent = '加载中…';
  try {
    if (id === undefined) showAll((await callApi<Page<TopicRecord>>(apiPath(kind))).items);
    else {
      const [record, items] = await Promise.all([
        callApi<TopicRecord>(apiPath(kind, id)),
        collectionItems(kind, id),
      ]);
      showOne(record, items);
    }
    status.textContent = '';
  } catch (error) {
    const isGone = error instanceof ApiProblem && error.status === 404;
    status.textContent = isGone ? `找不到这个${NAMES[kind]}，可能已经合并或删除。` : problemWords(error);
    retry.hidden = isGone;
    if (isGone) status.append(' ', element('a', { href: `/${kind}` }, `全部${NAMES[kind]}`));
  }
}

function showAll(records: readonly TopicRecord[]): void {
  document.title = `全部${NAMES[kind]} · 远教`;
  place.textContent = '';
  const shown = kind === 'topics' ? records.filter(({ state }) => state !== 'draft') : records;
  const made = shown.map((record) => collectionCard(kind, record, factsOf(record)));
  place.append(
    element('h1', { class: 'page-title' }, `全部${NAMES[kind]}`),
    element('h2', { class: 'hidden-label' }, NAMES[kind]),
    element('ul', { class: kind === 'topics' ? 'cards is-large' : 'cards is-small' }, ...made),
  );
  if (shown.length === 0) place.append(element('p', { class: 'hint' }, `还没有${NAMES[kind]}。`));
}

function factsOf(record: TopicRecord): string {
  const period = kind === 'topics' ? periodText(record) : '';
  const ended = record.state === 'closed' ? '已结束' : '';
  return [sizeText(record), period, ended].filter((words) => words !== '').join(' · ');
}

function showOne(record: TopicRecord, items: readonly CoursewareRecord[]): void {
  const { title, description, audience } = record;
  document.title = `${title} · 远教`;
  place.textContent = '';
  const head = element(
    'div',
    { class: 'collection-head' },
    element('p', { class: 'crumb' }, element('a', { href: `/${kind}` }, `全部${NAMES[kind]}`)),
    element('h1', { class: 'page-title' }, title),
    element('p', { class: 'byline' }, factsOf(record)),
  );
  if (typeof audience === 'string' && audience !== '') {
    head.append(element('p', { class: 'byline' }, `学习对象：${audience}`));
  }
  if (description !== '') head.append(element('p', { class: 'description' }, description));
  const first = items[0];
  const actions = element('div', { class: 'actions' });
  if (first !== undefined) {
    actions.append(
      element('a', { class: 'button is-first', href: watchAddress(first.id) }, '从第一课开始看'),
      element('a', { class: 'button', href: valueAddress(facet(), record.id) }, '在其中筛选'),
    );
  }
  head.append(actions);
  const list = element('ol', { class: 'cards is-numbered' }, ...items.map((item) => coursewareCard(item)));
  place.append(head, element('h2', { class: 'hidden-label' }, '课件'), list);
  if (items.length === 0) place.append(element('p', { class: 'hint' }, '里面还没有课件。'));
  else place.append(takeaway(record));
}

function facet(): 'series' | 'topic' {
  return kind === 'series' ? 'series' : 'topic';
}

function takeaway({ id: own }: SeriesRecord): HTMLElement {
  const box = element('div', { class: 'takeaway' });
  void showTakeaways(box, { ...EMPTY_QUERY, chosen: { [facet()]: [own] } });
  return box;
}

openFrame({ walks: true });
retry.addEventListener('click', () => void begin());
void begin();

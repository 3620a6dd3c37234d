import { button, element } from '../controls/element.ts';
import { apiPath, callApi } from './api.ts';
import { groupText } from './count-text.ts';
import { coursewareCard } from './courseware-card.ts';
import type { SearchRecord } from './library-records.ts';
import { openFrame } from './page-frame.ts';
import { part } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { showEmptyHelp } from './search/empty-help.ts';
import { FacetPanel } from './search/facet-panel.ts';
import { FACET_WORDS, SORT_WORDS } from './search/facets.ts';
import type { Sort } from './search/facets.ts';
import { showTakeaways } from './search/list-links.ts';
import { searchResult } from './search/search-result.ts';
import {
  EMPTY_QUERY,
  WEEK_MS,
  browseAddress,
  conditionsOf,
  queryParams,
  readQuery,
} from './search/search-query.ts';
import type { Condition, SearchQuery } from './search/search-query.ts';

const PAGE_SIZE = 24;
const MOST_AT_ONCE = 100;

const cards = part('cards');
const status = part('status');
const chosen = part('chosen');
const corrected = part('corrected');
const empty = part('empty');
const takeaway = part('takeaway');
const more = part('more') as HTMLButtonElement;
const retry = part('retry') as HTMLButtonElement;
const toggle = part('facets-toggle');

let query = readQuery(location.search);
let next: string | undefined;
let shown = 0;
let asking: AbortController | undefined;

const panel = new FacetPanel(part('facets'), apply);
const box = openFrame({ walks: true, onSearch: (text) => apply({ ...query, text, sort: undefined }) });

function apply(changed: SearchQuery): void {
  query = changed;
  history.pushState(null, '', browseAddress(query));
  void begin(PAGE_SIZE);
}

function searchPath(asked: SearchQuery, limit: number, after?: string): string {
  const params = queryParams(asked);
  params.set('limit', String(limit));
  if (asked.since !== '') params.set('since', String(Date.now() - WEEK_MS));
  if (after !== undefined) params.set('after', after);
  return `${apiPath('search')}?${params.toString()}`;
}

function conditions(): readonly Condition[] {
  return conditionsOf(query, (facet, value) => panel.labelOf(facet, value), FACET_WORDS);
}

async function begin(limit: number): Promise<void> {
  if (box !== undefined) box.text = query.text;
  next = undefined;
  shown = 0;
  showSorts();
  showChosen();
  await fetchPage(limit);
}

async function fetchPage(limit: number): Promise<void> {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  retry.hidden = true;
  more.disabled = true;
  const isFirst = shown === 0;
  if (isFirst) status.textContent = '正在查找…';
  try {
    const answer = await callApi<SearchRecord>(searchPath(query, limit, next), { signal: mine.signal });
    if (mine.signal.aborted) return;
    if (isFirst) showFirst(answer, mine.signal);
    append(answer, isFirst);
  } catch (error) {
    if (mine.signal.aborted) return;
    status.textContent = problemWords(error);
    retry.hidden = false;
  }
  more.disabled = false;
}

function showFirst(answer: SearchRecord, signal: AbortSignal): void {
  panel.show(query, answer.facets);
  showChosen();
  cards.textContent = '';
  cards.className = query.text === '' ? 'cards' : 'result-list';
  empty.hidden = true;
  takeaway.hidden = true;
  showCorrected(answer.corrected ?? '');
  document.title = `${titleWords()} · 远教`;
  if (answer.total === 0) {
    void showEmptyHelp(empty, query, conditions(), searchPath, signal);
  } else void showTakeaways(takeaway, query);
  status.textContent = answer.total === 0 ? '没有找到' : `共 ${groupText(answer.total)} 件`;
}

function append({ items, next: after }: SearchRecord, isFirst: boolean): void {
  const made = items.map((hit) => (query.text === '' ? coursewareCard(hit.courseware) : searchResult(hit)));
  cards.append(...made);
  shown += made.length;
  next = after ?? undefined;
  more.hidden = next === undefined;
  if (isFirst) return;
  made[0]?.querySelector<HTMLElement>('.card-link, .result-link')?.focus();
  // Coming back to this page shows as much as was shown.
  history.replaceState({ shown }, '', location.href);
}

function titleWords(): string {
  const words = conditions().map((condition) => condition.words);
  return words.length === 0 ? '全部课件' : words.join('、');
}

function showChosen(): void {
  const hadFocus = chosen.contains(document.activeElement);
  chosen.textContent = '';
  const all = conditions();
  for (const { name, words, rest } of all) {
    const chip = button(
      { class: 'chip is-chosen', 'aria-label': `取消${name}：${words}` },
      element('span', { class: 'chip-name' }, `${name}：`),
      words,
      element('span', { class: 'chip-cross', 'aria-hidden': 'true' }, '×'),
    );
    chip.addEventListener('click', () => apply(rest));
    chosen.append(chip);
  }
  if (all.length > 1) {
    const clear = button({ class: 'button is-small is-quiet' }, '全部清除');
    clear.addEventListener('click', () => apply(EMPTY_QUERY));
    chosen.append(clear);
  }
  if (hadFocus) (chosen.querySelector('button') ?? part('main')).focus();
  toggle.textContent = all.length === 0 ? '筛选' : `筛选（已选 ${all.length}）`;
}

function showCorrected(words: string): void {
  corrected.hidden = words === '';
  if (corrected.hidden) return;
  corrected.textContent = `没有找到“${query.text}”，下面是`;
  corrected.append(
    element('a', { href: browseAddress({ ...query, text: words }) }, `“${words}”`),
    '的结果。',
  );
}

function showSorts(): void {
  const place = part('sorts');
  const focused = place.contains(document.activeElement) ? document.activeElement?.textContent : undefined;
  place.textContent = '';
  const isSearch = query.text !== '';
  const current: Sort = query.sort ?? (isSearch ? 'relevance' : 'newest');
  for (const sort of Object.keys(SORT_WORDS) as Sort[]) {
    if (sort === 'relevance' && !isSearch) continue;
    const made = button({ class: 'sort', 'aria-pressed': String(sort === current) }, SORT_WORDS[sort]);
    made.addEventListener('click', () => apply({ ...query, sort }));
    place.append(made);
    if (made.textContent === focused) made.focus();
  }
}

function setFacetsOpen(isOpen: boolean): void {
  toggle.setAttribute('aria-expanded', String(isOpen));
  part('facets').classList.toggle('is-open', isOpen);
}

function remembered(): number {
  const state: unknown = history.state;
  const count = (state as { readonly shown?: unknown } | null)?.shown;
  return typeof count === 'number' ? Math.min(MOST_AT_ONCE, Math.max(PAGE_SIZE, count)) : PAGE_SIZE;
}

toggle.addEventListener('click', () => setFacetsOpen(toggle.getAttribute('aria-expanded') !== 'true'));
more.addEventListener('click', () => void fetchPage(PAGE_SIZE));
retry.addEventListener('click', () => void begin(PAGE_SIZE));
window.addEventListener('popstate', () => {
  query = readQuery(location.search);
  void begin(remembered());
});
void begin(remembered());

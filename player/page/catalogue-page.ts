import { button, element } from '../controls/element.ts';
import type { CoursewareRecord, Page } from './api.ts';
import { callApi, fetchTags, listPath } from './api.ts';
import { coursewareCard } from './courseware-card.ts';
import { followInputKind, part, showAccount } from './page-frame.ts';
import { problemWords } from './problem-words.ts';

interface Filters {
  readonly text: string;
  readonly tag: string;
  readonly series: string;
}

const PAGE_SIZE = '24';

const form = part('search') as HTMLFormElement;
const box = part('search-text') as HTMLInputElement;
const chips = part('tags');
const cards = part('cards');
const status = part('status');
const more = part('more') as HTMLButtonElement;
const retry = part('retry') as HTMLButtonElement;

let filters = readFilters();
let next: string | undefined;
let shown = 0;
let asking: AbortController | undefined;

function readFilters(): Filters {
  const query = new URLSearchParams(location.search);
  return { text: query.get('text') ?? '', tag: query.get('tag') ?? '', series: query.get('series') ?? '' };
}

function apply(changed: Partial<Filters>): void {
  filters = { ...filters, ...changed };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value !== '') query.set(name, String(value));
  const search = query.toString();
  history.pushState(null, '', search === '' ? '/' : `/?${search}`);
  void begin();
}

async function begin(): Promise<void> {
  box.value = filters.text;
  for (const chip of Array.from(chips.querySelectorAll('button'))) {
    chip.setAttribute('aria-pressed', String((chip.dataset['tag'] ?? '') === filters.tag));
  }
  next = undefined;
  shown = 0;
  await fetchPage();
}

async function fetchPage(): Promise<void> {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  retry.hidden = true;
  more.disabled = true;
  if (shown === 0) status.textContent = '加载中…';
  try {
    const path = listPath({ ...filters, publication: 'published', limit: PAGE_SIZE, after: next });
    const page = await callApi<Page<CoursewareRecord>>(path, { signal: mine.signal });
    if (mine.signal.aborted) return;
    show(page);
  } catch (error) {
    if (mine.signal.aborted) return;
    status.textContent = problemWords(error);
    retry.hidden = false;
  }
  more.disabled = false;
}

function show(page: Page<CoursewareRecord>): void {
  const isFirst = shown === 0;
  if (isFirst) cards.textContent = '';
  const made = page.items.map((courseware) => coursewareCard(courseware));
  cards.append(...made);
  shown += made.length;
  next = page.next ?? undefined;
  more.hidden = next === undefined;
  status.textContent = summary();
  if (!isFirst) made[0]?.querySelector('a')?.focus();
}

function summary(): string {
  const { text, tag, series } = filters;
  const asked = [
    text === '' ? '' : `“${text}”`,
    tag === '' ? '' : `标签“${tag}”`,
    series === '' ? '' : `系列“${series}”`,
  ]
    .filter((words) => words !== '')
    .join('、');
  if (shown === 0) return asked === '' ? '还没有发布的课件。' : `没有找到与${asked}有关的课件，换个词试试。`;
  const count = next === undefined ? `共 ${shown} 个课件` : `已显示 ${shown} 个课件`;
  return asked === '' ? count : `${asked}：${count}`;
}

function addChip(tag: string, words: string): void {
  const chip = button({ class: 'chip', 'data-tag': tag, 'aria-pressed': String(tag === filters.tag) }, words);
  chip.addEventListener('click', () => apply({ tag: tag === filters.tag ? '' : tag }));
  chips.append(chip);
}

async function showTags(): Promise<void> {
  try {
    const tags = await fetchTags();
    addChip('', '全部');
    for (const { name } of tags) addChip(name, name);
  } catch {
    chips.append(element('span', { class: 'hint' }, '标签暂时取不到。'));
  }
}

followInputKind();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  apply({ text: box.value.trim() });
});
more.addEventListener('click', () => void fetchPage());
retry.addEventListener('click', () => void fetchPage());
window.addEventListener('popstate', () => {
  filters = readFilters();
  void begin();
});
void showAccount();
void showTags();
void begin();

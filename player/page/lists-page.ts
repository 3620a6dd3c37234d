import { button, element } from '../controls/element.ts';
import { ApiProblem, apiPath, callApi } from './api.ts';
import type { CoursewareRecord, Page } from './api.ts';
import { copyText } from './copy-text.ts';
import { coursewareCard } from './courseware-card.ts';
import type { SavedListRecord } from './library-records.ts';
import { Notice } from './notice.ts';
import { openFrame } from './page-frame.ts';
import { part } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { shelf } from './shelf.ts';
import { StoredOrder } from './stored-order.ts';

const place = part('lists');
const status = part('status');
const retry = part('retry') as HTMLButtonElement;
const notice = new Notice();
const idWord = location.pathname.split('/')[2] ?? '';
const listId = idWord === '' ? undefined : decodeURIComponent(idWord);

async function begin(): Promise<void> {
  retry.hidden = true;
  status.textContent = '加载中…';
  try {
    if (listId === undefined) await showMine();
    else showList(await callApi<SavedListRecord>(apiPath('lists', listId)));
  } catch (error) {
    const isGone = error instanceof ApiProblem && error.status === 404;
    status.textContent = isGone ? '找不到这份清单，可能已被删除，或网址不完整。' : problemWords(error);
    retry.hidden = isGone;
  }
}

async function showMine(): Promise<void> {
  const [favourites, lists] = await Promise.all([
    callApi<Page<CoursewareRecord>>(apiPath('favourites')),
    callApi<Page<SavedListRecord>>(apiPath('lists')),
  ]);
  status.textContent = '';
  place.textContent = '';
  place.append(
    element('p', { class: 'hint' }, '不用登录：这台设备的这个浏览器记得你的收藏和清单。'),
    shelf(
      `收藏的课件（${favourites.items.length}）`,
      undefined,
      cardsOf(favourites.items, '还没有收藏。看课件时点“☆ 收藏”，就会出现在这里。'),
    ),
    shelf(`我的清单（${lists.items.length}）`, undefined, listsOf(lists.items)),
    newListForm(),
  );
}

function cardsOf(items: readonly CoursewareRecord[], none: string): HTMLElement {
  if (items.length === 0) return element('p', { class: 'hint' }, none);
  return element('ul', { class: 'cards' }, ...items.map((item) => coursewareCard(item)));
}

function listsOf(lists: readonly SavedListRecord[]): HTMLElement {
  if (lists.length === 0) {
    return element('p', { class: 'hint' }, '还没有清单。把要连着放的课排成一份清单，网址可以发给别的站点。');
  }
  return element(
    'ul',
    { class: 'plain-list' },
    ...lists.map(({ id, title, count }) =>
      element(
        'li',
        { class: 'plain-line' },
        element('a', { href: `/lists/${encodeURIComponent(id)}` }, title),
        element('span', { class: 'hint' }, `${count} 课`),
      ),
    ),
  );
}

function newListForm(): HTMLElement {
  const name = element('input', { id: 'list-name', type: 'text', maxlength: '60' });
  const submit = element('button', { type: 'submit', class: 'button' }, '新建');
  const form = element(
    'form',
    { class: 'inline-form', 'aria-label': '新建清单' },
    element('label', { for: 'list-name' }, '新建清单'),
    name,
    submit,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const title = name.value.trim();
    if (title === '') name.focus();
    else if (!submit.disabled) {
      // Pressing again before the answer must not make two.
      submit.disabled = true;
      const create = (): Promise<unknown> =>
        callApi(apiPath('lists'), { method: 'POST', body: { title, items: [] } });
      void change(create, begin).then(() => {
        submit.disabled = false;
      });
    }
  });
  return form;
}

async function change(work: () => Promise<unknown>, after: () => unknown): Promise<void> {
  try {
    await work();
    await after();
  } catch (error) {
    notice.say(problemWords(error));
  }
}

function showList(list: SavedListRecord): void {
  const { id, title, items = [], isMine = false } = list;
  document.title = `${title} · 远教`;
  part('lists-title').textContent = title;
  status.textContent = `${items.length} 课${isMine ? '' : ' · 别人分享的清单'}`;
  place.textContent = '';
  const actions = element('div', { class: 'actions' });
  const share = button({ class: 'button is-first' }, '复制网址，发给别人');
  share.addEventListener('click', () => {
    void copyText(location.href).then((isDone) =>
      notice.say(isDone ? '已复制。打开这个网址的人都能看这份清单。' : `请手工复制：${location.href}`),
    );
  });
  const playlist = `/playlists/list/${encodeURIComponent(id)}.m3u`;
  actions.append(share, element('a', { class: 'button', href: playlist }, '播放列表（M3U）'));
  place.append(actions, element('h2', { class: 'hidden-label' }, '课件'));
  if (isMine) {
    actions.append(removeButton(id, title));
    place.append(ownOrder(list));
  } else place.append(cardsOf(items, '这份清单是空的。'));
}

function ownOrder({ id, title, items = [] }: SavedListRecord): HTMLElement {
  const cards = element('div');
  const heading = element('h2', { class: 'section-title' }, '调整次序');
  const show = (kept: readonly CoursewareRecord[]): void => {
    status.textContent = `${kept.length} 课`;
    cards.textContent = '';
    cards.append(cardsOf(kept, '这份清单是空的。看课件时点“加入清单”。'));
    heading.hidden = kept.length === 0;
  };
  const order = new StoredOrder(items, {
    store: (ids) => callApi(apiPath('lists', id), { method: 'PUT', body: { title, items: ids } }),
    say: (words, undo) => notice.say(words, undo),
    onStored: show,
  });
  show(items);
  return element('div', {}, cards, heading, order.root);
}

function removeButton(id: string, title: string): HTMLElement {
  const remove = button({ class: 'button is-quiet' }, '删除清单');
  remove.addEventListener('click', () => {
    remove.textContent = '再点一次就删除';
    remove.addEventListener(
      'click',
      () =>
        void change(
          () => callApi(apiPath('lists', id), { method: 'DELETE' }),
          () => location.assign('/lists'),
        ),
      { once: true },
    );
    notice.say(`删除清单《${title}》？里面的课件不受影响。`);
  });
  return remove;
}

openFrame({ walks: true });
retry.addEventListener('click', () => void begin());
void begin();

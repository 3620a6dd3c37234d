import { button, element } from '../../controls/element.ts';
import { apiPath, callApi, newestAsking } from '../api.ts';
import type { Page } from '../api.ts';
import type { SavedListRecord } from '../library-records.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';

/** A star that keeps a lecture among this viewer's favourites. */
export class FavouriteButton {
  readonly root: HTMLButtonElement;
  readonly #id: string;
  readonly #notice: Notice;
  #isKept = false;
  #isChanging = false;
  #changes = 0;

  constructor(coursewareId: string, notice: Notice) {
    this.#id = coursewareId;
    this.#notice = notice;
    this.root = button({ class: 'button is-small favourite', 'aria-pressed': 'false' }, '☆ 收藏');
    this.root.addEventListener('click', () => void this.#toggle());
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      const path = apiPath('courseware', this.#id, 'favourite');
      const { isFavourite } = await callApi<{ readonly isFavourite: boolean }>(path);
      // Whoever pressed it meanwhile knows better.
      if (this.#changes === 0) this.#show(isFavourite);
    } catch {
      // Pressing it will say what is wrong.
    }
  }

  #show(isKept: boolean): void {
    this.#isKept = isKept;
    this.root.setAttribute('aria-pressed', String(isKept));
    this.root.textContent = isKept ? '★ 已收藏' : '☆ 收藏';
  }

  /** Pressed again before the answer, it does nothing: what it would turn round is not known yet. */
  async #toggle(): Promise<void> {
    if (this.#isChanging) return;
    this.#isChanging = true;
    this.#changes += 1;
    const method = this.#isKept ? 'DELETE' : 'PUT';
    try {
      await callApi(apiPath('courseware', this.#id, 'favourite'), { method });
      this.#show(!this.#isKept);
      this.#notice.say(this.#isKept ? '已收藏，在“我的收藏”里可以找到。' : '已取消收藏。');
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
    this.#isChanging = false;
  }
}

/** Puts a lecture on one of this viewer's lists, or on a new one. */
export class ListMenu {
  readonly root: HTMLDetailsElement;
  readonly #id: string;
  readonly #notice: Notice;
  readonly #lines = element('div', { class: 'menu-lines' });
  readonly #name: HTMLInputElement;
  readonly #fills = newestAsking();
  #changed: Promise<void> = Promise.resolve();

  constructor(coursewareId: string, notice: Notice) {
    this.#id = coursewareId;
    this.#notice = notice;
    this.#name = element('input', {
      id: 'new-list',
      type: 'text',
      maxlength: '60',
      placeholder: '新清单的名称',
    });
    const form = element(
      'form',
      { class: 'menu-new', 'aria-label': '新建清单' },
      element('label', { class: 'hidden-label', for: 'new-list' }, '新清单的名称'),
      this.#name,
      element('button', { type: 'submit', class: 'button is-small' }, '新建'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#create();
    });
    this.root = element(
      'details',
      { class: 'menu' },
      element('summary', { class: 'button is-small' }, '加入清单'),
      element('div', { class: 'menu-sheet' }, this.#lines, form),
    );
    this.root.addEventListener('toggle', () => {
      if (this.root.open) void this.#fill();
    });
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.root.open) return;
      event.stopPropagation();
      this.root.open = false;
      this.root.querySelector('summary')?.focus();
    });
  }

  async #fill(): Promise<void> {
    const isNewest = this.#fills();
    try {
      await this.#changed;
      const { items } = await callApi<Page<SavedListRecord>>(apiPath('lists'));
      const lists = await Promise.all(items.map(({ id }) => callApi<SavedListRecord>(apiPath('lists', id))));
      if (!isNewest()) return; // a newer answer is there, or on its way
      this.#lines.textContent = '';
      for (const list of lists) this.#lines.append(this.#line(list));
    } catch (error) {
      if (isNewest()) this.#lines.textContent = problemWords(error);
    }
  }

  #line(list: SavedListRecord): HTMLElement {
    const id = `list-${list.id}`;
    const check = element('input', { id, type: 'checkbox' });
    check.checked = itemIds(list).includes(this.#id);
    check.addEventListener('change', () => {
      const isWanted = check.checked;
      // One after the other: each sends the whole list as it is after the one before.
      this.#changed = this.#changed.then(() => this.#change(list, check, isWanted));
    });
    return element('div', { class: 'check' }, check, element('label', { for: id }, list.title));
  }

  async #change({ id, title }: SavedListRecord, check: HTMLInputElement, isWanted: boolean): Promise<void> {
    try {
      // Read anew: it may have grown in another window.
      const list = await callApi<SavedListRecord>(apiPath('lists', id));
      const others = itemIds(list).filter((item) => item !== this.#id);
      const items = isWanted ? others.concat(this.#id) : others;
      await callApi(apiPath('lists', id), { method: 'PUT', body: { title, items } });
      this.#notice.say(isWanted ? `已加入清单《${title}》。` : `已从清单《${title}》中移出。`);
    } catch (error) {
      check.checked = !isWanted;
      this.#notice.say(problemWords(error));
    }
  }

  async #create(): Promise<void> {
    const title = this.#name.value.trim();
    if (title === '') {
      this.#name.focus();
      return;
    }
    try {
      await callApi(apiPath('lists'), { method: 'POST', body: { title, items: [this.#id] } });
      this.#name.value = '';
      await this.#fill();
      this.#notice.say(`已建清单《${title}》，并加入这一课。`);
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }
}

function itemIds({ items = [] }: SavedListRecord): readonly string[] {
  return items.map(({ id }) => id);
}

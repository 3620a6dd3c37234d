import { button, element } from '../../controls/element.ts';
import { apiPath, callApi } from '../api.ts';
import type { CoursewareRecord } from '../api.ts';
import { factsLine } from '../courseware-card.ts';
import { labelled, textField } from '../form-field.ts';
import type { SearchRecord } from '../library-records.ts';
import { problemWords } from '../problem-words.ts';

const PAUSE_MS = 250;
const SHOWN = 8;

/** A field that finds items of the catalogue, and a button beside each to take it. */
export class ItemFinder {
  readonly root: HTMLElement;
  readonly #input = textField({ type: 'search', autocomplete: 'off', maxlength: '100' });
  readonly #status = element('p', { class: 'hint', role: 'status' });
  readonly #list = element('ul', { class: 'plain-list' });
  readonly #isTaken: (id: string) => boolean;
  readonly #onTake: (item: CoursewareRecord) => Promise<boolean>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  /** @param onTake resolved with whether it was taken; why not is said elsewhere */
  constructor(isTaken: (id: string) => boolean, onTake: (item: CoursewareRecord) => Promise<boolean>) {
    this.#isTaken = isTaken;
    this.#onTake = onTake;
    this.#input.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#find(), PAUSE_MS);
    });
    this.root = element(
      'div',
      { class: 'finder' },
      labelled('添加课件', this.#input, '输入标题、标签或拼音首字母，从已发布的课件里找。'),
      this.#status,
      this.#list,
    );
  }

  async #find(): Promise<void> {
    this.#asking?.abort();
    const text = this.#input.value.trim();
    this.#list.textContent = '';
    this.#status.textContent = '';
    if (text === '') return;
    const mine = new AbortController();
    this.#asking = mine;
    try {
      const path = `${apiPath('search')}?q=${encodeURIComponent(text)}&limit=${SHOWN}`;
      const { items, total } = await callApi<SearchRecord>(path, { signal: mine.signal });
      if (mine.signal.aborted) return;
      this.#status.textContent = total === 0 ? '没有找到。' : `找到 ${total} 件`;
      for (const { courseware } of items) this.#list.append(this.#line(courseware));
    } catch (error) {
      if (!mine.signal.aborted) this.#status.textContent = problemWords(error);
    }
  }

  #line(item: CoursewareRecord): HTMLElement {
    const take = button({ class: 'button is-small', 'aria-label': `添加《${item.title}》` }, '添加');
    const show = (words: string, label: string): void => {
      take.disabled = words !== '添加';
      take.textContent = words;
      take.setAttribute('aria-label', label);
    };
    const showTaken = (): void => show('已在其中', `已在其中：《${item.title}》`);
    if (this.#isTaken(item.id)) showTaken();
    take.addEventListener('click', () => {
      show('正在添加…', `正在添加《${item.title}》`);
      this.#input.focus();
      void this.#onTake(item).then((isTaken) => {
        if (isTaken) showTaken();
        else show('添加', `添加《${item.title}》`);
      });
    });
    return element(
      'li',
      { class: 'plain-line' },
      element('span', { class: 'order-title' }, item.title),
      element('span', { class: 'hint' }, factsLine(item)),
      take,
    );
  }
}

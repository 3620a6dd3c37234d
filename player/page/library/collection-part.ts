import { button, element } from '../../controls/element.ts';
import { apiPath, callApi, newestAsking } from '../api.ts';
import type { CoursewareRecord, Page } from '../api.ts';
import { choice, labelled, textArea, textField } from '../form-field.ts';
import { collectionItems } from '../collection-items.ts';
import type { TopicRecord } from '../library-records.ts';
import { problemWords } from '../problem-words.ts';
import { collectionAddress, sizeText } from '../shelf.ts';
import { StoredOrder } from '../stored-order.ts';
import { attempt, carefulButton } from './house.ts';
import type { LibraryHouse, LibraryPart } from './house.ts';
import { ItemFinder } from './item-finder.ts';

const STATES = [
  ['draft', '草稿（不公开）'],
  ['open', '开放'],
  ['closed', '已结束'],
] as const;

/** The series, or the topics: what each is called, which items it holds and in which order. */
export class CollectionPart implements LibraryPart {
  readonly root: HTMLElement;
  readonly #kind: 'series' | 'topics';
  readonly #word: string;
  readonly #house: LibraryHouse;
  readonly #list = element('ul', { class: 'chooser' });
  readonly #detail = element('div', { class: 'chooser-detail' });
  readonly #status = element('p', { class: 'hint', role: 'status' });
  #shownId: string | undefined;
  #shownOrder: StoredOrder | undefined;
  readonly #opens = newestAsking();
  readonly #shows = newestAsking();

  constructor(kind: 'series' | 'topics', house: LibraryHouse) {
    this.#kind = kind;
    this.#word = kind === 'series' ? '系列' : '专题';
    this.#house = house;
    const create = button({ class: 'button is-first' }, `新建${this.#word}`);
    create.addEventListener('click', () => {
      this.#shows();
      this.#edit(undefined, []);
    });
    this.root = element(
      'div',
      { class: 'chooser-box' },
      element('div', { class: 'chooser-side' }, create, this.#status, this.#list),
      this.#detail,
    );
  }

  async open(): Promise<void> {
    const isNewest = this.#opens();
    try {
      const { items } = await callApi<Page<TopicRecord>>(apiPath(this.#kind));
      if (!isNewest()) return; // a newer answer is there, or on its way
      this.#status.textContent = items.length === 0 ? `还没有${this.#word}。` : '';
      this.#list.textContent = '';
      for (const record of items) this.#list.append(this.#line(record));
      this.#markShown();
    } catch (error) {
      this.#status.textContent = problemWords(error);
    }
  }

  #line(record: TopicRecord): HTMLElement {
    const state = record.state === 'draft' ? ' · 草稿' : record.state === 'closed' ? ' · 已结束' : '';
    const choose = button(
      { class: 'chooser-line', 'data-id': record.id },
      element('span', {}, record.title),
      element('span', { class: 'hint' }, sizeText(record) + state),
    );
    choose.addEventListener('click', () => void this.#show(record.id));
    return element('li', {}, choose);
  }

  #markShown(): void {
    for (const line of Array.from(this.#list.querySelectorAll<HTMLElement>('.chooser-line'))) {
      if (line.dataset['id'] === this.#shownId) line.setAttribute('aria-current', 'true');
      else line.removeAttribute('aria-current');
    }
  }

  async #show(id: string): Promise<void> {
    const isNewest = this.#shows();
    await attempt(this.#house, async () => {
      // What is read must hold what was changed here.
      await this.#shownOrder?.settled;
      const [record, items] = await Promise.all([
        callApi<TopicRecord>(apiPath(this.#kind, id)),
        collectionItems(this.#kind, id),
      ]);
      if (isNewest()) this.#edit(record, items);
    });
  }

  #edit(record: TopicRecord | undefined, items: readonly CoursewareRecord[]): void {
    this.#shownId = record?.id;
    this.#markShown();
    this.#detail.textContent = '';
    const heading = element(
      'h3',
      { class: 'section-title', tabindex: '-1' },
      record === undefined ? `新建${this.#word}` : record.title,
    );
    this.#detail.append(heading, this.#form(record));
    if (record !== undefined) this.#detail.append(...this.#order(record, items));
    heading.focus();
  }

  #form(record: TopicRecord | undefined): HTMLElement {
    const title = textField({ maxlength: '100', required: '' });
    const description = textArea({ maxlength: '5000' });
    title.value = record?.title ?? '';
    description.value = record?.description ?? '';
    const rank = element('input', { type: 'number', class: 'seconds', min: '0', step: '1' });
    rank.value = String(record?.rank ?? '');
    const facts = this.#kind === 'topics' ? new TopicFacts(record) : undefined;
    const failure = element('p', { class: 'failure', role: 'alert' });
    const save = element('button', { type: 'submit', class: 'button is-first' }, '保存');
    const actions = element('div', { class: 'actions' }, save);
    if (record !== undefined) {
      const href = collectionAddress(this.#kind, record.id);
      actions.append(
        element('a', { class: 'button', href }, '查看页面'),
        carefulButton('删除', `删除${this.#word}《${record.title}》`, () => void this.#remove(record)),
      );
    }
    const form = element(
      'form',
      {
        class: 'form',
        novalidate: '',
        'aria-label': record === undefined ? `新建${this.#word}` : `修改《${record.title}》`,
      },
      labelled('名称（必填）', title),
      labelled('简介', description),
      labelled('排在第几', rank, '数字小的排在前面。'),
      ...(facts?.fields ?? []),
      failure,
      actions,
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      failure.textContent = '';
      const body = { title: title.value.trim(), description: description.value.trim(), ...facts?.body() };
      if (body.title === '') {
        failure.textContent = '请填写名称。';
        title.focus();
        return;
      }
      void this.#save(record, body).catch((error: unknown) => {
        failure.textContent = problemWords(error);
      });
    });
    return form;
  }

  async #save(record: TopicRecord | undefined, body: { readonly title: string }): Promise<void> {
    const saved =
      record === undefined
        ? await callApi<TopicRecord>(apiPath(this.#kind), { method: 'POST', body })
        : await callApi<TopicRecord>(apiPath(this.#kind, record.id), {
            method: 'PATCH',
            body,
            revision: record.revision,
          });
    await this.open();
    await this.#show(saved.id);
    this.#house.say(`已保存${this.#word}《${body.title}》。`);
  }

  async #remove({ id, title }: TopicRecord): Promise<void> {
    const isDone = await attempt(this.#house, () => callApi(apiPath(this.#kind, id), { method: 'DELETE' }));
    if (!isDone) return;
    if (this.#shownId === id) {
      this.#shows();
      this.#shownId = undefined;
      this.#detail.textContent = '';
    }
    await this.open();
    this.#house.say(`已删除${this.#word}《${title}》，里面的课件还在。`);
  }

  #order(record: TopicRecord, items: readonly CoursewareRecord[]): readonly HTMLElement[] {
    const path = apiPath(this.#kind, record.id, 'items');
    const count = element('p', { class: 'hint' });
    const showCount = (size: number): void => {
      count.textContent =
        size === 0 ? '里面还没有课件。' : `共 ${size} 件；拖动左边的把手，或在把手上按上下方向键。`;
    };
    const order = new StoredOrder(items, {
      store: (ids) => callApi(path, { method: 'PUT', body: { items: ids } }),
      say: (words, undo) => this.#house.say(words, undo),
      onStored: (stored) => {
        showCount(stored.length);
        void this.open();
      },
    });
    this.#shownOrder = order;
    const finder = new ItemFinder(
      (id) => order.items.some((item) => item.id === id),
      (item) => order.add(item),
    );
    showCount(items.length);
    const heading = element('h4', { class: 'detail-title' }, '课件和次序');
    return [heading, count, order.root, finder.root];
  }
}

/** What a topic has besides a series: for whom, from when to when, and whether it is open. */
class TopicFacts {
  readonly fields: readonly HTMLElement[];
  readonly #audience = textField({ maxlength: '100' });
  readonly #opensOn = textField({ type: 'date', class: 'day' });
  readonly #closesOn = textField({ type: 'date', class: 'day' });
  readonly #state = choice(STATES);

  constructor(record: TopicRecord | undefined) {
    this.#audience.value = record?.audience ?? '';
    this.#opensOn.value = record?.opensOn ?? '';
    this.#closesOn.value = record?.closesOn ?? '';
    this.#state.value = record?.state ?? 'draft';
    this.fields = [
      labelled('学习对象', this.#audience),
      element(
        'div',
        { class: 'field-row' },
        labelled('开始日期', this.#opensOn),
        labelled('结束日期', this.#closesOn),
        labelled('状态', this.#state),
      ),
    ];
  }

  body(): Readonly<Record<string, string | null>> {
    return {
      audience: orNull(this.#audience.value),
      opensOn: orNull(this.#opensOn.value),
      closesOn: orNull(this.#closesOn.value),
      state: this.#state.value,
    };
  }
}

function orNull(text: string): string | null {
  const trimmed = text.trim();
  return trimmed === '' ? null : trimmed;
}

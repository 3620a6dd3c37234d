import { button, element } from '../../controls/element.ts';
import { apiPath, callApi, newestAsking } from '../api.ts';
import type { Page } from '../api.ts';
import { choice, labelled, textField } from '../form-field.ts';
import { problemWords } from '../problem-words.ts';
import { row, table } from '../folding-table.ts';
import { attempt, carefulButton } from './house.ts';
import type { LibraryHouse, LibraryPart } from './house.ts';

interface CategoryRecord {
  readonly code: string;
  readonly name: string;
  readonly parent?: string | null;
  readonly rank: number;
  readonly uses: number;
}

/** A category and how deep it lies in the tree. */
interface Placed {
  readonly category: CategoryRecord;
  readonly depth: number;
}

/** The tree in reading order: each category before those under it. Pure. */
export function treeOrder(categories: readonly CategoryRecord[]): readonly Placed[] {
  const known = new Set(categories.map(({ code }) => code));
  const placed: Placed[] = [];
  const add = (parent: string | undefined, depth: number): void => {
    const children = categories
      .filter((category) => {
        const above = category.parent ?? '';
        return (known.has(above) ? above : undefined) === parent;
      })
      .sort((one, other) => one.rank - other.rank || (one.code < other.code ? -1 : 1));
    for (const category of children) {
      placed.push({ category, depth });
      add(category.code, depth + 1);
    }
  };
  add(undefined, 0);
  return placed;
}

/** The categories: the tree by which the shelf is ordered. */
export class CategoryPart implements LibraryPart {
  readonly root: HTMLElement;
  readonly #house: LibraryHouse;
  readonly #place = element('div');
  readonly #editor = element('div', { class: 'drawer' });
  #categories: readonly CategoryRecord[] = [];
  readonly #opens = newestAsking();

  constructor(house: LibraryHouse) {
    this.#house = house;
    const add = button({ class: 'button is-first' }, '新建分类');
    add.addEventListener('click', () => this.#edit(undefined));
    this.root = element('div', {}, element('div', { class: 'actions' }, add), this.#editor, this.#place);
  }

  async open(): Promise<void> {
    const isNewest = this.#opens();
    try {
      const { items } = await callApi<Page<CategoryRecord>>(apiPath('categories'));
      if (!isNewest()) return; // a newer answer is there, or on its way
      this.#categories = items;
      this.#place.textContent = '';
      if (this.#categories.length === 0) {
        this.#place.append(element('p', { class: 'hint' }, '还没有分类。'));
        return;
      }
      const rows = treeOrder(this.#categories).map(({ category, depth }) => this.#row(category, depth));
      this.#place.append(table('分类', ['代码', '名称', '课件数', '操作'], rows));
    } catch (error) {
      this.#place.textContent = problemWords(error);
    }
  }

  #row(category: CategoryRecord, depth: number): HTMLElement {
    const { code, name, uses } = category;
    const change = button({ class: 'button is-small is-quiet', 'aria-label': `修改分类“${name}”` }, '修改');
    change.addEventListener('click', () => this.#edit(category));
    const actions = element('span', { class: 'row-actions' }, change);
    if (uses === 0) {
      actions.append(carefulButton('删除', `删除分类“${name}”`, () => void this.#remove(category)));
    }
    return row(code, `${'　'.repeat(depth)}${name}`, String(uses), actions);
  }

  #edit(category: CategoryRecord | undefined): void {
    const code = textField({ maxlength: '40', required: '' });
    const name = textField({ maxlength: '100', required: '' });
    const rank = element('input', { type: 'number', class: 'seconds', min: '0', step: '1' });
    const parents = treeOrder(this.#categories.filter((other) => other.code !== category?.code));
    const parent = choice([
      ['', '（最上层）'],
      ...parents.map(
        ({ category: { code: own, name: words }, depth }) =>
          [own, `${'　'.repeat(depth)}${own} ${words}`] as const,
      ),
    ]);
    code.value = category?.code ?? '';
    code.readOnly = category !== undefined;
    name.value = category?.name ?? '';
    rank.value = String(category?.rank ?? this.#categories.length + 1);
    parent.value = category?.parent ?? '';
    const failure = element('p', { class: 'failure', role: 'alert' });
    const cancel = button({ class: 'button' }, '取消');
    cancel.addEventListener('click', () => {
      this.#editor.textContent = '';
    });
    const form = element(
      'form',
      {
        class: 'form is-framed',
        novalidate: '',
        'aria-label': category === undefined ? '新建分类' : `修改分类“${category.name}”`,
      },
      labelled('代码（必填）', code, '课件和导入表格用它引用分类，建好后不能改。'),
      labelled('名称（必填）', name),
      labelled('上级分类', parent),
      labelled('排在第几', rank),
      failure,
      element(
        'div',
        { class: 'actions' },
        element('button', { type: 'submit', class: 'button is-first' }, '保存'),
        cancel,
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      failure.textContent = '';
      if (code.value.trim() === '' || name.value.trim() === '') {
        failure.textContent = '请填写代码和名称。';
        return;
      }
      const body = {
        name: name.value.trim(),
        parent: parent.value === '' ? null : parent.value,
        rank: Math.max(0, Math.round(Number(rank.value))),
      };
      void this.#save(code.value.trim(), body).catch((error: unknown) => {
        failure.textContent = problemWords(error);
      });
    });
    this.#editor.textContent = '';
    this.#editor.append(form);
    (category === undefined ? code : name).focus();
  }

  async #save(code: string, body: { readonly name: string }): Promise<void> {
    await callApi(apiPath('categories', code), { method: 'PUT', body });
    this.#editor.textContent = '';
    await this.open();
    this.#house.say(`已保存分类“${body.name}”。`);
  }

  async #remove({ code, name }: CategoryRecord): Promise<void> {
    const isDone = await attempt(this.#house, () =>
      callApi(apiPath('categories', code), { method: 'DELETE' }),
    );
    if (!isDone) return;
    await this.open();
    this.#house.say(`已删除分类“${name}”。`);
  }
}

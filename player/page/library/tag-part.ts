import { button, element } from '../../controls/element.ts';
import { apiPath, callApi, fetchTags, newestAsking } from '../api.ts';
import type { TagRecord } from '../api.ts';
import { labelled, textField } from '../form-field.ts';
import { problemWords } from '../problem-words.ts';
import { valueAddress } from '../search/search-query.ts';
import { readNames } from '../tag-text.ts';
import { row, table } from '../folding-table.ts';
import { attempt, carefulButton } from './house.ts';
import type { LibraryHouse, LibraryPart } from './house.ts';

/** The tags: under which heading each stands, what else it is called, how many items carry it. */
export class TagPart implements LibraryPart {
  readonly root: HTMLElement;
  readonly #house: LibraryHouse;
  readonly #place = element('div');
  readonly #editor = element('div', { class: 'drawer' });
  readonly #opens = newestAsking();

  constructor(house: LibraryHouse) {
    this.#house = house;
    const add = button({ class: 'button is-first' }, '新建标签');
    add.addEventListener('click', () => this.#edit(undefined));
    this.root = element(
      'div',
      {},
      element('p', { class: 'hint' }, '别名能搜到，也能在导入和填写时当标签用；分组决定筛选栏里的小标题。'),
      element('div', { class: 'actions' }, add),
      this.#editor,
      this.#place,
    );
  }

  async open(): Promise<void> {
    const isNewest = this.#opens();
    try {
      const tags = await fetchTags();
      if (!isNewest()) return; // a newer answer is there, or on its way
      this.#place.textContent = '';
      if (tags.length === 0) this.#place.append(element('p', { class: 'hint' }, '还没有标签。'));
      else this.#place.append(this.#table(tags));
    } catch (error) {
      this.#place.textContent = problemWords(error);
    }
  }

  #table(tags: readonly TagRecord[]): HTMLElement {
    const rows = tags.map((tag) => {
      const change = button(
        { class: 'button is-small is-quiet', 'aria-label': `修改标签“${tag.name}”` },
        '修改',
      );
      change.addEventListener('click', () => this.#edit(tag));
      const actions = element('span', { class: 'row-actions' }, change);
      if (tag.uses === 0) {
        actions.append(carefulButton('删除', `删除标签“${tag.name}”`, () => void this.#remove(tag)));
      }
      return row(
        element('a', { href: valueAddress('tag', tag.name) }, tag.name),
        tag.facet ?? '',
        (tag.aliases ?? []).join('、'),
        String(tag.uses),
        actions,
      );
    });
    return table('标签', ['标签', '分组', '别名', '课件数', '操作'], rows);
  }

  #edit(tag: TagRecord | undefined): void {
    const name = textField({ maxlength: '40', required: '' });
    const facet = textField({ maxlength: '40' });
    const aliases = textField();
    name.value = tag?.name ?? '';
    facet.value = tag?.facet ?? '';
    aliases.value = (tag?.aliases ?? []).join('、');
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
        'aria-label': tag === undefined ? '新建标签' : `修改标签“${tag.name}”`,
      },
      labelled('名称（必填）', name, tag === undefined ? '' : '改名后，用这个标签的课件都跟着改。'),
      labelled('分组', facet, '例如 题材、对象、产业。'),
      labelled('别名', aliases, '用顿号隔开，例如 乡土教材、本土课件。'),
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
      const wanted = name.value.trim();
      if (wanted === '') {
        failure.textContent = '请填写名称。';
        name.focus();
        return;
      }
      const facts = {
        facet: facet.value.trim() === '' ? null : facet.value.trim(),
        aliases: readNames(aliases.value),
      };
      void this.#save(tag, { name: wanted, ...facts }).catch((error: unknown) => {
        failure.textContent = problemWords(error);
      });
    });
    this.#editor.textContent = '';
    this.#editor.append(form);
    name.focus();
  }

  async #save(
    tag: TagRecord | undefined,
    body: { readonly name: string; readonly facet: string | null; readonly aliases: readonly string[] },
  ): Promise<void> {
    if (tag === undefined) await callApi(apiPath('tags'), { method: 'POST', body });
    else await callApi(apiPath('tags', tag.name), { method: 'PATCH', body });
    this.#editor.textContent = '';
    await this.open();
    this.#house.say(`已保存标签“${body.name}”。`);
  }

  async #remove({ name }: TagRecord): Promise<void> {
    const isDone = await attempt(this.#house, () => callApi(apiPath('tags', name), { method: 'DELETE' }));
    if (!isDone) return;
    await this.open();
    this.#house.say(`已删除标签“${name}”。`);
  }
}

import { button, element } from '../../controls/element.ts';
import { clockOfDay, dayWords } from '../../live/china-time.ts';
import { ApiProblem, apiPath, callApi, newestAsking } from '../api.ts';
import type { Page } from '../api.ts';
import { labelled, textField } from '../form-field.ts';
import { problemWords } from '../problem-words.ts';
import { EMPTY_QUERY, browseAddress } from '../search/search-query.ts';
import { readNames } from '../tag-text.ts';
import { row, table } from '../folding-table.ts';
import { attempt, carefulButton } from './house.ts';
import type { LibraryHouse, LibraryPart } from './house.ts';

/** Words that mean the same. */
interface SynonymRecord {
  readonly id: string;
  readonly words: readonly string[];
}

/** The groups of words that find each other. */
export class SynonymPart implements LibraryPart {
  readonly root: HTMLElement;
  readonly #house: LibraryHouse;
  readonly #words = textField({ maxlength: '400' });
  readonly #failure = element('p', { class: 'failure', role: 'alert' });
  readonly #cancel = button({ class: 'button', hidden: '' }, '取消');
  readonly #place = element('div');
  #edited: SynonymRecord | undefined;
  readonly #opens = newestAsking();

  constructor(house: LibraryHouse) {
    this.#house = house;
    const form = element(
      'form',
      { class: 'form is-framed', novalidate: '', 'aria-label': '一组同义词' },
      labelled('一组同义词', this.#words, '用顿号隔开，例如 远教、远程教育。搜其中一个，另外几个也能搜到。'),
      this.#failure,
      element(
        'div',
        { class: 'actions' },
        element('button', { type: 'submit', class: 'button is-first' }, '保存'),
        this.#cancel,
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
    this.#cancel.addEventListener('click', () => this.edit(undefined, []));
    this.root = element('div', {}, form, this.#place);
  }

  /** Puts words into the form. @param record the group they replace; undefined makes a new one */
  edit(record: SynonymRecord | undefined, words: readonly string[]): void {
    this.#edited = record;
    this.#cancel.hidden = record === undefined;
    this.#words.value = words.join('、');
    this.#failure.textContent = '';
    this.#words.focus();
  }

  async open(): Promise<void> {
    const isNewest = this.#opens();
    try {
      const { items } = await callApi<Page<SynonymRecord>>(apiPath('synonyms'));
      if (!isNewest()) return; // a newer answer is there, or on its way
      this.#place.textContent = '';
      if (items.length === 0) this.#place.append(element('p', { class: 'hint' }, '还没有同义词。'));
      else {
        const rows = items.map((record) => this.#row(record));
        this.#place.append(table('同义词', ['同义词', '操作'], rows));
      }
    } catch (error) {
      this.#place.textContent = problemWords(error);
    }
  }

  #row(record: SynonymRecord): HTMLElement {
    const words = record.words.join('、');
    const change = button({ class: 'button is-small is-quiet', 'aria-label': `修改“${words}”` }, '修改');
    change.addEventListener('click', () => this.edit(record, record.words));
    const remove = carefulButton('删除', `删除“${words}”`, () => void this.#remove(record));
    return row(words, element('span', { class: 'row-actions' }, change, remove));
  }

  async #save(): Promise<void> {
    this.#failure.textContent = '';
    const words = readNames(this.#words.value);
    if (words.length < 2) {
      this.#failure.textContent = '请写两个以上的词，用顿号隔开。';
      this.#words.focus();
      return;
    }
    try {
      const edited = this.#edited;
      if (edited === undefined) await callApi(apiPath('synonyms'), { method: 'POST', body: { words } });
      else await callApi(apiPath('synonyms', edited.id), { method: 'PUT', body: { words } });
      this.edit(undefined, []);
      await this.open();
      this.#house.say(`已保存：${words.join('、')}。现在搜索就按新的来。`);
    } catch (error) {
      this.#failure.textContent = conflictWords(error) ?? problemWords(error);
      this.#words.focus();
    }
  }

  async #remove({ id, words }: SynonymRecord): Promise<void> {
    const isDone = await attempt(this.#house, () => callApi(apiPath('synonyms', id), { method: 'DELETE' }));
    if (!isDone) return;
    await this.open();
    this.#house.say(`已删除：${words.join('、')}。`, () => void this.#putBack(words));
  }

  async #putBack(words: readonly string[]): Promise<void> {
    const isDone = await attempt(this.#house, () =>
      callApi(apiPath('synonyms'), { method: 'POST', body: { words } }),
    );
    await this.open();
    if (isDone) this.#house.say('已撤销。');
  }
}

/** Which word stands in another group already; the only conflict there can be. */
function conflictWords(error: unknown): string | undefined {
  if (!(error instanceof ApiProblem) || error.code !== 'conflict') return undefined;
  const word = /^"(.+?)"/.exec(error.faults[0]?.message ?? '')?.[1];
  return `${word === undefined ? '有的词' : `“${word}”`}已经在另一组同义词里了。请到那一组里修改。`;
}

/** A query that found nothing. */
interface MissRecord {
  readonly query: string;
  readonly times: number;
  /** Epoch milliseconds. */
  readonly lastAt: number;
  /** Items it finds by now. */
  readonly foundNow: number;
}

/** What people searched for in vain, the most frequent first: what to record next, or to call by another name. */
export class MissPart implements LibraryPart {
  readonly root = element('div');
  readonly #onSynonym: (word: string) => void;

  constructor(onSynonym: (word: string) => void) {
    this.#onSynonym = onSynonym;
  }

  async open(): Promise<void> {
    try {
      const { items } = await callApi<Page<MissRecord>>(apiPath('search', 'misses'));
      this.root.textContent = '';
      this.root.append(
        element(
          'p',
          { class: 'hint' },
          '观众搜过却一件也没有找到的词。可以补课件，也可以把它和已有的叫法设成同义词。',
        ),
      );
      if (items.length === 0) this.root.append(element('p', {}, '最近没有落空的搜索。'));
      else {
        const rows = items.map((miss) => this.#row(miss));
        this.root.append(table('落空的搜索', ['搜的词', '次数', '现在能找到', '最近一次', '操作'], rows));
      }
    } catch (error) {
      this.root.textContent = problemWords(error);
    }
  }

  #row({ query, times, lastAt, foundNow }: MissRecord): HTMLElement {
    const synonym = button(
      { class: 'button is-small is-quiet', 'aria-label': `设同义词：${query}` },
      '设同义词',
    );
    synonym.addEventListener('click', () => this.#onSynonym(query));
    const href = browseAddress({ ...EMPTY_QUERY, text: query });
    const again = element(
      'a',
      { class: 'button is-small is-quiet', href, 'aria-label': `再搜一次“${query}”` },
      '再搜一次',
    );
    return row(
      query,
      String(times),
      foundNow === 0 ? '仍然没有' : `${foundNow} 件`,
      `${dayWords(lastAt, Date.now())} ${clockOfDay(lastAt)}`,
      element('span', { class: 'row-actions' }, synonym, again),
    );
  }
}

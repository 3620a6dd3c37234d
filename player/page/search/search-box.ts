import { element } from '../../controls/element.ts';
import { apiPath, callApi } from '../api.ts';
import type { Page } from '../api.ts';
import type { SuggestionRecord } from '../library-records.ts';
import { watchAddress } from '../courseware-card.ts';
import { markedText } from './marked-text.ts';
import { valueAddress } from './search-query.ts';

const PAUSE_MS = 120;

const KIND_WORDS: Readonly<Record<SuggestionRecord['kind'], string>> = {
  tag: '标签',
  series: '系列',
  topic: '专题',
  presenter: '主讲人',
  place: '地名',
  title: '课件',
};

/** Where a suggestion leads. Pure. */
export function suggestionAddress({ kind, value }: SuggestionRecord): string {
  if (kind === 'series' || kind === 'topic') {
    return `/${kind === 'series' ? 'series' : 'topics'}/${encodeURIComponent(value)}`;
  }
  if (kind === 'title') return watchAddress(value);
  return valueAddress(kind === 'place' ? 'region' : kind, value);
}

/**
 * A search field that knows what may be meant while it is typed: words, or the initials of their pinyin. Arrows walk along
 * the suggestions, Enter takes one, Escape closes them.
 */
export class SearchBox {
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #go: (address: string) => void;
  #suggestions: readonly SuggestionRecord[] = [];
  #active = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  /**
   * @param form holds the field; the list is put below it
   * @param onSubmit is given the words when no suggestion was taken
   */
  constructor(
    form: HTMLFormElement,
    onSubmit: (text: string) => void,
    go: (address: string) => void = (address) => location.assign(address),
  ) {
    const input = form.querySelector('input');
    if (input === null) throw new Error('the search form has no field');
    this.#input = input;
    this.#go = go;
    this.#list = element('ul', { class: 'suggestions', id: `${input.id}-list`, role: 'listbox', hidden: '' });
    this.#list.setAttribute('aria-label', '你可能想找');
    for (const [name, value] of Object.entries({
      role: 'combobox',
      'aria-expanded': 'false',
      'aria-controls': this.#list.id,
      'aria-autocomplete': 'list',
    })) {
      input.setAttribute(name, value);
    }
    form.append(this.#list);
    input.addEventListener('input', () => this.#plan());
    input.addEventListener('keydown', (event) => this.#onKey(event));
    input.addEventListener('blur', () => this.#close());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#forget();
      onSubmit(input.value.trim());
    });
  }

  /** What is typed. */
  set text(text: string) {
    this.#input.value = text;
  }

  #plan(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), PAUSE_MS);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#close();
  }

  async #ask(): Promise<void> {
    this.#asking?.abort();
    const text = this.#input.value.trim();
    if (text === '') {
      this.#close();
      return;
    }
    const mine = new AbortController();
    this.#asking = mine;
    try {
      const path = `${apiPath('search', 'suggest')}?q=${encodeURIComponent(text)}`;
      const { items } = await callApi<Page<SuggestionRecord>>(path, { signal: mine.signal });
      if (!mine.signal.aborted) this.#show(items);
    } catch {
      if (!mine.signal.aborted) this.#close(); // the search itself will say what is wrong
    }
  }

  #show(items: readonly SuggestionRecord[]): void {
    this.#suggestions = document.activeElement === this.#input ? items : [];
    this.#active = -1;
    this.#list.textContent = '';
    this.#suggestions.forEach((suggestion, place) => {
      const line = element(
        'li',
        { class: 'suggestion', id: `${this.#list.id}-${place}`, role: 'option', 'aria-selected': 'false' },
        element('span', { class: 'suggestion-text' }, ...markedText(suggestion.text, suggestion.marks)),
        element('span', { class: 'suggestion-kind' }, KIND_WORDS[suggestion.kind]),
      );
      // The field keeps the focus, so that the list does not close before the click.
      line.addEventListener('mousedown', (event) => event.preventDefault());
      line.addEventListener('click', () => this.#take(suggestion));
      this.#list.append(line);
    });
    this.#setOpen(this.#suggestions.length > 0);
    this.#mark();
  }

  #setOpen(isOpen: boolean): void {
    this.#list.hidden = !isOpen;
    this.#input.setAttribute('aria-expanded', String(isOpen));
  }

  #close(): void {
    this.#suggestions = [];
    this.#active = -1;
    this.#setOpen(false);
    this.#mark();
  }

  #take(suggestion: SuggestionRecord): void {
    this.#forget();
    this.#go(suggestionAddress(suggestion));
  }

  #mark(): void {
    Array.from(this.#list.children).forEach((line, place) => {
      line.setAttribute('aria-selected', String(place === this.#active));
      if (place === this.#active) line.scrollIntoView({ block: 'nearest' });
    });
    if (this.#active < 0) this.#input.removeAttribute('aria-activedescendant');
    else this.#input.setAttribute('aria-activedescendant', `${this.#list.id}-${this.#active}`);
  }

  #onKey(event: KeyboardEvent): void {
    const count = this.#suggestions.length;
    if (event.isComposing || count === 0) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      // One place more than there are lines: the field itself.
      this.#active = ((this.#active + 1 + step + count + 1) % (count + 1)) - 1;
      this.#mark();
    } else if (event.key === 'Escape') this.#close();
    else if (event.key === 'Enter' && this.#active >= 0) {
      const chosen = this.#suggestions[this.#active];
      if (chosen !== undefined) this.#take(chosen);
    } else return;
    event.preventDefault();
  }
}

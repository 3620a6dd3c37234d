import { button, element } from '../../controls/element.ts';
import { fetchTags } from '../api.ts';
import { groupText } from '../count-text.ts';
import type { FacetValueRecord } from '../library-records.ts';
import { FACETS, FACET_WORDS, valueWords } from './facets.ts';
import type { Facet } from './facets.ts';
import { RegionTree } from './region-tree.ts';
import { isChosen, toggleValue } from './search-query.ts';
import type { SearchQuery } from './search-query.ts';

const SHOWN_VALUES = 8;
const OPEN_AT_FIRST: ReadonlySet<Facet> = new Set(['tag', 'kind', 'region', 'length', 'audience']);

/** One group of the panel: it stays while the values in it change. */
interface Group {
  readonly root: HTMLDetailsElement;
  readonly list: HTMLElement;
  isWhole: boolean;
}

/** The filters beside a result: what there is, how often, and what is chosen. */
export class FacetPanel {
  readonly #root: HTMLElement;
  readonly #onChange: (query: SearchQuery) => void;
  readonly #groups = new Map<Facet, Group>();
  readonly #labels = new Map<string, string>();
  readonly #regions: RegionTree;
  // Under which heading a tag stands.
  #headings: ReadonlyMap<string, string> = new Map();
  #query: SearchQuery | undefined;
  #facets: Readonly<Record<string, readonly FacetValueRecord[]>> = {};

  constructor(root: HTMLElement, onChange: (query: SearchQuery) => void) {
    this.#root = root;
    this.#onChange = onChange;
    this.#regions = new RegionTree((value) => this.#toggle('region', value));
    void this.#learnHeadings();
  }

  async #learnHeadings(): Promise<void> {
    const tags = await fetchTags().catch(() => []);
    this.#headings = new Map(tags.map(({ name, facet }) => [name, facet ?? '']));
    if (!this.#groups.has('tag')) return;
    const focused = this.#focusedKey();
    this.#showGroup('tag');
    if (focused !== undefined) this.#focus(focused);
  }

  /** What the server calls a value, once it has told. */
  labelOf(facet: Facet, value: string): string | undefined {
    return this.#labels.get(`${facet} ${value}`);
  }

  /** Learns what values are called, before anything is shown. */
  learn(facets: Readonly<Record<string, readonly FacetValueRecord[]>>): void {
    for (const [facet, values] of Object.entries(facets)) {
      for (const { value, label } of values) this.#labels.set(`${facet} ${value}`, label);
    }
  }

  show(query: SearchQuery, facets: Readonly<Record<string, readonly FacetValueRecord[]>>): void {
    this.#query = query;
    this.#facets = facets;
    this.learn(facets);
    const focused = this.#focusedKey();
    for (const facet of FACETS) this.#showGroup(facet);
    if (focused !== undefined) this.#focus(focused);
  }

  #focusedKey(): string | undefined {
    const here = document.activeElement;
    return here instanceof HTMLElement && this.#root.contains(here) ? here.dataset['key'] : undefined;
  }

  #focus(key: string): void {
    for (const stop of Array.from(this.#root.querySelectorAll<HTMLElement>('[data-key]'))) {
      if (stop.dataset['key'] === key) stop.focus();
    }
  }

  #showGroup(facet: Facet): void {
    const values = this.#facets[facet] ?? [];
    const known = this.#groups.get(facet);
    if (values.length === 0 && known === undefined) return;
    const group = known ?? this.#addGroup(facet);
    group.root.hidden = values.length === 0;
    if (values.some(({ selected }) => selected)) group.root.open = true;
    group.list.textContent = '';
    if (facet === 'region') this.#regions.show(group.list, values);
    else this.#showValues(facet, group, values);
  }

  #addGroup(facet: Facet): Group {
    const list = element('div', { class: 'facet-values' });
    const root = element(
      'details',
      { class: `facet is-${facet}`, ...(OPEN_AT_FIRST.has(facet) ? { open: '' } : {}) },
      element('summary', {}, FACET_WORDS[facet]),
      list,
    );
    const group = { root, list, isWhole: false };
    this.#groups.set(facet, group);
    // In the order of the list, whichever came first.
    const later = FACETS.slice(FACETS.indexOf(facet) + 1).find((other) => this.#groups.has(other));
    this.#root.insertBefore(root, later === undefined ? null : (this.#groups.get(later)?.root ?? null));
    return group;
  }

  #showValues(facet: Facet, group: Group, values: readonly FacetValueRecord[]): void {
    const inOrder =
      facet === 'month' ? byNumber(values, 1) : facet === 'year' ? byNumber(values, -1) : values;
    const isShort = facet === 'month' || values.length <= SHOWN_VALUES + 2;
    const shown = inOrder.filter(
      (value, place) => isShort || group.isWhole || place < SHOWN_VALUES || value.selected,
    );
    if (facet === 'tag') this.#showTags(group.list, shown);
    else for (const value of shown) group.list.append(this.#valueButton(facet, value));
    if (isShort) return;
    const more = button(
      { class: 'facet-more', 'data-key': `${facet} more`, 'aria-expanded': String(group.isWhole) },
      group.isWhole ? '收起' : `更多${FACET_WORDS[facet]}（${values.length - shown.length}）`,
    );
    more.addEventListener('click', () => {
      group.isWhole = !group.isWhole;
      this.#showGroup(facet);
      this.#focus(`${facet} more`);
    });
    group.list.append(more);
  }

  /** Tags under their headings, the heading of the most used tag first; without one at the end. */
  #showTags(list: HTMLElement, shown: readonly FacetValueRecord[]): void {
    const headings = shown.map(({ value }) => this.#headings.get(value) ?? '');
    const inOrder = headings.filter(
      (heading, place) => heading !== '' && headings.indexOf(heading) === place,
    );
    for (const heading of inOrder.concat('')) {
      if (inOrder.length > 0) {
        const words = heading === '' ? '其他' : heading;
        if (headings.includes(heading)) list.append(element('p', { class: 'facet-heading' }, words));
      }
      shown.forEach((value, place) => {
        if (headings[place] === heading) list.append(this.#valueButton('tag', value));
      });
    }
  }

  #valueButton(facet: Facet, { value, label, count, selected }: FacetValueRecord): HTMLElement {
    const made = button(
      { class: 'facet-value', 'aria-pressed': String(selected), 'data-key': `${facet} ${value}` },
      element('span', { class: 'facet-label' }, valueWords(facet, value, label)),
      element('span', { class: 'facet-count' }, groupText(count)),
    );
    made.addEventListener('click', () => this.#toggle(facet, value));
    return made;
  }

  #toggle(facet: Facet, value: string): void {
    const query = this.#query;
    if (query === undefined) return;
    // Of two districts, one within the other, the last one pressed is meant.
    const isNewRegion = facet === 'region' && !isChosen(query, 'region', value);
    const start = isNewRegion
      ? {
          ...query,
          chosen: { ...query.chosen, region: this.#regions.apart(value, query.chosen.region ?? []) },
        }
      : query;
    this.#onChange(toggleValue(start, facet, value));
  }
}

function byNumber(values: readonly FacetValueRecord[], way: 1 | -1): readonly FacetValueRecord[] {
  return values.slice().sort((one, other) => way * (Number(one.value) - Number(other.value)));
}

import { button, element } from '../../controls/element.ts';
import { apiPath, callApi } from '../api.ts';
import type { Page } from '../api.ts';
import { groupText } from '../count-text.ts';
import type { FacetValueRecord, RegionRecord } from '../library-records.ts';

/** The districts of the city as a tree that opens: county, town, village; each with its count. */
export class RegionTree {
  readonly #onToggle: (value: string) => void;
  readonly #open = new Set<string>();
  #regions: readonly RegionRecord[] = [];
  #asked: Promise<void> | undefined;
  #place: HTMLElement | undefined;
  #values: ReadonlyMap<string, FacetValueRecord> = new Map();

  constructor(onToggle: (value: string) => void) {
    this.#onToggle = onToggle;
  }

  /** Shows the districts that have something; the whole tree is fetched once. */
  show(place: HTMLElement, values: readonly FacetValueRecord[]): void {
    this.#place = place;
    this.#values = new Map(values.map((value) => [value.value, value]));
    this.#draw();
    if (values.length > 0) void this.#fetch();
  }

  /** Those of the chosen districts that neither hold `value` nor lie within it. */
  apart(value: string, chosen: readonly string[]): readonly string[] {
    return chosen.filter(
      (other) => !this.#chain(other).includes(value) && !this.#chain(value).includes(other),
    );
  }

  async #fetch(): Promise<void> {
    this.#asked ??= callApi<Page<RegionRecord>>(apiPath('regions')).then(({ items }) => {
      this.#regions = items;
      this.#draw();
    });
    await this.#asked.catch(() => {
      this.#asked = undefined; // asked again with the next result
    });
  }

  /** From a district up to the city. */
  #chain(value: string): readonly string[] {
    const chain: string[] = [];
    for (let id: string | null | undefined = value; typeof id === 'string' && !chain.includes(id);) {
      chain.push(id);
      const here: string = id;
      id = this.#regions.find((region) => region.id === here)?.parentId;
    }
    return chain;
  }

  #draw(): void {
    const place = this.#place;
    if (place === undefined) return;
    const focused = place.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset['key']
      : undefined;
    for (const { value, selected } of this.#values.values()) {
      if (selected) for (const above of this.#chain(value).slice(1)) this.#open.add(above);
    }
    place.textContent = '';
    const known = new Set(this.#regions.map(({ id }) => id));
    // The city itself holds everything: its counties are the top of the tree.
    const tops = this.#regions.filter(
      ({ parentId, level }) => level !== 'city' && this.#levelOf(parentId) !== 'county' && level === 'county',
    );
    const roots = tops.length > 0 ? tops : this.#regions.filter(({ parentId }) => !known.has(parentId ?? ''));
    if (roots.length === 0) {
      for (const value of this.#values.values()) place.append(this.#row(value, undefined));
    } else place.append(...this.#level(roots));
    if (focused === undefined) return;
    for (const stop of Array.from(place.querySelectorAll<HTMLElement>('[data-key]'))) {
      if (stop.dataset['key'] === focused) stop.focus();
    }
  }

  #levelOf(id: string | null | undefined): string | undefined {
    return this.#regions.find((region) => region.id === id)?.level;
  }

  #level(regions: readonly RegionRecord[]): readonly HTMLElement[] {
    const rows: HTMLElement[] = [];
    for (const region of regions) {
      const value = this.#values.get(region.id);
      if (value !== undefined && (value.count > 0 || value.selected)) rows.push(this.#row(value, region));
    }
    return rows;
  }

  #row(value: FacetValueRecord, region: RegionRecord | undefined): HTMLElement {
    const name = region?.name ?? value.label;
    const choose = button(
      {
        class: 'facet-value',
        'aria-pressed': String(value.selected),
        'data-key': `region ${value.value}`,
      },
      element('span', { class: 'facet-label' }, name),
      element('span', { class: 'facet-count' }, groupText(value.count)),
    );
    choose.addEventListener('click', () => this.#onToggle(value.value));
    const within = this.#regions.filter(
      ({ parentId, id }) => parentId === value.value && (this.#values.get(id)?.count ?? 0) > 0,
    );
    const line = element('div', { class: 'region-line' }, choose);
    const row = element('div', { class: 'region' }, line);
    if (within.length === 0) return row;
    const isOpen = this.#open.has(value.value);
    const opener = button(
      {
        class: 'region-opener',
        'aria-expanded': String(isOpen),
        'aria-label': `${name}的下级地区`,
        'data-key': `open ${value.value}`,
      },
      '',
    );
    opener.addEventListener('click', () => {
      if (!this.#open.delete(value.value)) this.#open.add(value.value);
      this.#draw();
    });
    line.prepend(opener);
    if (isOpen) row.append(element('div', { class: 'region-within' }, ...this.#level(within)));
    return row;
  }
}

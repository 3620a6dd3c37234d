import { button, element } from '../../controls/element.ts';
import { groupText } from '../count-text.ts';
import type { FacetValueRecord, RegionRecord } from '../library-records.ts';
import { regionsUnder } from '../region-list.ts';

/** The districts of the city as a tree that opens: county, town, village; each with its count. */
export class RegionTree {
  readonly #onToggle: (value: string) => void;
  readonly #open = new Set<string>();
  readonly #known = new Map<string, RegionRecord>();
  #tops: readonly RegionRecord[] = [];
  #place: HTMLElement | undefined;
  #values: ReadonlyMap<string, FacetValueRecord> = new Map();

  constructor(onToggle: (value: string) => void) {
    this.#onToggle = onToggle;
  }

  /** Shows the districts that have something; each level is fetched when it is opened. */
  show(place: HTMLElement, values: readonly FacetValueRecord[]): void {
    this.#place = place;
    this.#values = new Map(values.map((value) => [value.value, value]));
    this.#draw();
    if (values.length > 0) void this.#fetchTops();
  }

  /** Those of the chosen districts that neither hold `value` nor lie within it. */
  apart(value: string, chosen: readonly string[]): readonly string[] {
    return chosen.filter(
      (other) => !this.#chain(other).includes(value) && !this.#chain(value).includes(other),
    );
  }

  async #fetchTops(): Promise<void> {
    try {
      const roots = await this.#fetch(undefined);
      const [root] = roots;
      // A city alone at the top holds everything: its counties are what one chooses from.
      const isCity = roots.length === 1 && root?.level === 'city';
      this.#tops = isCity ? await this.#fetch(root.id) : roots;
      if (
        Array.from(this.#values.values()).some(({ value, selected }) => selected && !this.#known.has(value))
      ) {
        await Promise.all(this.#tops.filter(({ children }) => children > 0).map(({ id }) => this.#fetch(id)));
      }
      this.#draw();
    } catch {
      // The districts stay as a plain list.
    }
  }

  async #fetch(parent: string | undefined): Promise<readonly RegionRecord[]> {
    const regions = await regionsUnder(parent);
    for (const region of regions) this.#known.set(region.id, region);
    return regions;
  }

  /** From a district up to the city. */
  #chain(value: string): readonly string[] {
    const chain: string[] = [];
    let id: string | null | undefined = value;
    while (typeof id === 'string' && !chain.includes(id)) {
      chain.push(id);
      id = this.#known.get(id)?.parentId;
    }
    return chain;
  }

  #draw(): void {
    const place = this.#place;
    if (place === undefined) return;
    const here = document.activeElement;
    const focused = here instanceof HTMLElement && place.contains(here) ? here.dataset['key'] : undefined;
    const chosen = Array.from(this.#values.values()).filter(({ selected }) => selected);
    for (const { value } of chosen) for (const above of this.#chain(value).slice(1)) this.#open.add(above);
    place.textContent = '';
    if (this.#tops.length === 0) {
      for (const value of this.#values.values()) place.append(this.#row(value, undefined));
    } else {
      // A chosen village whose town is not open yet still has to be there, to be let go.
      for (const value of chosen) {
        if (!this.#known.has(value.value)) place.append(this.#row(value, undefined));
      }
      place.append(...this.#level(this.#tops));
    }
    for (const stop of Array.from(place.querySelectorAll<HTMLElement>('[data-key]'))) {
      if (focused !== undefined && stop.dataset['key'] === focused) stop.focus();
    }
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
      { class: 'facet-value', 'aria-pressed': String(value.selected), 'data-key': `region ${value.value}` },
      element('span', { class: 'facet-label' }, name),
      element('span', { class: 'facet-count' }, groupText(value.count)),
    );
    choose.addEventListener('click', () => this.#onToggle(value.value));
    const line = element('div', { class: 'region-line' }, choose);
    const row = element('div', { class: 'region' }, line);
    if (region === undefined || region.children === 0) return row;
    const isOpen = this.#open.has(region.id);
    line.prepend(this.#opener(region, isOpen));
    const within = Array.from(this.#known.values()).filter(({ parentId }) => parentId === region.id);
    if (isOpen) row.append(element('div', { class: 'region-within' }, ...this.#level(within)));
    return row;
  }

  #opener({ id, name }: RegionRecord, isOpen: boolean): HTMLElement {
    const opener = button({
      class: 'region-opener',
      'aria-expanded': String(isOpen),
      'aria-label': `${name}的下级地区`,
      'data-key': `open ${id}`,
    });
    opener.addEventListener('click', () => {
      if (this.#open.delete(id)) {
        this.#draw();
        return;
      }
      this.#open.add(id);
      this.#fetch(id)
        .then(() => this.#draw())
        .catch(() => this.#open.delete(id));
    });
    return opener;
  }
}

import { nearTags } from '../catalogue/tags.ts';
import type { Statements } from '../database/transaction.ts';
import type { Reading } from './reading.ts';
import { shown } from './reading.ts';

/** A category or region, found by any of the ways it is written in tables. */
interface Place {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  /** False of what was merged or renamed: it is found by its code, not by its name. */
  readonly isCurrent: boolean;
  readonly parentId: string | undefined;
}

/** What the cells of a table may refer to, as it stands in the database. */
export interface TableReferences {
  /** A tag by its name or an alias. */
  tag(name: string): Reading<string>;
  /** A category's code, by code, name, or `名称（代码）`. */
  category(text: string): Reading<string>;
  /** A region's id, by code, name, name after those it lies in, or `名称（代码）`. */
  region(text: string): Reading<string>;
  /** A category as it is written in tables: `种植技术（A0101）`. */
  categoryText(code: string): string;
  /** A region as it is written in tables: `石璜镇（330683102）`. */
  regionText(id: string): string;
  /** The names of all tags. */
  readonly tags: readonly string[];
  readonly categories: readonly string[];
}

/** Reads all that tables may refer to. */
export async function tableReferences(statements: Statements): Promise<TableReferences> {
  const tags = await statements.rows<{ name: string; tag: string }>(
    `SELECT name, name AS tag FROM tag UNION ALL SELECT alias AS name, tag FROM tag_alias`,
  );
  const order = await statements.rows<{ name: string }>('SELECT name FROM tag ORDER BY rank, name');
  const categories = await statements.rows<{ code: string; name: string; parent_code: string | null }>(
    'SELECT code, name, parent_code FROM category ORDER BY rank, code',
  );
  const regions = await statements.rows<{
    id: string;
    code: string;
    name: string;
    parent_id: string | null;
    valid_to: string | null;
    successor_id: string | null;
  }>('SELECT id, code, name, parent_id, valid_to, successor_id FROM region ORDER BY path');
  const tagNames = order.map(({ name }) => name);
  const tagOf = new Map(tags.map(({ name, tag }) => [folded(name), tag]));
  const categoryPlaces = new Places(
    '分类',
    categories.map(({ code, name, parent_code }) => ({
      id: code,
      code,
      name,
      isCurrent: true,
      parentId: parent_code ?? undefined,
    })),
  );
  const regionPlaces = new Places(
    '地区',
    regions.map(({ id, code, name, parent_id, valid_to }) => ({
      id,
      code,
      name,
      isCurrent: valid_to === null,
      parentId: parent_id ?? undefined,
    })),
  );
  return {
    tags: tagNames,
    categories: categories.map(({ code }) => categoryPlaces.text(code)),
    tag(name) {
      const found = tagOf.get(folded(name));
      if (found !== undefined) return { value: found };
      const near = nearTags(name, tagNames);
      const advice = near.length > 0 ? `是不是指 ${near.join('、')}？` : `现有：${tagNames.join('、')}。`;
      return { problem: `没有标签“${shown(name)}”；${advice}如需新标签，请先在“标签”里添加` };
    },
    category: (text) => categoryPlaces.find(text),
    region: (text) => regionPlaces.find(text),
    categoryText: (code) => categoryPlaces.text(code),
    regionText: (id) => regionPlaces.text(id),
  };
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, '');
}

/** A tree of places that are written by name, by code, or both. */
class Places {
  readonly #what: string;
  readonly #byId: ReadonlyMap<string, Place>;
  readonly #byCode = new Map<string, Place[]>();
  readonly #byName = new Map<string, Place[]>();

  constructor(what: string, places: readonly Place[]) {
    this.#what = what;
    this.#byId = new Map(places.map((place) => [place.id, place]));
    for (const place of places) {
      add(this.#byCode, folded(place.code), place);
      if (place.isCurrent) for (const name of this.#namesOf(place)) add(this.#byName, name, place);
    }
  }

  find(text: string): Reading<string> {
    const [, , inBrackets] = /^(.*)[（(]([^（）()]+)[）)]$/.exec(text) ?? [];
    for (const code of inBrackets === undefined ? [text] : [inBrackets, text]) {
      const found = this.#byId.get(code) ?? this.#ofCode(code);
      if (found !== undefined) return { value: found.id };
    }
    const named = this.#byName.get(folded(text).replaceAll(/[/>·]/g, '')) ?? [];
    const [only] = named;
    if (only !== undefined && named.length === 1) return { value: only.id };
    if (named.length > 1) {
      const choices = named.slice(0, 5).map((place) => `${this.#pathOf(place).join('')}（${place.code}）`);
      return { problem: `“${shown(text)}”有 ${named.length} 个；请写明是哪一个，如 ${choices.join('、')}` };
    }
    const near = nearTags(
      text,
      [...this.#byId.values()].map(({ name }) => name),
    ).slice(0, 3);
    const advice = near.length > 0 ? `是不是指 ${near.join('、')}？` : `请写名称或代码。`;
    return { problem: `没有${this.#what}“${shown(text)}”；${advice}` };
  }

  text(id: string): string {
    const place = this.#byId.get(id);
    if (place === undefined) return id;
    const isFoundByCode = this.#ofCode(place.code)?.id === id;
    return `${place.name}（${isFoundByCode ? place.code : place.id}）`;
  }

  /** Where a code was given twice in the course of time, the one that holds now. */
  #ofCode(code: string): Place | undefined {
    const places = this.#byCode.get(folded(code)) ?? [];
    return places.find(({ isCurrent }) => isCurrent) ?? places.at(-1);
  }

  #pathOf(place: Place): readonly string[] {
    const names = [place.name];
    let above = place.parentId === undefined ? undefined : this.#byId.get(place.parentId);
    while (above !== undefined && names.length < 8) {
      names.unshift(above.name);
      above = above.parentId === undefined ? undefined : this.#byId.get(above.parentId);
    }
    return names;
  }

  /** `石璜镇`, `嵊州市石璜镇`, `绍兴市嵊州市石璜镇`. */
  #namesOf(place: Place): readonly string[] {
    const path = this.#pathOf(place);
    return path.map((_, index) => folded(path.slice(index).join('')));
  }
}

function add(places: Map<string, Place[]>, name: string, place: Place): void {
  const known = places.get(name);
  if (known === undefined) places.set(name, [place]);
  else known.push(place);
}

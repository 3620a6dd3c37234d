import { element } from '../../controls/element.ts';
import { apiPath, callApi, fetchTags } from '../api.ts';
import type { Page } from '../api.ts';
import { groupText } from '../count-text.ts';
import type { SearchRecord, SuggestionRecord } from '../library-records.ts';
import { suggestionAddress } from './search-box.ts';
import { browseAddress, valueAddress } from './search-query.ts';
import type { Condition, SearchQuery } from './search-query.ts';

const SHOWN_NEAR = 6;
const TRIED_CONDITIONS = 5;

/** How a query is put to the API. */
export type SearchPath = (query: SearchQuery, limit: number) => string;

/**
 * Fills the place of an empty result with ways out: each condition that could go and how much there is without it, names
 * near to what was typed, and tags in use.
 */
export async function showEmptyHelp(
  place: HTMLElement,
  query: SearchQuery,
  conditions: readonly Condition[],
  pathOf: SearchPath,
  signal: AbortSignal,
): Promise<void> {
  place.textContent = '';
  place.append(element('p', { class: 'empty-title' }, emptyWords(query, conditions)));
  place.hidden = false;
  const [fewer, near, tags] = await Promise.all([
    withoutOne(conditions, pathOf, signal),
    nearNames(query.text, signal),
    usedTags(),
  ]);
  if (signal.aborted) return;
  if (fewer.length > 0) place.append(element('h2', {}, '放宽条件'), element('ul', {}, ...fewer));
  if (near.length > 0) place.append(element('h2', {}, '相近的名称'), chips(near));
  if (fewer.length === 0 && query.text !== '') {
    place.append(
      element('h2', {}, '换个说法'),
      element(
        'ul',
        {},
        element('li', {}, '用更短的词，例如把“杨梅大棚栽培技术”换成“杨梅 栽培”。'),
        element('li', {}, '试试拼音首字母，例如 xtkj。'),
        element('li', {}, '这次没有找到的词已经记下，资料员会补充同义词或课件。'),
      ),
    );
  }
  if (tags.length > 0) place.append(element('h2', {}, '从标签找起'), chips(tags));
}

function emptyWords({ text }: SearchQuery, conditions: readonly Condition[]): string {
  if (conditions.length === 0) return '还没有发布的课件。';
  if (text === '') return '没有同时符合这些条件的课件。';
  return conditions.length > 1
    ? `在所选条件下，没有找到与“${text}”有关的课件。`
    : `没有找到与“${text}”有关的课件。`;
}

async function withoutOne(
  conditions: readonly Condition[],
  pathOf: SearchPath,
  signal: AbortSignal,
): Promise<readonly HTMLElement[]> {
  if (conditions.length < 2) return [];
  const tried = await Promise.all(
    conditions.slice(0, TRIED_CONDITIONS).map(async (condition) => {
      try {
        const { total } = await callApi<SearchRecord>(pathOf(condition.rest, 1), { signal });
        return { condition, total };
      } catch {
        return { condition, total: 0 };
      }
    }),
  );
  return tried
    .filter(({ total }) => total > 0)
    .map(({ condition: { name, words, rest }, total }) =>
      element(
        'li',
        {},
        element('a', { href: browseAddress(rest) }, `去掉${name}“${words}”：${groupText(total)} 件`),
      ),
    );
}

async function nearNames(text: string, signal: AbortSignal): Promise<readonly HTMLElement[]> {
  const near = new Map<string, HTMLElement>();
  for (const part of partsOf(text)) {
    if (near.size > 0) break;
    try {
      const path = `${apiPath('search', 'suggest')}?q=${encodeURIComponent(part)}`;
      const { items } = await callApi<Page<SuggestionRecord>>(path, { signal });
      for (const item of items) near.set(item.text, chip(item.text, suggestionAddress(item)));
    } catch {
      break;
    }
  }
  return Array.from(near.values()).slice(0, SHOWN_NEAR);
}

/** What was typed, then shorter and shorter pieces of it, down to what still means something. Pure. */
export function partsOf(text: string): readonly string[] {
  if (text === '') return [];
  const isLatin = /^[\x20-\x7e]+$/.test(text);
  const least = isLatin ? 3 : 2;
  const parts = [text, ...text.split(/\s+/)];
  for (let length = text.length - 1; length >= least && parts.length < 8; length -= 1) {
    parts.push(text.slice(0, length));
    if (!isLatin) parts.push(text.slice(-length));
  }
  return parts.filter((part, place) => parts.indexOf(part) === place);
}

async function usedTags(): Promise<readonly HTMLElement[]> {
  const tags = await fetchTags().catch(() => []);
  return tags
    .filter(({ uses }) => uses > 0)
    .slice(0, 12)
    .map(({ name }) => chip(name, valueAddress('tag', name)));
}

function chip(words: string, href: string): HTMLElement {
  return element('a', { class: 'chip', href }, words);
}

function chips(made: readonly HTMLElement[]): HTMLElement {
  return element('div', { class: 'chips' }, ...made);
}

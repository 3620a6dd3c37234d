import { element } from '../../controls/element.ts';
import { queryParams } from './search-query.ts';
import type { SearchQuery } from './search-query.ts';

/** A list as a file or a feed: for a spreadsheet, a reader of news, a player. */
export interface Takeaway {
  readonly words: string;
  readonly hint: string;
  readonly href: string;
}

/** Where the list of a query can be had in other forms. Pure. */
export function takeawaysOf(query: SearchQuery): readonly Takeaway[] {
  const search = queryParams(query).toString();
  const asked = search === '' ? '' : `?${search}`;
  return [
    { words: '导出表格', hint: 'Excel 表格', href: `/api/v1/exports/courseware.xlsx${asked}` },
    { words: '订阅更新', hint: 'Atom，有新课件会自动收到', href: `/feeds/courseware.atom${asked}` },
    { words: '播放列表', hint: 'M3U，用 VLC 或电视盒连续播放', href: `/feeds/courseware.m3u${asked}` },
  ];
}

/** Shows them below the list. */
export function showTakeaways(place: HTMLElement, query: SearchQuery): void {
  place.textContent = '';
  place.append(element('span', { class: 'takeaway-title' }, '带走这份列表'));
  for (const { words, hint, href } of takeawaysOf(query)) {
    place.append(element('a', { class: 'button is-small', href, title: hint }, words));
  }
  place.hidden = false;
}

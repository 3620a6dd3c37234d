import { element } from '../../controls/element.ts';
import { isSignedIn } from '../session.ts';
import { WEEK_MS, queryParams } from './search-query.ts';
import type { SearchQuery } from './search-query.ts';

/** A list as a file or a feed: for a spreadsheet, a reader of news, a player. */
export interface Takeaway {
  readonly words: string;
  readonly hint: string;
  readonly href: string;
}

/** The filters of which the server keeps a list of its own. */
const LISTED = ['tag', 'series', 'topic', 'kind'] as const;

/** The list's own name in addresses, such as `tag/%E4%B9%A1%E5%9C%9F`; undefined when it is put together here. Pure. */
function listName({ text, chosen, since }: SearchQuery): string | undefined {
  const all = Object.entries(chosen).filter(([, values]) => values.length > 0);
  const [first] = all;
  if (text !== '' || since !== '') return undefined;
  if (first === undefined) return 'newest';
  const [facet, [value, ...others]] = first as [string, readonly [string, ...string[]]];
  const isListed = LISTED.some((kind) => kind === facet) && all.length === 1 && others.length === 0;
  return isListed ? `${facet}/${encodeURIComponent(value)}` : undefined;
}

/**
 * Where the list of a query can be had in other forms. Pure.
 *
 * @param isAdmin whether it may be had as a table
 * @param nowMs from when a week is counted back
 */
export function takeawaysOf(query: SearchQuery, isAdmin: boolean, nowMs: number): readonly Takeaway[] {
  const params = queryParams({ ...query, sort: undefined });
  if (query.since === 'week') params.set('since', String(nowMs - WEEK_MS));
  const search = params.toString();
  const name = listName(query);
  const asked = search === '' ? '' : `?${search}`;
  const feed = name === undefined ? `/feeds/search.atom${asked}` : `/feeds/${name}.atom`;
  const playlist = name === undefined ? `/playlists/search.m3u${asked}` : `/playlists/${name}.m3u`;
  const table = `/api/v1/exports/search.xlsx${asked}`;
  return [
    ...(isAdmin ? [{ words: '导出表格', hint: 'Excel 表格', href: table }] : []),
    { words: '订阅更新', hint: 'Atom，有新课件会自动收到', href: feed },
    { words: '播放列表', hint: 'M3U，用 VLC 或电视盒连续播放', href: playlist },
  ];
}

/** Shows them below the list. */
export async function showTakeaways(place: HTMLElement, query: SearchQuery): Promise<void> {
  const isAdmin = await isSignedIn();
  place.textContent = '';
  place.append(element('span', { class: 'takeaway-title' }, '带走这份列表'));
  for (const { words, hint, href } of takeawaysOf(query, isAdmin, Date.now())) {
    place.append(element('a', { class: 'button is-small', href, title: hint }, words));
  }
  place.hidden = false;
}

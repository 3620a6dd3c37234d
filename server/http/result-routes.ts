import type { Courseware } from '../catalogue/courseware.ts';
import type { ExportDesk } from '../exchange/export-desk.ts';
import { TABLE_TYPES } from '../exchange/export-table.ts';
import { atomFeed } from '../harvest/feed.ts';
import { m3uOf } from '../harvest/m3u.ts';
import { SITE_NAME } from '../harvest/public-site.ts';
import type { Search, SearchQuery } from '../search/search.ts';
import type { SiteOfRequest } from './public-origin.ts';
import { route, type Route } from './route.ts';
import { sendTable, tableFormat } from './table-reply.ts';
import { searchQuery, searchQueryOf } from './search-wire.ts';
import { sendText } from './text-reply.ts';

/** What the routes of results need of the rest. */
export interface ResultRoutesOptions {
  readonly search: Search;
  readonly exports: ExportDesk;
  readonly siteOf: SiteOfRequest;
}

const PAGE = 100;
/** A feed tells what is new; a playlist is what one plays. */
const FEED_ITEMS = 50;
const PLAYLIST_ITEMS = 1000;

const query = searchQuery.omit({ after: true, limit: true, publication: true });

/** What a search finds, to take along: as a feed, a playlist or a table. The list grows and shrinks with what is found. */
export function resultRoutes({ search, exports, siteOf }: ResultRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/feeds/search.atom',
      action: 'catalogue.harvest',
      summary: 'What a search finds as an Atom feed',
      query,
      replies: { 200: { description: 'The newest 50.', contentType: 'application/atom+xml' } },
      async handle({ query: asked, request, response }) {
        const items = await found(search, { ...searchQueryOf(asked), sort: 'newest' }, FEED_ITEMS);
        const text = atomFeed(
          {
            ref: { kind: 'search', key: new URL(request.url ?? '', 'http://localhost').search },
            title: `${titleOf(asked.q)} · ${SITE_NAME}`,
            description: '',
            items,
            updatedAt: Math.max(0, ...items.map((item) => item.updatedAt)),
            query: '',
            nextQuery: undefined,
          },
          siteOf(request),
        );
        await sendText(request, response, { contentType: 'application/atom+xml; charset=utf-8', text });
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/playlists/search.m3u',
      action: 'catalogue.harvest',
      summary: 'What a search finds for VLC and set-top boxes',
      query,
      replies: { 200: { description: 'At most 1000.', contentType: 'audio/x-mpegurl' } },
      async handle({ query: asked, request, response }) {
        const items = await found(search, searchQueryOf(asked), PLAYLIST_ITEMS);
        const text = m3uOf(titleOf(asked.q), items, siteOf(request));
        await sendText(request, response, { contentType: 'audio/x-mpegurl; charset=utf-8', text });
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/exports/search.{format}',
      action: 'courseware.export',
      summary: 'What a search finds as a table',
      description: 'In the order of the search; an import reads it back without any change.',
      params: tableFormat,
      query,
      replies: { 200: { description: 'The table.', contentType: TABLE_TYPES.xlsx } },
      refuses: ['table-too-large'],
      async handle({ params: { format }, query: asked, response }) {
        const bytes = await exports.tableOf(format, () => found(search, searchQueryOf(asked), Infinity));
        return sendTable(response, format, bytes, { plain: 'search', shown: titleOf(asked.q) });
      },
    }),
  ];
}

function titleOf(words: string | undefined): string {
  return words === undefined || words === '' ? '课件列表' : `搜索：${words}`;
}

async function found(search: Search, asked: SearchQuery, most: number): Promise<readonly Courseware[]> {
  const items: Courseware[] = [];
  let after: string | undefined;
  do {
    const limit = Math.min(PAGE, most - items.length);
    const page = await search.find({ ...asked, limit, ...(after !== undefined && { after }) });
    items.push(...page.items.map(({ courseware }) => courseware));
    after = page.next;
  } while (after !== undefined && items.length < most);
  return items;
}

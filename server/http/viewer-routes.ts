import { z } from 'zod';

import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Favourites } from '../catalogue/favourites.ts';
import { MAX_LIST_ITEMS, type SavedList, type SavedLists } from '../catalogue/saved-lists.ts';
import type { Uses } from '../catalogue/uses.ts';
import { defined } from './defined.ts';
import { aboutCourseware, route, type Route } from './route.ts';
import type { ViewerCookie } from './viewer-cookie.ts';
import * as wire from './wire.ts';

/** What viewers keep and what they are counted by. */
export interface ViewerRoutesOptions {
  readonly catalogue: Catalogue;
  readonly uses: Uses;
  readonly favourites: Favourites;
  readonly lists: SavedLists;
  readonly viewers: ViewerCookie;
}

const playInput = z
  .strictObject({ id: z.uuid().describe('Fresh for every start; said again, it counts once.') })
  .meta({ id: 'PlayInput' });

const savedList = z
  .object({
    id: wire.coursewareId,
    title: z.string(),
    count: z.number().int().describe('Of the items everybody may watch.'),
    isMine: z.boolean(),
    updatedAt: wire.epochMs,
  })
  .meta({ id: 'SavedList' });
const wholeList = savedList.extend({ items: z.array(wire.courseware) }).meta({ id: 'SavedListWithItems' });
const listInput = z
  .strictObject({
    title: z.string().min(1).max(100),
    items: z.array(wire.coursewareId).max(MAX_LIST_ITEMS).describe('Ids of courseware, in their order.'),
  })
  .meta({ id: 'SavedListInput' });

const favouriteQuery = z.strictObject({
  after: wire.pageMark(80),
  limit: wire.pageSize(100),
});

const isFavourite = z.object({ isFavourite: z.boolean() }).meta({ id: 'IsFavourite' });

const COOKIE = 'A browser is known again by the cookie `yj-viewer`; nobody signs in.';

/** Plays, favourites and lists of viewers who did not sign in. */
export function viewerRoutes(options: ViewerRoutesOptions): readonly Route[] {
  const { catalogue, uses, favourites, viewers } = options;
  const subject = async ({ params }: { readonly params: { readonly id: string } }) =>
    aboutCourseware(await catalogue.get(params.id));
  const usesReply = { 200: { description: 'How often it was used.', schema: wire.uses } };
  return [
    route({
      method: 'POST',
      path: '/api/v1/courseware/{id}/plays',
      action: 'courseware.play',
      summary: 'Count that somebody has begun to watch',
      description: `Counts a play, and a view for a viewer’s first play of the day. ${COOKIE}`,
      params: wire.idParams,
      subject,
      body: playInput,
      replies: usesReply,
      refuses: ['not-found'],
      async handle({ params, body, request, response }) {
        const viewer = viewers.require(request, response);
        const counted = await uses.play({ playId: body.id, coursewareId: params.id, viewer });
        return { status: 200, body: counted };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/favourite',
      action: 'courseware.play',
      summary: 'Whether this viewer keeps an item',
      params: wire.idParams,
      subject,
      replies: { 200: { description: 'Whether.', schema: isFavourite } },
      refuses: ['not-found'],
      async handle({ params, request }) {
        const viewer = viewers.find(request);
        const isKept = viewer !== undefined && (await favourites.has(viewer, params.id));
        return { status: 200, body: { isFavourite: isKept } };
      },
    }),
    ...(['PUT', 'DELETE'] as const).map((method) =>
      route({
        method,
        path: '/api/v1/courseware/{id}/favourite',
        action: 'courseware.play',
        summary: method === 'PUT' ? 'Keep an item among one’s favourites' : 'Let a favourite go',
        description: COOKIE,
        params: wire.idParams,
        subject,
        replies: usesReply,
        refuses: ['not-found', 'conflict'],
        async handle({ params, request, response }) {
          const viewer = viewers.require(request, response);
          return { status: 200, body: await favourites.set(viewer, params.id, method === 'PUT') };
        },
      }),
    ),
    route({
      method: 'GET',
      path: '/api/v1/favourites',
      action: 'viewer.keep',
      summary: 'What this viewer keeps, the latest first',
      query: favouriteQuery,
      replies: { 200: { description: 'A page.', schema: wire.coursewarePage } },
      async handle({ query, request, principal }) {
        const viewer = viewers.find(request);
        const page = viewer === undefined ? undefined : await favourites.list(viewer, defined(query));
        const items = (page?.items ?? []).map((item) => wire.coursewareOf(item, principal));
        return { status: 200, body: { items, next: page?.next ?? null } };
      },
    }),
    ...listRoutes(options),
  ];
}

const shown = (list: SavedList, viewer: string | undefined): z.infer<typeof savedList> => ({
  id: list.id,
  title: list.title,
  count: list.itemCount,
  isMine: list.owner === viewer,
  updatedAt: list.updatedAt,
});

function listRoutes({ lists, viewers }: ViewerRoutesOptions): readonly Route[] {
  const path = '/api/v1/lists';
  return [
    route({
      method: 'GET',
      path,
      action: 'viewer.keep',
      summary: 'The lists of this viewer, the one changed last first',
      replies: {
        200: {
          description: 'All of them.',
          schema: z.object({ items: z.array(savedList) }).meta({ id: 'SavedLists' }),
        },
      },
      async handle({ request }) {
        const viewer = viewers.find(request);
        const mine = viewer === undefined ? [] : await lists.list(viewer);
        return { status: 200, body: { items: mine.map((list) => shown(list, viewer)) } };
      },
    }),
    route({
      method: 'POST',
      path,
      action: 'viewer.keep',
      summary: 'Make a list',
      description: COOKIE,
      body: listInput,
      replies: { 201: { description: 'The list.', schema: savedList } },
      refuses: ['conflict'],
      async handle({ body, request, response }) {
        const viewer = viewers.require(request, response);
        const list = await lists.create(viewer, body);
        return { status: 201, body: shown(list, viewer), headers: { Location: `${path}/${list.id}` } };
      },
    }),
    route({
      method: 'GET',
      path: `${path}/{id}`,
      action: 'viewer.keep',
      summary: 'A list, for whoever knows its address',
      params: wire.idParams,
      replies: { 200: { description: 'The list.', schema: wholeList } },
      refuses: ['not-found'],
      async handle({ params, request, principal }) {
        const { items, ...list } = await lists.get(params.id);
        return {
          status: 200,
          body: {
            ...shown(list, viewers.find(request)),
            items: items.map((item) => wire.coursewareOf(item, principal)),
          },
        };
      },
    }),
    route({
      method: 'PUT',
      path: `${path}/{id}`,
      action: 'viewer.keep',
      summary: 'Change a list of one’s own',
      params: wire.idParams,
      body: listInput,
      replies: { 200: { description: 'The list.', schema: savedList } },
      refuses: ['not-found'],
      async handle({ params, body, request }) {
        const viewer = viewers.find(request) ?? '';
        return { status: 200, body: shown(await lists.replace(viewer, params.id, body), viewer) };
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/{id}`,
      action: 'viewer.keep',
      summary: 'Remove a list of one’s own',
      params: wire.idParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found'],
      async handle({ params, request }) {
        await lists.remove(viewers.find(request) ?? '', params.id);
        return { status: 204 };
      },
    }),
  ];
}

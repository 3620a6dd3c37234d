import { z } from 'zod';

import type { Foundation } from '../foundation.ts';
import { collectionOf, collectionRoutes, seriesShape, topicShape } from './collection-routes.ts';
import { aboutCourseware, route, type Route } from './route.ts';
import type { ViewerCookie } from './viewer-cookie.ts';
import { viewerRoutes } from './viewer-routes.ts';
import { vocabularyRoutes } from './vocabulary-routes.ts';
import * as wire from './wire.ts';

const portal = z
  .object({
    topics: z.array(topicShape).describe('Those whose time it is.'),
    series: z.array(seriesShape),
    newest: z.array(wire.courseware).describe('The latest published.'),
    newThisWeek: z.array(wire.courseware).describe('Those of the newest that are at most seven days old.'),
    totals: z.object({ items: z.number().int(), seconds: z.number() }).describe('Everything published.'),
  })
  .meta({ id: 'Portal' });

/** The library around its items: series, topics, words, what viewers keep, and its front. */
export function libraryRoutes(
  { catalogue, series, topics, vocabulary, uses, favourites, lists }: Foundation,
  viewers: ViewerCookie,
): readonly Route[] {
  return [
    ...collectionRoutes(series),
    ...collectionRoutes(topics),
    ...vocabularyRoutes(vocabulary),
    ...viewerRoutes({ catalogue, uses, favourites, lists, viewers }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/related',
      action: 'courseware.play',
      summary: 'What whoever watched this may want next',
      params: wire.idParams,
      subject: async ({ params }) => aboutCourseware(await catalogue.get(params.id)),
      replies: { 200: { description: 'The nearest first.', schema: wire.coursewarePage } },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        const items = await catalogue.related(params.id);
        return {
          status: 200,
          body: { items: items.map((item) => wire.coursewareOf(item, principal)), next: null },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/portal',
      action: 'collection.list',
      summary: 'The front of the library, as everybody sees it',
      replies: { 200: { description: 'The front.', schema: portal } },
      async handle({ principal }) {
        const front = await catalogue.portal();
        const shown = (items: typeof front.newest) => items.map((item) => wire.coursewareOf(item, principal));
        return {
          status: 200,
          body: {
            topics: front.topics.map((found) => collectionOf('topic', found)),
            series: front.series.map((found) => collectionOf('series', found)),
            newest: shown(front.newest),
            newThisWeek: shown(front.newThisWeek),
            totals: front.totals,
          },
        };
      },
    }),
  ];
}

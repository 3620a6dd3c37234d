import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Search } from '../search/search.ts';
import type { SearchDesk } from '../search/search-desk.ts';
import { aboutCourseware, route, type Route } from './route.ts';
import * as wire from './search-wire.ts';
import { idParams } from './wire.ts';

/** What the routes of the search need of the rest. */
export interface SearchRoutesOptions {
  readonly catalogue: Pick<Catalogue, 'get'>;
  readonly search: Search;
  readonly desk: SearchDesk;
}

/** Looking for courseware, browsing it, and what a librarian does about it. */
export function searchRoutes({ catalogue, search, desk }: SearchRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/search',
      action: 'courseware.list',
      summary: 'Find courseware, or browse it',
      description:
        'With counts of every facet: each leaves its own filter out, so that one sees what else there is; tags are added to ' +
        'each other.',
      query: wire.searchQuery,
      subject: ({ query }) => ({ publication: query.publication ?? 'published' }),
      replies: { 200: { description: 'A page.', schema: wire.searchPage } },
      async handle({ query, principal }) {
        const page = await search.find(wire.searchQueryOf(query));
        return { status: 200, body: wire.searchPageOf(page, principal) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/search/suggest',
      action: 'courseware.list',
      summary: 'What somebody may be about to type',
      description: 'Tags, series, topics, presenters and places by text, initials or pinyin; then titles.',
      query: wire.suggestQuery,
      subject: () => ({ publication: 'published' }),
      replies: { 200: { description: 'The likeliest first.', schema: wire.suggestionPage } },
      async handle({ query }) {
        return { status: 200, body: { items: await search.suggest(query.q ?? '', query.limit) } };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/moments',
      action: 'courseware.read',
      summary: 'Where in a lecture something is said',
      params: idParams,
      query: wire.momentQuery,
      subject: async ({ params }) => aboutCourseware(await catalogue.get(params.id)),
      replies: {
        200: { description: 'In the order of the lecture, at most 100.', schema: wire.momentPage },
      },
      refuses: ['not-found'],
      async handle({ params, query }) {
        const item = await catalogue.get(params.id);
        return { status: 200, body: { items: await search.moments(item, query.q ?? '') } };
      },
    }),
    ...deskRoutes(desk),
  ];
}

function deskRoutes(desk: SearchDesk): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/search/misses',
      action: 'search.tend',
      summary: 'Queries that found nothing, the most frequent first',
      replies: { 200: { description: 'At most 100.', schema: wire.missPage } },
      async handle() {
        return { status: 200, body: { items: await desk.misses() } };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/synonyms',
      action: 'search.tend',
      summary: 'List the groups of words that mean the same',
      replies: { 200: { description: 'All groups.', schema: wire.synonymPage } },
      async handle() {
        return { status: 200, body: { items: await desk.synonyms() } };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/synonyms',
      action: 'search.tend',
      summary: 'Add a group of words that mean the same',
      body: wire.synonymInput,
      replies: { 201: { description: 'The group.', schema: wire.synonymGroup } },
      refuses: ['conflict'],
      async handle({ body }) {
        const group = await desk.saveSynonyms(body.words);
        return { status: 201, body: group, headers: { Location: `/api/v1/synonyms/${group.id}` } };
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/synonyms/{id}',
      action: 'search.tend',
      summary: 'Replace a group of words that mean the same, or add it under this id',
      params: wire.synonymParams,
      body: wire.synonymInput,
      replies: { 200: { description: 'The group.', schema: wire.synonymGroup } },
      refuses: ['conflict'],
      async handle({ params, body }) {
        return { status: 200, body: await desk.saveSynonyms(body.words, params.id) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/synonyms/{id}',
      action: 'search.tend',
      summary: 'Remove a group of synonyms',
      params: wire.synonymParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found'],
      async handle({ params }) {
        await desk.removeSynonyms(params.id);
        return { status: 204 };
      },
    }),
  ];
}

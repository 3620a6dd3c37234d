import { z } from 'zod';

import { actorName, type Principal } from '../accounts/access.ts';
import { TOPIC_STATES, type CollectionFields, type CollectionKind } from '../catalogue/collection-input.ts';
import type { Collection } from '../catalogue/collection-rows.ts';
import { MAX_MEMBERS, type Collections } from '../catalogue/collections.ts';
import { revisionOf } from './conditional.ts';
import { defined } from './defined.ts';
import { route, type Reply, type Route } from './route.ts';
import * as wire from './wire.ts';

const collectionShape = {
  id: wire.coursewareId,
  title: z.string(),
  description: z.string(),
  rank: z.number().int().describe('Small numbers come first.'),
  itemCount: z.number().int().describe('Of the items you may see.'),
  seconds: z.number(),
  posterUrl: z.string().nullable().describe('Of its first item that has one.'),
  createdAt: wire.epochMs,
  updatedAt: wire.epochMs,
  revision: z.number().int().describe('Also the ETag.'),
};

export const seriesShape = z.object(collectionShape).meta({ id: 'Series' });
export const topicShape = z
  .object({
    ...collectionShape,
    audience: z.string().nullable(),
    opensOn: wire.day.nullable(),
    closesOn: wire.day.nullable(),
    state: z.enum(TOPIC_STATES).describe('Everybody sees an open one, from its first day to its last.'),
  })
  .meta({ id: 'Topic', description: 'A topic of study (学习专题).' });

const seriesFields = {
  title: z.string().min(1).max(100),
  description: z.string().max(5000).optional(),
  rank: z.number().int().min(0).max(1_000_000).optional(),
};
const topicFields = {
  ...seriesFields,
  audience: z.string().min(1).max(100).nullable().optional(),
  opensOn: wire.day.nullable().optional(),
  closesOn: wire.day.nullable().optional(),
  state: z.enum(TOPIC_STATES).optional(),
};

/** How each kind is shown and written. */
const KINDS = {
  series: {
    path: '/api/v1/series',
    one: 'series',
    shape: seriesShape,
    page: z.object({ items: z.array(seriesShape) }).meta({ id: 'SeriesList' }),
    input: z.strictObject(seriesFields).meta({ id: 'SeriesInput' }),
    patch: z
      .strictObject({ ...seriesFields, title: seriesFields.title.optional() })
      .meta({ id: 'SeriesPatch' }),
  },
  topic: {
    path: '/api/v1/topics',
    one: 'topic',
    shape: topicShape,
    page: z.object({ items: z.array(topicShape) }).meta({ id: 'TopicList' }),
    input: z.strictObject(topicFields).meta({ id: 'TopicInput' }),
    patch: z.strictObject({ ...topicFields, title: topicFields.title.optional() }).meta({ id: 'TopicPatch' }),
  },
} as const;

const memberInput = z
  .strictObject({ items: z.array(wire.coursewareId).max(MAX_MEMBERS) })
  .meta({ id: 'CollectionItems', description: 'Ids of courseware: exactly these, in this order.' });

const memberQuery = z.strictObject({
  after: wire.pageMark(60),
  limit: wire.pageSize(50),
});

const IF_MATCH = { 'If-Match': 'The revision the change is based on, as in the ETag.' };

/** A series or a topic as the API shows it. */
export function collectionOf(
  kind: CollectionKind,
  given: Collection,
): z.infer<typeof topicShape> | z.infer<typeof seriesShape> {
  const { cover, audience, opensOn, closesOn, state, ...rest } = given;
  const shown = {
    ...rest,
    posterUrl: cover === undefined ? null : wire.objectUrl(cover.generation, cover.poster),
  };
  return kind === 'series'
    ? shown
    : { ...shown, audience: audience ?? null, opensOn: opensOn ?? null, closesOn: closesOn ?? null, state };
}

/** What somebody may see of collections. */
const viewOf = (principal: Principal): { readonly onlyPublic: boolean } => ({
  onlyPublic: principal.kind === 'anonymous',
});

/** The routes of series, or of topics. */
export function collectionRoutes(collections: Collections): readonly Route[] {
  const { kind } = collections;
  const { path, one, shape, page, input, patch } = KINDS[kind];
  const oneReply = { description: `The ${one}.`, schema: shape };
  const reply = (found: Collection, status = 200): Reply => ({
    status,
    body: collectionOf(kind, found),
    headers: { ETag: `"${found.revision}"`, ...(status === 201 && { Location: `${path}/${found.id}` }) },
  });
  return [
    route({
      method: 'GET',
      path,
      action: 'collection.list',
      summary: `List all ${kind === 'series' ? 'series' : 'topics'}, by rank`,
      description: 'Who has not signed in gets those of which something may be watched.',
      replies: { 200: { description: 'All of them.', schema: page } },
      async handle({ principal }) {
        const all = await collections.list(viewOf(principal));
        return { status: 200, body: { items: all.map((found) => collectionOf(kind, found)) } };
      },
    }),
    route({
      method: 'POST',
      path,
      action: 'collection.edit',
      summary: `Add a ${one}`,
      body: input,
      replies: { 201: oneReply },
      refuses: ['conflict'],
      async handle({ body, principal }) {
        const fields = defined(body) as CollectionFields & { readonly title: string };
        return reply(await collections.as(actorName(principal)).create(fields), 201);
      },
    }),
    route({
      method: 'GET',
      path: `${path}/{id}`,
      action: 'collection.list',
      summary: `Read one ${one}`,
      params: wire.idParams,
      replies: { 200: oneReply },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        return reply(await collections.get(params.id, viewOf(principal)));
      },
    }),
    route({
      method: 'PATCH',
      path: `${path}/{id}`,
      action: 'collection.edit',
      summary: `Change what is written about a ${one}`,
      params: wire.idParams,
      headers: IF_MATCH,
      body: patch,
      replies: { 200: oneReply },
      refuses: ['not-found', 'conflict', 'revision-mismatch'],
      async handle({ params, body, principal, request }) {
        const revision = revisionOf(request.headers['if-match']);
        const fields = defined(body) as CollectionFields;
        return reply(await collections.as(actorName(principal)).change(params.id, fields, revision));
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/{id}`,
      action: 'collection.edit',
      summary: `Remove a ${one}; its items stay`,
      params: wire.idParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        await collections.as(actorName(principal)).remove(params.id);
        return { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: `${path}/{id}/items`,
      action: 'collection.list',
      summary: `What is in a ${one}, in its order`,
      params: wire.idParams,
      query: memberQuery,
      replies: { 200: { description: 'A page.', schema: wire.coursewarePage } },
      refuses: ['not-found'],
      async handle({ params, query, principal }) {
        const { items, next } = await collections.items(params.id, {
          ...defined(query),
          ...viewOf(principal),
        });
        return {
          status: 200,
          body: { items: items.map((item) => wire.coursewareOf(item, principal)), next: next ?? null },
        };
      },
    }),
    route({
      method: 'PUT',
      path: `${path}/{id}/items`,
      action: 'collection.edit',
      summary: `Make exactly these items, in this order, what is in a ${one}`,
      params: wire.idParams,
      headers: IF_MATCH,
      body: memberInput,
      replies: { 200: oneReply },
      refuses: ['not-found', 'revision-mismatch'],
      async handle({ params, body, principal, request }) {
        const revision = revisionOf(request.headers['if-match']);
        return reply(await collections.as(actorName(principal)).setItems(params.id, body.items, revision));
      },
    }),
    route({
      method: 'GET',
      path: `${path}/{id}/history`,
      action: 'collection.edit',
      summary: `What happened to a ${one}, oldest first`,
      params: wire.idParams,
      replies: { 200: { description: 'Every change.', schema: wire.historyPage } },
      async handle({ params }) {
        return { status: 200, body: { items: (await collections.history(params.id)).map(defined) } };
      },
    }),
  ];
}

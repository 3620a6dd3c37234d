import type { ShownSlide } from '../../player/index.ts';
import type { z } from 'zod';

import { actorName } from '../accounts/access.ts';
import type { CaptionDesk } from '../captions/caption-desk.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import type { SignedPaths } from '../edge/signed-paths.ts';
import { RequestError } from '../errors.ts';
import { captionUrl } from './caption-delivery.ts';
import { chapterRoutes } from './chapter-routes.ts';
import { revisionOf } from './conditional.ts';
import { defined } from './defined.ts';
import { aboutCourseware, route, type Reply, type Route } from './route.ts';
import * as wire from './wire.ts';

/** What the routes about courseware need of the rest. */
export interface CoursewareRoutesOptions {
  readonly catalogue: Catalogue;
  readonly captions: Pick<CaptionDesk, 'onAir'>;
  /** What players are given leads through edges. */
  readonly signedPaths: Pick<SignedPaths, 'sign'>;
  /** The slides that were shown in the class whose recording an item is. */
  readonly slidesOf: (coursewareId: string) => Promise<readonly ShownSlide[]>;
  /** Called when somebody decided who may see what. */
  readonly onPublicationMoved: () => void;
  /** Called with what a removed item leaves in the store. */
  readonly onRemoved: (leftovers: Awaited<ReturnType<Catalogue['remove']>>) => void;
}

const IF_MATCH = { 'If-Match': 'The revision the change is based on, as in the ETag.' };
const oneItem = { description: 'The item.', schema: wire.courseware };

/** Everything about courseware but its making. */
export function coursewareRoutes(options: CoursewareRoutesOptions): readonly Route[] {
  const { catalogue } = options;
  const subject = async ({ params }: { readonly params: { readonly id: string } }) =>
    aboutCourseware(await catalogue.get(params.id));

  return [
    route({
      method: 'GET',
      path: '/api/v1/courseware',
      action: 'courseware.list',
      summary: 'List courseware, newest first',
      description: 'Who has not signed in gets the published items.',
      query: wire.coursewareQuery,
      subject: ({ query, principal }) => ({
        publication: query.publication ?? (principal.kind === 'anonymous' ? 'published' : undefined),
      }),
      replies: { 200: { description: 'A page.', schema: wire.coursewarePage } },
      async handle({ query, principal }) {
        const isAnonymous = principal.kind === 'anonymous';
        const { items, next } = await catalogue.list(
          defined({ ...query, publication: isAnonymous ? 'published' : query.publication }),
        );
        return {
          status: 200,
          body: { items: items.map((item) => wire.coursewareOf(item, principal)), next: next ?? null },
        };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/courseware',
      action: 'courseware.create',
      summary: 'Add a draft',
      isRepeatable: true,
      body: wire.coursewareInput,
      replies: { 201: oneItem },
      refuses: ['unknown-tag', 'conflict'],
      async handle({ body, principal, repeatable }) {
        const created = await catalogue.as(actorName(principal)).create(inputOf(body), repeatable);
        return itemReply(created, principal, 201);
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}',
      action: 'courseware.read',
      summary: 'Read one item',
      params: wire.idParams,
      subject,
      replies: { 200: oneItem },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        return itemReply(await catalogue.get(params.id), principal);
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/courseware/{id}',
      action: 'courseware.edit',
      summary: 'Change what is written about an item',
      params: wire.idParams,
      headers: IF_MATCH,
      body: wire.coursewarePatch,
      replies: { 200: oneItem },
      refuses: ['not-found', 'unknown-tag', 'conflict', 'revision-mismatch'],
      async handle({ params, body, principal, request }) {
        const revision = revisionOf(request.headers['if-match']);
        const changed = await catalogue.as(actorName(principal)).update(params.id, inputOf(body), revision);
        return itemReply(changed, principal);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/courseware/{id}',
      action: 'courseware.remove',
      summary: 'Remove a draft and all its media',
      params: wire.idParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found', 'conflict'],
      async handle({ params, principal }) {
        options.onRemoved(await catalogue.as(actorName(principal)).remove(params.id));
        return { status: 204 };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/courseware/{id}/publication',
      action: 'courseware.publish',
      summary: 'Move an item through its publication',
      params: wire.idParams,
      body: wire.publicationInput,
      replies: { 200: oneItem },
      refuses: ['not-found', 'invalid-move', 'not-publishable'],
      async handle({ params, body, principal }) {
        const moved = await catalogue.as(actorName(principal)).move(params.id, body.to, body.reason);
        options.onPublicationMoved();
        return itemReply(moved, principal);
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/playback',
      action: 'courseware.play',
      summary: 'What a player needs to play an item',
      params: wire.idParams,
      subject,
      replies: { 200: { description: 'The descriptor.', schema: wire.playback } },
      refuses: ['not-found', 'not-playable-yet'],
      async handle({ params }) {
        const { id, title, kind, current } = await catalogue.get(params.id);
        const generation = current?.generation;
        if (
          current === undefined ||
          generation === undefined ||
          !(current.isPlayable || current.production === 'ready')
        ) {
          throw new RequestError('not-playable-yet', `Courseware ${id} has nothing to play yet.`, {
            retryAfterSeconds: 5,
          });
        }
        const { chapters } = await catalogue.chapters(id);
        const slides = kind === 'live_replay' ? await options.slidesOf(id) : [];
        return {
          status: 200,
          body: {
            coursewareId: id,
            title,
            playlistUrl: options.signedPaths.sign(wire.playlistUrl(generation)),
            extent: current.production === 'ready' ? 'complete' : 'growing',
            duration: current.duration ?? 0,
            captions: (await options.captions.onAir(id)).map(({ language, label, edition }) => ({
              language,
              label,
              url: captionUrl(generation, edition),
            })),
            chapters,
            ...(slides.length > 0 && { slides }),
            ...(current.storyboard !== undefined && {
              storyboardUrl: wire.objectUrl(generation, current.storyboard),
            }),
          },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/history',
      action: 'courseware.read-history',
      summary: 'What happened to an item, oldest first',
      params: wire.idParams,
      replies: { 200: { description: 'Every change.', schema: wire.historyPage } },
      refuses: ['not-found'],
      async handle({ params }) {
        return { status: 200, body: { items: (await catalogue.history(params.id)).map(defined) } };
      },
    }),
    ...chapterRoutes(catalogue),
  ];
}

function itemReply(
  item: Courseware,
  principal: Parameters<typeof wire.coursewareOf>[1],
  status = 200,
): Reply {
  return {
    status,
    body: wire.coursewareOf(item, principal),
    headers: {
      ETag: `"${item.revision}"`,
      ...(status === 201 && { Location: `/api/v1/courseware/${item.id}` }),
    },
  };
}

/** What was sent, as the catalogue takes it. */
function inputOf<Body extends z.infer<typeof wire.coursewarePatch>>(body: Body) {
  const { rights, ...rest } = body;
  return {
    ...defined(rest),
    ...(rights !== undefined && { rights: rights === null ? null : defined(rights) }),
  };
}

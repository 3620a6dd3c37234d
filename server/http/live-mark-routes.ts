import { pipeline } from 'node:stream/promises';

import { actorName } from '../accounts/access.ts';
import type { ClassBook } from '../live/class-book.ts';
import type { ClassPictures } from '../live/class-pictures.ts';
import { aboutLiveClass, isAnnounced } from '../live/live-class.ts';
import { MOST_PICTURE_BYTES } from '../live/picture-file.ts';
import { isUnchanged } from './conditional.ts';
import * as live from './live-wire.ts';
import { route, type Route } from './route.ts';
import { sendText } from './text-reply.ts';

/** What the routes of marks and slides need of the rest. */
export interface LiveMarkRoutesOptions {
  readonly classes: ClassBook;
  readonly pictures: ClassPictures;
}

const PATH = '/api/v1/live-classes/{id}';
const PICTURE = { description: 'A JPEG, PNG or WebP file.', limitBytes: MOST_PICTURE_BYTES };

/** The routes of what happens in a class: sections, chapters, slides and notices, and the pictures that are shown. */
export function liveMarkRoutes(options: LiveMarkRoutesOptions): readonly Route[] {
  return [...markRoutes(options), ...slideRoutes(options), ...pictureRoutes(options)];
}

const subjectOf =
  (classes: ClassBook) =>
  async ({ params }: { readonly params: { readonly id: string } }) =>
    aboutLiveClass(await classes.get(params.id));

function markRoutes({ classes }: LiveMarkRoutesOptions): readonly Route[] {
  const oneMark = { description: 'The mark.', schema: live.mark };
  return [
    route({
      method: 'GET',
      path: `${PATH}/marks`,
      action: 'live.read',
      summary: 'The marks of a class, by time',
      params: live.liveParams,
      query: live.markQuery,
      subject: subjectOf(classes),
      replies: { 200: { description: 'All of them, or all of a kind.', schema: live.markPage } },
      refuses: ['not-found'],
      async handle({ params, query }) {
        const { id } = await classes.get(params.id);
        const marks = await classes.marks.list(id, query.kind);
        return { status: 200, body: { items: marks.map((mark) => live.markOf(id, mark)) } };
      },
    }),
    route({
      method: 'POST',
      path: `${PATH}/marks`,
      action: 'live.operate',
      summary: 'Mark a moment of a class',
      isRepeatable: true,
      params: live.liveParams,
      body: live.markInput,
      replies: { 201: oneMark },
      refuses: ['not-found', 'conflict'],
      async handle({ params, body, principal, repeatable }) {
        const { id } = await classes.get(params.id);
        const mark = await classes.as(actorName(principal)).marks.add(id, body, repeatable);
        return { status: 201, body: live.markOf(id, mark) };
      },
    }),
    route({
      method: 'POST',
      path: `${PATH}/notices`,
      action: 'live.operate',
      summary: 'Tell everybody who watches something, now',
      isRepeatable: true,
      params: live.liveParams,
      body: live.noticeInput,
      replies: { 201: oneMark },
      refuses: ['not-found', 'conflict'],
      async handle({ params, body, principal, repeatable }) {
        const { id } = await classes.get(params.id);
        const notice = { kind: 'notice', ...body } as const;
        const mark = await classes.as(actorName(principal)).marks.add(id, notice, repeatable);
        return { status: 201, body: live.markOf(id, mark) };
      },
    }),
    route({
      method: 'PATCH',
      path: `${PATH}/marks/{markId}`,
      action: 'live.operate',
      summary: 'Correct a mark',
      params: live.markParams,
      body: live.markPatch,
      replies: { 200: oneMark },
      refuses: ['not-found'],
      async handle({ params, body, principal }) {
        const { id } = await classes.get(params.id);
        const mark = await classes.as(actorName(principal)).marks.edit(id, params.markId, body);
        return { status: 200, body: live.markOf(id, mark) };
      },
    }),
    route({
      method: 'DELETE',
      path: `${PATH}/marks/{markId}`,
      action: 'live.operate',
      summary: 'Take a mark away; a notice is no longer shown',
      params: live.markParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        await classes.as(actorName(principal)).marks.remove(params.id, params.markId);
        return { status: 204 };
      },
    }),
  ];
}

function slideRoutes({ classes, pictures }: LiveMarkRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${PATH}/slides`,
      action: 'live.operate',
      summary: 'The slides that can be shown',
      params: live.liveParams,
      replies: { 200: { description: 'In their order.', schema: live.slidePage } },
      refuses: ['not-found'],
      async handle({ params }) {
        const { id } = await classes.get(params.id);
        const slides = await classes.slides.list(id);
        return { status: 200, body: { items: slides.map((slide) => live.slideOf(id, slide)) } };
      },
    }),
    route({
      method: 'POST',
      path: `${PATH}/slides`,
      action: 'live.operate',
      summary: 'Add a slide behind the others, and show it at once if that is wanted',
      isRepeatable: true,
      params: live.liveParams,
      query: live.slideQuery,
      file: PICTURE,
      replies: { 201: { description: 'The slide.', schema: live.slide } },
      refuses: ['not-found', 'conflict', 'invalid-input', 'store-full', 'store-unavailable'],
      async handle({ params, query, bytes, principal, repeatable }) {
        const { id } = await classes.get(params.id);
        const actor = actorName(principal);
        const { title } = query;
        const slide = await pictures.addSlide(actor, id, { bytes, title }, repeatable);
        if (query.show === 'true') {
          // A making of its own: a request that was broken off between the two is shown when it is repeated, and once.
          const showing = repeatable && { ...repeatable, key: `${repeatable.key} show` };
          await classes.as(actor).marks.add(id, { kind: 'slide', slideId: slide.id }, showing);
        }
        return { status: 201, body: live.slideOf(id, slide) };
      },
    }),
    route({
      method: 'DELETE',
      path: `${PATH}/slides/{slideId}`,
      action: 'live.operate',
      summary: 'Take a slide out, and every moment it was shown at',
      params: live.slideParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        await pictures.removeSlide(actorName(principal), params.id, params.slideId);
        return { status: 204 };
      },
    }),
    ...(['PUT', 'DELETE'] as const).map((method) =>
      route({
        method,
        path: `${PATH}/slate`,
        action: 'live.operate',
        summary: method === 'PUT' ? 'Give a class a slate of its own' : 'Show the page’s own slate again',
        params: live.liveParams,
        ...(method === 'PUT' && { file: PICTURE }),
        replies: { 200: { description: 'The class.', schema: live.liveClass } },
        refuses: ['not-found', 'invalid-input', 'store-full', 'store-unavailable'],
        async handle({ params, bytes, principal }) {
          const picture = method === 'PUT' ? bytes : undefined;
          const item = await pictures.setSlate(actorName(principal), params.id, picture);
          return { status: 200, body: live.liveClassOf(item, principal) };
        },
      }),
    ),
  ];
}

/** Below `/live/`, where edges keep what they have fetched once. */
function pictureRoutes({ classes, pictures }: LiveMarkRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/live/class/{id}/slides.json',
      action: 'live.read',
      summary: 'Which slide is shown from when on',
      description: 'A plain array, for pages that go back in a class or in its recording.',
      params: live.liveParams,
      subject: subjectOf(classes),
      replies: { 200: { description: 'In order.', schema: live.shownSlides } },
      refuses: ['not-found'],
      async handle({ params, request, response }) {
        const found = await classes.get(params.id);
        const shown = await classes.marks.list(found.id, 'slide');
        await sendText(request, response, {
          contentType: 'application/json; charset=utf-8',
          text: JSON.stringify(shown.map((mark) => live.shownSlideOf(found.id, mark))),
          isPublic: isAnnounced(found),
        });
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/live/class/{id}/images/{name}',
      action: 'live.read',
      summary: 'A picture of a class: a slide or its slate',
      params: live.imageParams,
      subject: subjectOf(classes),
      replies: { 200: { description: 'The picture; it never changes.', contentType: 'image/*' } },
      refuses: ['not-found', 'store-unavailable'],
      async handle({ params, request, response }) {
        const found = await classes.get(params.id);
        const { object, contentType } = await pictures.open(found, params.name);
        const isPublic = isAnnounced(found);
        const etag = `"${params.name}"`;
        response.setHeader(
          'Cache-Control',
          `${isPublic ? 'public' : 'private'}, max-age=31536000, immutable`,
        );
        response.setHeader('ETag', etag);
        if (!isPublic) response.setHeader('Vary', 'Cookie, Authorization');
        if (isUnchanged(request.headers, etag) || request.method === 'HEAD') {
          object.body.destroy();
          const status = request.method === 'HEAD' ? 200 : 304;
          response.writeHead(status, { 'Content-Type': contentType }).end();
          return 'sent' as const;
        }
        response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': object.sizeBytes });
        await pipeline(object.body, response);
        return 'sent' as const;
      },
    }),
  ];
}

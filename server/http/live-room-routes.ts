import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { AccessSubject } from '../accounts/access.ts';
import { AskingThrottle } from '../live/room/asking-throttle.ts';
import type { Room } from '../live/room/room.ts';
import { isUnchanged } from './conditional.ts';
import * as shape from './live-room-wire.ts';
import { route, type Reply, type Route } from './route.ts';
import { SharedCache } from './shared-cache.ts';
import type { ViewerCookie } from './viewer-cookie.ts';

/** What viewers of a live class do in its room. */
export interface LiveRoomRoutesOptions {
  readonly room: Room;
  readonly viewers: ViewerCookie;
  /** The address that a request comes from. */
  readonly addressOf: (request: IncomingMessage) => string;
}

const PATH = '/api/v1/live-classes/{id}';
const COOKIE = 'A browser is known again by the cookie `yj-viewer`; nobody signs in.';
/** As the class's own small document: fresh within moments, and any cache may give the last one while the origin is away. */
const PUBLIC_LIFETIME = 'public, max-age=2, stale-while-revalidate=10, stale-if-error=60';
const PUBLIC_TTL_MS = 1000;

/** What the table of rights goes by, of the class that a call is about. */
export function aboutRoom(
  room: Room,
): (call: { readonly params: { readonly id: string } }) => Promise<AccessSubject> {
  return async ({ params }) => {
    const { isAnnounced, state } = await room.class(params.id);
    return { live: { isAnnounced, state } };
  };
}

/** Presence, questions, raised hands and receipts of viewers, and what the whole class sees. */
export function liveRoomRoutes({ room, viewers, addressOf }: LiveRoomRoutesOptions): readonly Route[] {
  const throttle = new AskingThrottle();
  const subject = aboutRoom(room);
  return [
    route({
      method: 'POST',
      path: `${PATH}/presence`,
      action: 'live.take-part',
      summary: 'Tell what was played of a live class',
      description:
        `Every 15 to 30 seconds. Answered when it is on disk; told twice it counts once. ${COOKIE} ` +
        'It can tell of no more than could have been watched since the beat before.',
      params: shape.classParams,
      subject,
      body: shape.beatInput,
      replies: { 200: { description: 'It is on disk.', schema: shape.beatReply } },
      refuses: ['not-found', 'busy'],
      async handle({ params, body, request, response }) {
        const viewer = viewers.require(request, response);
        const played = body.played.map(({ from, to }) => ({ fromMs: from, toMs: to }));
        const { isCounted, watchedMs, nextBeatMs } = await room.beat(params.id, viewer, played);
        return {
          status: 200,
          body: {
            isCounted,
            watchedSeconds: watchedMs / 1000,
            nextBeatSeconds: nextBeatMs === undefined ? null : nextBeatMs / 1000,
          },
        };
      },
    }),
    route({
      method: 'POST',
      path: `${PATH}/questions`,
      action: 'live.take-part',
      summary: 'Ask the lecturer, or raise a hand',
      description: `Goes to the operator alone; the class sees what was answered. ${COOKIE}`,
      params: shape.classParams,
      subject,
      body: shape.questionInput,
      replies: { 201: { description: 'It waits for the operator.', schema: shape.question } },
      refuses: ['not-found', 'invalid-input', 'conflict', 'room-closed', 'asked-too-often', 'queue-full'],
      async handle({ params, body, request, response }) {
        throttle.admit(addressOf(request));
        const viewer = viewers.require(request, response);
        return { status: 201, body: shape.questionOf(await room.ask(params.id, viewer, body)) };
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/questions/mine`,
      action: 'live.take-part',
      summary: 'What this viewer has asked, the latest first, and what became of it',
      params: shape.classParams,
      subject,
      replies: { 200: { description: 'At most 50.', schema: shape.questions } },
      refuses: ['not-found'],
      async handle({ params, request }) {
        const viewer = viewers.find(request);
        const asked = viewer === undefined ? [] : await room.asked(params.id, viewer);
        return { status: 200, body: { items: asked.map(shape.questionOf) } };
      },
    }),
    route({
      method: 'DELETE',
      path: `${PATH}/questions/{question}`,
      action: 'live.take-part',
      summary: 'Take one’s own question back, or lower one’s hand',
      params: shape.questionParams,
      subject,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found', 'invalid-move'],
      async handle({ params, request }) {
        await room.takeBack(params.id, viewers.find(request) ?? '', params.question);
        return { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/receipts/mine`,
      action: 'live.take-part',
      summary: 'This viewer’s receipt (收看回执)',
      params: shape.classParams,
      subject,
      replies: { 200: { description: 'It, or null.', schema: shape.ownReceipt } },
      refuses: ['not-found'],
      async handle({ params, request }) {
        const viewer = viewers.find(request);
        const found = viewer === undefined ? undefined : await room.receiptOf(params.id, viewer);
        return { status: 200, body: { receipt: found === undefined ? null : shape.receiptOf(found) } };
      },
    }),
    route({
      method: 'PUT',
      path: `${PATH}/receipts/mine`,
      action: 'live.take-part',
      summary: 'Acknowledge a class, for oneself or for a hall with its head-count',
      description: `From the announcement until a day after the end; the latest counts. ${COOKIE}`,
      params: shape.classParams,
      subject,
      body: shape.receiptInput,
      replies: { 200: { description: 'It is on disk.', schema: shape.receipt } },
      refuses: ['not-found', 'invalid-input', 'room-closed'],
      async handle({ params, body, request, response }) {
        const viewer = viewers.require(request, response);
        return { status: 200, body: shape.receiptOf(await room.acknowledge(params.id, viewer, body)) };
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/halls`,
      action: 'live.take-part',
      summary: 'Expected halls whose names contain a text, to choose one’s own from',
      params: shape.classParams,
      query: shape.hallQuery,
      subject,
      replies: { 200: { description: 'The shortest names first.', schema: shape.matchingHalls } },
      refuses: ['not-found'],
      async handle({ params, query }) {
        return { status: 200, body: { halls: await room.matchingHalls(params.id, query.text ?? '') } };
      },
    }),
    publicRoute(room),
  ];
}

function publicRoute(room: Room): Route {
  const texts = new SharedCache<{ readonly bytes: Buffer; readonly etag: string }>({
    maxBytes: 8 * 2 ** 20,
    keeping: ({ bytes }) => ({ sizeBytes: bytes.length, ttlMs: PUBLIC_TTL_MS }),
  });
  const load = async (id: string): Promise<{ readonly bytes: Buffer; readonly etag: string }> => {
    const bytes = Buffer.from(JSON.stringify(shape.publicRoomOf(await room.publicRoom(id))));
    return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
  };
  return route({
    method: 'GET',
    path: '/live/class/{id}/room.json',
    action: 'live.read',
    summary: 'What the whole class sees: notices and answered questions',
    description: 'The same for everybody and made for caches; nobody has to be known for it.',
    params: shape.classParams,
    subject: aboutRoom(room),
    replies: { 200: { description: 'The room.', schema: shape.publicRoom } },
    refuses: ['not-found'],
    async handle({ params, request, response }): Promise<Reply> {
      const { bytes, etag } = await texts.get(params.id, () => load(params.id));
      const { isAnnounced } = await room.class(params.id);
      response.setHeader('Cache-Control', isAnnounced ? PUBLIC_LIFETIME : 'no-store');
      response.setHeader('ETag', etag);
      if (isUnchanged(request.headers, etag)) {
        response.writeHead(304).end();
        return 'sent';
      }
      response.writeHead(200, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': bytes.length,
      });
      response.end(request.method === 'HEAD' ? undefined : bytes);
      return 'sent';
    },
  });
}

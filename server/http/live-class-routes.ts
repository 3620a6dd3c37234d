import type { IncomingMessage } from 'node:http';

import { actorName, type Principal } from '../accounts/access.ts';
import { RequestError } from '../errors.ts';
import type { ClassBook } from '../live/class-book.ts';
import type { NewLiveClass } from '../live/class-planning.ts';
import type { LiveClassFields } from '../live/live-class-input.ts';
import type { ClassLeftovers } from '../live/live-class-writing.ts';
import type { MoveFacts } from '../live/live-class-moves.ts';
import { aboutLiveClass, type LiveClass, type LiveClassState } from '../live/live-class.ts';
import { revisionOf } from './conditional.ts';
import { defined } from './defined.ts';
import * as live from './live-wire.ts';
import { route, type Reply, type Route } from './route.ts';
import { historyPage } from './wire.ts';

/** What the routes of live classes need of the rest. */
export interface LiveClassRoutesOptions {
  readonly classes: ClassBook;
  /** Carries out a move that an operator asks for; by default it is only written down. */
  readonly move?: (actor: string, id: string, to: LiveClassState, facts: MoveFacts) => Promise<LiveClass>;
  /** Cleans up after a class that was removed. */
  readonly onRemoved: (leftovers: ClassLeftovers) => void;
  /** Where encoders send to, such as `rtmp://yuanjiao.example.cn:1935/live`. Default: nowhere. */
  readonly ingestServers?: (request: IncomingMessage) => readonly string[];
}

const PATH = '/api/v1/live-classes';
const IF_MATCH = { 'If-Match': 'The revision the change is based on, as in the ETag.' };
const ONE = { description: 'The class.', schema: live.liveClass };

/** What may be asked of a class, and where it then stands. */
const MOVES = {
  schedule: {
    to: 'scheduled',
    does: 'Give a class its place in the timetable, or take back that it was announced',
  },
  announce: { to: 'announced', does: 'Tell everybody of a class' },
  postpone: { to: 'postponed', does: 'Put a class off, to a new time if one is given' },
  cancel: { to: 'cancelled', does: 'Cancel a class' },
  rehearse: { to: 'rehearsing', does: 'Begin a rehearsal, which only operators see' },
  start: { to: 'on_air', does: 'Put a class on the air' },
  end: { to: 'ended', does: 'End a class for good' },
  archive: { to: 'archived', does: 'Put a class away that needs nothing more' },
} as const satisfies Readonly<Record<string, { readonly to: LiveClassState; readonly does: string }>>;

/** On the air it is the operator's business, before and after it the office's. */
const OPERATED: ReadonlySet<LiveClassState> = new Set(['rehearsing', 'on_air', 'ended']);

const viewOf = ({ kind }: Principal): { readonly onlyPublic: boolean } => ({
  onlyPublic: kind === 'anonymous',
});

const reply = (found: LiveClass, principal: Principal, status = 200): Reply => ({
  status,
  body: live.liveClassOf(found, principal),
  headers: { ETag: `"${found.revision}"`, ...(status === 201 && { Location: `${PATH}/${found.id}` }) },
});

/** The routes of live classes: the timetable, the moves, the keys. */
export function liveClassRoutes(options: LiveClassRoutesOptions): readonly Route[] {
  return [...timetableRoutes(options), ...moveRoutes(options), ...keyRoutes(options)];
}

function timetableRoutes({ classes, onRemoved }: LiveClassRoutesOptions): readonly Route[] {
  const subject = async ({ params }: { readonly params: { readonly id: string } }) =>
    aboutLiveClass(await classes.get(params.id));
  return [
    route({
      method: 'GET',
      path: PATH,
      action: 'live.list',
      summary: 'The timetable, by the time of beginning; what is past backwards',
      description: 'Who has not signed in gets what was announced.',
      query: live.liveListQuery,
      replies: { 200: { description: 'A page.', schema: live.liveClassPage } },
      async handle({ query, principal }) {
        const { items, next } = await classes.list({ ...defined(query), ...viewOf(principal) });
        return {
          status: 200,
          body: { items: items.map((found) => live.liveClassOf(found, principal)), next: next ?? null },
        };
      },
    }),
    route({
      method: 'POST',
      path: PATH,
      action: 'live.manage',
      summary: 'Plan a class, or all classes of a recurrence',
      isRepeatable: true,
      body: live.liveClassInput,
      replies: { 201: { description: 'The first of them.', schema: live.liveClass } },
      refuses: ['not-found', 'conflict', 'timetable-overlap'],
      async handle({ body, principal, repeatable }) {
        const made = await classes.as(actorName(principal)).create(newClassOf(body), repeatable);
        return reply(made, principal, 201);
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/{id}`,
      action: 'live.read',
      summary: 'Read one class',
      params: live.liveParams,
      subject,
      replies: { 200: ONE },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        return reply(await classes.get(params.id), principal);
      },
    }),
    route({
      method: 'PATCH',
      path: `${PATH}/{id}`,
      action: 'live.manage',
      summary: 'Change what is written about a class, or about it and all that follow it',
      params: live.liveParams,
      query: live.scopeQuery,
      headers: IF_MATCH,
      body: live.liveClassPatch,
      replies: { 200: ONE },
      refuses: ['not-found', 'conflict', 'invalid-move', 'timetable-overlap', 'revision-mismatch'],
      async handle({ params, query, body, principal, request }) {
        const expectedRevision = revisionOf(request.headers['if-match']);
        const changed = await classes
          .as(actorName(principal))
          .change(params.id, defined(body) as LiveClassFields, {
            expectedRevision,
            scope: query.scope ?? 'one',
          });
        return reply(changed, principal);
      },
    }),
    route({
      method: 'DELETE',
      path: `${PATH}/{id}`,
      action: 'live.manage',
      summary: 'Remove a class that nobody was told of, or that was cancelled',
      params: live.liveParams,
      query: live.scopeQuery,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found', 'conflict'],
      async handle({ params, query, principal }) {
        const own = classes.as(actorName(principal));
        if (query.scope === 'following') (await own.removeFollowing(params.id)).forEach(onRemoved);
        else onRemoved(await own.remove(params.id));
        return { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/{id}/history`,
      action: 'live.manage',
      summary: 'What happened to a class, oldest first',
      params: live.liveParams,
      replies: { 200: { description: 'Every change.', schema: historyPage } },
      async handle({ params }) {
        return { status: 200, body: { items: (await classes.history(params.id)).map(defined) } };
      },
    }),
  ];
}

function moveRoutes({ classes, move }: LiveClassRoutesOptions): readonly Route[] {
  const carryOut: NonNullable<LiveClassRoutesOptions['move']> =
    move ?? ((actor, id, to, facts) => classes.as(actor).move(id, to, facts));
  return Object.entries(MOVES).map(([verb, { to, does }]) =>
    route({
      method: 'POST',
      path: `${PATH}/{id}/${verb}`,
      action: OPERATED.has(to) ? 'live.operate' : 'live.manage',
      summary: does,
      params: live.liveParams,
      query: live.scopeQuery,
      body: live.moveInput.optional(),
      replies: { 200: ONE },
      refuses: ['not-found', 'invalid-move', 'timetable-overlap'],
      async handle({ params, query, body = {}, principal }) {
        const actor = actorName(principal);
        if (query.scope !== 'following') return reply(await carryOut(actor, params.id, to, body), principal);
        refuseTogether(to, body);
        const { reason, announcement } = body;
        const moved = await classes.as(actor).moveFollowing(params.id, to, { reason, announcement });
        return reply(moved[0] as LiveClass, principal);
      },
    }),
  );
}

function keyRoutes({ classes, ingestServers = () => [] }: LiveClassRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${PATH}/{id}/keys`,
      action: 'live.operate',
      summary: 'Which stream keys a class has',
      params: live.liveParams,
      replies: { 200: { description: 'Without the keys themselves.', schema: live.issuedKeys } },
      refuses: ['not-found'],
      async handle({ params }) {
        return { status: 200, body: { items: await classes.keys(params.id) } };
      },
    }),
    route({
      method: 'POST',
      path: `${PATH}/{id}/keys/{role}`,
      action: 'live.operate',
      summary: 'Make a stream key, in place of the one before',
      description:
        'A key is shown once. Asked again with the same Idempotency-Key, it stays in force and is not shown again.',
      isRepeatable: true,
      params: live.keyParams,
      replies: { 201: { description: 'The key, this once.', schema: live.newKey } },
      refuses: ['not-found', 'invalid-move', 'conflict'],
      async handle({ params, principal, repeatable, request }) {
        const key = await classes.as(actorName(principal)).issueKey(params.id, params.role, repeatable);
        return { status: 201, body: { role: params.role, key, servers: ingestServers(request) } };
      },
    }),
    route({
      method: 'DELETE',
      path: `${PATH}/{id}/keys/{role}`,
      action: 'live.operate',
      summary: 'Make a stream key good for nothing at once',
      params: live.keyParams,
      replies: { 204: { description: 'It is good for nothing.' } },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        await classes.as(actorName(principal)).revokeKey(params.id, params.role);
        return { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/{id}/sessions`,
      action: 'live.operate',
      summary: 'Who published to a class, and who was not let in',
      params: live.liveParams,
      replies: { 200: { description: 'Oldest first.', schema: live.sessionsPage } },
      refuses: ['not-found'],
      async handle({ params }) {
        const { id } = await classes.get(params.id);
        const [sessions, refusals] = await Promise.all([
          classes.sessions.list(id),
          classes.sessions.refusals(id),
        ]);
        return {
          status: 200,
          body: { items: sessions.map(live.sessionOf), refusals: refusals.map(live.refusalOf) },
        };
      },
    }),
  ];
}

function newClassOf(body: ReturnType<typeof live.liveClassInput.parse>): NewLiveClass {
  const { recurrence, ...rest } = body;
  const fields = defined(rest) as NewLiveClass;
  if (recurrence === undefined) return fields;
  if (recurrence.pattern === 'dates') return { ...fields, recurrence };
  const { pattern, times, until } = recurrence;
  if ((times === undefined) === (until === undefined)) {
    throw new RequestError('invalid-input', 'body.recurrence: give either times or until', {
      problems: [{ path: 'body.recurrence', message: 'Give either times or until' }],
    });
  }
  return {
    ...fields,
    recurrence: until === undefined ? { pattern, times: times ?? 1 } : { pattern, until },
  };
}

/** Many classes are planned and told of together, but each is held for itself, at a time of its own. */
function refuseTogether(to: LiveClassState, { plannedStart, plannedEnd }: MoveFacts): void {
  const message = OPERATED.has(to)
    ? 'Classes are put on the air one by one'
    : plannedStart !== undefined || plannedEnd !== undefined
      ? 'Classes cannot all get the same time; change their times with PATCH and scope=following'
      : undefined;
  if (message === undefined) return;
  throw new RequestError('invalid-input', message, { problems: [{ path: 'query.scope', message }] });
}

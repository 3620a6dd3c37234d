import { z } from 'zod';

import type { ClassBook } from '../live/class-book.ts';
import type { OnAir } from '../live/on-air/on-air.ts';
import type { DiskTrouble } from '../live/on-air/class-broadcasts.ts';
import type { Overrun } from '../live/on-air/class-run.ts';
import { route, type Route } from './route.ts';
import * as wire from './wire.ts';

/** What the routes about what goes out need of the rest. */
export interface LiveAirRoutesOptions {
  readonly book: ClassBook;
  readonly onAir: OnAir;
  /** Puts a signature before an address, where addresses are signed. */
  readonly sign: (path: string) => string;
}

const role = z.enum(['main', 'backup']);

const input = z
  .object({
    role,
    sessionId: z.string(),
    address: z.string(),
    encoder: z.string().optional(),
    startedAt: z.iso.datetime(),
    isOnAir: z.boolean(),
    light: z.enum(['green', 'amber', 'red']),
    silentMs: z
      .number()
      .int()
      .meta({ description: 'Since its last picture, or its last sound without one.' }),
  })
  .meta({ id: 'LiveInput', description: 'An encoder that is connected.' });

const overrun = z
  .object({
    since: z.iso.datetime(),
    minutesOver: z.number().int().min(0),
    end: z
      .object({
        at: z.iso.datetime(),
        minutesLeft: z.number().int().min(0),
        nextClass: z.object({ id: z.string(), title: z.string(), plannedStart: z.iso.datetime() }).optional(),
      })
      .optional()
      .meta({
        description:
          'When it is ended by itself, and for which class; absent where only an operator ends it. A later `plannedEnd` puts it off.',
      }),
  })
  .meta({ id: 'LiveOverrun', description: 'The class goes on though it should be over.' });

const disk = z
  .object({
    since: z.iso.datetime(),
    until: z.iso.datetime().optional().meta({ description: 'Absent while it lasts.' }),
    isFull: z.boolean().meta({ description: 'Else it is broken or too slow.' }),
    holes: z.number().int().min(0).meta({
      description: 'How often it has happened to this class; 0 where nothing of it was lost yet.',
    }),
  })
  .meta({
    id: 'LiveDisk',
    description:
      'The disk does not take the class, or would not, or did not: what is kept of it has a hole there.',
  });

const air = z
  .object({
    inputs: z.array(input),
    wish: role.optional().meta({ description: 'What was asked for and comes with the next key picture.' }),
    hasPicture: z.boolean().meta({ description: 'Pictures reach everybody at this moment.' }),
    overrun: overrun.optional(),
    disk: disk.optional(),
    playlistUrl: z.string().optional(),
    dvrUrl: z.string().optional(),
    rehearsalUrl: z.string().optional().meta({
      description: 'What comes in before the class is on the air; for operators alone.',
    }),
  })
  .meta({ id: 'LiveAir', description: 'What comes in of a class and what goes out.' });

/** What comes in of a class and what goes out, for its operator. */
export function liveAirRoutes({ book, onAir, sign }: LiveAirRoutesOptions): readonly Route[] {
  const report = async (id: string): Promise<z.infer<typeof air>> => {
    const { token } = await book.get(id);
    const run = onAir.runOf(id);
    if (run === undefined) return { inputs: [], hasPicture: false };
    const { programme, air: broadcast, rehearsal, overrun: overdue, diskTrouble } = run;
    const at = Date.now();
    return {
      inputs: programme.feeds.map((feed) => ({
        role: feed.session.role,
        sessionId: feed.session.id,
        address: feed.session.address,
        ...(feed.session.encoder !== undefined && { encoder: feed.session.encoder }),
        startedAt: new Date(feed.session.startedAt).toISOString(),
        isOnAir: programme.onAir === feed,
        light: programme.lightOf(feed).level,
        silentMs: Math.max(0, at - (feed.lastMediaAtMs ?? feed.session.startedAt)),
      })),
      ...(programme.wish !== undefined && { wish: programme.wish }),
      hasPicture: run.hasPicture,
      ...(overdue !== undefined && { overrun: overrunOf(overdue) }),
      ...(diskTrouble !== undefined && { disk: diskOf(diskTrouble) }),
      ...(broadcast?.isPlayable === true && {
        playlistUrl: sign(`/live/${token}/index.m3u8`),
        dvrUrl: sign(`/live/${token}/dvr.m3u8`),
      }),
      ...(rehearsal?.isPlayable === true && { rehearsalUrl: sign(`/live/${rehearsal.token}/index.m3u8`) }),
    };
  };
  const oneReport = { description: 'How it stands.', schema: air };

  return [
    route({
      method: 'GET',
      path: '/api/v1/live-classes/{id}/air',
      action: 'live.operate',
      summary: 'What comes in of a live class and what goes out',
      params: wire.idParams,
      replies: { 200: oneReport },
      refuses: ['not-found'],
      async handle({ params }) {
        return { status: 200, body: await report(params.id), headers: { 'Cache-Control': 'no-store' } };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/live-classes/{id}/air/switch',
      action: 'live.operate',
      summary: 'Put the other encoder on the air, at its next key picture',
      params: wire.idParams,
      body: z.object({ role }),
      replies: { 200: oneReport },
      refuses: ['not-found'],
      async handle({ params, body }) {
        onAir.switchTo(params.id, body.role);
        return { status: 200, body: await report(params.id) };
      },
    }),
  ];
}

function diskOf({ sinceMs, untilMs, isFull, holes }: DiskTrouble): z.infer<typeof disk> {
  return {
    since: new Date(sinceMs).toISOString(),
    ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
    isFull,
    holes,
  };
}

function overrunOf({ sinceMs, overMs, end }: Overrun): z.infer<typeof overrun> {
  const next = end?.nextClass;
  return {
    since: new Date(sinceMs).toISOString(),
    minutesOver: Math.floor(overMs / 60_000),
    ...(end !== undefined && {
      end: {
        at: new Date(end.atMs).toISOString(),
        minutesLeft: Math.ceil(end.leftMs / 60_000),
        ...(next !== undefined && {
          nextClass: { id: next.id, title: next.title, plannedStart: next.plannedStart },
        }),
      },
    }),
  };
}

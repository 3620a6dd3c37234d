import type { IncomingMessage } from 'node:http';

import { z } from 'zod';

import type { PublicSite } from '../harvest/public-site.ts';
import type { ClassBook } from '../live/class-book.ts';
import { calendarOf } from '../live/class-calendar.ts';
import { classFeed } from '../live/class-feed.ts';
import { aboutLiveClass, isAnnounced, type LiveClass } from '../live/live-class.ts';
import { attachment } from './content-disposition.ts';
import * as live from './live-wire.ts';
import type { SiteOfRequest } from './public-origin.ts';
import { route, type Route } from './route.ts';
import { sendText } from './text-reply.ts';

/** What the calendars need of the rest. */
export interface LiveCalendarRoutesOptions {
  readonly classes: ClassBook;
  readonly siteOf: SiteOfRequest;
  /** Epoch milliseconds; tests have a clock of their own. */
  readonly now?: () => number;
}

const CALENDAR = 'text/calendar; charset=utf-8';
const REPLIES = { 200: { description: 'iCalendar (RFC 5545).', contentType: 'text/calendar' } };

/** What a subscriber gets: three months back, so that what was put off is seen to be, and everything that comes. */
const BACK_DAYS = 92;
const MOST_CLASSES = 500;

/** The timetable for calendar programs and feed readers. */
export function liveCalendarRoutes(options: LiveCalendarRoutesOptions): readonly Route[] {
  const { classes, siteOf, now = Date.now } = options;
  const calendar = (name: string, found: readonly LiveClass[], request: IncomingMessage): string =>
    calendarOf(name, found, addressesOf(siteOf(request)));
  return [
    route({
      method: 'GET',
      path: '/api/v1/live-classes/calendar.ics',
      action: 'live.list',
      summary: 'The announced classes as a calendar to subscribe to',
      replies: REPLIES,
      async handle({ request, response }) {
        const found = await announced(classes, { from: officeDay(now() - BACK_DAYS * 86_400_000) });
        await sendText(request, response, {
          contentType: CALENDAR,
          text: calendar('直播课堂课程表', found, request),
        });
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/live-classes/{id}/calendar.ics',
      action: 'live.read',
      summary: 'One class for a calendar',
      params: live.liveParams,
      subject: async ({ params }) => aboutLiveClass(await classes.get(params.id)),
      replies: REPLIES,
      refuses: ['not-found'],
      async handle({ params, request, response }) {
        const found = await classes.get(params.id);
        response.setHeader('Content-Disposition', attachment('class.ics', `${found.title.slice(0, 50)}.ics`));
        await sendText(request, response, {
          contentType: CALENDAR,
          text: calendar(found.title, [found], request),
          isPublic: isAnnounced(found),
        });
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/feeds/live.atom',
      action: 'live.list',
      summary: 'The announced classes that are still to come, as an Atom feed',
      query: z.strictObject({}),
      replies: { 200: { description: 'The list.', contentType: 'application/atom+xml' } },
      async handle({ request, response }) {
        const { items } = await classes.list({ part: 'upcoming', onlyPublic: true, limit: 100 });
        await sendText(request, response, {
          contentType: 'application/atom+xml; charset=utf-8',
          text: classFeed(items, siteOf(request)),
        });
        return 'sent' as const;
      },
    }),
  ];
}

const addressesOf = (site: PublicSite) => ({
  page: ({ id }: LiveClass) => site.at(`/live/${id}`),
});

const officeDay = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);

async function announced(
  classes: ClassBook,
  { from }: { readonly from: string },
): Promise<readonly LiveClass[]> {
  const found: LiveClass[] = [];
  let after: string | undefined;
  do {
    const page = await classes.list({
      from,
      onlyPublic: true,
      limit: 100,
      ...(after !== undefined && { after }),
    });
    found.push(...page.items);
    after = page.next;
  } while (after !== undefined && found.length < MOST_CLASSES);
  return found;
}

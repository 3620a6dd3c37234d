import { z } from 'zod';

import { StorageError } from '../../storage/index.ts';
import { TranscodeError } from '../../transcoder/index.ts';
import type { Courseware, CoursewareId } from '../catalogue/courseware.ts';
import { atomFeed, rssFeed, type OfferedList } from '../harvest/feed.ts';
import type { HarvestShelf, ShelfPart, ShelfRef } from '../harvest/harvest-shelf.ts';
import { m3uOf } from '../harvest/m3u.ts';
import { podcastFeed, type AudioFile } from '../harvest/podcast.ts';
import {
  COLLECTION_KINDS,
  collectionPath,
  SITE_NAME,
  type CollectionFormat,
  type CollectionRef,
} from '../harvest/public-site.ts';
import type { Downloads } from './downloads.ts';
import { pageMark } from './courseware-wire.ts';
import type { SiteOfRequest } from './public-origin.ts';
import { route, type Call, type Route } from './route.ts';
import { sendText } from './text-reply.ts';

/** What the routes of lists for subscribers and players need of the rest. */
export interface FeedRoutesOptions {
  readonly shelf: HarvestShelf;
  readonly downloads: Pick<Downloads, 'packageOf'>;
  readonly siteOf: SiteOfRequest;
}

type FeedFormat = Exclude<CollectionFormat, 'm3u'>;

const CONTENT_TYPES: Readonly<Record<CollectionFormat, string>> = {
  atom: 'application/atom+xml; charset=utf-8',
  rss: 'application/rss+xml; charset=utf-8',
  podcast: 'application/rss+xml; charset=utf-8',
  // What VLC, mpv and boxes go by; not the type of an HLS playlist, which it is not.
  m3u: 'audio/x-mpegurl; charset=utf-8',
};

const SUMMARIES: Readonly<Record<CollectionFormat, string>> = {
  atom: 'A list as an Atom feed',
  rss: 'A list as an RSS feed',
  podcast: 'The sound of a list’s lectures as a podcast',
  m3u: 'A list for VLC and set-top boxes',
};

const limitUpTo = (most: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(z.number().int().min(1).max(most))
    .default(fallback)
    .describe(`At most so many; default ${fallback}, at most ${most}.`);

const after = pageMark(200);
const feedQuery = z.strictObject({ after, limit: limitUpTo(200, 50) });
const playlistQuery = z.strictObject({ after, limit: limitUpTo(5000, 1000) });
const keyParams = z.strictObject({
  key: z.string().min(1).max(100).describe('What is asked for, as its id, name or word.'),
});

type PartQuery = z.infer<typeof feedQuery>;
type ListCall = Pick<Call<unknown, PartQuery, unknown>, 'query' | 'request' | 'response'>;

/** The lists of the library for subscribers (Atom, RSS, podcasts) and for players that are no browsers (M3U). */
export function feedRoutes(options: FeedRoutesOptions): readonly Route[] {
  return [
    ...(['atom', 'rss', 'podcast'] as const).flatMap((format) =>
      listRoutes(format, feedQuery, (ref, call) => sendFeed(options, format, ref, call)),
    ),
    ...listRoutes('m3u', playlistQuery, (ref, call) => sendPlaylist(options, ref, call)),
    route({
      ...described('m3u', '/playlists/list/{key}.m3u'),
      params: keyParams,
      query: playlistQuery,
      async handle({ params, ...call }) {
        await sendPlaylist(options, { kind: 'list', key: params.key }, call);
        return 'sent' as const;
      },
    }),
  ];
}

function described(format: CollectionFormat, path: string) {
  return {
    method: 'GET',
    path,
    action: 'catalogue.harvest',
    summary: SUMMARIES[format],
    replies: { 200: { description: 'The list.', contentType: CONTENT_TYPES[format].split(';')[0] ?? '' } },
    refuses: ['not-found'],
  } as const;
}

/** One route for the newest items, and one for each sort of list. */
function listRoutes(
  format: CollectionFormat,
  query: typeof feedQuery,
  send: (ref: CollectionRef, call: ListCall) => Promise<void>,
): readonly Route[] {
  return [
    route({
      ...described(format, collectionPath({ kind: 'newest' }, format)),
      query,
      async handle(call) {
        await send({ kind: 'newest' }, call);
        return 'sent' as const;
      },
    }),
    ...COLLECTION_KINDS.map((kind) =>
      route({
        ...described(format, collectionPath({ kind, key: 'key' }, format).replace('/key.', '/{key}.')),
        params: keyParams,
        query,
        async handle({ params, ...call }) {
          await send({ kind, key: params.key }, call);
          return 'sent' as const;
        },
      }),
    ),
  ];
}

async function sendFeed(
  { shelf, downloads, siteOf }: FeedRoutesOptions,
  format: FeedFormat,
  ref: CollectionRef,
  { query, request, response }: ListCall,
): Promise<void> {
  // Before the list is read: what is changed meanwhile then makes the date too old, never too new.
  const changedAt = await shelf.changedAt();
  const site = siteOf(request);
  const part = partOf(query, 'newest');
  const { title, description, items, next } = await shelf.open(ref, part);
  const list: OfferedList = {
    ref,
    title: `${title} · ${SITE_NAME}`,
    description,
    items,
    updatedAt: Math.max(0, ...items.map((item) => item.updatedAt)) || (changedAt ?? 0),
    query: queryOf(query.after, query.limit, 50),
    nextQuery: next === undefined ? undefined : queryOf(next, query.limit, 50),
  };
  const text =
    format === 'podcast'
      ? podcastFeed(list, await audioFiles(items, downloads), site)
      : (format === 'atom' ? atomFeed : rssFeed)(list, site);
  await sendText(request, response, { contentType: CONTENT_TYPES[format], text, changedAt });
}

async function sendPlaylist(
  { shelf, siteOf }: FeedRoutesOptions,
  ref: ShelfRef,
  { query, request, response }: ListCall,
): Promise<void> {
  const { title, items } = await shelf.open(ref, partOf(query, 'shelf'));
  const text = m3uOf(title, items, siteOf(request));
  await sendText(request, response, { contentType: CONTENT_TYPES.m3u, text });
}

const partOf = ({ after: mark, limit }: PartQuery, order: ShelfPart['order']): ShelfPart => ({
  order,
  after: mark,
  limit,
});

function queryOf(mark: string | undefined, limit: number, usual: number): string {
  const parameters = new URLSearchParams({
    ...(mark !== undefined && { after: mark }),
    ...(limit !== usual && { limit: String(limit) }),
  });
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

/** Packages read from the store at once. */
const AT_ONCE = 8;

/** The sound of each lecture that is complete, as its package lists it. */
async function audioFiles(
  items: readonly Courseware[],
  downloads: FeedRoutesOptions['downloads'],
): Promise<ReadonlyMap<CoursewareId, AudioFile>> {
  const files = new Map<CoursewareId, AudioFile>();
  const waiting = items.values();
  const work = async (): Promise<void> => {
    for (const item of waiting) {
      const file = await audioFileOf(item, downloads);
      if (file !== undefined) files.set(item.id, file);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return files;
}

async function audioFileOf(
  { current }: Courseware,
  downloads: FeedRoutesOptions['downloads'],
): Promise<AudioFile | undefined> {
  if (current?.generation === undefined || current.production !== 'ready') return undefined;
  try {
    const { list } = await downloads.packageOf(current.generation);
    return list.downloads.find(({ layout, height }) => layout === 'fast-start' && height === undefined);
  } catch (error) {
    // One lecture whose package is damaged is no episode; it must not silence the others.
    if (
      error instanceof TranscodeError ||
      (error instanceof StorageError && error.code === 'object-not-found')
    ) {
      return undefined;
    }
    throw error;
  }
}

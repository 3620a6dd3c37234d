import type { Courseware, CoursewareId } from '../catalogue/courseware.ts';
import type { GenerationId } from '../../transcoder/index.ts';

/** The forms an item's description comes in. */
export const METADATA_FORMATS = ['dc', 'lom', 'json-ld'] as const;
/** One of {@link METADATA_FORMATS}. */
export type MetadataFormat = (typeof METADATA_FORMATS)[number];

/** The sorts of lists that can be subscribed to and played. */
export const COLLECTION_KINDS = ['tag', 'series', 'topic', 'kind'] as const;
/** One of {@link COLLECTION_KINDS}. */
export type CollectionKind = (typeof COLLECTION_KINDS)[number];

/** What a list is drawn from; `key` is a tag's name, a kind's word, or the id of a series or topic. */
export type CollectionRef =
  { readonly kind: 'newest' } | { readonly kind: CollectionKind; readonly key: string };

/** What a search finds; `key` is the query as its address has it, with the question mark. */
export interface ResultRef {
  readonly kind: 'search';
  readonly key: string;
}

/** How a list is offered: two feeds, a podcast, a playlist for players. */
export type CollectionFormat = 'atom' | 'rss' | 'podcast' | 'm3u';

/** The name everything that leaves the house is signed with. */
export const SITE_NAME = '远教课件库';

/** The addresses of the service as others must write them: absolute. */
export class PublicSite {
  /** Such as `https://yuanjiao.example.cn`. */
  readonly origin: string;
  /** Whom to write to; for protocols that insist on somebody. */
  readonly contact: string;

  constructor(origin: string, contact?: string) {
    this.origin = origin;
    this.contact = contact ?? contactFor(origin);
  }

  /** The host's name, when it is one that stays the same wherever it is asked from; no bare address, no `localhost`. */
  get domain(): string | undefined {
    const { hostname } = new URL(this.origin);
    return /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/i.test(hostname) ? hostname : undefined;
  }

  /** @param path - begins with a slash */
  at(path: string): string {
    return this.origin + path;
  }

  watch(id: CoursewareId): string {
    return this.at(`/watch/${id}`);
  }

  metadata(id: CoursewareId, format: MetadataFormat): string {
    return this.at(`/api/v1/courseware/${id}/metadata/${format}`);
  }

  download(id: CoursewareId, name: string): string {
    return this.at(`/api/v1/courseware/${id}/downloads/${name}`);
  }

  playlist(generation: GenerationId): string {
    return this.object(generation, 'index.m3u8');
  }

  object(generation: GenerationId, name: string): string {
    return this.at(`/v/${generation}/${name}`);
  }

  /** The picture an item is shown with; undefined while there is none. */
  poster({ current }: Pick<Courseware, 'current'>): string | undefined {
    return current?.generation === undefined || current.poster === undefined
      ? undefined
      : this.object(current.generation, current.poster);
  }

  collection(list: CollectionRef | ResultRef, format: CollectionFormat): string {
    return this.at(collectionPath(list, format));
  }
}

const PLACES: Readonly<Record<CollectionFormat, { readonly folder: string; readonly ending: string }>> = {
  atom: { folder: 'feeds', ending: 'atom' },
  rss: { folder: 'feeds', ending: 'rss' },
  podcast: { folder: 'podcasts', ending: 'rss' },
  m3u: { folder: 'playlists', ending: 'm3u' },
};

/** Where a list is offered, from the root of the service: `/feeds/tag/%E4%B9%A1%E5%9C%9F.atom`; pure. */
export function collectionPath(list: CollectionRef | ResultRef, format: CollectionFormat): string {
  const { folder, ending } = PLACES[format];
  if (list.kind === 'search') return `/${folder}/search.${ending}${list.key}`;
  const name = list.kind === 'newest' ? 'newest' : `${list.kind}/${encodeURIComponent(list.key)}`;
  return `/${folder}/${name}.${ending}`;
}

/** `.invalid` never belongs to anybody (RFC 2606). */
function contactFor(origin: string): string {
  const { hostname } = new URL(origin);
  return `webmaster@${/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(hostname) ? hostname : 'yuanjiao.invalid'}`;
}

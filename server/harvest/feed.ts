import type { Courseware } from '../catalogue/courseware.ts';
import { KIND_NAMES } from '../catalogue/kind-words.ts';
import { playable, utcSecond } from './courseware-words.ts';
import { oaiIdentifier } from './oai-identifier.ts';
import {
  collectionPath,
  SITE_NAME,
  type CollectionFormat,
  type CollectionRef,
  type ResultRef,
  type PublicSite,
} from './public-site.ts';
import { xmlDocument, type XmlElement } from './xml.ts';

/** A list of published items as it is offered to subscribers. */
export interface OfferedList {
  readonly ref: CollectionRef | ResultRef;
  /** Such as `标签：乡土`. */
  readonly title: string;
  readonly description: string;
  readonly items: readonly Courseware[];
  /** When anything about it changed last; epoch milliseconds. */
  readonly updatedAt: number;
  /** The part that was asked for: `?after=…` of its own address; empty for the first. */
  readonly query: string;
  /** Asks for the part after this one, in the same words; undefined on the last. */
  readonly nextQuery: string | undefined;
}

const ATOM = 'http://www.w3.org/2005/Atom';

/** When an item counts as new. */
export const publishedAtOf = ({ publishedAt, createdAt }: Courseware): number => publishedAt ?? createdAt;

/** A list as an Atom feed (RFC 4287), its parts linked to each other (RFC 5005, 3); pure. Titles and texts are plain text. */
export function atomFeed(list: OfferedList, site: PublicSite): string {
  return xmlDocument({
    feed: {
      '@_xmlns': ATOM,
      '@_xml:lang': 'zh-CN',
      id: site.collection(list.ref, 'atom'),
      title: list.title,
      subtitle: list.description === '' ? undefined : list.description,
      updated: utcSecond(list.updatedAt),
      author: { name: SITE_NAME, uri: site.at('/') },
      generator: '远教 Yuanjiao',
      link: [
        { '@_rel': 'self', '@_type': 'application/atom+xml', '@_href': partAddress(list, 'atom', site) },
        { '@_rel': 'alternate', '@_type': 'text/html', '@_href': site.at('/') },
        ...partLinks(list, 'atom', site),
      ],
      entry: list.items.map((item) => atomEntry(item, site)),
    },
  });
}

function atomEntry(item: Courseware, site: PublicSite): XmlElement {
  const media = playable(item);
  return {
    // The same wherever it is read, as an address need not be.
    id: oaiIdentifier(site, item.id),
    title: item.title,
    updated: utcSecond(item.updatedAt),
    published: utcSecond(publishedAtOf(item)),
    author: item.presenters.map(({ name }) => ({ name })),
    category: categoriesOf(item).map((term) => ({ '@_term': term })),
    link: [
      { '@_rel': 'alternate', '@_type': 'text/html', '@_href': site.watch(item.id) },
      ...(media === undefined
        ? []
        : [
            {
              '@_rel': 'enclosure',
              '@_type': 'application/vnd.apple.mpegurl',
              '@_href': site.playlist(media.generation),
            },
          ]),
    ],
    // An entry has to have one or the other (RFC 4287, 4.1.2); a lecture speaks for itself.
    summary: item.description === '' ? item.title : item.description,
    rights: item.rights?.holder,
  };
}

/** A list as RSS 2.0, for readers that know nothing newer; pure. */
export function rssFeed(list: OfferedList, site: PublicSite): string {
  return rssDocument(list, 'rss', site, {}, (item) => rssItem(item, site));
}

/** The frame of an RSS document, which podcasts have too. */
export function rssDocument(
  list: OfferedList,
  format: CollectionFormat,
  site: PublicSite,
  extra: { readonly namespaces?: XmlElement; readonly channel?: XmlElement },
  itemOf: (item: Courseware) => XmlElement,
): string {
  return xmlDocument({
    rss: {
      '@_version': '2.0',
      '@_xmlns:atom': ATOM,
      '@_xmlns:dc': 'http://purl.org/dc/elements/1.1/',
      ...extra.namespaces,
      channel: {
        title: list.title,
        link: site.at('/'),
        description: list.description === '' ? list.title : list.description,
        language: 'zh-cn',
        lastBuildDate: new Date(list.updatedAt).toUTCString(),
        generator: '远教 Yuanjiao',
        ttl: 60,
        'atom:link': [
          { '@_rel': 'self', '@_type': 'application/rss+xml', '@_href': partAddress(list, format, site) },
          ...partLinks(list, format, site),
        ],
        ...extra.channel,
        item: list.items.map(itemOf),
      },
    },
  });
}

/** What every RSS item says. */
export function rssItem(item: Courseware, site: PublicSite): XmlElement {
  return {
    title: item.title,
    link: site.watch(item.id),
    guid: { '@_isPermaLink': 'false', '#text': oaiIdentifier(site, item.id) },
    pubDate: new Date(publishedAtOf(item)).toUTCString(),
    // Readers take it for HTML, so the text has to be written as such.
    description: htmlOf(item.description === '' ? item.title : item.description),
    // RSS's own `author` must be an address of mail.
    'dc:creator': item.presenters.map(({ name }) => name),
    category: categoriesOf(item),
  };
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\n': '<br>\n' };

function htmlOf(text: string): string {
  return text.replaceAll(/[&<>\n]/g, (character) => HTML[character] ?? '');
}

function categoriesOf({ kind, tags }: Courseware): readonly string[] {
  return [...new Set([...tags, ...(kind === undefined ? [] : [KIND_NAMES[kind]])])];
}

function partAddress(list: OfferedList, format: CollectionFormat, site: PublicSite): string {
  return site.at(collectionPath(list.ref, format) + list.query);
}

function partLinks(list: OfferedList, format: CollectionFormat, site: PublicSite): readonly XmlElement[] {
  const whole = site.collection(list.ref, format);
  return [
    ...(!list.query.includes('after=') ? [] : [{ '@_rel': 'first', '@_href': whole }]),
    ...(list.nextQuery === undefined ? [] : [{ '@_rel': 'next', '@_href': whole + list.nextQuery }]),
  ];
}

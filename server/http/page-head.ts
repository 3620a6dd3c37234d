import type { Catalogue } from '../catalogue/catalogue.ts';
import { jsonForPage, jsonLdOf } from '../harvest/json-ld.ts';
import { SITE_NAME, type CollectionRef, type PublicSite } from '../harvest/public-site.ts';
import type { PageHead } from './page-routes.ts';
import type { SiteOfRequest } from './public-origin.ts';

/** What the heads of pages need of the rest. */
export interface PageHeadOptions {
  readonly catalogue: Pick<Catalogue, 'get' | 'chapters'>;
  readonly siteOf: SiteOfRequest;
}

/**
 * What pages say to programs: which feeds go with them, and of a lecture's page what the lecture is. Pages are the same for all
 * lectures, so the server adds this on their way out; a lecture that is not published gets nothing.
 */
export function pageHeads({ catalogue, siteOf }: PageHeadOptions): PageHead {
  return async (path, id, request) => {
    const site = siteOf(request);
    switch (path) {
      case '/':
      case '/browse':
        return feedLinks({ kind: 'newest' }, site);
      case '/series/:id':
        return id === undefined ? '' : feedLinks({ kind: 'series', key: id }, site);
      case '/topics/:id':
        return id === undefined ? '' : feedLinks({ kind: 'topic', key: id }, site);
      case '/watch/:id':
        return id === undefined ? '' : lectureHead(id, catalogue, site);
      default:
        return '';
    }
  };
}

async function lectureHead(
  id: string,
  catalogue: PageHeadOptions['catalogue'],
  site: PublicSite,
): Promise<string> {
  const item = await catalogue.get(id);
  if (item.publication !== 'published') return '';
  const { chapters } = await catalogue.chapters(id);
  const poster = site.poster(item);
  return [
    link('canonical', site.watch(item.id)),
    link('alternate', site.metadata(item.id, 'json-ld'), 'application/ld+json'),
    link('alternate', site.metadata(item.id, 'dc'), 'application/xml', 'Dublin Core'),
    link('alternate', site.metadata(item.id, 'lom'), 'application/xml', 'LOM'),
    meta('og:type', 'video.other'),
    meta('og:site_name', SITE_NAME),
    meta('og:title', item.title),
    meta('og:url', site.watch(item.id)),
    ...(item.description === '' ? [] : [meta('og:description', item.description)]),
    ...(poster === undefined ? [] : [meta('og:image', poster)]),
    // No script: a block of data, which the policy for scripts does not concern.
    `<script type="application/ld+json">${jsonForPage(jsonLdOf(item, site, chapters))}</script>`,
  ].join('\n');
}

function feedLinks(list: CollectionRef, site: PublicSite): string {
  return [
    link('alternate', site.collection(list, 'atom'), 'application/atom+xml', 'Atom'),
    link('alternate', site.collection(list, 'rss'), 'application/rss+xml', 'RSS'),
    link('alternate', site.collection(list, 'podcast'), 'application/rss+xml', '播客'),
  ].join('\n');
}

function link(rel: string, href: string, type?: string, title?: string): string {
  const rest = [
    ...(type === undefined ? [] : [` type="${type}"`]),
    ...(title === undefined ? [] : [` title="${title}"`]),
  ];
  return `<link rel="${rel}" href="${attribute(href)}"${rest.join('')} />`;
}

const meta = (property: string, content: string): string =>
  `<meta property="${property}" content="${attribute(content)}" />`;

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function attribute(text: string): string {
  return text.toWellFormed().replaceAll(/[&<>"]/g, (mark) => MARKS[mark] ?? '');
}

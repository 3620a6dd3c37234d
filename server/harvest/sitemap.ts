import type { Courseware } from '../catalogue/courseware.ts';
import { playable, utcSecond } from './courseware-words.ts';
import type { PublicSite } from './public-site.ts';
import { xmlDocument, type XmlElement } from './xml.ts';

/** Running numbers in one file: far below the protocol's 50,000 addresses and 50 MB, so that none takes long to make. */
export const SITEMAP_ITEMS = 2000;

const SITEMAP = 'http://www.sitemaps.org/schemas/sitemap/0.9';

/** The pages of the library as sitemaps.org describes them, each with its video in Google's words; pure. */
export function sitemap(items: readonly Courseware[], site: PublicSite): string {
  return xmlDocument({
    urlset: {
      '@_xmlns': SITEMAP,
      '@_xmlns:video': 'http://www.google.com/schemas/sitemap-video/1.1',
      url: items.map((item) => ({
        loc: site.watch(item.id),
        lastmod: utcSecond(item.updatedAt),
        'video:video': videoOf(item, site),
      })),
    },
  });
}

/** One lecture; undefined where the words insist on something it has not: a picture, or anything to play. */
function videoOf(item: Courseware, site: PublicSite): XmlElement | undefined {
  const media = playable(item);
  const poster = site.poster(item);
  if (media === undefined || poster === undefined) return undefined;
  const seconds = item.duration === undefined ? undefined : Math.round(item.duration);
  return {
    'video:thumbnail_loc': poster,
    'video:title': cut(item.title, 100),
    'video:description': cut(item.description === '' ? item.title : item.description, 2048),
    'video:content_loc': site.playlist(media.generation),
    // 1 to 28,800 or nothing at all.
    'video:duration': seconds !== undefined && seconds >= 1 && seconds <= 28_800 ? seconds : undefined,
    'video:view_count': item.uses.views,
    'video:publication_date': item.publishedAt === undefined ? undefined : utcSecond(item.publishedAt),
    'video:family_friendly': 'yes',
    'video:live': 'no',
    'video:tag': item.tags.slice(0, 32),
  };
}

function cut(text: string, most: number): string {
  return Array.from(text).slice(0, most).join('');
}

/** The list of sitemaps; pure. @param parts - when each changed last, in epoch milliseconds */
export function sitemapIndex(
  parts: readonly { readonly address: string; readonly changedAt: number }[],
): string {
  return xmlDocument({
    sitemapindex: {
      '@_xmlns': SITEMAP,
      sitemap: parts.map(({ address, changedAt }) => ({ loc: address, lastmod: utcSecond(changedAt) })),
    },
  });
}

/** What robots may read, and where the sitemap is; pure. */
export function robotsText(site: PublicSite): string {
  return [
    'User-agent: *',
    'Disallow: /studio',
    'Disallow: /sign-in',
    // Whole films, each again in every size.
    'Disallow: /api/v1/courseware/*/downloads/',
    `Sitemap: ${site.at('/sitemap.xml')}`,
    '',
  ].join('\n');
}

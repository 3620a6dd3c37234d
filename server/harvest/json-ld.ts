import type { Chapter } from '../../transcoder/index.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import { KIND_NAMES } from '../catalogue/kind-words.ts';
import { isoDuration, playable, utcSecond } from './courseware-words.ts';
import { SITE_NAME, type PublicSite } from './public-site.ts';

/** A value of JSON. */
type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json | undefined };

/** An item in the words of schema.org: a `VideoObject` that is a `LearningResource`; pure. What is unknown is left out. */
export function jsonLdOf(item: Courseware, site: PublicSite, chapters: readonly Chapter[] = []): Json {
  const media = playable(item);
  const { rights, region, category } = item;
  return {
    '@context': 'https://schema.org',
    '@type': ['VideoObject', 'LearningResource'],
    '@id': site.watch(item.id),
    url: site.watch(item.id),
    identifier: item.code ?? item.id,
    name: item.title,
    // Readers of video pages insist on one.
    description: item.description === '' ? item.title : item.description,
    thumbnailUrl: site.poster(item),
    uploadDate: item.publishedAt === undefined ? undefined : utcSecond(item.publishedAt),
    dateModified: utcSecond(item.updatedAt),
    copyrightYear: item.year,
    duration: item.duration === undefined ? undefined : isoDuration(item.duration),
    timeRequired: item.duration === undefined ? undefined : isoDuration(item.duration),
    contentUrl: media === undefined ? undefined : site.playlist(media.generation),
    encodingFormat: media === undefined ? undefined : 'application/vnd.apple.mpegurl',
    inLanguage: item.language,
    keywords: some(item.tags),
    genre: item.kind === undefined ? undefined : KIND_NAMES[item.kind],
    learningResourceType: 'lecture',
    isAccessibleForFree: true,
    about: some([...(category === undefined ? [] : [category.name]), ...item.trades]),
    author: some(item.presenters.map(({ name }) => ({ '@type': 'Person', name }))),
    producer: item.producer === undefined ? undefined : { '@type': 'Organization', name: item.producer.name },
    publisher: { '@type': 'Organization', name: SITE_NAME, url: site.at('/') },
    isPartOf: seriesOf(item, site),
    position: item.seriesPosition,
    spatialCoverage:
      region === undefined ? undefined : { '@type': 'Place', name: region.name, identifier: region.code },
    audience: some(item.audience.map((audienceType) => ({ '@type': 'EducationalAudience', audienceType }))),
    award: some(item.awards),
    copyrightHolder:
      rights?.holder === undefined ? undefined : { '@type': 'Organization', name: rights.holder },
    usageInfo: rights?.scope,
    expires: rights?.until,
    interactionStatistic: {
      '@type': 'InteractionCounter',
      interactionType: { '@type': 'WatchAction' },
      userInteractionCount: item.uses.plays,
    },
    hasPart: some(clipsOf(item, site, chapters)),
  };
}

function seriesOf({ series, seriesId }: Courseware, site: PublicSite): Json | undefined {
  if (series === undefined || seriesId === undefined) return undefined;
  return {
    '@type': 'CreativeWorkSeries',
    name: series,
    url: site.collection({ kind: 'series', key: seriesId }, 'atom'),
  };
}

function clipsOf(item: Courseware, site: PublicSite, chapters: readonly Chapter[]): readonly Json[] {
  return chapters.map(({ title, start }, index) => ({
    '@type': 'Clip',
    name: title,
    startOffset: Math.floor(start),
    endOffset: Math.floor(chapters[index + 1]?.start ?? item.duration ?? start),
    url: `${site.watch(item.id)}?t=${Math.floor(start)}`,
  }));
}

const some = (list: readonly Json[]): readonly Json[] | undefined => (list.length === 0 ? undefined : list);

/** The text of a data block that stands in a page; nothing in it ends the element it stands in. Pure. */
export function jsonForPage(json: Json): string {
  return JSON.stringify(json).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

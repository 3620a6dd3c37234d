import { utcSecond } from '../harvest/courseware-words.ts';
import { SITE_NAME, type PublicSite } from '../harvest/public-site.ts';
import { xmlDocument, type XmlElement } from '../harvest/xml.ts';
import { LIVE_CLASS_STATE_NAMES, type LiveClass } from './live-class.ts';
import { officeSpan } from './moment.ts';

/** Where the feed is, from the root of the service. */
export const CLASS_FEED_PATH = '/feeds/live.atom';

/** Announced classes as an Atom feed (RFC 4287); pure. */
export function classFeed(classes: readonly LiveClass[], site: PublicSite): string {
  return xmlDocument({
    feed: {
      '@_xmlns': 'http://www.w3.org/2005/Atom',
      '@_xml:lang': 'zh-CN',
      id: site.at(CLASS_FEED_PATH),
      title: `直播课堂预告 · ${SITE_NAME}`,
      updated: utcSecond(Math.max(0, ...classes.map(({ updatedAt }) => updatedAt))),
      author: { name: SITE_NAME, uri: site.at('/') },
      generator: '远教 Yuanjiao',
      link: [
        { '@_rel': 'self', '@_type': 'application/atom+xml', '@_href': site.at(CLASS_FEED_PATH) },
        { '@_rel': 'alternate', '@_type': 'text/html', '@_href': site.at('/live-classes') },
      ],
      entry: classes.map((given) => entryOf(given, site)),
    },
  });
}

function entryOf(given: LiveClass, site: PublicSite): XmlElement {
  const { id, title, lecturers, announcement, hostUnit } = given;
  const summary = [
    `${officeSpan(given.plannedStart, given.plannedEnd)}，${LIVE_CLASS_STATE_NAMES[given.state]}`,
    ...(lecturers.length === 0 ? [] : [`讲课人：${lecturers.join('、')}`]),
    ...(hostUnit === undefined ? [] : [`主办单位：${hostUnit}`]),
    ...(announcement === undefined ? [] : [announcement]),
  ];
  return {
    // The same wherever it is read, as an address need not be.
    id: `urn:yuanjiao:live-class:${id}`,
    title,
    updated: utcSecond(given.updatedAt),
    published: given.announcedAt ?? utcSecond(given.createdAt),
    author: lecturers.map((name) => ({ name })),
    category: given.tags.map((term) => ({ '@_term': term })),
    link: [
      { '@_rel': 'alternate', '@_type': 'text/html', '@_href': site.at(`/live/${id}`) },
      {
        '@_rel': 'enclosure',
        '@_type': 'text/calendar',
        '@_href': site.at(`/api/v1/live-classes/${id}/calendar.ics`),
      },
    ],
    summary: summary.join('\n'),
  };
}

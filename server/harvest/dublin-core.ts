import type { Courseware } from '../catalogue/courseware.ts';
import { KIND_NAMES, ORIGIN_NAMES } from '../catalogue/kind-words.ts';
import { isoDuration, playable, rightsSentence, utcSecond } from './courseware-words.ts';
import { SITE_NAME, type PublicSite } from './public-site.ts';
import type { XmlElement } from './xml.ts';

const OAI_DC = 'http://www.openarchives.org/OAI/2.0/oai_dc/';

/** Where the form is defined, as OAI-PMH announces it. */
export const OAI_DC_FORM = {
  namespace: OAI_DC,
  schema: 'http://www.openarchives.org/OAI/2.0/oai_dc.xsd',
} as const;

/**
 * An item in unqualified Dublin Core (the fifteen elements of ISO 15836-1), in the container of OAI-PMH 2.0; pure. What is
 * unknown is left out.
 */
export function dublinCoreOf(item: Courseware, site: PublicSite): XmlElement {
  const media = playable(item);
  const poster = site.poster(item);
  return {
    'oai_dc:dc': {
      '@_xmlns:oai_dc': OAI_DC,
      '@_xmlns:dc': 'http://purl.org/dc/elements/1.1/',
      '@_xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      '@_xsi:schemaLocation': `${OAI_DC} ${OAI_DC_FORM.schema}`,
      'dc:title': item.title,
      'dc:creator': item.presenters.map(({ name }) => name),
      'dc:subject': subjectsOf(item),
      'dc:description': nonEmpty(item.description),
      'dc:publisher': item.producer?.name ?? SITE_NAME,
      'dc:date': item.publishedAt === undefined ? undefined : utcSecond(item.publishedAt),
      'dc:type': ['MovingImage', ...(item.kind === undefined ? [] : [KIND_NAMES[item.kind]])],
      'dc:format': [
        ...(media === undefined ? [] : ['application/vnd.apple.mpegurl']),
        ...(item.duration === undefined ? [] : [isoDuration(item.duration)]),
      ],
      'dc:identifier': [site.watch(item.id), ...(item.code === undefined ? [] : [item.code])],
      'dc:source': item.origin === undefined ? undefined : ORIGIN_NAMES[item.origin],
      'dc:language': item.language,
      'dc:relation': [
        ...(item.series === undefined ? [] : [item.series]),
        ...(poster === undefined ? [] : [poster]),
      ],
      'dc:coverage': [
        ...(item.region === undefined ? [] : [item.region.name]),
        ...(item.year === undefined ? [] : [String(item.year)]),
      ],
      'dc:rights': nonEmpty(rightsSentence(item)),
    },
  };
}

function subjectsOf(item: Courseware): readonly string[] {
  const words = [...item.tags, ...(item.category === undefined ? [] : [item.category.name]), ...item.trades];
  return [...new Set(words)];
}

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

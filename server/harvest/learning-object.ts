import type { Courseware } from '../catalogue/courseware.ts';
import { KIND_NAMES, ORIGIN_NAMES } from '../catalogue/kind-words.ts';
import { isoDuration, playable, rightsSentence } from './courseware-words.ts';
import { oaiIdentifier } from './oai-identifier.ts';
import { SITE_NAME, type PublicSite } from './public-site.ts';
import type { XmlElement } from './xml.ts';

const LOM = 'http://ltsc.ieee.org/xsd/LOM';

/** Where the form is defined, as OAI-PMH announces it. */
export const LOM_FORM = { namespace: LOM, schema: 'http://ltsc.ieee.org/xsd/lomv1.0/lom.xsd' } as const;

/** The language the descriptions are written in, whatever the lecture is spoken in. */
const WRITTEN_IN = 'zh-CN';

/**
 * An item in the XML binding of IEEE 1484.12.1 (learning object metadata), valid by its strict schema, with its resource type of
 * CELTS-42 as a classification; pure. Of its nine categories those appear of which something is known.
 */
export function learningObjectOf(item: Courseware, site: PublicSite): XmlElement {
  return {
    lom: {
      '@_xmlns': LOM,
      '@_xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      '@_xsi:schemaLocation': `${LOM} ${LOM_FORM.schema}`,
      general: generalOf(item, site),
      lifeCycle: lifeCycleOf(item),
      metaMetadata: metaMetadataOf(item, site),
      technical: technicalOf(item, site),
      educational: educationalOf(item),
      rights: rightsOf(item),
      relation: relationOf(item, site),
      annotation: item.awards.map((award) => ({ description: words(`获奖：${award}`) })),
      classification: classificationsOf(item),
    },
  };
}

function generalOf(item: Courseware, site: PublicSite): XmlElement {
  return {
    identifier: [
      { catalog: 'URI', entry: site.watch(item.id) },
      ...(item.code === undefined ? [] : [{ catalog: '课件编号', entry: item.code }]),
    ],
    title: words(item.title),
    language: item.language,
    description: item.description === '' ? undefined : words(item.description),
    keyword: item.tags.map(words),
    coverage: [
      ...(item.region === undefined ? [] : [words(item.region.name)]),
      ...(item.dialect === undefined ? [] : [words(`方言：${item.dialect}`)]),
    ],
    structure: term('atomic'),
    aggregationLevel: term('1'),
  };
}

function lifeCycleOf(item: Courseware): XmlElement {
  const published = item.publishedAt;
  return {
    version: item.current === undefined ? undefined : words(String(item.current.number)),
    status: term('final'),
    contribute: [
      ...item.presenters.map(({ name }) => ({ role: term('author'), entity: personCard(name) })),
      {
        role: term('publisher'),
        entity: unitCard(item.producer?.name ?? SITE_NAME),
        date: published === undefined ? undefined : moment(published),
      },
    ],
  };
}

function metaMetadataOf(item: Courseware, site: PublicSite): XmlElement {
  return {
    identifier: { catalog: 'OAI', entry: oaiIdentifier(site, item.id) },
    contribute: {
      role: term('creator'),
      entity: unitCard(SITE_NAME),
      date: moment(item.updatedAt),
    },
    metadataSchema: ['LOMv1.0', 'CELTS-42'],
    language: WRITTEN_IN,
  };
}

function technicalOf(item: Courseware, site: PublicSite): XmlElement {
  const media = playable(item);
  return {
    format: media === undefined ? undefined : ['application/vnd.apple.mpegurl', 'video/mp4'],
    location: [site.watch(item.id), ...(media === undefined ? [] : [site.playlist(media.generation)])],
    duration: item.duration === undefined ? undefined : { duration: isoDuration(item.duration) },
  };
}

function educationalOf(item: Courseware): XmlElement {
  return {
    interactivityType: term('expositive'),
    learningResourceType: term('lecture'),
    intendedEndUserRole: term('learner'),
    context: term('training'),
    typicalLearningTime: item.duration === undefined ? undefined : { duration: isoDuration(item.duration) },
    description: item.audience.length === 0 ? undefined : words(`适合对象：${item.audience.join('、')}`),
    language: item.language,
  };
}

function rightsOf(item: Courseware): XmlElement {
  const sentence = rightsSentence(item);
  return {
    cost: term('no'),
    copyrightAndOtherRestrictions: sentence === '' ? undefined : term('yes'),
    description: sentence === '' ? undefined : words(sentence),
  };
}

function relationOf(item: Courseware, site: PublicSite): readonly XmlElement[] {
  const { series, seriesId } = item;
  if (series === undefined || seriesId === undefined) return [];
  return [
    {
      kind: term('ispartof'),
      resource: {
        identifier: { catalog: 'URI', entry: site.collection({ kind: 'series', key: seriesId }, 'atom') },
        description: words(series),
      },
    },
  ];
}

function classificationsOf(item: Courseware): readonly XmlElement[] {
  return [
    // The strict schema knows the standard's own types alone, so the Chinese ones are a classification.
    classification('discipline', 'CELTS-42 资源类型', [[undefined, '课件']]),
    ...(item.category === undefined
      ? []
      : [classification('discipline', '课件分类', [[item.category.code, item.category.name]])]),
    ...(item.kind === undefined
      ? []
      : [classification('discipline', '课件类型', [[item.kind, KIND_NAMES[item.kind]]])]),
    ...(item.origin === undefined
      ? []
      : [classification('discipline', '来源库', [[item.origin, ORIGIN_NAMES[item.origin]]])]),
    ...lists('discipline', '产业', item.trades),
    ...lists(
      'discipline',
      '农时',
      item.months.map((month) => `${month}月`),
    ),
    ...lists('educational level', '适用对象', item.audience),
  ];
}

const lists = (purpose: string, source: string, names: readonly string[]): readonly XmlElement[] =>
  names.length === 0
    ? []
    : [
        classification(
          purpose,
          source,
          names.map((name) => [undefined, name]),
        ),
      ];

/** @param taxa - an id, where the scheme has ids, and a name; each a path of its own */
function classification(
  purpose: string,
  source: string,
  taxa: readonly (readonly [id: string | undefined, name: string])[],
): XmlElement {
  return {
    purpose: term(purpose),
    taxonPath: taxa.map(([id, name]) => ({ source: words(source), taxon: { id, entry: words(name) } })),
  };
}

/** A date as the standard has it: with a zone it needs parts of a second too (1484.12.3, `dateTime`). */
const moment = (epochMs: number): XmlElement => ({ dateTime: new Date(epochMs).toISOString() });

/** A word of the standard's own vocabularies. */
const term = (value: string): XmlElement => ({ source: 'LOMv1.0', value });

const words = (text: string): XmlElement => ({ string: { '@_language': WRITTEN_IN, '#text': text } });

/** The standard names people and units as vCards (RFC 2426). */
const card = (lines: readonly string[]): string =>
  ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD'].join('\n');
const personCard = (name: string): string => card([`FN:${cardText(name)}`, `N:${cardText(name)};;;;`]);
const unitCard = (name: string): string =>
  card([`FN:${cardText(name)}`, `N:${cardText(name)};;;;`, `ORG:${cardText(name)}`]);

function cardText(text: string): string {
  return text.replaceAll(/[\\,;]/g, '\\$&').replaceAll(/\r\n?|\n/g, '\\n');
}

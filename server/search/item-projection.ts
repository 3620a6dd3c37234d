import { createHash } from 'node:crypto';

import type { CoursewareId, CoursewareKind, PublicationState } from '../catalogue/courseware.ts';
import { KIND_NAMES } from '../catalogue/kind-words.ts';
import type { Facet, FacetValue } from './facet-column.ts';
import { foldText } from './fold.ts';
import type { IndexedItem } from './indexed-item.ts';
import { nameSyllablesOf, PINYIN_EDITION, syllablesOf, titleSortKey } from './pinyin.ts';
import { wordBoundaries } from './word-boundaries.ts';

/** Grows when the same item would be indexed differently than before; rows of another edition are made again. */
export const INDEX_EDITION = 1000 * PINYIN_EDITION + 2;

/** The bands of length people choose from: from these minutes up to the next. */
const LENGTH_BANDS = [
  { value: 'under-10', label: '10 分钟以内', fromMinutes: 0 },
  { value: '10-30', label: '10–30 分钟', fromMinutes: 10 },
  { value: '30-60', label: '30–60 分钟', fromMinutes: 30 },
  { value: 'over-60', label: '60 分钟以上', fromMinutes: 60 },
] as const;

/** An item as the catalogue has it, with the names of what it refers to. */
export interface ItemFacts {
  readonly id: CoursewareId;
  readonly number: number;
  readonly publication: PublicationState;
  readonly publishedAt: number;
  readonly code: string | undefined;
  readonly title: string;
  readonly description: string;
  readonly kind: CoursewareKind | undefined;
  readonly category: string | undefined;
  readonly year: number | undefined;
  /** Seconds. */
  readonly duration: number | undefined;
  readonly series: FacetValue | undefined;
  /** From the item's place upwards to the city. */
  readonly regions: readonly FacetValue[];
  readonly producer: FacetValue | undefined;
  readonly tags: readonly string[];
  /** Other names of its tags. */
  readonly aliases: readonly string[];
  readonly topics: readonly FacetValue[];
  readonly presenters: readonly FacetValue[];
  readonly audience: readonly string[];
  readonly trades: readonly string[];
  readonly months: readonly string[];
  readonly awards: readonly string[];
}

const itself = (value: string): FacetValue => ({ value, label: value });
const labelsOf = (values: readonly FacetValue[]): readonly string[] => values.map(({ label }) => label);

function facetsOf(facts: ItemFacts): Record<Facet, readonly FacetValue[]> {
  const { kind, year, duration } = facts;
  const band = LENGTH_BANDS.findLast(({ fromMinutes }) => (duration ?? -1) >= fromMinutes * 60);
  return {
    tag: facts.tags.map(itself),
    series: facts.series === undefined ? [] : [facts.series],
    topic: facts.topics,
    kind: kind === undefined ? [] : [{ value: kind, label: KIND_NAMES[kind] }],
    region: facts.regions,
    year: year === undefined ? [] : [{ value: String(year), label: `${year} 年` }],
    length: band === undefined ? [] : [{ value: band.value, label: band.label }],
    audience: facts.audience.map(itself),
    producer: facts.producer === undefined ? [] : [facts.producer],
    presenter: facts.presenters,
    trade: facts.trades.map(itself),
    month: facts.months.map((month) => ({ value: month, label: `${month} 月` })),
  };
}

/** An item as it is searched; pure. */
export function indexedItem(facts: ItemFacts): IndexedItem {
  const tags = [...facts.tags, ...facts.aliases, facts.series?.label ?? '', ...labelsOf(facts.topics)];
  const names = [facts.producer?.label ?? '', ...labelsOf(facts.presenters), ...labelsOf(facts.regions)];
  const about = [
    ...names,
    facts.kind === undefined ? '' : KIND_NAMES[facts.kind],
    facts.category ?? '',
    ...facts.audience,
    ...facts.trades,
    ...facts.awards,
    facts.code ?? '',
  ];
  const title = foldText(facts.title);
  return {
    number: facts.number,
    id: facts.id,
    publication: facts.publication,
    publishedAt: facts.publishedAt,
    texts: {
      title,
      tags: foldText(tags.join(' ')),
      about: foldText(about.join(' ')),
      description: foldText(facts.description),
    },
    syllables: {
      title: syllablesOf(title),
      tags: syllablesOf(foldText(tags.join(' '))),
      about: spelledNames(facts),
    },
    titleBoundaries: wordBoundaries(title),
    titleSort: titleSortKey(title),
    facets: facetsOf(facts),
  };
}

/** Syllables of the producer, the presenters and the regions, as they stand in the text. */
function spelledNames({ producer, presenters, regions }: ItemFacts): string {
  return [
    syllablesOf(foldText(producer?.label ?? '')),
    ...labelsOf(presenters).map((name) => nameSyllablesOf(foldText(name))),
    ...labelsOf(regions).map((name) => syllablesOf(foldText(name))),
  ]
    .filter((syllables) => syllables !== '')
    .join('|');
}

/** Tells one state of an item from another. */
export function digestOf(item: IndexedItem): string {
  return createHash('sha256').update(JSON.stringify(item)).digest('base64url').slice(0, 22);
}

import { element } from '../../controls/element.ts';
import { spokenDuration } from '../../duration-text.ts';
import type { CoursewareRecord, NamedRecord } from '../api.ts';
import { countText, dayText } from '../count-text.ts';
import { durationOf } from '../courseware-card.ts';
import { KIND_WORDS, ORIGIN_WORDS } from '../search/facets.ts';
import type { Facet } from '../search/facets.ts';
import { valueAddress } from '../search/search-query.ts';

type Words = readonly (Node | string)[];

/** The line below the title: when, how long, how often. */
export function bylineOf(courseware: CoursewareRecord): string {
  const { publishedAt, uses } = courseware;
  const seconds = durationOf(courseware);
  return [
    typeof publishedAt === 'number' ? `${dayText(publishedAt)} 发布` : '',
    seconds === undefined ? '' : spokenDuration(seconds),
    uses === undefined || uses.plays === 0 ? '' : `${countText(uses.plays)}次播放`,
    uses === undefined || uses.favourites === 0 ? '' : `${countText(uses.favourites)}人收藏`,
  ]
    .filter((words) => words !== '')
    .join(' · ');
}

/** All that is known about a lecture, as pairs of a name and its words; values that others share lead to them. */
export function showFactList(place: HTMLElement, courseware: CoursewareRecord): void {
  place.textContent = '';
  for (const [name, words] of contentFacts(courseware).concat(recordFacts(courseware))) {
    if (words.length === 0) continue;
    place.append(element('dt', {}, name), element('dd', {}, ...between(words)));
  }
  place.hidden = place.childElementCount === 0;
}

type Fact = readonly [name: string, words: Words];

/** What it is about and for whom. */
function contentFacts({ kind, presenters, audience, trades, months, region }: CoursewareRecord): Fact[] {
  return [
    ['类别', isText(kind) ? [link('kind', kind, KIND_WORDS[kind] ?? kind)] : []],
    ['主讲', links('presenter', presenters)],
    ['地区', links('region', listOf(region))],
    ['适用对象', values('audience', audience)],
    ['产业', values('trade', trades)],
    ['农时', (months ?? []).map((month) => link('month', String(month), `${month} 月`))],
  ];
}

/** Where it comes from and how it is kept. */
function recordFacts({ producer, year, origin, dialect, ...rest }: CoursewareRecord): Fact[] {
  return [
    ['制作单位', links('producer', listOf(producer))],
    ['年份', typeof year === 'number' ? [link('year', String(year), `${year} 年`)] : []],
    ['来源', textOf(ORIGIN_WORDS[origin ?? ''] ?? origin)],
    ['方言', textOf(dialect)],
    ['获奖', rest.awards ?? []],
    ['版权', rightsWords(rest.rights)],
    ['分类', textOf(rest.category?.name)],
    ['编号', textOf(rest.code)],
    ...Object.entries(rest.extra ?? {}).map(([name, value]): Fact => [name, [value]]),
  ];
}

function listOf(named: NamedRecord | null | undefined): readonly NamedRecord[] {
  return named === undefined || named === null ? [] : [named];
}

function textOf(value: string | null | undefined): Words {
  return isText(value) ? [value] : [];
}

function isText(value: string | null | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function link(facet: Facet, value: string, words: string): HTMLElement {
  return element('a', { href: valueAddress(facet, value) }, words);
}

function links(facet: Facet, named: readonly NamedRecord[] = []): Words {
  return named.map(({ id, name }) => link(facet, id, name));
}

function values(facet: Facet, all: readonly string[] = []): Words {
  return all.map((value) => link(facet, value, value));
}

function rightsWords(rights: CoursewareRecord['rights']): Words {
  if (rights === undefined || rights === null) return [];
  const { holder, scope, until } = rights;
  const words = [
    isText(holder) ? holder : '',
    isText(scope) ? scope : '',
    isText(until) ? `有效期至 ${until}` : '',
  ].filter((part) => part !== '');
  return words.length === 0 ? [] : [words.join('，')];
}

function between(words: Words): Words {
  const parts: (Node | string)[] = [];
  for (const word of words) {
    if (parts.length > 0) parts.push('、');
    parts.push(word);
  }
  return parts;
}

import type { CoursewareInput } from '../catalogue/courseware-input.ts';
import type { CoursewareKind } from '../catalogue/courseware.ts';
import { apportion, drawFor, type Draw } from './draw.ts';
import { planDurations } from './item-lengths.ts';
import { planSubjects } from './item-subjects.ts';
import { descriptionOf, describeStory, type TextFacts } from './item-text.ts';
import { PRESENTERS } from './presenters.ts';
import { SHAOXING } from './shaoxing-regions.ts';
import { FULL_LIBRARY, LOCAL_ITEMS, SECONDS_AN_ITEM } from './library-size.ts';
import { SERIES } from './series-plan.ts';
import type { SeriesPlan } from './series-record.ts';
import type { Subject } from './subject.ts';
import { AUDIENCES, TRAPS } from './vocabulary.ts';

/** An item of the library as it is to be. */
export interface PlannedItem {
  readonly id: string;
  readonly input: CoursewareInput & { readonly code: string; readonly duration: number };
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly publishedAt: number;
  /** Which of the twelve clips it plays. */
  readonly clip: number;
  /** True for the clip's own item, whose media is really made. */
  readonly isTrailer: boolean;
  readonly uses: { readonly views: number; readonly plays: number };
  /** The word that a sentence of its description seems to hold and does not. */
  readonly trap: string | undefined;
}

/**
 * Plans a library: the same for the same number of items, on every machine.
 *
 * @param count - 120 to 100,000; their lengths add up to 2,400 s times as much
 */
export function planLibrary(count: number): readonly PlannedItem[] {
  const sizes = sizesFor(count);
  const drafts = SERIES.flatMap((series, index) => {
    return planSubjects(series, sizes[index] ?? 0).map((subject, place) =>
      draftOf(series, subject, place + 1),
    );
  }).toSorted((left, right) => left.publishedAt - right.publishedAt || (left.name < right.name ? -1 : 1));
  const lengths = planDurations(
    drafts.map(({ series }) => series),
    count * SECONDS_AN_ITEM,
  );
  const codes = new CodeGiver();
  const titles = new Set<string>();
  return drafts.map((draft, index) => ({
    id: `sx-${String(index + 1).padStart(5, '0')}`,
    input: {
      ...draft.input,
      title: ownTitle(draft.input.title, draft.series, titles),
      code: codes.next(draft.series.kind, draft.isTrailer, draft.input.year ?? 0),
      duration: lengths[index] ?? 0,
    },
    createdAt: draft.publishedAt - 3 * DAY_MS,
    publishedAt: draft.publishedAt,
    clip: draft.clip,
    isTrailer: draft.isTrailer,
    uses: draft.uses,
    trap: draft.trap,
  }));
}

/** Two series may have the same lecture; the later one's says whose it is. */
function ownTitle(title: string, series: SeriesPlan, taken: Set<string>): string {
  const own = taken.has(title) ? `${title}（${series.title}）` : title;
  taken.add(own);
  return own;
}

/** Whether a series is as large a share of a small library as of the full one; the others fill it up. */
function isOurs({ origins, fixed, content }: SeriesPlan): boolean {
  return fixed === undefined && (origins.includes('self') || content.of === 'live');
}

/** How many items each series has. */
function sizesFor(count: number): readonly number[] {
  const share = count / FULL_LIBRARY;
  const sizes = SERIES.map(({ fixed }) => fixed ?? 0);
  const place = (members: readonly number[], total: number): void => {
    const parts = apportion(
      total,
      members.map((index) => SERIES[index]?.weight ?? 0),
      1,
    );
    for (const [position, index] of members.entries()) sizes[index] = parts[position] ?? 0;
  };
  const indexes = [...SERIES.keys()];
  const local = indexes.filter((index) => SERIES[index]?.kind === 'local');
  place(local, Math.max(local.length, Math.round(LOCAL_ITEMS * share)));
  for (const index of indexes) {
    const series = SERIES[index];
    if (series === undefined || !isOurs(series) || series.kind === 'local') continue;
    sizes[index] = Math.max(1, Math.round((series.weight ?? 0) * share));
  }
  const rest = indexes.filter((index) => sizes[index] === 0);
  place(rest, count - sizes.reduce((left, right) => left + right, 0));
  return sizes;
}

const DAY_MS = 86_400_000;

interface Draft {
  readonly name: string;
  readonly series: SeriesPlan;
  readonly input: CoursewareInput;
  readonly publishedAt: number;
  readonly clip: number;
  readonly isTrailer: boolean;
  readonly uses: { readonly views: number; readonly plays: number };
  readonly trap: string | undefined;
}

function draftOf(series: SeriesPlan, subject: Subject, position: number): Draft {
  const name = `${series.title}/${position}`;
  const draw = drawFor(name);
  const publishedAt = subject.publishedAt ?? anyDay(draw);
  const year = new Date(publishedAt).getUTCFullYear();
  const presenters = presentersOf(series, draw);
  const audience = AUDIENCES[series.audience];
  const months = monthsOf(subject, draw);
  const place = REGION_NAMES.get(subject.region ?? '330600') ?? '绍兴';
  const told = textOf(subject, { place, presenter: presenters[0], audience, months }, draw);
  const tags = [
    ...new Set([...series.tags, ...subject.tags, ...ownTags(series, year, presenters.length, draw)]),
  ];
  const trap = draw.onceIn(25)
    ? trapFor(`${subject.title} ${told} ${tags.join(' ')} ${series.title}`, draw)
    : undefined;
  const producer = producerOf(series, subject, draw);
  const origin = draw.one(series.origins);
  return {
    name,
    series,
    publishedAt,
    clip: subject.clip,
    isTrailer: series.content.of === 'trailer',
    uses: usesOf(series, draw),
    trap: trap?.word,
    input: {
      title: subject.title,
      description: told + (trap?.sentence ?? ''),
      series: series.title,
      seriesPosition: position,
      tags,
      kind: series.kind,
      category: series.category,
      year,
      origin,
      producer,
      presenters,
      audience: [...audience],
      trades: subject.trade === undefined ? [] : [subject.trade],
      months,
      awards: awardsOf(series, draw),
      rights: {
        holder: producer,
        scope: origin === 'self' ? '全网公开' : '全市远程教育站点',
        ...(draw.onceIn(20) && { until: `${draw.between(2030, 2040)}-12-31` }),
      },
      extra: year <= 2008 && draw.onceIn(4) ? { 带号: `DV-${draw.between(1000, 9999)}` } : {},
      ...(subject.region !== undefined && { region: subject.region }),
      ...(subject.dialect !== undefined && { dialect: subject.dialect }),
    },
  };
}

function textOf({ matter, text, isStory }: Subject, facts: TextFacts, draw: Draw): string {
  if (matter === undefined) return text;
  if (isStory && 'theme' in matter) return describeStory(matter.theme, facts.place, draw);
  return descriptionOf(matter, facts, draw);
}

/** A working day between the summer of 2006 and the end of 2011, at nine in the morning in Shaoxing. */
function anyDay(draw: Draw): number {
  const first = Date.UTC(2006, 5, 5, 1);
  return first + draw.below(2_030) * DAY_MS + draw.below(28_800) * 1_000;
}

function presentersOf(series: SeriesPlan, draw: Draw): readonly string[] {
  if (['culture', 'news', 'pioneer', 'story'].includes(series.kind)) return [];
  const first = draw.one(PRESENTERS);
  const second = draw.one(PRESENTERS);
  return draw.onceIn(8) && second !== first ? [first, second] : [first];
}

/** Tags that go with an item and not with its whole series: when, and one of which. */
const OWN_TAGS: readonly {
  readonly tags: readonly string[];
  readonly once: number;
  readonly fits: (series: SeriesPlan, year: number, presenterCount: number) => boolean;
}[] = [
  { tags: ['专家讲座'], once: 3, fits: (_series, _year, presenterCount) => presenterCount > 0 },
  { tags: ['田间实拍'], once: 3, fits: ({ content }) => content.of === 'produce' || content.of === 'local' },
  { tags: ['远教创业富民', '双带致富'], once: 2, fits: ({ kind }) => kind === 'pioneer' },
  { tags: ['科技专家助双创'], once: 1, fits: ({ title }, year) => title === '植物医生' && year >= 2010 },
  { tags: ['远程充电'], once: 3, fits: ({ kind }, year) => kind === 'policy' && year === 2011 },
  { tags: ['建党90周年'], once: 1, fits: ({ title }, year) => title === '党史天天读' && year === 2011 },
  {
    tags: ['创先争优'],
    once: 3,
    fits: ({ title }, year) => year >= 2010 && ['党务工作实务', '党员故事', '远教天地'].includes(title),
  },
];

function ownTags(series: SeriesPlan, year: number, presenterCount: number, draw: Draw): readonly string[] {
  const found = OWN_TAGS.filter(
    ({ once, fits }) => fits(series, year, presenterCount) && draw.onceIn(once),
  ).map(({ tags }) => draw.one(tags));
  const groups = GROUP_TAGS[series.audience];
  return groups.length > 0 && draw.onceIn(2) ? [...found, draw.one(groups)] : found;
}

const GROUP_TAGS: Readonly<Record<SeriesPlan['audience'], readonly string[]>> = {
  growers: ['专业大户', '大学生村官'],
  members: ['入党积极分子', '流动党员'],
  cadres: ['村干部', '大学生村官'],
  everybody: [],
  families: [],
  workers: ['流动党员'],
};

/** Home-made pieces come from the office of agriculture of their county, or from a co-operative of their town. */
function producerOf(series: SeriesPlan, { region }: Subject, draw: Draw): string {
  if (series.kind !== 'local' || region === undefined) return draw.one(series.producers);
  const own = COOPERATIVES[region];
  if (own !== undefined && draw.onceIn(2)) return own;
  return `${REGION_NAMES.get(PARENTS.get(region) ?? '') ?? '绍兴市'}农业局`;
}

const COOPERATIVES: Readonly<Record<string, string>> = {
  330683105: '石璜红茶专业合作社',
  330681108: '山下湖珍珠合作社',
  330681110: '赵家香榧专业合作社',
  330682112: '盖北葡萄专业合作社',
};

function monthsOf({ matter }: Subject, draw: Draw): readonly number[] {
  if (matter === undefined || !('produce' in matter)) return [];
  const { months } = matter.produce;
  return draw
    .shuffled(months)
    .slice(0, draw.between(1, Math.min(3, months.length)))
    .toSorted((left, right) => left - right);
}

function awardsOf(series: SeriesPlan, draw: Draw): readonly string[] {
  if (series.content.of === 'micro') return ['全市支部书记电视党课大赛获奖'];
  if (!series.origins.includes('self') || series.content.of === 'trailer' || !draw.onceIn(9)) return [];
  return [draw.one(['全市远教课件评比一等奖', '全市远教课件评比二等奖', '全省远教课件观摩三等奖'])];
}

/** Few are seen often, and what was made at home more than the rest. Nobody has really seen any. */
function usesOf(series: SeriesPlan, draw: Draw): { readonly views: number; readonly plays: number } {
  const boost = series.origins.includes('self') ? 6 : 1;
  const plays = Math.floor((boost * 900) / (1 + draw.below(300)));
  return { plays, views: plays + draw.below(plays + 20) };
}

function trapFor(text: string, draw: Draw): (typeof TRAPS)[number] | undefined {
  const fitting = TRAPS.filter(({ word }) => !text.includes(word));
  return fitting.length === 0 ? undefined : draw.one(fitting);
}

const REGION_NAMES: ReadonlyMap<string, string> = new Map(SHAOXING.map(({ id, name }) => [id, name]));

const PARENTS: ReadonlyMap<string, string> = new Map(
  SHAOXING.flatMap(({ id, parent }) => (parent === undefined ? [] : [[id, parent] as const])),
);

const CODE_LETTERS: Readonly<Record<CoursewareKind, string>> = {
  local: 'XT',
  pioneer: 'CY',
  story: 'GS',
  micro_lecture: 'WD',
  theory: 'LL',
  policy: 'ZC',
  skill: 'JN',
  news: 'XW',
  culture: 'WH',
  live_replay: 'ZB',
};

/** Codes like `SX-XT-2011-0152`: kind, year, and a number that goes on through the years. */
class CodeGiver {
  readonly #last = new Map<string, number>();

  next(kind: CoursewareKind, isTrailer: boolean, year: number): string {
    const letters = isTrailer ? 'PH' : CODE_LETTERS[kind];
    const number = (this.#last.get(letters) ?? 0) + 1;
    this.#last.set(letters, number);
    return `SX-${letters}-${year}-${String(number).padStart(4, '0')}`;
  }
}

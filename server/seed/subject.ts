import { PRODUCE, TECHNIQUES, UNSUITED, type Family, type Produce, type Technique } from './produce.ts';
import type { Matter } from './item-text.ts';
import { SHAOXING } from './shaoxing-regions.ts';

/** What an item is called and about. */
export interface Subject {
  readonly title: string;
  /** Undefined where `text` is all there is to say. */
  readonly matter: Matter | undefined;
  readonly text: string;
  readonly isStory: boolean;
  readonly tags: readonly string[];
  readonly trade: string | undefined;
  /** The id of a region. */
  readonly region: string | undefined;
  readonly dialect: string | undefined;
  readonly clip: number;
  /** Where the series says when; epoch milliseconds. */
  readonly publishedAt: number | undefined;
}

/** The twelve clips, by what they show. */
export const CLIPS = [
  '茶叶',
  '果业',
  '蔬菜',
  '粮油',
  '香榧',
  '水产',
  '畜禽',
  '党课',
  '政策',
  '健康',
  '文化',
  '时事',
] as const;

/** What most subjects have nothing of. */
export const BLANK: Omit<Subject, 'title' | 'clip'> = {
  matter: undefined,
  text: '',
  isStory: false,
  tags: [],
  trade: undefined,
  region: undefined,
  dialect: undefined,
  publishedAt: undefined,
};

/** A technique as it is taught about one thing. */
export interface Lesson {
  readonly produce: Produce;
  readonly technique: Technique;
}

/** All that can be taught about some families. */
export function lessonsOf(families: readonly Family[], technique?: RegExp): readonly Lesson[] {
  return PRODUCE.filter(({ family }) => families.includes(family)).flatMap((produce) =>
    TECHNIQUES[produce.family]
      .filter(({ name }) => (technique?.test(name) ?? true) && !UNSUITED.has(produce.name + name))
      .map((one) => ({ produce, technique: one })),
  );
}

/** A lesson's title in one of the forms. */
export function titleOfLesson(form: string, { produce, technique }: Lesson): string {
  return form
    .replace('P', produce.name)
    .replace('T', technique.name)
    .replace(/技术技术|工艺技术|管理技术|模式新模式/, (twice) =>
      twice === '模式新模式' ? '新模式' : twice.slice(0, 2),
    );
}

/** What a lesson is about, as a subject has it. */
export function matterOf(lesson: Lesson): Pick<Subject, 'matter' | 'trade' | 'tags' | 'clip'> {
  const { trade } = lesson.produce;
  return {
    matter: lesson,
    trade,
    tags: TRADE_TAGS[trade] === undefined ? [trade] : [TRADE_TAGS[trade]],
    clip: CLIP_OF_TRADE[trade] ?? 1,
  };
}

const TRADE_TAGS: Readonly<Record<string, string>> = { 加工: '农产品加工' };

const CLIP_OF_TRADE: Readonly<Record<string, number>> = {
  茶叶: 0,
  果业: 1,
  蔬菜: 2,
  粮油: 3,
  香榧: 4,
  竹木: 4,
  水产: 5,
  珍珠: 5,
  畜禽: 6,
  蚕桑: 6,
  食用菌: 2,
  花木: 1,
  中药材: 2,
  加工: 0,
  黄酒: 3,
};

const IN_2011 = '2011-06-30';
const OF_2011 = SHAOXING.filter(
  ({ from, to }) => (from ?? '') <= IN_2011 && (to === undefined || to > IN_2011),
);
/** The ids of the six counties of then. */
export const COUNTIES_OF_2011 = OF_2011.filter(({ level }) => level === 'county').map(({ id }) => id);
/** The ids of the towns of then that had been there since 2006. */
export const TOWNS_OF_2011 = OF_2011.filter(({ level, from }) => level === 'town' && from === undefined).map(
  ({ id }) => id,
);
const BY_ID = new Map(SHAOXING.map((region) => [region.id, region]));

/** The id of the county a town is in. */
export function countyOf(region: string): string {
  return BY_ID.get(region)?.parent ?? region;
}

/** What a place is called in a title: 石璜 for 石璜镇. */
export function placeNameOf(region: string): string {
  const name = BY_ID.get(region)?.name ?? '';
  return name.replace(/(街道|镇|乡|县|市|区)$/, (ending) => (name.length - ending.length >= 2 ? '' : ending));
}

const DIALECTS: Readonly<Record<string, string>> = {
  330602: '绍兴话',
  330621: '绍兴话',
  330682: '上虞话',
  330681: '诸暨话',
  330683: '嵊州话',
  330624: '新昌话',
};

/** What people speak there. */
export function dialectOf(region: string): string | undefined {
  return DIALECTS[countyOf(region)];
}

import { drawFor } from './draw.ts';
import { PRODUCE_FORMS, THEME_FORMS, type Matter } from './item-text.ts';
import { PRODUCE, TECHNIQUES, UNSUITED, type Family, type Produce, type Technique } from './produce.ts';
import { SHAOXING } from './shaoxing-regions.ts';
import type { SeriesPlan } from './series-plan.ts';
import { STORIES, THEMES, type Theme } from './themes.ts';

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

/** What is to be taught in a series, so many times; titles do not repeat. */
export function planSubjects(series: SeriesPlan, size: number): readonly Subject[] {
  const { content } = series;
  switch (content.of) {
    case 'produce':
      return techniqueSubjects(series, size, content.families, content.technique);
    case 'themes':
      return themeSubjects(series, size, THEMES[content.themes]);
    case 'local':
      return localSubjects(series, size);
    case 'pioneer':
    case 'story':
      return storySubjects(series, size, STORIES[content.of]);
    case 'micro':
      return microSubjects(size);
    case 'live':
      return liveSubjects(size);
    case 'column':
      return columnSubjects(series, size);
    case 'trailer':
      return trailerSubjects(size);
  }
}

const BLANK: Omit<Subject, 'title' | 'clip'> = {
  matter: undefined,
  text: '',
  isStory: false,
  tags: [],
  trade: undefined,
  region: undefined,
  dialect: undefined,
  publishedAt: undefined,
};

interface Lesson {
  readonly produce: Produce;
  readonly technique: Technique;
}

function lessonsOf(families: readonly Family[], technique?: RegExp): readonly Lesson[] {
  return PRODUCE.filter(({ family }) => families.includes(family)).flatMap((produce) =>
    TECHNIQUES[produce.family]
      .filter(({ name }) => (technique?.test(name) ?? true) && !UNSUITED.has(produce.name + name))
      .map((one) => ({ produce, technique: one })),
  );
}

/** Every subject in every form, each form of all subjects before the next: what is most to the point comes first. */
function inForms<T>(
  series: SeriesPlan,
  size: number,
  subjects: readonly T[],
  forms: readonly string[],
  title: (form: string, subject: T) => string,
): readonly (readonly [title: string, subject: T])[] {
  const draw = drawFor(`subjects/${series.title}`);
  const found: (readonly [string, T])[] = [];
  for (const form of forms) {
    for (const subject of draw.shuffled(subjects)) {
      if (found.length === size) return found;
      found.push([title(form, subject), subject]);
    }
  }
  // The rest are numbered, as long series are.
  while (found.length < size) {
    const subject = draw.one(subjects);
    found.push([`${series.title}第${found.length + 1}讲：${title(forms[1] ?? 'S', subject)}`, subject]);
  }
  return found;
}

function techniqueSubjects(
  series: SeriesPlan,
  size: number,
  families: readonly Family[],
  technique?: RegExp,
): readonly Subject[] {
  const lessons = lessonsOf(families, technique);
  // Two series may speak of the same technique; then they speak of it in other forms.
  const turn = drawFor(`forms/${series.title}`).below(PRODUCE_FORMS.length);
  const forms = [...PRODUCE_FORMS.slice(turn), ...PRODUCE_FORMS.slice(0, turn)];
  const titled = inForms(series, size, lessons, forms, titleOfLesson);
  return titled.map(([title, lesson], index) => {
    const draw = drawFor(`${series.title}/place/${index}`);
    return {
      ...BLANK,
      ...matterOf(lesson),
      title,
      ...(draw.onceIn(3) && { region: countyOf(draw.one(lesson.produce.places)) }),
    };
  });
}

function titleOfLesson(form: string, { produce, technique }: Lesson): string {
  return form
    .replace('P', produce.name)
    .replace('T', technique.name)
    .replace(/技术技术|工艺技术|管理技术|模式新模式/, (twice) =>
      twice === '模式新模式' ? '新模式' : twice.slice(0, 2),
    );
}

function matterOf(lesson: Lesson): Pick<Subject, 'matter' | 'trade' | 'tags' | 'clip'> {
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

function themeSubjects(series: SeriesPlan, size: number, themes: readonly Theme[]): readonly Subject[] {
  const turn = drawFor(`forms/${series.title}`).below(THEME_FORMS.length);
  const forms = [...THEME_FORMS.slice(turn), ...THEME_FORMS.slice(0, turn)];
  return inForms(series, size, themes, forms, (form, { subject }) => form.replace('S', subject)).map(
    ([title, theme]) => ({
      ...BLANK,
      title,
      matter: { theme },
      clip: CLIP_OF_KIND[series.kind] ?? 7,
      tags: title.includes('诈骗') || title.includes('陷阱') ? ['反诈'] : [],
    }),
  );
}

const CLIP_OF_KIND: Readonly<Record<string, number>> = {
  theory: 7,
  policy: 8,
  skill: 9,
  culture: 10,
  news: 11,
};

const FAMILIES_OF_LOCAL: Readonly<Record<string, readonly Family[]>> = {
  越乡种植: ['fruit', 'vegetable', 'grain', 'forest', 'mushroom', 'flower', 'herb'],
  水乡养殖: ['livestock', 'poultry', 'aquatic', 'silk'],
  山里加工: ['tea', 'processed'],
};

/** Home-made pieces that the city is known by; they are there whatever the size, each in its series. */
const FAMOUS: readonly {
  readonly series: string;
  readonly title: string;
  readonly produce: string;
  readonly technique: string;
  readonly region: string;
  readonly day: number;
}[] = [
  {
    series: '越乡种植',
    title: '嵊州桃形李栽培技术',
    produce: '桃形李',
    technique: '栽培',
    region: '330683105',
    // The last of them: its code ends in 0152.
    day: Date.UTC(2011, 11, 30, 1),
  },
  {
    series: '越乡种植',
    title: '香榧嫁接与授粉',
    produce: '香榧',
    technique: '嫁接与授粉',
    region: '330681110',
    day: Date.UTC(2009, 3, 8, 1),
  },
  {
    series: '越乡种植',
    title: '盖北葡萄避雨栽培',
    produce: '葡萄',
    technique: '避雨栽培',
    region: '330682112',
    day: Date.UTC(2010, 1, 24, 1),
  },
  {
    series: '山里加工',
    title: '大佛龙井手工炒制',
    produce: '龙井茶',
    technique: '手工炒制',
    region: '330624109',
    day: Date.UTC(2008, 2, 12, 1),
  },
  {
    series: '山里加工',
    title: '红茶加工关键技术',
    produce: '红茶',
    technique: '加工关键技术',
    region: '330683105',
    day: Date.UTC(2010, 3, 21, 1),
  },
];

function localSubjects(series: SeriesPlan, size: number): readonly Subject[] {
  const famous = FAMOUS.filter((one) => one.series === series.title).map((one): Subject => {
    const produce = PRODUCE.find(({ name }) => name === one.produce);
    const technique = produce && TECHNIQUES[produce.family].find(({ name }) => name === one.technique);
    if (produce === undefined || technique === undefined) throw new Error(`Nobody teaches ${one.title}`);
    return {
      ...BLANK,
      ...matterOf({ produce, technique }),
      title: one.title,
      region: one.region,
      dialect: dialectOf(one.region),
      publishedAt: one.day,
    };
  });
  const draw = drawFor(`local/${series.title}`);
  const lessons = draw.shuffled(lessonsOf(FAMILIES_OF_LOCAL[series.title] ?? []));
  const known = new Set(famous.map(({ title }) => title));
  const others = lessons.flatMap((lesson): readonly Subject[] => {
    const region = draw.one(lesson.produce.places);
    const title = placeNameOf(region) + titleOfLesson('PT', lesson);
    if (known.has(title)) return [];
    known.add(title);
    return [
      {
        ...BLANK,
        ...matterOf(lesson),
        title,
        region,
        dialect: draw.onceIn(2) ? dialectOf(region) : undefined,
      },
    ];
  });
  return [...famous, ...others].slice(0, size);
}

function storySubjects(series: SeriesPlan, size: number, stories: readonly Theme[]): readonly Subject[] {
  const draw = drawFor(`stories/${series.title}`);
  const towns = draw.shuffled(TOWNS_OF_2011);
  return Array.from({ length: size }, (_, index) => {
    const theme = stories[index % stories.length] ?? { subject: '', points: '' };
    // Told once wherever it belongs, and then, as such stories are, of other places too.
    const isFirst = index < stories.length;
    const region =
      (isFirst ? FIXED_PLACES[theme.subject] : undefined) ?? towns[index % towns.length] ?? '330600';
    return {
      ...BLANK,
      title: `${series.title}：${theme.subject}${isFirst ? '' : `（${placeNameOf(region)}篇）`}`,
      matter: { theme },
      isStory: true,
      region,
      dialect: draw.onceIn(3) ? dialectOf(region) : undefined,
      clip: 7,
    };
  });
}

/** Stories that can only be told of one place. */
const FIXED_PLACES: Readonly<Record<string, string>> = {
  珍珠湖畔的大学生村官: '330681108',
  轻纺城里的党员店铺: '330621001',
  香榧林里的合作社: '330681110',
  葡萄架下的夫妻档: '330682112',
  红茶厂里的新班长: '330683105',
  水乡摆渡人: '330602102',
};

function microSubjects(size: number): readonly Subject[] {
  return STORIES.micro.slice(0, size).map((theme, index) => ({
    ...BLANK,
    title: `微型党课：${theme.subject}`,
    text:
      `${theme.points}。支部书记电视党课大赛获奖作品，从一件小事讲起，六七分钟说透一个道理，语言朴素，举例都在身边。` +
      '全市十一名选手的获奖党课由市远程办统一录制成“微型党课”，送到基层每一个站点，可作支部学习的开场课，也可在主题党日上集中收看、交流体会。',
    matter: undefined,
    region: COUNTIES_OF_2011[index % COUNTIES_OF_2011.length],
    clip: 7,
    publishedAt: Date.UTC(2011, 5, 20 + index, 1),
  }));
}

function liveSubjects(size: number): readonly Subject[] {
  const lectures = [
    '学习贯彻十七届五中全会精神',
    '“十二五”规划解读',
    '村级组织换届政策',
    '春耕生产技术',
    '防汛抗台部署',
    '创先争优活动动员',
    '农村土地承包政策',
    '建党90周年党史报告',
    '合作社经营与农产品营销',
    '冬季病虫害防治',
    '新型农村社会养老保险',
    '学习贯彻党代会精神',
  ];
  return lectures.slice(0, size).map((lecture, index) => ({
    ...BLANK,
    title: `直播课堂：${lecture}`,
    text:
      `面向全市站点的直播课回放，主题是${lecture}。课前以短信通知站点管理员，课中接受站点提问，课后由市远程办剪辑入库。` +
      '全课分专题讲解、现场问答、工作要求三段，章节清楚，缺课的站点可以补看，收看情况记入教学活动记录，作为月报统计的依据。',
    region: '330600',
    clip: 11,
    publishedAt: Date.UTC(2010, 1 + index * 2, 25, 6, 30),
  }));
}

function columnSubjects(series: SeriesPlan, size: number): readonly Subject[] {
  const draw = drawFor(`column/${series.title}`);
  const first = Date.UTC(2006, 8, 1, 11);
  const last = Date.UTC(2011, 11, 23, 11);
  const issues = new Map<number, number>();
  return Array.from({ length: size }, (_, index) => {
    const publishedAt = Math.round(first + ((last - first) * index) / Math.max(1, size - 1));
    const year = new Date(publishedAt).getUTCFullYear();
    const issue = (issues.get(year) ?? 0) + 1;
    issues.set(year, issue);
    const theme = draw.one(THEMES.news);
    return {
      ...BLANK,
      title: `${series.title} ${year}年第${issue}期：${theme.subject}`,
      matter: { theme },
      region: draw.onceIn(2) ? draw.one(COUNTIES_OF_2011) : '330600',
      clip: 11,
      publishedAt,
    };
  });
}

function trailerSubjects(size: number): readonly Subject[] {
  return CLIPS.slice(0, size).map((clip, index) => ({
    ...BLANK,
    title: `课件片花：${clip}`,
    text:
      `半分钟的${clip}课件片花，画面上有时钟和片名，供节目预告、站点试机和对照画质使用。片花由市远程办制作，带中文字幕，声音按统一响度校正，` +
      '站点管理员开机后可以先放一遍，看清画面、听清声音、对准字幕，再开始当天的集中收看。',
    region: '330600',
    clip: index,
    publishedAt: Date.UTC(2006, 5, 1, 1, index),
  }));
}

const IN_2011 = '2011-06-30';
const OF_2011 = SHAOXING.filter(
  ({ from, to }) => (from ?? '') <= IN_2011 && (to === undefined || to > IN_2011),
);
const COUNTIES_OF_2011 = OF_2011.filter(({ level }) => level === 'county').map(({ id }) => id);
/** Those that were there all the time since 2006. */
const TOWNS_OF_2011 = OF_2011.filter(({ level, from }) => level === 'town' && from === undefined).map(
  ({ id }) => id,
);
const BY_ID = new Map(SHAOXING.map((region) => [region.id, region]));

function countyOf(region: string): string {
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

function dialectOf(region: string): string | undefined {
  return DIALECTS[countyOf(region)];
}

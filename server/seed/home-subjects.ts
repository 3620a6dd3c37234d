import { drawFor } from './draw.ts';
import { PRODUCE_FORMS } from './item-text.ts';
import { PRODUCE, TECHNIQUES, type Family } from './produce.ts';
import type { SeriesPlan } from './series-record.ts';
import {
  BLANK,
  CLIPS,
  COUNTIES_OF_2011,
  dialectOf,
  lessonsOf,
  matterOf,
  placeNameOf,
  titleOfLesson,
  TOWNS_OF_2011,
  type Subject,
} from './subject.ts';
import { STORIES, THEMES, type Theme } from './themes.ts';

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

/** Home-made pieces about what a place lives on: the famous ones first. */
export function localSubjects(series: SeriesPlan, size: number): readonly Subject[] {
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
  const lessons = lessonsOf(FAMILIES_OF_LOCAL[series.title] ?? []);
  const found = [...famous];
  const known = new Set(famous.map(({ title }) => title));
  for (const form of PRODUCE_FORMS.slice(1)) {
    for (const lesson of draw.shuffled(lessons)) {
      if (found.length >= size) return found.slice(0, size);
      const region = draw.one(lesson.produce.places);
      const title = placeNameOf(region) + titleOfLesson(form, lesson);
      if (known.has(title)) continue;
      known.add(title);
      const dialect = draw.onceIn(2) ? dialectOf(region) : undefined;
      found.push({ ...BLANK, ...matterOf(lesson), title, region, dialect });
    }
  }
  return found.slice(0, size);
}

/** Stories of people, told of one place and then of others. */
export function storySubjects(
  series: SeriesPlan,
  size: number,
  stories: readonly Theme[],
): readonly Subject[] {
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

/** The winners of the contest of party lessons. */
export function microSubjects(size: number): readonly Subject[] {
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

/** Live classes that were kept. */
export function liveSubjects(size: number): readonly Subject[] {
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
  return Array.from({ length: size }, (_, index) => {
    const round = Math.floor(index / lectures.length);
    return `${lectures[index % lectures.length]}${round === 0 ? '' : `（${round + 1}）`}`;
  }).map((lecture, index) => ({
    ...BLANK,
    title: `直播课堂：${lecture}`,
    text:
      `面向全市站点的直播课回放，主题是${lecture}。课前以短信通知站点管理员，课中接受站点提问，课后由市远程办剪辑入库。` +
      '全课分专题讲解、现场问答、工作要求三段，章节清楚，缺课的站点可以补看，收看情况记入教学活动记录，作为月报统计的依据。',
    region: '330600',
    clip: 11,
    publishedAt: Date.UTC(2010, 1 + Math.floor((index * 23) / size), 25, 6, 30 + (index % 30)),
  }));
}

/** A weekly column, from the autumn of 2006 on. */
export function columnSubjects(series: SeriesPlan, size: number): readonly Subject[] {
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

/** The clips’ own items. */
export function trailerSubjects(size: number): readonly Subject[] {
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

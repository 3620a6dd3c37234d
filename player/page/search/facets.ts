/** The filters of the catalogue, in the order they are offered. */
export const FACETS = [
  'tag',
  'series',
  'topic',
  'kind',
  'region',
  'audience',
  'trade',
  'month',
  'length',
  'year',
  'producer',
  'presenter',
] as const;

/** The name of a filter, as the address and the API spell it. */
export type Facet = (typeof FACETS)[number];

/** The name of a filter, as people read it. */
export const FACET_WORDS: Readonly<Record<Facet, string>> = {
  tag: '标签',
  series: '系列',
  topic: '专题',
  kind: '类别',
  region: '地区',
  audience: '适用对象',
  trade: '产业',
  month: '农时',
  length: '时长',
  year: '年份',
  producer: '制作单位',
  presenter: '主讲人',
};

/** The kinds of courseware. */
export const KIND_WORDS: Readonly<Record<string, string>> = {
  local: '乡土课件',
  pioneer: '创业先锋',
  story: '党员故事',
  micro_lecture: '微型党课',
  theory: '政治理论',
  policy: '政策法规',
  skill: '实用技术',
  news: '时事新闻',
  culture: '文化生活',
  live_replay: '直播回放',
};

/** Where an item came from. */
export const ORIGIN_WORDS: Readonly<Record<string, string>> = {
  self: '自制',
  central: '中央库',
  province: '省库',
  city: '市库',
  county: '县库',
  live: '直播录制',
  donated: '捐赠',
};

/** Bands of length, in minutes. */
export const LENGTH_WORDS: Readonly<Record<string, string>> = {
  'under-10': '10 分钟以内',
  '10-30': '10–30 分钟',
  '30-60': '30–60 分钟',
  'over-60': '60 分钟以上',
};

/** What the sorts are called; the first is taken when the address names none. */
export const SORT_WORDS = {
  relevance: '相关度',
  newest: '最新',
  plays: '播放最多',
  favourites: '收藏最多',
  title: '按拼音',
} as const;

/** A way to order the result. */
export type Sort = keyof typeof SORT_WORDS;

/** What people read for a value; the server's own label where we know no better. Pure. */
export function valueWords(facet: Facet, value: string, label: string = value): string {
  if (facet === 'kind') return KIND_WORDS[value] ?? label;
  if (facet === 'length') return LENGTH_WORDS[value] ?? label;
  if (facet === 'month') return `${value} 月`;
  if (facet === 'year') return `${value} 年`;
  return label;
}

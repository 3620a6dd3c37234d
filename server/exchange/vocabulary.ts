import {
  COURSEWARE_KINDS,
  COURSEWARE_ORIGINS,
  type CoursewareKind,
  type CoursewareOrigin,
} from '../catalogue/courseware.ts';

/** Words of a closed list: the first is written, all are read. */
export type Vocabulary<Value extends string> = Readonly<Record<Value, readonly [string, ...string[]]>>;

/** What the kinds of courseware are called in tables. */
export const KIND_WORDS: Vocabulary<CoursewareKind> = {
  local: ['乡土课件', '乡土', '乡土教材'],
  pioneer: ['创业先锋', '先锋'],
  story: ['党员故事', '故事'],
  micro_lecture: ['微型党课', '微党课', '微课'],
  theory: ['政治理论', '理论'],
  policy: ['政策法规', '政策', '法规'],
  skill: ['实用技术', '农村实用技术', '农业技术', '技术'],
  news: ['时事新闻', '时事', '新闻', '快讯'],
  culture: ['文化生活', '文化', '文艺'],
  live_replay: ['直播回放', '课堂回放', '回放'],
};

/** What the origins of courseware are called in tables. */
export const ORIGIN_WORDS: Vocabulary<CoursewareOrigin> = {
  self: ['自制', '自拍', '本地自制'],
  central: ['中央库', '中央'],
  province: ['省库', '省级', '省'],
  city: ['市库', '市级', '市'],
  county: ['县库', '县级', '县', '区库', '区级'],
  live: ['直播录制', '直播'],
  donated: ['捐赠', '社会捐赠'],
};

/** Languages that are written in words; all others by their tag (BCP 47). */
export const LANGUAGE_WORDS: Vocabulary<'zh-CN' | 'en' | 'wuu'> = {
  'zh-CN': ['中文', '汉语', '普通话', '国语'],
  en: ['英语', '英文'],
  wuu: ['吴语'],
};

/** The words that are written, in the order of the list. */
export function wordsOf<Value extends string>(vocabulary: Vocabulary<Value>): readonly string[] {
  return Object.values<readonly [string, ...string[]]>(vocabulary).map(([word]) => word);
}

/** The value a word stands for: any of its words, or the value itself. */
export function valueOfWord<Value extends string>(
  vocabulary: Vocabulary<Value>,
  word: string,
): Value | undefined {
  const wanted = word.toLowerCase();
  const found = Object.entries<readonly string[]>(vocabulary).find(
    ([value, words]) => value.toLowerCase() === wanted || words.includes(word),
  );
  return found?.[0] as Value | undefined;
}

/** Every kind and origin has its words. */
export const CLOSED_LISTS = { kind: COURSEWARE_KINDS, origin: COURSEWARE_ORIGINS } as const;

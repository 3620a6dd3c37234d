import type { CoursewareKind, CoursewareOrigin } from './courseware.ts';

/** Words of a closed list: the first is written, all are read. */
export type ClosedList<Value extends string> = Readonly<Record<Value, readonly [string, ...string[]]>>;

/** What the kinds of courseware are called: the name people read first, then what tables may also say. */
export const KIND_WORDS: ClosedList<CoursewareKind> = {
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

/** What the origins of courseware are called: the name people read first, then what tables may also say. */
export const ORIGIN_WORDS: ClosedList<CoursewareOrigin> = {
  self: ['自制', '自拍', '本地自制'],
  central: ['中央库', '中央'],
  province: ['省库', '省级', '省'],
  city: ['市库', '市级', '市'],
  county: ['县库', '县级', '县', '区库', '区级'],
  live: ['直播录制', '直播'],
  donated: ['捐赠', '社会捐赠'],
};

/** What each value is called: the first of its words. */
function namesOf<Value extends string>(list: ClosedList<Value>): Readonly<Record<Value, string>> {
  const named = Object.entries<readonly [string, ...string[]]>(list).map(([value, [name]]) => [value, name]);
  return Object.fromEntries(named) as Record<Value, string>;
}

/** What a kind is called. */
export const KIND_NAMES = namesOf(KIND_WORDS);
/** Whose library an item comes from. */
export const ORIGIN_NAMES = namesOf(ORIGIN_WORDS);

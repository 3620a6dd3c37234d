export {
  ChineseSearch,
  type ChineseSearchOptions,
  type Completion,
  type Find,
  type Findable,
  type FindOptions,
  type Finds,
} from './chinese-search.ts';
export type { MarkedText, Marks } from './highlights.ts';
export { titleSortKey } from './pinyin.ts';

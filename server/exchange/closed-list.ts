import type { ClosedList } from '../catalogue/kind-words.ts';

/** Languages that are written in words; all others by their tag (BCP 47). */
export const LANGUAGE_WORDS: ClosedList<'zh-CN' | 'en' | 'wuu'> = {
  'zh-CN': ['中文', '汉语', '普通话', '国语'],
  en: ['英语', '英文'],
  wuu: ['吴语'],
};

/** The words that are written, in the order of the list. */
export function wordsOf<Value extends string>(list: ClosedList<Value>): readonly string[] {
  return Object.values<readonly [string, ...string[]]>(list).map(([word]) => word);
}

/** The value a word stands for: any of its words, or the value itself. */
export function valueOfWord<Value extends string>(list: ClosedList<Value>, word: string): Value | undefined {
  const wanted = word.toLowerCase();
  const found = Object.entries<readonly string[]>(list).find(
    ([value, words]) => value.toLowerCase() === wanted || words.includes(word),
  );
  return found?.[0] as Value | undefined;
}

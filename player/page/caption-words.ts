/** The languages that are offered; the API takes any. */
export const LANGUAGES: readonly { readonly tag: string; readonly label: string }[] = [
  { tag: 'zh-Hans', label: '简体中文' },
  { tag: 'zh-Hant', label: '繁体中文' },
  { tag: 'en', label: '英语' },
  { tag: 'ja', label: '日语' },
  { tag: 'ko', label: '朝鲜语' },
  { tag: 'fr', label: '法语' },
  { tag: 'de', label: '德语' },
  { tag: 'ru', label: '俄语' },
];

/** What to do about captions that drift: they were made for another rate of pictures than the video has. */
export const STRETCHES: readonly { readonly value: number; readonly label: string }[] = [
  { value: 1, label: '快慢不变' },
  { value: 25 / 23.976, label: '越到后面越早：放慢（25 → 23.976 帧）' },
  { value: 23.976 / 25, label: '越到后面越晚：加快（23.976 → 25 帧）' },
];

const BY_WORD: Readonly<Record<string, string>> = {
  zh: 'zh-Hans',
  chs: 'zh-Hans',
  sc: 'zh-Hans',
  'zh-cn': 'zh-Hans',
  'zh-hans': 'zh-Hans',
  cht: 'zh-Hant',
  tc: 'zh-Hant',
  big5: 'zh-Hant',
  'zh-tw': 'zh-Hant',
  'zh-hant': 'zh-Hant',
  en: 'en',
  eng: 'en',
  ja: 'ja',
  ko: 'ko',
  fr: 'fr',
  de: 'de',
  ru: 'ru',
};

/** The language that a file's name tells, as in `第一课.en.srt`; undefined when it tells none. Pure. */
export function languageOfName(fileName: string): string | undefined {
  const words = fileName.toLowerCase().replace(/_/g, '-').split('.').slice(1, -1);
  return words.map((word) => BY_WORD[word]).find((tag) => tag !== undefined);
}

/** `推迟 1.5 秒`, `提前 0.8 秒`. Pure. */
export function offsetText(offsetMs: number): string {
  return `${offsetMs > 0 ? '推迟' : '提前'} ${Math.abs(offsetMs) / 1000} 秒`;
}

/** `放慢 4.27%`, `加快 4.1%`. Pure. */
export function stretchText(stretch: number): string {
  const percent = Math.round(Math.abs(stretch - 1) * 10_000) / 100;
  return `${stretch > 1 ? '放慢' : '加快'} ${percent}%`;
}

/** Seconds that somebody typed, in milliseconds; undefined when they are none. Pure. */
export function usedSeconds(typed: string): number | undefined {
  const seconds = Number(typed.trim());
  return typed.trim() === '' || !Number.isFinite(seconds) ? undefined : Math.round(seconds * 1000);
}

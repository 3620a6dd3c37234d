import type { Cue } from './caption-file.ts';

/** The longest tag that is taken: it becomes part of a name. */
const MAX_LENGTH = 20;

/** How files and containers abbreviate what BCP 47 has other words for. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  chs: 'zh-Hans',
  sc: 'zh-Hans',
  gb: 'zh-Hans',
  cht: 'zh-Hant',
  tc: 'zh-Hant',
  big5: 'zh-Hant',
  cn: 'zh-Hans',
  tw: 'zh-Hant',
};

const SIMPLIFIED = /[这个们来为国说时会对发后里种经么学现当没动还进样开从实无与长机关点业两间问应头体见产]/g;
const TRADITIONAL = /[這個們來為國說時會對發後裡種經麼學現當沒動還進樣開從實無與長機關點業兩間問應頭體見產]/g;

/**
 * The BCP 47 tag in its usual writing, such as `zh-Hans`; three-letter names of containers (`chi`) become the short ones; pure.
 *
 * @returns `undefined` when it is none, is longer than 20 characters, or says that the language is unknown
 */
export function languageTag(given: string): string | undefined {
  const text = given.trim().replaceAll('_', '-');
  const known = ABBREVIATIONS[text.toLowerCase()];
  if (known !== undefined) return known;
  try {
    const [tag = ''] = Intl.getCanonicalLocales(text);
    return tag === '' || tag.length > MAX_LENGTH || /^(und|mul|zxx|mis)\b/.test(tag) ? undefined : tag;
  } catch {
    return undefined;
  }
}

/** What a language is called in itself, for a menu: `简体中文`, `English`; pure. */
export function languageLabel(tag: string): string {
  return new Intl.DisplayNames([tag, 'zh-Hans'], { type: 'language' }).of(tag) ?? tag;
}

/**
 * The language of captions from their file's name (`lecture.en.srt`), else from their characters; pure. What has no Chinese
 * characters and does not say is taken for English.
 */
export function guessLanguage(fileName: string, cues: readonly Cue[]): string {
  const parts = fileName
    .toLowerCase()
    .split(/[.\s()[\]]+/)
    .slice(1, -1);
  for (const part of parts.toReversed()) {
    const tag = /^[a-z]{2,3}([-_][a-z0-9]{2,8})*$|^big5$/.test(part) ? languageTag(part) : undefined;
    if (tag !== undefined && isNamed(tag)) return tag === 'zh' ? scriptOf(cues) : tag;
  }
  const text = cues.map((cue) => cue.text).join('');
  return /\p{Script=Han}/u.test(text) ? scriptOf(cues) : 'en';
}

/** Words of a file name look like tags; only languages that are common enough to have a name of two letters are meant. */
function isNamed(tag: string): boolean {
  const [primary = ''] = tag.split('-');
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
  return primary.length === 2 && names.of(primary) !== undefined;
}

/** Simplified or traditional, by the characters that differ. */
export function scriptOf(cues: readonly Cue[]): 'zh-Hans' | 'zh-Hant' {
  const text = cues.map((cue) => cue.text).join('');
  const simplified = text.match(SIMPLIFIED)?.length ?? 0;
  const traditional = text.match(TRADITIONAL)?.length ?? 0;
  return traditional > simplified ? 'zh-Hant' : 'zh-Hans';
}

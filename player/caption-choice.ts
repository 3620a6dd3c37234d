import type { CaptionTrack } from './descriptor.ts';

/**
 * The captions that serve who wants a language: the same, else another writing of it, such as `zh-Hant` for `zh-Hans`. Pure.
 *
 * @returns the language of one of `captions`, or undefined when none serves or none is wanted
 */
export function nearestLanguage(
  captions: readonly CaptionTrack[],
  wanted: string | undefined,
): string | undefined {
  if (wanted === undefined) return undefined;
  const same = captions.find(({ language }) => language === wanted);
  return (same ?? captions.find(({ language }) => primary(language) === primary(wanted)))?.language;
}

function primary(language: string): string {
  return language.split('-')[0] ?? language;
}

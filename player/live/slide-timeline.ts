import type { LiveSlide } from './state-document.ts';

/**
 * The slide that belongs to a moment of the picture: the last one that was put up by then. Compared by the picture's own
 * time, so it is in step at the live edge at any latency, and after going back.
 *
 * @param slides in order of their moments
 * @param playingMs milliseconds since 1970, of the picture on the screen; undefined before there is one
 * @returns undefined where no slide was up, or where it had been taken down
 */
export function slideAt(
  slides: readonly LiveSlide[],
  playingMs: number | undefined,
): (LiveSlide & { readonly imageUrl: string }) | undefined {
  if (playingMs === undefined) return undefined;
  let shown: LiveSlide | undefined;
  for (const slide of slides) {
    if (Date.parse(slide.at) > playingMs) break;
    shown = slide;
  }
  const imageUrl = shown?.imageUrl;
  return shown === undefined || imageUrl === undefined ? undefined : { ...shown, imageUrl };
}

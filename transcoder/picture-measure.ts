/** One small grey picture: a byte a dot, 0 black to 255 white. */
export type GreyPicture = Uint8Array;

/** What is measured on a picture to tell whether it may stand for a lecture. */
export interface PictureFacts {
  /** Levels between the darkest and the brightest hundredth of the dots: 0 for a blank picture, 255 for black on white. */
  readonly contrast: number;
  /** Mean difference between neighbouring dots, in levels; a blurred or half faded picture has little. */
  readonly detail: number;
}

/** Fewer levels than this are a black screen, a white flash, a plain card or the first step of a fade. */
const LEAST_CONTRAST = 48;
const LEAST_DETAIL = 0.8;
/** Of a lecture without one good picture, one with so many levels is still better than a letter on a panel. */
const LAST_RESORT_CONTRAST = 16;

/** Measures a picture of `width` dots a line; pure. The black bars of a film or of a 4:3 picture do not count. */
export function measurePicture(picture: GreyPicture, width: number): PictureFacts {
  const { left, right, top, bottom } = insideBars(picture, width);
  const histogram = new Uint32Array(256);
  let differences = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const level = picture[y * width + x] ?? 0;
      histogram[level] = (histogram[level] ?? 0) + 1;
      if (x + 1 < right) differences += Math.abs(level - (picture[y * width + x + 1] ?? 0));
      if (y + 1 < bottom) differences += Math.abs(level - (picture[(y + 1) * width + x] ?? 0));
    }
  }
  const dots = (right - left) * (bottom - top);
  const share = Math.floor(dots / 100);
  return {
    contrast: Math.max(0, levelBelow(histogram, dots - share) - levelBelow(histogram, share)),
    detail: differences / (2 * dots),
  };
}

interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Levels up to which a line belongs to a bar, all over. */
const BAR_LEVEL = 28;
/** Wider bars, as a share of the side, are no bars: it is a dark picture with little in it. */
const WIDEST_BARS = 0.4;

function insideBars(picture: GreyPicture, width: number): Bounds {
  const height = Math.floor(picture.length / width);
  const isDark = (x: number, y: number): boolean => (picture[y * width + x] ?? 0) <= BAR_LEVEL;
  const isDarkRow = (y: number): boolean => every(width, (x) => isDark(x, y));
  const isDarkColumn = (x: number): boolean => every(height, (y) => isDark(x, y));
  const [top, bottom] = inside(height, isDarkRow);
  const [left, right] = inside(width, isDarkColumn);
  return { left, right, top, bottom };
}

/** Where along a side the lines begin and end that are no bars. */
function inside(length: number, isBar: (line: number) => boolean): readonly [number, number] {
  let from = 0;
  let to = length;
  while (from < to && isBar(from)) from += 1;
  while (to > from && isBar(to - 1)) to -= 1;
  return length - (to - from) > length * WIDEST_BARS ? [0, length] : [from, to];
}

function every(count: number, holds: (index: number) => boolean): boolean {
  for (let index = 0; index < count; index += 1) if (!holds(index)) return false;
  return true;
}

/** The level under which so many dots lie. */
function levelBelow(histogram: Uint32Array, dots: number): number {
  let seen = 0;
  for (const [level, count] of histogram.entries()) {
    seen += count;
    if (seen > dots) return level;
  }
  return 255;
}

/** Mean difference between two pictures, in levels; pure. A still slide has none, a fade or a pan much. */
export function movementBetween(one: GreyPicture, other: GreyPicture): number {
  let sum = 0;
  one.forEach((level, position) => (sum += Math.abs(level - (other[position] ?? level))));
  return sum / Math.max(1, one.length);
}

/** False for black, white, plain and all but faded pictures; pure. */
export function isTelling({ contrast, detail }: PictureFacts): boolean {
  return contrast >= LEAST_CONTRAST && detail >= LEAST_DETAIL;
}

/** Tenths of a score by which a picture may fall behind the best one and still be a choice. */
const NEARLY = 3;

/**
 * Ranks pictures as posters, best first; pure. What counts is to be as rich as the lecture's pictures usually are, and not
 * richer: the fullest table is no better poster than an ordinary slide. Among equals the earliest comes first, for a lecture says
 * at its beginning what it is about. Half a fade has half the contrast and half the detail, and so a quarter of the score.
 *
 * @returns places in `pictures` of the best and those nearly as good; empty when none tells anything
 */
export function rankPosters(pictures: readonly PictureFacts[]): readonly number[] {
  const telling = [...pictures.entries()].filter(([, facts]) => isTelling(facts));
  const usualContrast = usual(telling.map(([, { contrast }]) => contrast));
  const usualDetail = usual(telling.map(([, { detail }]) => detail));
  const ranked = telling
    .map(([place, { contrast, detail }]) => ({
      place,
      // In tenths: a difference nobody sees must not decide.
      score: Math.round(10 * Math.min(1, contrast / usualContrast) * Math.min(1, detail / usualDetail)),
    }))
    .toSorted((a, b) => b.score - a.score || a.place - b.place);
  const least = (ranked[0]?.score ?? 0) - NEARLY;
  return ranked.filter(({ score }) => score >= least).map(({ place }) => place);
}

/** Of pictures none of which is telling, the least bad one; `undefined` when none is better than no poster. Pure. */
export function lastResort(pictures: readonly PictureFacts[]): number | undefined {
  let best: number | undefined;
  for (const [place, { contrast }] of pictures.entries()) {
    const beats = best === undefined || contrast > (pictures[best]?.contrast ?? 0);
    if (contrast >= LAST_RESORT_CONTRAST && beats) best = place;
  }
  return best;
}

/** What seven in ten stay under: the middle would be half a fade where half the pictures are fading. */
function usual(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.7)] ?? 1;
}

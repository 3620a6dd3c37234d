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

/** Measures a picture of `width` dots a line; pure. */
export function measurePicture(picture: GreyPicture, width: number): PictureFacts {
  const histogram = new Uint32Array(256);
  let differences = 0;
  picture.forEach((level, position) => {
    histogram[level] = (histogram[level] ?? 0) + 1;
    const right = (position + 1) % width === 0 ? level : (picture[position + 1] ?? level);
    differences += Math.abs(level - right) + Math.abs(level - (picture[position + width] ?? level));
  });
  const share = Math.floor(picture.length / 100);
  return {
    contrast: Math.max(0, levelBelow(histogram, picture.length - share) - levelBelow(histogram, share)),
    detail: differences / (2 * picture.length),
  };
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

import type { MediaInfo, Rational } from './media-info.ts';

/** The picture that stands on the screen while there is only sound. */
export type Still = { readonly kind: 'cover'; readonly streamIndex: number } | { readonly kind: 'card' };

/** The size a still is made at; television sets and projectors scale it themselves. */
export const STILL_SIZE = { displayWidth: 1280, displayHeight: 720 };

/** Pictures a second: few cost little, and players that wait for a picture still react at once. */
export const STILL_RATE: Rational = { numerator: 5, denominator: 1 };

const BACKGROUND = '0x17324a';
const INK = '0x9fc3d6';
/** Heights of the bars on the card, in tenths of the picture: the wave of a voice. */
const BARS = [1, 2, 3.4, 1.8, 4.4, 3, 5, 3, 4.4, 1.8, 3.4, 2, 1];

/** The cover that lies in the file, or else a card. Pure. */
export function planStill(media: Pick<MediaInfo, 'cover'>): Still {
  return media.cover === undefined ? { kind: 'card' } : { kind: 'cover', streamIndex: media.cover };
}

/** A filter graph that ends in a picture of this size, for as long as it is asked for. Pure. */
export function stillGraph(still: Still, size: { readonly width: number; readonly height: number }): string {
  const { width, height } = size;
  const rate = `${STILL_RATE.numerator}/${STILL_RATE.denominator}`;
  if (still.kind === 'card') {
    return [
      `color=c=${BACKGROUND}:s=${width}x${height}:r=${rate}`,
      ...bars(width, height),
      'format=yuv420p',
    ].join(',');
  }
  const fitted = `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=lanczos:out_color_matrix=bt709:out_range=tv`;
  return [
    `[0:${still.streamIndex}]${fitted}`,
    'format=yuv420p',
    `pad=${width}:${height}:-1:-1:color=${BACKGROUND}`,
    'setsar=1',
    // The one picture of the cover, again and again.
    'loop=loop=-1:size=1',
    `settb=1/${STILL_RATE.numerator},setpts=N`,
    `fps=${rate}`,
  ].join(',');
}

function bars(width: number, height: number): readonly string[] {
  const step = Math.round(width / 32);
  const left = Math.round((width - step * (2 * BARS.length - 1)) / 2);
  return BARS.map((tenths, place) => {
    const tall = Math.round((height * tenths) / 10);
    const x = left + place * 2 * step;
    return `drawbox=x=${x}:y=${Math.round((height - tall) / 2)}:w=${step}:h=${tall}:color=${INK}:t=fill`;
  });
}

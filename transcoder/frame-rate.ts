import type { FrameFacts, Rational, VideoTrack } from './media-info.ts';
import { ratio } from './media-info.ts';

/** The rates a grid of pictures may have, so that whole segments of them end on whole microseconds. */
const STANDARD_RATES: readonly Rational[] = [
  { numerator: 10, denominator: 1 },
  { numerator: 12, denominator: 1 },
  { numerator: 25, denominator: 2 },
  { numerator: 15, denominator: 1 },
  { numerator: 20, denominator: 1 },
  { numerator: 24_000, denominator: 1001 },
  { numerator: 24, denominator: 1 },
  { numerator: 25, denominator: 1 },
  { numerator: 30_000, denominator: 1001 },
  { numerator: 30, denominator: 1 },
];
/** What dance and machines are filmed at; kept only where it is asked for. */
const FULL_RATES: readonly Rational[] = [
  { numerator: 50, denominator: 1 },
  { numerator: 60_000, denominator: 1001 },
  { numerator: 60, denominator: 1 },
];

/**
 * The rate of the grid on which a lecture is encoded; pure. A constant rate up to 30 is kept; 50, 59.94 and 60 are halved,
 * because a lecture gains nothing from them on a 2 Mbit/s line, or kept where `keepsFullRate` asks for it; a varying rate becomes the
 * standard rate that its container declares, or else the next above its average.
 */
export function gridRate(video: VideoTrack, frames: FrameFacts, keepsFullRate: boolean): Rational {
  const rates = keepsFullRate ? [...STANDARD_RATES, ...FULL_RATES] : STANDARD_RATES;
  const declared = ratio(video.declaredFrameRate);
  const candidates = frames.isConstantRate ? [frames.averageRate, declared] : [declared, frames.averageRate];
  for (const rate of candidates) {
    const exact = standardNear(rates, rate) ?? standardNear(rates, rate / 2);
    if (exact !== undefined) return exact;
  }
  return rates.find((rate) => ratio(rate) >= frames.averageRate * 0.98) ?? fastest(rates);
}

/** The rate of `rates` within a thousandth of `rate`. 23.976 and 24 are exactly a thousandth apart, so the nearest wins. */
function standardNear(rates: readonly Rational[], rate: number): Rational | undefined {
  const near = rates.filter((standard) => Math.abs(ratio(standard) / rate - 1) < 0.001);
  return near.toSorted((a, b) => Math.abs(ratio(a) - rate) - Math.abs(ratio(b) - rate))[0];
}

function fastest(rates: readonly Rational[]): Rational {
  return rates.at(-1) ?? { numerator: 25, denominator: 1 };
}

import { drawFor } from './draw.ts';
import type { SeriesPlan } from './series-record.ts';

/** No lecture is shorter or longer, the clips apart. */
const SHORTEST = 120;
const LONGEST = 9_000;

/**
 * The lengths of items in whole seconds: each within what its series has, stretched or shortened so that they add up to `total`
 * exactly. Series that promise their lengths keep them.
 */
export function planDurations(items: readonly SeriesPlan[], total: number): readonly number[] {
  const draw = drawFor('durations');
  const lengths = items.map(({ minutes: [least, most] }) => draw.between(least * 60, most * 60));
  const free = [...items.keys()].filter((index) => items[index]?.fixed === undefined);
  const sumOf = (indexes: Iterable<number>): number => {
    let sum = 0;
    for (const index of indexes) sum += lengths[index] ?? 0;
    return sum;
  };
  const factor = (total - (sumOf(items.keys()) - sumOf(free))) / sumOf(free);
  for (const index of free) {
    const length = Math.round((lengths[index] ?? 0) * factor);
    lengths[index] = Math.min(LONGEST, Math.max(SHORTEST, length));
  }
  // What rounding left over is a second each for some.
  let rest = total - sumOf(items.keys());
  for (let turn = 0; rest !== 0; turn += 1) {
    const index = free[turn % free.length];
    if (index === undefined || turn > 100 * free.length) {
      throw new RangeError(`${items.length} items cannot last ${total} s together`);
    }
    const step = Math.sign(rest) * Math.min(Math.abs(rest), Math.ceil(Math.abs(rest) / free.length));
    const length = (lengths[index] ?? 0) + step;
    if (length < SHORTEST || length > LONGEST) continue;
    lengths[index] = length;
    rest -= step;
  }
  return lengths;
}

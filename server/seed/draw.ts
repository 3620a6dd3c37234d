/** Draws that come out the same on every machine and in every run. */
export interface Draw {
  /** From 0 up to, but not including, `below`. */
  below(below: number): number;
  /** From `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** One of several, each as likely as the others. */
  one<T>(choices: readonly T[]): T;
  /** True once in `times`. */
  onceIn(times: number): boolean;
  /** The same things in another order. */
  shuffled<T>(things: readonly T[]): readonly T[];
}

/** A source of draws that depends on its name alone. */
export function drawFor(name: string): Draw {
  let state = seedOf(name);
  const below = (limit: number): number => {
    // Mulberry32: 32 bits of state are plenty for some hundred draws of an item.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    one(choices) {
      const chosen = choices[below(choices.length)];
      if (chosen === undefined) throw new RangeError('There is nothing to draw from');
      return chosen;
    },
    onceIn: (times) => below(times) === 0,
    shuffled(things) {
      const order = [...things];
      for (let last = order.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        [order[last], order[other]] = [order[other] as (typeof order)[0], order[last] as (typeof order)[0]];
      }
      return order;
    },
  };
}

/** FNV-1a over the UTF-16 units. */
function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash | 0;
}

/**
 * Shares a whole number out by weights, the largest remainders first, so that the parts add up to it exactly.
 *
 * @param least - what each part has at least
 */
export function apportion(total: number, weights: readonly number[], least = 0): readonly number[] {
  const free = total - least * weights.length;
  const sum = weights.reduce((left, right) => left + right, 0);
  if (free < 0 || sum <= 0) {
    throw new RangeError(`${total} cannot be shared among ${weights.length} with at least ${least} each`);
  }
  const exact = weights.map((weight) => (free * weight) / sum);
  const parts = exact.map((part) => Math.floor(part) + least);
  let rest = total - parts.reduce((left, right) => left + right, 0);
  const byRemainder = exact
    .map((part, index) => ({ index, remainder: part - Math.floor(part) }))
    .toSorted((left, right) => right.remainder - left.remainder || left.index - right.index);
  for (const { index } of byRemainder) {
    if (rest === 0) break;
    parts[index] = (parts[index] ?? 0) + 1;
    rest -= 1;
  }
  return parts;
}

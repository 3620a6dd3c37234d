import { InvalidArgumentError } from 'commander';

/**
 * Reads the value of an option that is a whole number from 1.
 *
 * @param most - the largest that is taken; any that can be counted exactly by default
 * @returns what commander calls with the value; it throws an `InvalidArgumentError`
 */
export function wholeNumber(most: number = Number.MAX_SAFE_INTEGER): (given: string) => number {
  return (given) => {
    const number = Number(given);
    if (!/^\d+$/.test(given) || number < 1 || number > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? 'from 1' : `from 1 to ${most}`;
      throw new InvalidArgumentError(`It must be a whole number ${range}.`);
    }
    return number;
  };
}

import { Converter } from 'opencc-js/t2cn';

const convert = Converter({ from: 't', to: 'cn' });

/**
 * The simplified form of one traditional character, or the character itself. Characters are taken one by one, never as words:
 * texts and queries go through the same door, so they meet, and no character changes its place.
 */
export function simplified(character: string): string {
  const changed = convert(character);
  return changed.length === character.length ? changed : character;
}

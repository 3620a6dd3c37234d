/**
 * What a character is to the search: `ideograph` stands by itself and is indexed in pairs (Han, kana, hangul), `letter` and `digit`
 * join into words, anything else parts.
 */
export type CharacterKind = 'ideograph' | 'letter' | 'digit' | 'other';

const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const LETTER = /[\p{L}\p{M}]/u;
const DIGIT = /\p{Nd}/u;

const KINDS: readonly CharacterKind[] = ['other', 'ideograph', 'letter', 'digit'];
/** One byte a UTF-16 unit: 0 not asked yet, else one more than the kind's place in `KINDS`. */
const known = new Uint8Array(0x10000);

function placeOf(unit: number): number {
  // Characters beyond the first plane come as two units; all of them that people search for are Han.
  if (unit >= 0xd800 && unit <= 0xdfff) return 1;
  const character = String.fromCharCode(unit);
  if (DIGIT.test(character)) return 3;
  if (IDEOGRAPH.test(character)) return 1;
  return LETTER.test(character) ? 2 : 0;
}

/** The kind of a UTF-16 unit of folded text. */
export function kindOf(unit: number): CharacterKind {
  const place = known[unit] || (known[unit] = placeOf(unit) + 1);
  return KINDS[place - 1] ?? 'other';
}

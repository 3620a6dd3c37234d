/**
 * Whether `letters` spell neighbouring syllables somewhere in `syllables` (blanks between syllables, `|` between runs), from the
 * beginning of one on; the last may be incomplete. `yangm` is spelled by `yang mei`, not by `fang yan gong`.
 */
export function spells(syllables: string, letters: string): boolean {
  for (let start = 0; start < syllables.length; start = nextStart(syllables, start)) {
    if (spellsAt(syllables, start, letters)) return true;
  }
  return false;
}

function nextStart(syllables: string, from: number): number {
  let at = from;
  while (at < syllables.length && isLetter(syllables.charCodeAt(at))) at += 1;
  return at + 1;
}

const isLetter = (unit: number): boolean => unit >= 97 && unit <= 122;

function spellsAt(syllables: string, start: number, letters: string): boolean {
  let at = start;
  for (let letter = 0; letter < letters.length; letter += 1, at += 1) {
    let unit = syllables.charCodeAt(at);
    // A blank may be stepped over, the end of a run may not.
    if (unit === 32) unit = syllables.charCodeAt(++at);
    if (unit !== letters.charCodeAt(letter)) return false;
  }
  return true;
}

import { CatalogueError } from '../../catalogue/catalogue-error.ts';

/** Controls, invisible letters, marks that turn the direction of a line, and letters of nobody's alphabet. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\u115F\u1160\u3164\uFFA0]/gu;
/** What joins an emoji's parts, and the mark that makes a sign one. */
const JOINERS = /(?<=\p{Extended_Pictographic}\uFE0F?)\u200D(?=\p{Extended_Pictographic})/gu;
/** A letter needs no more marks above and below than these. */
const TOWERS = /(\p{M}{3})\p{M}+/gu;

const KEPT_JOINER = '\uE000';

/**
 * What somebody in the room has written, fit to be read out and shown on a wall: one line, nothing invisible, nothing that climbs out of
 * its line. HTML in it is text and stays text; pure.
 *
 * @throws {CatalogueError} `invalid-input` when nothing is left, or more than `atMost` characters
 */
export function spokenText(text: string, field: string, atMost: number): string {
  const clean = cleaned(text);
  const length = Array.from(clean).length;
  if (length === 0) {
    throw new CatalogueError('invalid-input', `The ${field} is empty; write something`, { field });
  }
  if (length > atMost) {
    throw new CatalogueError(
      'invalid-input',
      `The ${field} has ${length} characters; at most ${atMost} are taken`,
      { field },
    );
  }
  return clean;
}

/** The same where nothing may be written: then undefined. */
export function spokenTextOrNone(
  text: string | undefined,
  field: string,
  atMost: number,
): string | undefined {
  return text === undefined || cleaned(text) === '' ? undefined : spokenText(text, field, atMost);
}

function cleaned(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\s\u2028\u2029]+/gu, ' ')
    .replaceAll(KEPT_JOINER, '')
    .replaceAll(JOINERS, KEPT_JOINER)
    .replaceAll(UNSEEN, (letter) => (letter === KEPT_JOINER ? '\u200D' : ''))
    .normalize('NFC')
    .replaceAll(TOWERS, '$1')
    .trim();
}

import { CatalogueError } from './catalogue-error.ts';

interface TextRule {
  readonly field: string;
  readonly atLeast: number;
  readonly atMost: number;
  readonly mayHaveLines?: true;
}

/** Control characters, line and paragraph separators, and the marks that reverse the direction of what follows. */
const UNWANTED = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;

/**
 * Texts are kept as they were given: HTML in them is text and stays text, escaping is the business of whoever shows it.
 * They are only trimmed and brought to NFC, so that the same title typed on two machines is the same.
 */
function checked(text: string, rule: TextRule): string {
  const { field } = rule;
  if (!text.isWellFormed()) {
    throw new CatalogueError('invalid-input', `The ${field} is not well-formed Unicode`, { field });
  }
  const clean = text.replace(/\r\n?/g, '\n').normalize('NFC').trim();
  if (UNWANTED.test(rule.mayHaveLines ? clean.replace(/[\n\t]/g, '') : clean)) {
    throw new CatalogueError(
      'invalid-input',
      `The ${field} contains control characters${rule.mayHaveLines ? '' : ' or line breaks'}; remove them`,
      { field },
    );
  }
  // Characters are counted only where there may be too many: no text has more of them than UTF-16 units.
  const length = clean.length <= rule.atMost ? clean.length : Array.from(clean).length;
  if (length < rule.atLeast || length > rule.atMost) {
    throw new CatalogueError(
      'invalid-input',
      `The ${field} must have ${rule.atLeast} to ${rule.atMost} characters; it has ${length}`,
      { field },
    );
  }
  return clean;
}

/** @throws {CatalogueError} `invalid-input` */
export const titleOf = (text: string): string => lineOf(text, 'title', 200);
/** @throws {CatalogueError} `invalid-input` */
export const descriptionOf = (text: string): string => longTextOf(text, 'description', 5000);
/** @throws {CatalogueError} `invalid-input` */
export const seriesOf = (text: string): string => lineOf(text, 'series', 100);
/** @throws {CatalogueError} `invalid-input` */
export const tagNameOf = (text: string): string => lineOf(text, 'tag', 40);

/**
 * A text of one line and at least one character.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function lineOf(text: string, field: string, atMost: number): string {
  return checked(text, { field, atLeast: 1, atMost });
}

/**
 * A text that may be empty and have several lines.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function longTextOf(text: string, field: string, atMost: number): string {
  return checked(text, { field, atLeast: 0, atMost, mayHaveLines: true });
}

/**
 * A day in the calendar, `YYYY-MM-DD`.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function dayOf(text: string, field: string): string {
  const clean = text.trim();
  const at = /^\d{4}-\d\d-\d\d$/.test(clean) ? Date.parse(`${clean}T00:00:00Z`) : Number.NaN;
  // February 30 is read as March 2.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== clean) {
    throw new CatalogueError(
      'invalid-input',
      `The ${field} must be a day like 2026-03-31; got ${JSON.stringify(text.slice(0, 40))}`,
      { field },
    );
  }
  return clean;
}

/** A `LIKE` pattern, to be used with `ESCAPE '!'`, for texts that contain `text` literally. */
export function patternFor(text: string): string {
  return `%${text.normalize('NFC').replace(/[!%_]/g, '!$&')}%`;
}

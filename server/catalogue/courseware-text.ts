import { CatalogueError } from './catalogue-error.ts';

interface TextRule {
  readonly field: string;
  readonly atLeast: number;
  readonly atMost: number;
  readonly mayHaveLines: boolean;
}

const TITLE: TextRule = { field: 'title', atLeast: 1, atMost: 200, mayHaveLines: false };
const DESCRIPTION: TextRule = { field: 'description', atLeast: 0, atMost: 5000, mayHaveLines: true };
const SERIES: TextRule = { field: 'series', atLeast: 1, atMost: 100, mayHaveLines: false };
const TAG: TextRule = { field: 'tag', atLeast: 1, atMost: 40, mayHaveLines: false };

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
  const { length } = Array.from(clean);
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
export const titleOf = (text: string): string => checked(text, TITLE);
/** @throws {CatalogueError} `invalid-input` */
export const descriptionOf = (text: string): string => checked(text, DESCRIPTION);
/** @throws {CatalogueError} `invalid-input` */
export const seriesOf = (text: string): string => checked(text, SERIES);
/** @throws {CatalogueError} `invalid-input` */
export const tagNameOf = (text: string): string => checked(text, TAG);

/** A `LIKE` pattern, to be used with `ESCAPE '!'`, for texts that contain `text` literally. */
export function patternFor(text: string): string {
  return `%${text.normalize('NFC').replace(/[!%_]/g, '!$&')}%`;
}

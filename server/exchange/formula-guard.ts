/** What spreadsheets take for the beginning of a formula, also as full-width letters, and the mark that prevents it. */
const DANGEROUS = /^['=+\-@\t\r＝＋－＠]/;

/**
 * A text that no spreadsheet takes for a formula when it opens it from a CSV file: what begins like one is given an apostrophe.
 * {@link withoutGuard} takes it away again; pure.
 */
export function withGuard(text: string): string {
  return DANGEROUS.test(text) ? `'${text}` : text;
}

/** The text as it was before {@link withGuard}; what nobody guarded stays as it is. */
export function withoutGuard(text: string): string {
  return text.startsWith("'") && DANGEROUS.test(text.slice(1)) ? text.slice(1) : text;
}

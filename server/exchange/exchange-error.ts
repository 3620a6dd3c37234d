/**
 * Why a table as a whole was not taken:
 *
 * - `table-unreadable`: it is no XLSX or CSV file, is damaged, or has no headings that are known.
 * - `table-too-large`: it has more rows, columns or bytes than a table may have.
 */
export type ExchangeErrorCode = 'table-unreadable' | 'table-too-large';

/** A table that was not taken; nothing was changed. The message is Chinese and says what to do. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly code: ExchangeErrorCode;

  constructor(code: ExchangeErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

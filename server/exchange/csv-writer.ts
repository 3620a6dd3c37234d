import { withGuard } from './formula-guard.ts';
import type { CellValue } from './grid.ts';

/** The mark without which Chinese spreadsheets take UTF-8 for GB18030. */
const BYTE_ORDER_MARK = '\uFEFF';

/** The first bytes of a CSV file. */
export const CSV_BEGINNING = BYTE_ORDER_MARK;

/**
 * One row of a CSV file (RFC 4180), with its line end. Texts that a spreadsheet would take for formulas are guarded; pure.
 */
export function csvRow(cells: readonly (CellValue | undefined)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: CellValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = withGuard(value instanceof Date ? value.toISOString().slice(0, 10) : String(value));
  // A blank at an end would be trimmed by some readers, and a lone quote misread.
  return /[",\r\n;\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

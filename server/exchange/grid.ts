/** What a cell holds; dates are at midnight UTC, times of the day on 30 December 1899. */
export type CellValue = string | number | boolean | Date;

/** A cell whose content cannot be known. */
export interface CellFault {
  /** From 0. */
  readonly row: number;
  /** From 0. */
  readonly column: number;
  /** `error`: its formula gave `#REF!` or the like. `uncomputed`: its formula was never worked out. */
  readonly kind: 'error' | 'uncomputed';
}

/** A table as it was read, before anything is made of it. */
export interface Grid {
  readonly format: 'xlsx' | 'csv';
  /** The sheet's name, or how the text was read: `GB18030，逗号分隔`. */
  readonly shown: string;
  /** Rows as the person sees them in a spreadsheet: blank ones are there too. */
  readonly rows: readonly (readonly (CellValue | undefined)[])[];
  readonly faults: readonly CellFault[];
}

/** Bounds of a table. */
export interface GridLimits {
  readonly rows: number;
  readonly columns: number;
  /** Of everything in a workbook, unpacked. */
  readonly unpackedBytes: number;
}

/** What a table may have unless something else is asked: a library of five times the size expected. */
export const GRID_LIMITS: GridLimits = { rows: 50_001, columns: 200, unpackedBytes: 128 * 2 ** 20 };

/** A column's letters as spreadsheets name it: 0 is `A`, 26 is `AA`. */
export function columnLetters(column: number): string {
  const rest = Math.floor(column / 26);
  const letter = String.fromCodePoint(65 + (column % 26));
  return rest === 0 ? letter : columnLetters(rest - 1) + letter;
}

/** A cell's address as spreadsheets name it: row 16, column 1 is `B17`. */
export function cellAddress(row: number, column: number): string {
  return `${columnLetters(column)}${row + 1}`;
}

import { ExchangeError } from './exchange-error.ts';
import type { CellFault, GridLimits } from './grid.ts';

/** One sheet of a workbook. */
export interface WorkbookSheet {
  readonly name: string;
  /** From 1, in the order of the workbook. */
  readonly number: number;
  /** Its entry in the archive. */
  readonly entry: string;
}

/** A tag with its attributes, in which a `>` may stand between quotes. */
const ATTRIBUTES = `((?:[^>"']|"[^"]*"|'[^']*')*)>`;
const SHEET_TAG = new RegExp(`<(?:\\w+:)?sheet\\b${ATTRIBUTES}`, 'g');
const RELATION_TAG = new RegExp(`<(?:\\w+:)?Relationship\\b${ATTRIBUTES}`, 'g');

/** The sheets of a workbook in their order. */
export function sheetsOf(entries: ReadonlyMap<string, Buffer>): readonly WorkbookSheet[] {
  const book = entries.get('xl/workbook.xml')?.toString('utf8');
  const relations = entries.get('xl/_rels/workbook.xml.rels')?.toString('utf8');
  if (book === undefined || relations === undefined) {
    throw new ExchangeError('table-unreadable', '这不是 Excel 工作簿（.xlsx）。请检查选的是不是课件表。');
  }
  const targets = new Map(
    [...relations.matchAll(RELATION_TAG)].map(([, attributes = '']) => [
      attribute(attributes, 'Id'),
      attribute(attributes, 'Target') ?? '',
    ]),
  );
  return [...book.matchAll(SHEET_TAG)].map(([, attributes = ''], index) => {
    const target = targets.get(attribute(attributes, 'id')) ?? '';
    return {
      name: unescaped(attribute(attributes, 'name') ?? ''),
      number: index + 1,
      entry: target.startsWith('/') ? target.slice(1) : `xl/${target}`,
    };
  });
}

function attribute(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|\\s)(?:\\w+:)?${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  return match?.[1] ?? match?.[2];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hexadecimal, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hexadecimal !== undefined) return String.fromCodePoint(Number.parseInt(String(hexadecimal), 16));
    return ENTITIES[String(name)] ?? whole;
  });
}

const ROW_OR_CELL = new RegExp(`<(?:\\w+:)?(row|c|f|v)\\b${ATTRIBUTES}|</(?:\\w+:)?(c)>`, 'g');

/**
 * Looks a sheet's cells over before anything is made of them: one far cell would have the whole area up to it filled with blanks,
 * and a formula without a result is read like an empty cell.
 *
 * @throws {ExchangeError} `table-too-large` when cells lie beyond the limits
 */
export function inspectSheet(xml: Buffer, limits: GridLimits): readonly CellFault[] {
  const faults: CellFault[] = [];
  let row = -1;
  let column = -1;
  let isError = false;
  let hasFormula = false;
  let hasValue = false;
  // Markup is ASCII, and a string of single bytes takes half the memory.
  for (const [tag, opened, attributes = '', closed] of xml.toString('latin1').matchAll(ROW_OR_CELL)) {
    if (opened === 'row') {
      row = placeOf(attribute(attributes, 'r'), row);
      column = -1;
      refuseFar(row, 0, limits);
    } else if (opened === 'c') {
      const address = attribute(attributes, 'r');
      column = address === undefined ? column + 1 : columnOf(address);
      row = address === undefined ? row : rowOf(address);
      isError = /\bt\s*=\s*["']e["']/.test(attributes);
      hasFormula = false;
      hasValue = false;
      refuseFar(row, column, limits);
      if (isError && tag.endsWith('/>')) faults.push({ row, column, kind: 'error' });
    } else if (opened === 'f') hasFormula = true;
    else if (opened === 'v') hasValue ||= !tag.endsWith('/>');
    else if (closed !== undefined) {
      if (isError) faults.push({ row, column, kind: 'error' });
      else if (hasFormula && !hasValue) faults.push({ row, column, kind: 'uncomputed' });
    }
  }
  return faults;
}

function placeOf(stated: string | undefined, before: number): number {
  return stated === undefined ? before + 1 : Number(stated) - 1;
}

function rowOf(address: string): number {
  return Number(/\d+$/.exec(address)?.[0] ?? Number.NaN) - 1;
}

function columnOf(address: string): number {
  let number = 0;
  for (const letter of /^[A-Z]+/i.exec(address)?.[0].toUpperCase() ?? '') {
    number = number * 26 + letter.charCodeAt(0) - 64;
  }
  return number - 1;
}

function refuseFar(row: number, column: number, limits: GridLimits): void {
  if (row >= 0 && row < limits.rows && column >= 0 && column < limits.columns) return;
  throw new ExchangeError(
    'table-too-large',
    `表格超过 ${limits.rows - 1} 行或 ${limits.columns} 列。请删去下面和右边的空行、空列，或分成几个文件。`,
  );
}

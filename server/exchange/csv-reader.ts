import { parse } from 'csv-parse/sync';

import { ExchangeError } from './exchange-error.ts';
import type { Grid, GridLimits } from './grid.ts';
import { withoutGuard } from './formula-guard.ts';

type Separator = ',' | ';' | '\t';

const SEPARATOR_NAMES: Readonly<Record<Separator, string>> = {
  ',': '逗号分隔',
  ';': '分号分隔',
  '\t': '制表符分隔',
};

/** The longest text of one row; one cell holds at most 32,767 characters in a spreadsheet. */
const MAX_ROW_CHARACTERS = 2_000_000;

/**
 * Reads a table of separated values; pure. The charset is that of the byte order mark, else UTF-8 where the bytes are valid
 * UTF-8, else GB18030, which Chinese spreadsheets save; the separator is the one the first row has most of.
 *
 * @throws {ExchangeError} `table-unreadable`, `table-too-large`
 */
export function readCsv(bytes: Uint8Array, limits: GridLimits): Grid {
  const { text, charset } = decode(bytes);
  const { separator, body, isDeclared } = separated(text);
  const rows = records(body, separator, limits);
  const widest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  if (widest > limits.columns) {
    throw new ExchangeError(
      'table-too-large',
      `表格有 ${widest} 列，最多 ${limits.columns} 列。请删去多余的列。`,
    );
  }
  const cells = rows.map((row) => row.map((cell) => (cell.trim() === '' ? undefined : withoutGuard(cell))));
  return {
    format: 'csv',
    shown: `${charset}，${SEPARATOR_NAMES[separator]}`,
    // Spreadsheets take the line `sep=;` for an instruction and number the rows without it.
    rows: isDeclared ? cells.slice(1) : cells,
    faults: [],
  };
}

function decode(bytes: Uint8Array): { readonly text: string; readonly charset: string } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return { text: new TextDecoder('utf-16le').decode(bytes), charset: 'UTF-16' };
  }
  if (bytes.includes(0)) throw unreadable('文件里有不是文字的内容');
  for (const charset of ['utf-8', 'gb18030']) {
    try {
      const text = new TextDecoder(charset, { fatal: true }).decode(bytes);
      return { text, charset: charset.toUpperCase() };
    } catch {
      // The other one, then.
    }
  }
  throw unreadable('文字编码既不是 UTF-8，也不是 GB18030（GBK）');
}

function separated(text: string): {
  readonly separator: Separator;
  readonly body: string;
  readonly isDeclared: boolean;
} {
  const declared = /^sep=(?<separator>[,;\t])\r?\n/i.exec(text)?.groups?.['separator'];
  if (declared !== undefined) return { separator: declared as Separator, body: text, isDeclared: true };
  const [first = ''] = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text.trimStart()) ?? [];
  const outsideQuotes = first.replaceAll(/"(?:[^"]|"")*"/g, '');
  const counted = (Object.keys(SEPARATOR_NAMES) as Separator[]).map((separator) => ({
    separator,
    count: outsideQuotes.split(separator).length,
  }));
  const most = counted.reduce((best, one) => (one.count > best.count ? one : best));
  return { separator: most.separator, body: text, isDeclared: false };
}

function records(text: string, delimiter: Separator, limits: GridLimits): string[][] {
  let rows: string[][];
  try {
    rows = parse(text, {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: false,
      max_record_size: MAX_ROW_CHARACTERS,
      to: limits.rows + 1,
    });
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number };
    if (code === undefined || !code.startsWith('CSV_')) throw error;
    if (code === 'CSV_MAX_RECORD_SIZE') {
      throw new ExchangeError(
        'table-too-large',
        `第 ${lines ?? '?'} 行附近的一行文字太长，可能少了一个引号。请检查引号是否成对。`,
      );
    }
    throw unreadable(`第 ${lines ?? '?'} 行附近的引号不成对`, error);
  }
  if (rows.length > limits.rows) {
    throw new ExchangeError(
      'table-too-large',
      `表格超过 ${limits.rows - 1} 行课件。请分成几个文件，分别导入。`,
    );
  }
  return rows;
}

function unreadable(why: string, cause?: unknown): ExchangeError {
  return new ExchangeError(
    'table-unreadable',
    `这个 CSV 文件读不出来：${why}。请用表格软件打开，另存为 .xlsx 后再导入。`,
    cause,
  );
}

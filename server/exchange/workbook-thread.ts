import type { Blob } from 'node:buffer';
import type { Stream } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';

import writeXlsxFile, { type Cell, type Feature, type Sheet, type SheetData } from 'write-excel-file/node';
import {
  getOrderOfSiblings,
  insertElementMarkupAccordingToOrderOfSiblings,
  sanitizeAttributeValue,
  sanitizeTextContent,
} from 'write-excel-file/utility';

import { columnLetters, type CellValue } from './grid.ts';
import type { SheetPlan } from './workbook-writer.ts';

/** What the writer takes for the content of an entry. */
type FileContent = Stream | Buffer | Blob;

const SHEET_FILE = 'xl/worksheets/sheet{id}.xml';
const LAST_ROW = 1_048_576;

const sheets = workerData as readonly SheetPlan[];

const choices: Feature<FileContent> = {
  files: {
    transform: {
      [SHEET_FILE]: {
        transform: (xml, options) => {
          const plan = sheets.find(({ name }) => name === options.sheet);
          return plan === undefined ? xml : withChoices(xml, plan);
        },
      },
    },
  },
};

const data = (plan: SheetPlan): SheetData => [
  ...plan.rows.map((row, index) => row.map((value) => cellOf(value, index === 0))),
  ...blank(plan),
];
const written: Sheet<FileContent>[] = sheets.map((plan) => ({
  sheet: plan.name,
  columns: plan.columns.map(({ width }) => ({ width })),
  stickyRowsCount: 1,
  data: data(plan),
}));
const bytes = await writeXlsxFile(written, { features: [choices] }).toBuffer();
// A port of threads, not of windows: it has no origin to name.
parentPort?.postMessage(bytes, []);

function cellOf(value: CellValue | undefined, isHeading: boolean): Cell {
  if (value === undefined) return null;
  if (typeof value === 'number') return { value, type: Number };
  const style = isHeading
    ? ({ fontWeight: 'bold', backgroundColor: '#f3e9dc', alignVertical: 'center', wrap: true } as const)
    : ({ alignVertical: 'top' } as const);
  const text = value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
  return { value: withoutEscapes(text), type: String, format: '@', ...style };
}

/** Readers of workbooks take `_x4E00_` for the character of this number, unless its underscore is written as one. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_');
}

function blank({ columns, blankRows = 0 }: SheetPlan): Cell[][] {
  return Array.from({ length: blankRows }, () =>
    columns.map((): Cell => ({ value: '', type: String, format: '@', alignVertical: 'top' })),
  );
}

function withChoices(xml: string, { columns }: SheetPlan): string {
  const lists = columns.flatMap(({ choices: words }, place) => {
    if (words === undefined) return [];
    const letters = columnLetters(place);
    const range = sanitizeAttributeValue(`${letters}2:${letters}${LAST_ROW}`);
    return [
      // What is not on the list may still be typed: the import knows more words than it shows.
      `<dataValidation type="list" allowBlank="1" showErrorMessage="0" sqref="${range}">` +
        `<formula1>${sanitizeTextContent(`"${words.join(',')}"`)}</formula1></dataValidation>`,
    ];
  });
  if (lists.length === 0) return xml;
  return insertElementMarkupAccordingToOrderOfSiblings(
    xml,
    `<dataValidations count="${lists.length}">${lists.join('')}</dataValidations>`,
    getOrderOfSiblings(SHEET_FILE, 'worksheet') ?? [],
    'worksheet',
  );
}

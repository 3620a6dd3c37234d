import type { ClosedList } from '../catalogue/kind-words.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import type { CellValue } from './grid.ts';
import {
  halfWidth,
  listText,
  readList,
  readText,
  readWhole,
  shown,
  textOf,
  type Reading,
} from './reading.ts';
import type { TableReferences } from './table-references.ts';
import { valueOfWord, wordsOf } from './closed-list.ts';

/** A field's content in a table. */
export type FieldValue = string | number | readonly string[] | readonly number[];

/** One column of the table of courseware. */
export interface Column {
  /** The field: a name of `CoursewarePatch`, one of `rights.…`, or `extra.…` of what a library keeps besides. */
  readonly key: string;
  readonly heading: string;
  /** Other headings that mean the same. */
  readonly aliases: readonly string[];
  /** For the help sheet: what to write, in one or two sentences. */
  readonly help: string;
  readonly example: string;
  /** The words of a closed list. */
  readonly choices?: readonly string[];
  /** It may not be emptied. */
  readonly isRequired?: true;
  /** Width in characters. */
  readonly width: number;
  read(cell: CellValue, references: TableReferences): Reading<FieldValue>;
  /** The field as it is written; what {@link read} reads back as the same. */
  write(value: FieldValue, references: TableReferences): string;
  /** The field of an item; undefined when it is empty. */
  of(item: Courseware): FieldValue | undefined;
}

/** What is told of a column of any kind. */
export type ColumnFacts = Pick<
  Column,
  'key' | 'heading' | 'aliases' | 'help' | 'example' | 'width' | 'of'
> & {
  readonly isRequired?: true;
};

/** A text of at most so many characters. */
export function textColumn(
  facts: ColumnFacts & { readonly atMost: number; readonly mayHaveLines?: true },
): Column {
  const { atMost, mayHaveLines, ...column } = facts;
  const rule = { atMost, ...(mayHaveLines && { mayHaveLines }) };
  return { ...column, read: (cell) => readText(cell, rule), write: (value) => String(value) };
}

/** Texts of at most so many characters each (100 by default), at most fifty of them. */
export function listColumn(facts: ColumnFacts & { readonly atMost?: number }): Column {
  const { atMost = 100, ...column } = facts;
  return {
    ...column,
    read: (cell) => readList(cell, { atMost, items: 50 }),
    write: (value) => listText(value as readonly string[]),
  };
}

/** One word of a closed list. */
export function wordColumn<Value extends string>(
  facts: ColumnFacts & { readonly words: ClosedList<Value> },
): Column {
  const { words, ...column } = facts;
  const choices = wordsOf(words);
  return {
    ...column,
    choices,
    read(cell) {
      const value = valueOfWord(words, textOf(cell));
      return value === undefined
        ? { problem: `“${shown(cell)}”不在列表中；请写其中之一：${choices.join('、')}` }
        : { value };
    },
    write: (value) => words[value as Value]?.[0] ?? String(value),
  };
}

/** A whole number within bounds, with or without the words that people write around it. */
export function wholeColumn(
  facts: ColumnFacts & { readonly from: number; readonly to: number; readonly units: RegExp },
): Column {
  const { from, to, units, ...column } = facts;
  return {
    ...column,
    read: (cell) => readWhole(cell, { from, to, units, example: facts.example }),
    write: (value) => String(value),
  };
}

/** What empties a field; an empty cell leaves it as it is. */
export const CLEAR_MARK = '（清空）';

/** Whether a cell asks for its field to be emptied. */
export function isClearMark(cell: CellValue): boolean {
  return typeof cell === 'string' && /^[（(]清空[）)]$/.test(cell.trim());
}

/** A heading without what people add to it: blanks, `*` and remarks in brackets. */
export function headingKey(heading: string): string {
  return halfWidth(heading)
    .replaceAll(/\(.*?\)|[*\s:]+$/g, '')
    .replaceAll(/\s+/g, '')
    .toLowerCase();
}

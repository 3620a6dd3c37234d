import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { changesBetween } from '../catalogue/courseware-description.ts';
import { findByCodes, readCourseware } from '../catalogue/courseware-rows.ts';
import { weigh, writeOutcomes, type Outcome, type Wish } from '../catalogue/courseware-writing.ts';
import type { Courseware, CoursewareId } from '../catalogue/courseware.ts';
import { givenTexts, inPieces } from '../database/row-list.ts';
import type { Database, Transaction } from '../database/transaction.ts';
import { COLUMNS, ID_HEADING } from './columns.ts';
import type { Grid } from './grid.ts';
import { ReportBuilder, type ImportReport } from './import-report.ts';
import { shown } from './reading.ts';
import { patchOf } from './row-wish.ts';
import { tableReferences, type TableReferences } from './table-references.ts';
import { readTable } from './table-reader.ts';
import {
  tableLayout,
  type CellProblem,
  type OtherColumn,
  type TableContent,
  type TableLayout,
  type TableRow,
} from './table-rows.ts';

/** How a table is taken in. */
export interface ImportOptions {
  /** Says what would happen, and changes nothing. */
  readonly isDryRun?: boolean;
  /** Columns that the table may have besides; they are passed over. */
  readonly others?: readonly OtherColumn[];
}

/** A row that cannot be taken; nothing was changed. */
export class RowRefused extends Error {
  override readonly name = 'RowRefused';
  readonly problems: readonly CellProblem[];

  constructor(problems: readonly CellProblem[]) {
    super(problems.map(({ cell, column, message }) => `${cell}（${column}）：${message}`).join('\n'));
    this.problems = problems;
  }
}

/** Rows that are looked up and written at once. */
const PIECE = 1000;

/** Ends a transaction whose changes are not wanted. */
class NothingKept extends Error {
  readonly report: ImportReport;

  constructor(report: ImportReport) {
    super('The import was a trial, or the table has problems');
    this.report = report;
  }
}

/**
 * Takes tables of courseware in. A table is taken whole, in one transaction, or not at all; items are known by their code, so a
 * table that is taken in again changes nothing.
 */
export class ImportDesk {
  readonly #database: Database;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Reads a table, XLSX or CSV, and adds and changes what it says. One at a time: each takes memory by its size.
   *
   * @param actor - who the history says it was
   * @returns what was done; with problems, where and what to do, and then nothing was done
   * @throws {ExchangeError} `table-unreadable`, `table-too-large`
   */
  take(actor: string, bytes: Uint8Array, options: ImportOptions = {}): Promise<ImportReport> {
    const turn = this.#last.then(
      () => this.#take(actor, bytes, options),
      () => this.#take(actor, bytes, options),
    );
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #take(actor: string, bytes: Uint8Array, options: ImportOptions): Promise<ImportReport> {
    const grid = await readTable(bytes);
    try {
      return await this.#database.write(async (transaction) => {
        const references = await tableReferences(transaction);
        const layout = tableLayout(grid, references, options.others);
        const report = await this.#carryOut(transaction, actor, grid, layout, references);
        if (options.isDryRun === true || report.hasProblems) throw new NothingKept(report.build(false));
        return report.build(true);
      });
    } catch (error) {
      if (error instanceof NothingKept) return error.report;
      throw error;
    }
  }

  /**
   * Takes one row in, within a transaction under way.
   *
   * @param title - what a new item is called where the row does not say
   * @returns the item's id: the one of the row's code, or a new one
   * @throws {RowRefused} with every problem of the row
   */
  async takeRow(
    transaction: Transaction,
    actor: string,
    {
      content,
      row,
      title,
    }: { readonly content: TableContent; readonly row: TableRow; readonly title: string },
  ): Promise<CoursewareId> {
    const references = await tableReferences(transaction);
    const problems = content.problems.filter((problem) => problem.row === row.row + 1);
    const report = new ReportBuilder('', problems);
    const values = row.values.has('title') ? row.values : new Map([...row.values, ['title', title]]);
    const known = row.code === undefined ? undefined : (await findByCodes(transaction, [row.code]))[0];
    const titled = known === undefined ? { ...row, values } : row;
    const columns = content.columns.some(({ key }) => key === 'title')
      ? content
      : { ...content, columns: [...content.columns, ...COLUMNS.filter(({ key }) => key === 'title')] };
    const [outcome] = await weighRows(transaction, actor, [titled], columns, references, report);
    if (outcome === undefined || report.hasProblems) throw new RowRefused(report.build(false).problems);
    await writeOutcomes(transaction, actor, [outcome]);
    return outcome.id;
  }

  async #carryOut(
    transaction: Transaction,
    actor: string,
    grid: Grid,
    layout: TableLayout,
    references: TableReferences,
  ): Promise<ReportBuilder> {
    const report = new ReportBuilder(grid.shown, layout.problems);
    const seen = new Map<string, number>();
    // Piece by piece: a table that is read whole takes several times the memory of its cells.
    const pieces = inPieces(layout.rows, PIECE);
    const read = (piece: readonly number[] | undefined): readonly TableRow[] =>
      (piece ?? []).flatMap((number) => {
        const row = layout.read(number, (problem) => report.addProblem(problem));
        report.addRow(row === undefined);
        return row !== undefined && isUnique(row, seen, layout, report) ? [row] : [];
      });
    let rows = read(pieces[0]);
    for (let index = 0; index < pieces.length; index++) {
      const outcomes = await weighRows(transaction, actor, rows, layout, references, report);
      // Once something is wrong nothing will be kept; the rest is only looked at.
      const writing = report.hasProblems ? undefined : writeOutcomes(transaction, actor, outcomes);
      // Read while the database writes.
      rows = read(pieces[index + 1]);
      await writing;
    }
    return report;
  }
}

/** Whether a row says which item it is about, and none before it is about the same; complained about where not. */
function isUnique(row: TableRow, seen: Map<string, number>, place: Place, report: ReportBuilder): boolean {
  const keys = [
    ...(row.id === undefined ? [] : [['id', ID_HEADING, row.id] as const]),
    ...(row.code === undefined ? [] : [['code', '编号', row.code] as const]),
  ];
  if (keys.length === 0) {
    complain(report, place, row, 'code', '没有编号；请填写编号，每条课件一个，各不相同');
    return false;
  }
  for (const [key, heading, value] of keys) {
    const before = seen.get(`${key} ${value}`);
    if (before !== undefined) {
      const message = `${heading}“${shown(value)}”和第 ${before + 1} 行相同；请改成不同的，或删去一行`;
      complain(report, place, row, key, message);
      return false;
    }
    seen.set(`${key} ${value}`, row.row);
  }
  return true;
}

/** Where the cells of a table are. */
type Place = Pick<TableLayout, 'columns' | 'address'>;

function complain(
  report: ReportBuilder,
  content: Place,
  { row }: TableRow,
  key: string,
  message: string,
): void {
  const column = COLUMNS.find((one) => one.key === key)?.heading ?? (key === 'id' ? ID_HEADING : key);
  report.addProblem({ cell: content.address(row, key), row: row + 1, column, message });
}

async function weighRows(
  transaction: Transaction,
  actor: string,
  rows: readonly TableRow[],
  content: Place,
  references: TableReferences,
  report: ReportBuilder,
): Promise<readonly Outcome[]> {
  const known = await knownItems(transaction, rows);
  const wished: TableRow[] = [];
  const wishes: Wish[] = [];
  for (const row of rows) {
    const before = row.id === undefined ? known.byCode.get(row.code ?? '') : known.byId.get(row.id);
    const problem = problemOfRow(row, before);
    if (problem !== undefined) {
      complain(report, content, row, ...problem);
      continue;
    }
    const fields = patchOf(row, content.columns, before, references);
    wished.push(row);
    wishes.push({ fields, ...(before !== undefined && { before }) });
  }
  const outcomes = await weigh(transaction, wishes, actor);
  return outcomes.flatMap((outcome, index) => {
    const row = wished[index];
    if (row === undefined) return [];
    if (outcome instanceof CatalogueError) {
      complain(report, content, row, ...wordsOf(outcome, row));
      return [];
    }
    tellEffect(report, content, row, outcome);
    return [outcome];
  });
}

function problemOfRow(
  row: TableRow,
  before: Courseware | undefined,
): readonly [key: string, message: string] | undefined {
  if (before === undefined && row.id !== undefined) {
    return ['id', `没有系统编号为“${shown(row.id)}”的课件；请删去这一格，用编号来认`];
  }
  if (before === undefined && !row.values.has('title')) return ['title', '新增的课件要有标题；请填写'];
  const series = row.values.has('series') ? row.values.get('series') : before?.series;
  if (typeof row.values.get('seriesPosition') === 'number' && (series ?? undefined) === undefined) {
    return ['seriesPosition', '写了集数，就要写系列；请填写系列，或删去集数'];
  }
  return undefined;
}

/** What the catalogue refuses although each cell by itself was right. */
function wordsOf(error: CatalogueError, row: TableRow): readonly [key: string, message: string] {
  const key = error.field ?? 'code';
  if (error.code === 'conflict' && key === 'code') {
    return [key, `编号“${shown(row.code ?? '')}”已经属于另一条课件；请换一个编号`];
  }
  return [key, `目录不接受这个内容：${error.message}`];
}

function tellEffect(report: ReportBuilder, content: Place, row: TableRow, outcome: Outcome): void {
  const { before, after } = outcome;
  const fields =
    before === undefined ? undefined : new Set(changesBetween(before, after).map(({ field }) => field));
  if (fields?.size === 0) {
    report.addSame();
    return;
  }
  const changed = content.columns.filter(({ key }) =>
    fields === undefined ? row.values.has(key) : fields.has(key.split('.')[0] ?? key),
  );
  report.addEffect({
    row: row.row + 1,
    effect: before === undefined ? 'added' : 'changed',
    code: after.code,
    title: after.title,
    columns: changed.map(({ heading }) => heading),
  });
}

interface KnownItems {
  readonly byId: ReadonlyMap<string, Courseware>;
  readonly byCode: ReadonlyMap<string, Courseware>;
}

/** The items that rows are about, locked until the transaction ends. */
async function knownItems(transaction: Transaction, rows: readonly TableRow[]): Promise<KnownItems> {
  const ids = rows.flatMap(({ id }) => id ?? []);
  const codes = rows.flatMap(({ id, code }) => (id === undefined ? (code ?? []) : []));
  for (const [column, values] of [
    ['id', ids],
    ['code', codes],
  ] as const) {
    if (values.length === 0) continue;
    await transaction.rows(
      `SELECT id FROM courseware WHERE ${column} IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')})
        ORDER BY id${transaction.words.forUpdate}`,
      JSON.stringify(values),
    );
  }
  return {
    byId: new Map((await readCourseware(transaction, ids)).map((item) => [item.id, item])),
    byCode: new Map((await findByCodes(transaction, codes)).map((item) => [item.code ?? '', item])),
  };
}

import { listCourseware, type CoursewareQuery } from '../catalogue/courseware-list.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import type { Database } from '../catalogue/transaction.ts';
import { ExchangeError } from './exchange-error.ts';
import { exportTable, type TableFormat } from './export-table.ts';
import { GRID_LIMITS } from './grid.ts';
import { tableReferences } from './table-references.ts';
import { templateCsv, templateWorkbook } from './template.ts';

/** Which items to write down; all of them by default. */
export type ExportQuery = Omit<CoursewareQuery, 'after' | 'limit'>;

const PAGE = 100;

/** Writes tables of courseware: what there is, and the empty table to fill in. */
export class ExportDesk {
  readonly #database: Database;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The empty table: headings, an example, and in a workbook a sheet that tells how to fill it in. */
  async template(format: TableFormat): Promise<Buffer> {
    const references = await this.#database.read(tableReferences);
    return format === 'csv' ? templateCsv(references) : templateWorkbook(references);
  }

  /**
   * The items of a list, newest first, as a table that an import reads back without any change. One at a time: each takes
   * memory by the number of items.
   *
   * @throws {ExchangeError} `table-too-large` when an import could not read it back
   * @throws {CatalogueError} `invalid-input`
   */
  table(format: TableFormat, query: ExportQuery = {}): Promise<Buffer> {
    const work = async (): Promise<Buffer> =>
      exportTable(format, await this.#items(query), await this.#database.read(tableReferences));
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #items(query: ExportQuery): Promise<readonly Courseware[]> {
    const items: Courseware[] = [];
    let after: string | undefined;
    do {
      const page = await this.#database.read((statements) =>
        listCourseware(statements, { ...query, limit: PAGE, ...(after !== undefined && { after }) }),
      );
      items.push(...page.items);
      after = page.next;
      if (items.length >= GRID_LIMITS.rows) {
        throw new ExchangeError(
          'table-too-large',
          `超过 ${GRID_LIMITS.rows - 1} 条课件。请按标签、系列等分几次导出。`,
        );
      }
    } while (after !== undefined);
    return items;
  }
}

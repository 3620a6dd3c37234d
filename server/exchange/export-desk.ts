import { listCourseware, type CoursewareQuery } from '../catalogue/courseware-list.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import type { Database } from '../database/transaction.ts';
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
    return this.tableOf(format, () => this.#items(query));
  }

  /**
   * Whatever items somebody finds, as the same table; found when it is this table's turn.
   *
   * @throws {ExchangeError} `table-too-large`
   */
  tableOf(format: TableFormat, find: () => Promise<readonly Courseware[]>): Promise<Buffer> {
    const work = async (): Promise<Buffer> => {
      const items = await find();
      refuseTooMany(items.length);
      return exportTable(format, items, await this.#database.read(tableReferences));
    };
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
      refuseTooMany(items.length);
    } while (after !== undefined);
    return items;
  }
}

function refuseTooMany(count: number): void {
  if (count < GRID_LIMITS.rows) return;
  throw new ExchangeError(
    'table-too-large',
    `超过 ${GRID_LIMITS.rows - 1} 条课件。请按标签、系列等分几次导出。`,
  );
}

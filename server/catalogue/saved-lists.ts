import { CatalogueError } from './catalogue-error.ts';
import { COURSEWARE_ID, selectItems } from './courseware-rows.ts';
import { lineOf } from './courseware-text.ts';
import type { Courseware } from './courseware.ts';
import { newId } from '../database/new-id.ts';
import { givenRows } from '../database/row-list.ts';
import type { Database, Statements, Transaction } from '../database/transaction.ts';

/** What one viewer may have of lists, and a list of items. */
export const MAX_LISTS = 100;
export const MAX_LIST_ITEMS = 500;

/** Lectures that somebody has put in an order, to be shown one after the other. */
export interface SavedList {
  readonly id: string;
  readonly title: string;
  readonly owner: string;
  /** Of the items that everybody may watch. */
  readonly itemCount: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a list is to be. */
export interface SavedListInput {
  /** 1 to 100 characters. */
  readonly title: string;
  /** Ids of courseware, in their order; what does not exist or is gone is left out. */
  readonly items: readonly string[];
}

/**
 * Lists that viewers keep. Whoever knows a list's id may look at it; only its owner changes it. An owner is whoever the caller
 * says it is.
 */
export class SavedLists {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** An owner's lists, the one changed last first. */
  list(owner: string): Promise<readonly SavedList[]> {
    return this.#database.read((statements) =>
      selectLists(statements, 'WHERE l.owner = $1 ORDER BY l.updated_at DESC, l.id DESC', owner),
    );
  }

  /**
   * A list and what of it everybody may watch.
   *
   * @throws {CatalogueError} `not-found`
   */
  get(id: string): Promise<SavedList & { readonly items: readonly Courseware[] }> {
    return this.#database.read(async (statements) => {
      const found = await getList(statements, id);
      const items = await selectItems(
        statements,
        `JOIN saved_list_item m ON m.courseware_id = c.id
         WHERE m.list_id = $1 AND c.publication = 'published' ORDER BY m.position`,
        id,
      );
      return { ...found, items };
    });
  }

  /** @throws {CatalogueError} `invalid-input`, `conflict` when the owner has `MAX_LISTS` already */
  async create(owner: string, input: SavedListInput): Promise<SavedList> {
    const { title, items } = checked(input);
    return this.#database.write(async (transaction) => {
      const { now } = transaction.words;
      const [count] = await transaction.rows<{ n: number }>(
        'SELECT COUNT(*) AS n FROM saved_list WHERE owner = $1',
        owner,
      );
      if ((count?.n ?? 0) >= MAX_LISTS) {
        throw new CatalogueError('conflict', `At most ${MAX_LISTS} lists can be kept; remove one first`);
      }
      const id = newId();
      await transaction.rows(
        `INSERT INTO saved_list (id, owner, title, created_at, updated_at) VALUES ($1, $2, $3, ${now}, ${now})`,
        id,
        owner,
        title,
      );
      await insertItems(transaction, id, items);
      return getList(transaction, id);
    });
  }

  /** @throws {CatalogueError} `invalid-input`, `not-found`, also for a list of somebody else */
  async replace(owner: string, id: string, input: SavedListInput): Promise<SavedList> {
    const { title, items } = checked(input);
    return this.#database.write(async (transaction) => {
      await refuseOthers(transaction, owner, id);
      await transaction.rows(
        `UPDATE saved_list SET title = $2, updated_at = ${transaction.words.now} WHERE id = $1`,
        id,
        title,
      );
      await transaction.rows('DELETE FROM saved_list_item WHERE list_id = $1', id);
      await insertItems(transaction, id, items);
      return getList(transaction, id);
    });
  }

  /** @throws {CatalogueError} `not-found`, also for a list of somebody else */
  remove(owner: string, id: string): Promise<void> {
    return this.#database.write(async (transaction) => {
      await refuseOthers(transaction, owner, id);
      await transaction.rows('DELETE FROM saved_list WHERE id = $1', id);
    });
  }
}

function checked({ title, items }: SavedListInput): SavedListInput {
  if (items.length > MAX_LIST_ITEMS) {
    throw new CatalogueError('invalid-input', `A list may have ${MAX_LIST_ITEMS} items at most`, {
      field: 'items',
    });
  }
  return { title: lineOf(title, 'title', 100), items: [...new Set(items)] };
}

async function selectLists(
  statements: Statements,
  rest: string,
  value: string,
): Promise<readonly SavedList[]> {
  const rows = await statements.rows<{
    id: string;
    title: string;
    owner: string;
    item_count: number;
    created_at: number;
    updated_at: number;
  }>(
    `SELECT l.id, l.title, l.owner, l.created_at, l.updated_at,
       (SELECT COUNT(*) FROM saved_list_item m JOIN courseware c ON c.id = m.courseware_id
         WHERE m.list_id = l.id AND c.publication = 'published') AS item_count
     FROM saved_list l ${rest}`,
    value,
  );
  return rows.map(({ item_count, created_at, updated_at, ...row }) => ({
    ...row,
    itemCount: item_count,
    createdAt: created_at,
    updatedAt: updated_at,
  }));
}

async function getList(statements: Statements, id: string): Promise<SavedList> {
  const [found] = COURSEWARE_ID.test(id) ? await selectLists(statements, 'WHERE l.id = $1', id) : [];
  if (found === undefined) throw new CatalogueError('not-found', `There is no list ${JSON.stringify(id)}`);
  return found;
}

async function refuseOthers(transaction: Transaction, owner: string, id: string): Promise<void> {
  const found = await getList(transaction, id);
  if (found.owner !== owner) {
    throw new CatalogueError(
      'not-found',
      `There is no list ${JSON.stringify(id)} of yours; only its owner changes it`,
    );
  }
}

async function insertItems(transaction: Transaction, id: string, items: readonly string[]): Promise<void> {
  await transaction.rows(
    `INSERT INTO saved_list_item (list_id, courseware_id, position)
     SELECT $2, c.id, given.place FROM ${givenRows(transaction.dialect, '$1', { id: 'text', place: 'integer' })}
       JOIN courseware c ON c.id = given.id`,
    JSON.stringify(items.map((item, index) => ({ id: item, place: index + 1 }))),
    id,
  );
}

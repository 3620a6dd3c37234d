import { CatalogueError } from './catalogue-error.ts';
import { lineOf } from './courseware-text.ts';
import { recordSharedChange } from './history.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import { publishedOnly, type WordView } from './word-view.ts';

/** A place in the library's classification. */
export interface Category {
  readonly code: string;
  readonly name: string;
  /** The code of the one it belongs under. */
  readonly parent: string | undefined;
  readonly rank: number;
  /** Items filed under this very code. */
  readonly uses: number;
}

/** What a category is to be. */
export interface CategoryInput {
  /** 1 to 100 characters. */
  readonly name: string;
  /** The code of one that exists. */
  readonly parent?: string | null;
  /** Default: behind all. */
  readonly rank?: number;
}

/** All categories, by rank. */
export async function listCategories(
  statements: Statements,
  view: WordView = {},
): Promise<readonly Category[]> {
  const rows = await statements.rows<Omit<Category, 'parent'> & { readonly parent: string | null }>(
    `SELECT g.code, g.name, g.parent_code AS parent, g.rank,
       (SELECT COUNT(*) FROM courseware c WHERE c.category_code = g.code ${publishedOnly(view)}) AS uses
     FROM category g ORDER BY g.rank, g.code`,
  );
  return rows.map((row) => ({ ...row, parent: row.parent ?? undefined }));
}

/**
 * Adds a category, or changes the one of this code.
 *
 * @throws {CatalogueError} `invalid-input`, also when it would stand under itself
 */
export async function putCategory(
  transaction: Transaction,
  actor: string,
  code: string,
  input: CategoryInput,
): Promise<Category> {
  const clean = lineOf(code, 'category', 40);
  const name = lineOf(input.name, 'name', 100);
  const all = new Map((await listCategories(transaction)).map((one) => [one.code, one]));
  const before = all.get(clean);
  const parent = input.parent === undefined ? before?.parent : (input.parent ?? undefined);
  for (let above = parent; above !== undefined; above = all.get(above)?.parent) {
    if (above === clean || !all.has(above)) {
      throw new CatalogueError(
        'invalid-input',
        above === clean
          ? `The category ${clean} cannot stand under itself`
          : `There is no category ${JSON.stringify(above)} for it to stand under`,
        { field: 'parent' },
      );
    }
  }
  await transaction.rows(
    `INSERT INTO category (code, name, parent_code, rank)
     VALUES ($1, $2, $3, COALESCE($4, (SELECT COALESCE(MAX(rank), 0) + 1 FROM category)))
     ON CONFLICT (code) DO UPDATE SET name = excluded.name, parent_code = excluded.parent_code, rank = excluded.rank`,
    clean,
    name,
    parent,
    input.rank ?? before?.rank,
  );
  if (before !== undefined && before.name !== name) {
    const filed = await transaction.rows<{ id: string }>(
      'SELECT id FROM courseware WHERE category_code = $1',
      clean,
    );
    await recordSharedChange(
      transaction,
      actor,
      filed.map(({ id }) => id),
      { field: 'category', before: `${clean} ${before.name}`, after: `${clean} ${name}` },
    );
  }
  const after = (await listCategories(transaction)).find((one) => one.code === clean);
  return after ?? { code: clean, name, parent, rank: 0, uses: 0 };
}

/** @throws {CatalogueError} `not-found`, `conflict` while items or other categories are under it */
export async function removeCategory(transaction: Transaction, code: string): Promise<void> {
  const all = await listCategories(transaction);
  const found = all.find((one) => one.code === code);
  if (found === undefined) {
    throw new CatalogueError('not-found', `There is no category ${JSON.stringify(code)}`);
  }
  if (found.uses > 0 || all.some(({ parent }) => parent === code)) {
    throw new CatalogueError(
      'conflict',
      `The category ${code} has items or other categories under it; move them first`,
    );
  }
  await transaction.rows('DELETE FROM category WHERE code = $1', code);
}

import { CatalogueError } from './catalogue-error.ts';
import { COURSEWARE_ID, selectItems } from './courseware-rows.ts';
import type { Courseware, CoursewareUses } from './courseware.ts';
import type { Database, SqlValue } from '../database/transaction.ts';
import { addUses, usesOf } from './uses.ts';

/** What one viewer may keep. */
export const MAX_FAVOURITES = 2000;

/** Which part of somebody's favourites. */
export interface FavouritesPage {
  /** `next` of the page before. */
  readonly after?: string;
  /** 1 to 100. Default 100. */
  readonly limit?: number;
}

/** The items that viewers keep for themselves; an owner is whoever the caller says it is. */
export class Favourites {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps an item, or lets it go; done again, it changes nothing.
   *
   * @throws {CatalogueError} `conflict` when the owner keeps `MAX_FAVOURITES` already
   */
  set(owner: string, coursewareId: string, isKept: boolean): Promise<CoursewareUses> {
    return this.#database.write(async (transaction) => {
      if (isKept) {
        const [count] = await transaction.rows<{ n: number }>(
          'SELECT COUNT(*) AS n FROM favourite WHERE owner = $1',
          owner,
        );
        if ((count?.n ?? 0) >= MAX_FAVOURITES) {
          throw new CatalogueError(
            'conflict',
            `At most ${MAX_FAVOURITES} items can be kept; let some go first`,
          );
        }
      }
      const changed = isKept
        ? await transaction.rows(
            `INSERT INTO favourite (owner, courseware_id, at) VALUES ($1, $2, ${transaction.words.now})
               ON CONFLICT (owner, courseware_id) DO NOTHING RETURNING owner`,
            owner,
            coursewareId,
          )
        : await transaction.rows(
            'DELETE FROM favourite WHERE owner = $1 AND courseware_id = $2 RETURNING owner',
            owner,
            coursewareId,
          );
      if (changed.length > 0) {
        await addUses(transaction, coursewareId, { favourites: isKept ? 1 : -1 });
      }
      return usesOf(transaction, coursewareId);
    });
  }

  /** Whether the owner keeps an item. */
  async has(owner: string, coursewareId: string): Promise<boolean> {
    const rows = await this.#database.read((statements) =>
      statements.rows(
        'SELECT owner FROM favourite WHERE owner = $1 AND courseware_id = $2',
        owner,
        coursewareId,
      ),
    );
    return rows.length > 0;
  }

  /**
   * What an owner keeps and everybody may watch, the latest first.
   *
   * @throws {CatalogueError} `invalid-input` for a mark of another list
   */
  list(
    owner: string,
    { after, limit = 100 }: FavouritesPage = {},
  ): Promise<{ readonly items: readonly Courseware[]; readonly next: string | undefined }> {
    return this.#database.read(async (statements) => {
      const values: SqlValue[] = [owner];
      const bind = (value: SqlValue): string => `$${values.push(value)}`;
      const from = after === undefined ? undefined : markOf(after);
      const items = await selectItems(
        statements,
        `JOIN favourite f ON f.courseware_id = c.id
         WHERE f.owner = $1 AND c.publication = 'published'
           ${from === undefined ? '' : `AND (f.at, f.courseware_id) < (${bind(from.at)}, ${bind(from.id)})`}
         ORDER BY f.at DESC, f.courseware_id DESC LIMIT ${bind(limit + 1)}`,
        ...values,
      );
      const shown = items.slice(0, limit);
      const last = shown.at(-1);
      if (items.length <= limit || last === undefined) return { items: shown, next: undefined };
      const [row] = await statements.rows<{ at: number }>(
        'SELECT at FROM favourite WHERE owner = $1 AND courseware_id = $2',
        owner,
        last.id,
      );
      return { items: shown, next: `${row?.at ?? 0}-${last.id}` };
    });
  }
}

function markOf(mark: string): { readonly at: number; readonly id: string } {
  const dash = mark.indexOf('-');
  const at = Number(mark.slice(0, dash));
  const id = mark.slice(dash + 1);
  if (dash > 0 && Number.isSafeInteger(at) && COURSEWARE_ID.test(id)) return { at, id };
  throw new CatalogueError(
    'invalid-input',
    'The mark "after" is none of this list; start at its first page',
    { field: 'after' },
  );
}

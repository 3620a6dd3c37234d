import { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { CoursewareInput } from '../../server/catalogue/courseware-input.ts';
import type { CoursewareId } from '../../server/catalogue/courseware.ts';
import { Vocabulary } from '../../server/catalogue/vocabulary.ts';
import type { Database } from '../../server/database/transaction.ts';
import { indexMany } from '../../server/search/item-rows.ts';

/** An item on the shelf: as it is written, and when it was published (epoch milliseconds). */
export interface ShelfItem extends CoursewareInput {
  readonly publishedAt?: number;
}

/** A day on which nothing in particular happened. */
export const SHELF_DAY = Date.UTC(2026, 10, 1);

/** Puts published items on the shelf, without media, and makes them searchable. Tags are made where there are none. */
export async function putOnShelf(
  database: Database,
  items: readonly ShelfItem[],
): Promise<readonly CoursewareId[]> {
  const catalogue = new Catalogue(database).as('shelf');
  const vocabulary = new Vocabulary(database);
  for (const tag of new Set(items.flatMap(({ tags }) => tags ?? []))) await vocabulary.addTag(tag);
  const ids = await catalogue.createMany(items.map(({ publishedAt: _published, ...input }) => input));
  await database.write(async (transaction) => {
    for (const [index, id] of ids.entries()) {
      await transaction.rows(
        "UPDATE courseware SET publication = 'published', published_at = $1 WHERE id = $2",
        items[index]?.publishedAt ?? SHELF_DAY,
        id,
      );
    }
    await indexMany(transaction, ids);
  });
  return ids;
}

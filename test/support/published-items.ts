import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { CoursewareInput } from '../../server/catalogue/courseware-input.ts';
import type { Courseware } from '../../server/catalogue/courseware.ts';
import type { Database } from '../../server/database/transaction.ts';

/** Gives a draft a finished version, as a worker would have, and publishes it. */
export async function publishItem(
  database: Database,
  catalogue: Catalogue,
  id: string,
  { duration = 600, poster = 'poster.jpg' }: { duration?: number; poster?: string } = {},
): Promise<Courseware> {
  await database.write(async (transaction) => {
    await transaction.rows(
      `INSERT INTO version (id, courseware_id, number, place, production, generation, is_playable, progress,
         warnings, duration, poster, source_name, source_bytes, created_at)
       VALUES ($1, $1, 1, 'current', 'ready', $2, 1, 1, '[]', $3, $4, 'a.mp4', 1, 1)`,
      id,
      `g-${id}`,
      duration,
      poster,
    );
    await transaction.rows('UPDATE courseware SET duration = $1 WHERE id = $2', duration, id);
  });
  return catalogue.move(id, 'published');
}

/** Makes an item and publishes it. */
export async function publishedItem(
  database: Database,
  catalogue: Catalogue,
  input: CoursewareInput,
): Promise<Courseware> {
  const { id } = await catalogue.create(input);
  return publishItem(database, catalogue, id);
}

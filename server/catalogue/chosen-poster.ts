import type { GenerationId } from '../../transcoder/index.ts';
import { CatalogueError } from './catalogue-error.ts';
import { lockCourseware } from './courseware-rows.ts';
import type { Courseware } from './courseware.ts';
import { recordChanges } from './history.ts';
import type { Transaction } from '../database/transaction.ts';

/**
 * Gives the current version another poster, whose object is in the store.
 *
 * @throws {CatalogueError} `not-found`, `conflict` when the making is not the current version's any more
 */
export async function setPoster(
  transaction: Transaction,
  actor: string,
  coursewareId: string,
  generation: GenerationId,
  poster: string,
): Promise<Courseware> {
  const { current } = await lockCourseware(transaction, coursewareId);
  if (current?.generation !== generation) {
    throw new CatalogueError(
      'conflict',
      `Courseware ${coursewareId} has got a newer version meanwhile; choose its poster again`,
    );
  }
  if (current.poster !== poster) {
    await transaction.rows('UPDATE version SET poster = $1 WHERE id = $2', poster, current.id);
    await recordChanges(transaction, coursewareId, actor, [
      { field: `version ${current.number}: poster`, before: current.poster, after: poster },
    ]);
  }
  return lockCourseware(transaction, coursewareId);
}

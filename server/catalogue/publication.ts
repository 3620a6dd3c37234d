import { calendarDay } from './calendar-day.ts';
import { CatalogueError } from './catalogue-error.ts';
import { getCourseware, lockCourseware } from './courseware-rows.ts';
import { PUBLICATION_MOVES, type Courseware, type PublicationState } from './courseware.ts';
import { recordChanges } from './history.ts';
import { clearTombstone, setTombstone } from './tombstones.ts';
import type { Database, Transaction } from '../database/transaction.ts';

/** The moves from one state to another: none, one, or to `published` by way of `approved`. */
function publicationPath(
  from: PublicationState,
  to: PublicationState,
): readonly PublicationState[] | undefined {
  if (from === to) {
    return [];
  }
  if (PUBLICATION_MOVES[from].includes(to)) {
    return [to];
  }
  return to === 'published' && PUBLICATION_MOVES[from].includes('approved') ? ['approved', to] : undefined;
}

/** @throws {CatalogueError} `not-publishable` */
function refuseUnpublishable({ id, current, rights }: Courseware): void {
  if (current?.production !== 'ready' && !current?.isPlayable) {
    throw new CatalogueError(
      'not-publishable',
      `Courseware ${id} cannot be published: ${
        current === undefined
          ? 'it has no media yet. Upload a file first'
          : `its media is ${current.production} and not playable yet. Wait until it is`
      }`,
    );
  }
  if (rights?.until !== undefined && rights.until < calendarDay()) {
    throw new CatalogueError(
      'not-publishable',
      `Courseware ${id} cannot be published: its rights ended on ${rights.until}. Enter the new end of the rights first`,
      { field: 'rights.until' },
    );
  }
}

/**
 * Moves an item's publication. What leaves the catalogue, also for the moment, gets a tombstone; what comes back loses it.
 *
 * @throws {CatalogueError} `not-found`, `invalid-move`, `not-publishable`
 */
export async function movePublication(
  transaction: Transaction,
  actor: string,
  id: string,
  to: PublicationState,
  reason: string | undefined,
): Promise<Courseware> {
  const before = await lockCourseware(transaction, id);
  const path = publicationPath(before.publication, to);
  if (path === undefined) {
    const may = PUBLICATION_MOVES[before.publication].join(', ');
    throw new CatalogueError(
      'invalid-move',
      `Courseware ${id} is ${before.publication} and cannot become ${to}; it may become ${may}`,
    );
  }
  if (path.length === 0) return before;
  if (to === 'published') refuseUnpublishable(before);
  let from = before.publication;
  for (const state of path) {
    await transaction.rows('UPDATE courseware SET publication = $1 WHERE id = $2', state, id);
    await recordChanges(transaction, id, actor, [
      { field: 'publication', before: from, after: state, reason },
    ]);
    from = state;
  }
  if (to === 'published') {
    await transaction.rows(
      `UPDATE courseware SET published_at = COALESCE(published_at, ${transaction.words.now}) WHERE id = $1`,
      id,
    );
    await clearTombstone(transaction, id);
  }
  if (to === 'withdrawn' || before.publication === 'published') await setTombstone(transaction, before);
  return getCourseware(transaction, id);
}

/**
 * Withdraws what may be shown no longer: items whose last day of rights is over, each in a transaction of its own.
 *
 * @param now - epoch milliseconds; tests have a day of their own
 * @returns their ids
 */
export async function withdrawExpired(
  database: Database,
  now: number = Date.now(),
): Promise<readonly string[]> {
  const today = calendarDay(now);
  const due = await database.read((statements) =>
    statements.rows<{ id: string }>(
      `SELECT id FROM courseware WHERE rights_until < $1 AND publication IN ('approved', 'published', 'suspended')
        ORDER BY rights_until, id LIMIT 500`,
      today,
    ),
  );
  const withdrawn: string[] = [];
  for (const { id } of due) {
    const isOver = await database.write(async (transaction) => {
      const { rights, publication } = await lockCourseware(transaction, id);
      // Somebody may have entered a new end, or withdrawn it, since it was looked for.
      if (rights?.until === undefined || rights.until >= today || publication === 'withdrawn') return false;
      if (!PUBLICATION_MOVES[publication].includes('withdrawn')) return false;
      await movePublication(transaction, 'system', id, 'withdrawn', `its rights ended on ${rights.until}`);
      return true;
    });
    if (isOver) withdrawn.push(id);
  }
  return withdrawn;
}

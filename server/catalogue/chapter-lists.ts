import { MAX_CHAPTER_TITLE, MAX_CHAPTERS, type Chapter } from '../../transcoder/index.ts';
import { CatalogueError } from './catalogue-error.ts';
import { lockCourseware } from './courseware-rows.ts';
import { refuseOverwriting } from './expected-revision.ts';
import { fieldsChangedSince, recordChanges } from './history.ts';
import type { Courseware } from './courseware.ts';
import type { Statements, Transaction } from '../database/transaction.ts';

/** What an item is divided into, and who said so. */
export interface ChapterList {
  readonly chapters: readonly Chapter[];
  /** `producer`: written by a person; `container`: found in the source of the current version; `none`: neither. */
  readonly origin: 'producer' | 'container' | 'none';
}

/** @throws {CatalogueError} `not-found` */
export async function chaptersOf(statements: Statements, id: string): Promise<ChapterList> {
  const [row] = await statements.rows<{ own: string | null; container: string | null }>(
    `SELECT l.chapters AS own, v.chapters AS container FROM courseware c
       LEFT JOIN chapter_list l ON l.courseware_id = c.id
       LEFT JOIN version v ON v.courseware_id = c.id AND v.place = 'current'
      WHERE c.id = $1`,
    id,
  );
  if (row === undefined) {
    throw new CatalogueError('not-found', `There is no courseware ${JSON.stringify(id)}`);
  }
  const text = row.own ?? row.container;
  const origin = row.own !== null ? 'producer' : row.container !== null ? 'container' : 'none';
  return { chapters: text === null ? [] : (JSON.parse(text) as readonly Chapter[]), origin };
}

/**
 * Writes an item's chapters, or, without any, goes back to those of its source. The same list again changes nothing.
 *
 * @throws {CatalogueError} `not-found`, `invalid-input`, `revision-mismatch` when they were changed after `expectedRevision`
 */
export async function setChapters(
  transaction: Transaction,
  actor: string,
  id: string,
  chapters: readonly Chapter[] | undefined,
  expectedRevision: number | undefined,
): Promise<Courseware> {
  const checked = chapters === undefined ? undefined : checkedChapters(chapters);
  const courseware = await lockCourseware(transaction, id);
  const changedSince = (revision: number): Promise<readonly string[]> =>
    fieldsChangedSince(transaction, id, revision, ['chapters']);
  const revised = { name: `Courseware ${id}`, revision: courseware.revision, changedSince };
  await refuseOverwriting(revised, expectedRevision);
  const before = await chaptersOf(transaction, id);
  const isSame =
    checked === undefined
      ? before.origin !== 'producer'
      : before.origin === 'producer' && JSON.stringify(before.chapters) === JSON.stringify(checked);
  if (isSame) return courseware;
  if (checked === undefined) {
    await transaction.rows('DELETE FROM chapter_list WHERE courseware_id = $1', id);
  } else {
    await transaction.rows(
      `INSERT INTO chapter_list (courseware_id, chapters) VALUES ($1, $2)
         ON CONFLICT (courseware_id) DO UPDATE SET chapters = $2`,
      id,
      JSON.stringify(checked),
    );
  }
  const after = await chaptersOf(transaction, id);
  await recordChanges(transaction, id, actor, [
    { field: 'chapters', before: shown(before), after: shown(after) },
  ]);
  return lockCourseware(transaction, id);
}

function checkedChapters(chapters: readonly Chapter[]): readonly Chapter[] {
  if (chapters.length > MAX_CHAPTERS) throw refused(`there may be at most ${MAX_CHAPTERS}`);
  let last = -1;
  return chapters.map(({ start, title }, index) => {
    const clean = title.normalize('NFC').trim();
    const { length } = Array.from(clean);
    if (!title.isWellFormed() || /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u.test(clean)) {
      throw refused(`the title of number ${index + 1} contains control characters`);
    }
    if (length < 1 || length > MAX_CHAPTER_TITLE) {
      throw refused(`the title of number ${index + 1} must have 1 to ${MAX_CHAPTER_TITLE} characters`);
    }
    if (!(start >= 0 && start <= 86_400)) {
      throw refused(`number ${index + 1} must begin between 0 and 86,400 seconds`);
    }
    if (start <= last) throw refused(`number ${index + 1} must begin after the one before`);
    last = start;
    return { start: Math.round(start * 1000) / 1000, title: clean };
  });
}

function refused(why: string): CatalogueError {
  return new CatalogueError('invalid-input', `The chapters cannot be taken: ${why}`, { field: 'chapters' });
}

/** For the history: one line a chapter. */
function shown({ chapters, origin }: ChapterList): string | undefined {
  return origin === 'none'
    ? undefined
    : chapters.map(({ start, title }) => `${start.toFixed(3).replace(/\.?0+$/, '')} ${title}`).join('\n');
}

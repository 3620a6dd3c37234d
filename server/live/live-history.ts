import type { Change, HistoryEntry } from '../catalogue/history.ts';
import { givenRows } from '../database/row-list.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import type { LiveClassId } from './live-class.ts';

const COLUMNS = { field: 'text', before: 'text', after: 'text', reason: 'text', entry: 'integer' } as const;

/** Raises a class's revision once and records what changed; nothing changed, nothing happens. */
export async function recordLiveChanges(
  transaction: Transaction,
  id: LiveClassId,
  actor: string,
  changes: readonly Change[],
): Promise<void> {
  if (changes.length === 0) return;
  const [row] = await transaction.rows<{ revision: number }>(
    `UPDATE live_class SET revision = revision + 1, updated_at = ${transaction.words.now} WHERE id = $1
      RETURNING revision`,
    id,
  );
  await insertLiveChanges(transaction, id, row?.revision ?? 1, actor, changes);
}

/** Records changes that belong to a revision already made. */
export async function insertLiveChanges(
  transaction: Transaction,
  id: LiveClassId,
  revision: number,
  actor: string,
  changes: readonly Change[],
): Promise<void> {
  await transaction.rows(
    `INSERT INTO live_history (class_id, revision, at, actor, field, before_value, after_value, reason)
     SELECT $2, $3, ${transaction.words.now}, $4, given.field, given.before, given.after, given.reason
       FROM ${givenRows(transaction.dialect, '$1', COLUMNS)} ORDER BY given.entry`,
    JSON.stringify(changes.map((change, entry) => ({ ...change, entry }))),
    id,
    revision,
    actor,
  );
}

/** Which of `fields` were changed after `revision`. */
export async function liveFieldsChangedSince(
  statements: Statements,
  id: LiveClassId,
  revision: number,
  fields: readonly string[],
): Promise<readonly string[]> {
  const rows = await statements.rows<{ field: string }>(
    'SELECT DISTINCT field FROM live_history WHERE class_id = $1 AND revision > $2',
    id,
    revision,
  );
  return rows.map(({ field }) => field).filter((field) => fields.includes(field));
}

interface HistoryRow extends Omit<HistoryEntry, 'before' | 'after' | 'reason'> {
  readonly before_value: string | null;
  readonly after_value: string | null;
  readonly reason: string | null;
}

/** Everything that happened to a class, oldest first; also after its removal. */
export async function liveHistoryOf(statements: Statements, id: string): Promise<readonly HistoryEntry[]> {
  const rows = await statements.rows<HistoryRow>(
    `SELECT at, actor, revision, field, before_value, after_value, reason
       FROM live_history WHERE class_id = $1 ORDER BY entry`,
    id,
  );
  return rows.map(({ before_value: before, after_value: after, reason, ...entry }) => ({
    ...entry,
    before: before ?? undefined,
    after: after ?? undefined,
    reason: reason ?? undefined,
  }));
}

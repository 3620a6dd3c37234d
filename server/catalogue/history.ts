import { givenRows, givenTexts, inPieces } from '../database/row-list.ts';
import type { Statements, Transaction } from '../database/transaction.ts';

/** One change of an item. */
export interface HistoryEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Who did it, as given to `Catalogue.as`. */
  readonly actor: string;
  /** The item's revision after the change. */
  readonly revision: number;
  /** `created`, `removed`, a field of the item, or `version 2: production`. */
  readonly field: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly reason: string | undefined;
}

/** A change to be recorded, in the transaction that makes it. */
export interface Change {
  readonly field: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly reason?: string | undefined;
}

/** Raises the item's revision once and records what changed; nothing changed, nothing happens. */
export async function recordChanges(
  transaction: Transaction,
  coursewareId: string,
  actor: string,
  changes: readonly Change[],
): Promise<void> {
  if (changes.length === 0) {
    return;
  }
  const { now } = transaction.words;
  const [row] = await transaction.rows<{ revision: number }>(
    `UPDATE courseware SET revision = revision + 1, updated_at = ${now} WHERE id = $1 RETURNING revision`,
    coursewareId,
  );
  await insertChanges(transaction, coursewareId, row?.revision ?? 1, actor, changes);
}

/**
 * Records one change that many items undergo together, such as the new name of their series, and raises the revision of each.
 */
export async function recordSharedChange(
  transaction: Transaction,
  actor: string,
  coursewareIds: readonly string[],
  change: Change,
): Promise<void> {
  for (const piece of inPieces(coursewareIds, 1000)) {
    const rows = await transaction.rows<{ id: string; revision: number }>(
      `UPDATE courseware SET revision = revision + 1, updated_at = ${transaction.words.now}
        WHERE id IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')}) RETURNING id, revision`,
      JSON.stringify(piece),
    );
    await insertChangesOfMany(
      transaction,
      actor,
      rows.map((row) => ({ ...change, ...row })),
    );
  }
}

/** Records changes that belong to a revision already made. */
export function insertChanges(
  transaction: Transaction,
  coursewareId: string,
  revision: number,
  actor: string,
  changes: readonly Change[],
): Promise<void> {
  return insertChangesOfMany(
    transaction,
    actor,
    changes.map((change) => ({ ...change, id: coursewareId, revision })),
  );
}

/** A change, with the item and the revision it belongs to. */
export interface RevisionChange extends Change {
  readonly id: string;
  readonly revision: number;
}

const CHANGE_COLUMNS = {
  id: 'text',
  revision: 'integer',
  field: 'text',
  before: 'text',
  after: 'text',
  reason: 'text',
  entry: 'integer',
} as const;

/** The same of many items. */
export async function insertChangesOfMany(
  transaction: Transaction,
  actor: string,
  changes: readonly RevisionChange[],
): Promise<void> {
  for (const { id } of changes) transaction.touch(id);
  for (const piece of inPieces(changes, 1000)) {
    await transaction.rows(
      `INSERT INTO courseware_history
         (courseware_id, revision, at, actor, field, before_value, after_value, reason)
       SELECT given.id, given.revision, ${transaction.words.now}, $2, given.field, given.before, given.after,
         given.reason FROM ${givenRows(transaction.dialect, '$1', CHANGE_COLUMNS)} ORDER BY given.entry`,
      JSON.stringify(piece.map((change, entry) => ({ ...change, entry }))),
      actor,
    );
  }
}

/** Which of `fields` were changed after `revision`. */
export async function fieldsChangedSince(
  statements: Statements,
  coursewareId: string,
  revision: number,
  fields: readonly string[],
): Promise<readonly string[]> {
  const rows = await statements.rows<{ field: string }>(
    'SELECT DISTINCT field FROM courseware_history WHERE courseware_id = $1 AND revision > $2',
    coursewareId,
    revision,
  );
  return rows.map((row) => row.field).filter((field) => fields.includes(field));
}

interface HistoryRow {
  readonly at: number;
  readonly actor: string;
  readonly revision: number;
  readonly field: string;
  readonly before_value: string | null;
  readonly after_value: string | null;
  readonly reason: string | null;
}

/** Everything that happened to an item, oldest first; also after its removal. */
export async function historyOf(
  statements: Statements,
  coursewareId: string,
): Promise<readonly HistoryEntry[]> {
  const rows = await statements.rows<HistoryRow>(
    `SELECT at, actor, revision, field, before_value, after_value, reason
       FROM courseware_history WHERE courseware_id = $1 ORDER BY entry`,
    coursewareId,
  );
  return rows.map((row) => ({
    at: row.at,
    actor: row.actor,
    revision: row.revision,
    field: row.field,
    before: row.before_value ?? undefined,
    after: row.after_value ?? undefined,
    reason: row.reason ?? undefined,
  }));
}

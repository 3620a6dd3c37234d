import type { GenerationId } from '../../transcoder/index.ts';
import type { CoursewareId } from '../catalogue/courseware.ts';
import { givenTexts } from '../database/row-list.ts';
import type { Statements, Transaction } from '../database/transaction.ts';

/**
 * How far a file of a folder has come:
 *
 * - `hashed`: its digest is known, so nobody has to read it again to know what it is.
 * - `begun`: it has its item, and its bytes are on their way into the store.
 * - `taken`: its item plays it, or will; the file is not needed any more.
 * - `refused`: it is no lecture, or what was written about it is wrong.
 */
export type IntakeState = 'hashed' | 'begun' | 'taken' | 'refused';

/** What identifies a file in a folder and tells whether it was written to since. */
export interface FileFacts {
  /** The folder's real path. */
  readonly folder: string;
  /** Its path from there. */
  readonly file: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds, whole. */
  readonly modifiedMs: number;
}

/** What is remembered of a file. */
export interface IntakeRow extends FileFacts {
  readonly sha256: string | undefined;
  /** Under which its bytes go into the store; the same again after a kill. */
  readonly uploadId: string | undefined;
  readonly coursewareId: CoursewareId | undefined;
  readonly state: IntakeState;
  /** Why it was refused. */
  readonly reason: string | undefined;
}

interface Row {
  readonly folder: string;
  readonly file: string;
  readonly size_bytes: number;
  readonly modified_ms: number;
  readonly sha256: string | null;
  readonly upload_id: string | null;
  readonly courseware_id: CoursewareId | null;
  readonly state: IntakeState;
  readonly reason: string | null;
}

function rowOf(row: Row): IntakeRow {
  return {
    folder: row.folder,
    file: row.file,
    sizeBytes: row.size_bytes,
    modifiedMs: row.modified_ms,
    sha256: row.sha256 ?? undefined,
    uploadId: row.upload_id ?? undefined,
    coursewareId: row.courseware_id ?? undefined,
    state: row.state,
    reason: row.reason ?? undefined,
  };
}

/** What is remembered of the files of a folder. */
export async function intakeRows(statements: Statements, folder: string): Promise<readonly IntakeRow[]> {
  const rows = await statements.rows<Row>('SELECT * FROM intake WHERE folder = $1 ORDER BY file', folder);
  return rows.map(rowOf);
}

/** What is remembered of a file as it is now; undefined when it was written to since. */
export async function findIntake(statements: Statements, facts: FileFacts): Promise<IntakeRow | undefined> {
  const [row] = await statements.rows<Row>(
    'SELECT * FROM intake WHERE folder = $1 AND file = $2 AND size_bytes = $3 AND modified_ms = $4',
    facts.folder,
    facts.file,
    facts.sizeBytes,
    facts.modifiedMs,
  );
  return row === undefined ? undefined : rowOf(row);
}

/** Remembers how far a file has come. */
export async function saveIntake(transaction: Transaction, row: IntakeRow): Promise<void> {
  await transaction.rows(
    `INSERT INTO intake (folder, file, size_bytes, modified_ms, sha256, upload_id, courseware_id, state, reason, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${transaction.words.now})
     ON CONFLICT (folder, file) DO UPDATE SET size_bytes = excluded.size_bytes, modified_ms = excluded.modified_ms,
       sha256 = excluded.sha256, upload_id = excluded.upload_id, courseware_id = excluded.courseware_id,
       state = excluded.state, reason = excluded.reason, at = excluded.at`,
    row.folder,
    row.file,
    row.sizeBytes,
    row.modifiedMs,
    row.sha256,
    row.uploadId,
    row.coursewareId,
    row.state,
    row.reason,
  );
}

/** How many makings of a folder's files still have to be worked on. */
export async function countUnfinished(statements: Statements, folder: string): Promise<number> {
  const [row] = await statements.rows<{ count: number }>(
    `SELECT COUNT(DISTINCT v.generation) AS count FROM intake i
       JOIN version v ON v.courseware_id = i.courseware_id AND v.place IN ('current', 'upcoming')
      WHERE i.folder = $1 AND i.state = 'taken' AND v.source_sha256 = i.sha256
        AND v.production NOT IN ('none', 'ready', 'failed')`,
    folder,
  );
  return row?.count ?? 0;
}

/** The oldest making of a folder's files that still has to be worked on. */
export async function oldestUnfinished(
  statements: Statements,
  folder: string,
): Promise<GenerationId | undefined> {
  const [row] = await statements.rows<{ generation: GenerationId }>(
    `SELECT v.generation FROM intake i
       JOIN version v ON v.courseware_id = i.courseware_id AND v.place IN ('current', 'upcoming')
      WHERE i.folder = $1 AND i.state = 'taken' AND v.source_sha256 = i.sha256 AND v.generation IS NOT NULL
        AND v.production NOT IN ('none', 'ready', 'failed')
      ORDER BY v.created_at, v.id LIMIT 1`,
    folder,
  );
  return row?.generation;
}

/** Items of a folder's files that can be watched and about which nobody has decided yet. */
export async function publishableItems(
  statements: Statements,
  folder: string,
): Promise<readonly CoursewareId[]> {
  const rows = await statements.rows<{ id: CoursewareId }>(
    `SELECT c.id FROM intake i
       JOIN courseware c ON c.id = i.courseware_id
       JOIN version v ON v.courseware_id = c.id AND v.place = 'current'
      WHERE i.folder = $1 AND i.state = 'taken' AND v.production = 'ready'
        AND c.publication IN ('draft', 'submitted', 'in_review', 'approved')
      ORDER BY c.number`,
    folder,
  );
  return rows.map(({ id }) => id);
}

/** Forgets files that are not in a folder any more, but for those whose makings still have to be worked on. */
export async function pruneIntake(
  transaction: Transaction,
  folder: string,
  present: readonly string[],
): Promise<void> {
  await transaction.rows(
    `DELETE FROM intake WHERE folder = $1
       AND file NOT IN (SELECT value FROM ${givenTexts(transaction.dialect, '$2')})
       AND NOT EXISTS (SELECT 1 FROM version v
         WHERE v.courseware_id = intake.courseware_id AND v.place IN ('current', 'upcoming')
           AND v.source_sha256 = intake.sha256 AND v.production NOT IN ('none', 'ready', 'failed'))`,
    folder,
    JSON.stringify(present),
  );
}

/** Forgets a file that was put away. */
export async function forgetIntake(transaction: Transaction, folder: string, file: string): Promise<void> {
  await transaction.rows('DELETE FROM intake WHERE folder = $1 AND file = $2', folder, file);
}

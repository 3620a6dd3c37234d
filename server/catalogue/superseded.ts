import { generationPrefix, type GenerationId } from '../../transcoder/index.ts';
import type { Statements, Transaction } from '../database/transaction.ts';

/**
 * Makings that the last of their items replaced or gave up longer ago than `graceMs`, whose objects are still in the store; the
 * oldest first. One that any version on the air or in the making refers to is never among them.
 */
export async function findSuperseded(
  statements: Statements,
  graceMs: number,
  limit: number,
): Promise<readonly GenerationId[]> {
  const rows = await statements.rows<{ generation: GenerationId }>(
    `SELECT v.generation, MIN(v.superseded_at) AS since FROM version v
      WHERE v.place IN ('former', 'abandoned') AND v.generation IS NOT NULL AND v.objects_removed_at IS NULL
        AND v.superseded_at <= ${statements.words.now} - CAST($1 AS BIGINT)
        AND NOT EXISTS (SELECT 1 FROM version other WHERE other.generation = v.generation
          AND (other.place IN ('current', 'upcoming')
            OR other.superseded_at > ${statements.words.now} - CAST($1 AS BIGINT)))
      GROUP BY v.generation ORDER BY since LIMIT ${Math.round(limit)}`,
    Math.round(graceMs),
  );
  return rows.map(({ generation }) => generation);
}

/**
 * Records that the objects of a superseded making are gone.
 *
 * @returns false when somebody else has recorded it
 */
export async function recordObjectsRemoved(
  transaction: Transaction,
  generation: GenerationId,
): Promise<boolean> {
  const rows = await transaction.rows(
    `UPDATE version SET objects_removed_at = ${transaction.words.now}
      WHERE generation = $1 AND place IN ('former', 'abandoned') AND objects_removed_at IS NULL RETURNING id`,
    generation,
  );
  return rows.length > 0;
}

/**
 * Folders among a making's objects that are still in use though the making was replaced: captions found in its media, which
 * somebody has corrected since or which the next making did not bring anew. Key prefixes.
 */
export async function foldersInUse(
  statements: Statements,
  generation: GenerationId,
): Promise<readonly string[]> {
  const rows = await statements.rows<{ folder: string; former_folder: string | null }>(
    'SELECT folder, former_folder FROM caption WHERE folder LIKE $1 OR former_folder LIKE $1',
    `${generationPrefix(generation)}/%`,
  );
  return rows.flatMap(({ folder, former_folder }) =>
    former_folder === null ? [folder] : [folder, former_folder],
  );
}

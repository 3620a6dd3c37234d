import type { GenerationId } from '../../transcoder/index.ts';
import { cancelGeneration, lockGeneration } from '../jobs/job-rows.ts';
import { CatalogueError } from './catalogue-error.ts';
import { versionColumns, versionOf } from './courseware-rows.ts';
import type { ProductionFailure, ProductionState, Version } from './courseware.ts';
import type { Change } from './history.ts';
import { productionPath } from './production-path.ts';
import type { Statements, Transaction } from '../database/transaction.ts';

/** A version with where it stands and whose it is. */
export interface VersionPlace {
  readonly version: Version;
  readonly coursewareId: string;
  readonly place: 'current' | 'upcoming' | 'former' | 'abandoned';
  readonly sourceKey: string | undefined;
}

/**
 * The versions that a condition on `v` (and their items, `c`) holds for one value, `$1`: those that everybody may watch first,
 * then the oldest.
 */
export async function findVersions(
  statements: Statements,
  condition: string,
  value: string,
  limit?: number,
): Promise<readonly VersionPlace[]> {
  const rows = await statements.rows<{
    courseware_id: string;
    place: VersionPlace['place'];
    source_key: string | null;
  }>(
    `SELECT ${versionColumns('v', 'v_')}, v.courseware_id, v.place, v.source_key
       FROM version v JOIN courseware c ON c.id = v.courseware_id WHERE ${condition}
      ORDER BY CASE WHEN c.publication = 'published' AND v.place <> 'upcoming' THEN 0 ELSE 1 END,
        v.created_at, v.id${limit === undefined ? '' : ` LIMIT ${limit}`}`,
    value,
  );
  return rows.flatMap((row) => {
    const version = versionOf(row, 'v_');
    return version === undefined
      ? []
      : [
          {
            version,
            coursewareId: row.courseware_id,
            place: row.place,
            sourceKey: row.source_key ?? undefined,
          },
        ];
  });
}

/** A version that plays a making, and its item's id; of several, one that everybody may watch, and then the oldest. */
export async function findGeneration(
  statements: Statements,
  generation: GenerationId,
): Promise<VersionPlace | undefined> {
  const [found] = await findVersions(statements, 'v.generation = $1', generation, 1);
  return found;
}

/** Whether somebody may be watching a version. */
export const isOnAir = (version: Version): boolean => version.isPlayable || version.production === 'ready';

/** Whether nobody watches a current version and none is to come of it by itself: what comes next takes its place at once. */
export function isReplaceable(version: Version): boolean {
  return !isOnAir(version) && ['none', 'uploading', 'failed'].includes(version.production);
}

/**
 * Moves a version's media through the table, one recorded step after another, and gives the changes to record.
 *
 * @throws {CatalogueError} `invalid-move`
 */
export async function moveProduction(
  transaction: Transaction,
  version: Version,
  to: ProductionState,
  reason?: string,
): Promise<readonly Change[]> {
  const path = productionPath(version.production, to);
  if (path === undefined) {
    throw new CatalogueError(
      'invalid-move',
      `The media of version ${version.number} is ${version.production} and cannot become ${to}`,
    );
  }
  if (path.length > 1) {
    await transaction.rows('UPDATE version SET production = $1 WHERE id = $2', to, version.id);
  }
  return path.slice(1).map((state, index) => ({
    field: `version ${version.number}: production`,
    before: path[index],
    after: state,
    ...(state === to && { reason }),
  }));
}

/** Whether a version other than this one has the making on the air or waits for it. Nobody can change the answer meanwhile. */
async function isPlayedElsewhere(
  transaction: Transaction,
  generation: GenerationId,
  versionId: string,
): Promise<boolean> {
  await lockGeneration(transaction, generation);
  const rows = await transaction.rows(
    `SELECT id FROM version WHERE generation = $1 AND id <> $2 AND place IN ('current', 'upcoming') LIMIT 1`,
    generation,
    versionId,
  );
  return rows.length > 0;
}

/** Takes a version's place away, stops its making unless others play it too, and gives the changes to record. */
export async function putAway(
  transaction: Transaction,
  version: Version,
  place: 'former' | 'abandoned',
): Promise<readonly Change[]> {
  await transaction.rows(
    `UPDATE version SET place = $1, superseded_at = ${transaction.words.now} WHERE id = $2`,
    place,
    version.id,
  );
  if (version.production === 'uploading') {
    return moveProduction(
      transaction,
      version,
      'none',
      `the upload was ${place === 'former' ? 'superseded' : place}`,
    );
  }
  if (version.generation === undefined || ['ready', 'failed'].includes(version.production)) {
    return [];
  }
  if (!(await isPlayedElsewhere(transaction, version.generation, version.id))) {
    await cancelGeneration(transaction, version.generation);
  }
  await transaction.rows(
    'UPDATE version SET failure = $1 WHERE id = $2',
    JSON.stringify(SUPERSEDED),
    version.id,
  );
  return moveProduction(transaction, version, 'failed', 'superseded by a newer version');
}

const SUPERSEDED: ProductionFailure = { code: 'superseded', message: '已被更新的版本取代。' };

/** Takes over how long an item is from its current version, where that is known. */
export async function takeDuration(transaction: Transaction, coursewareId: string): Promise<void> {
  await transaction.rows(
    `UPDATE courseware SET duration = COALESCE((SELECT CASE WHEN v.duration > 0 THEN v.duration END FROM version v
       WHERE v.courseware_id = courseware.id AND v.place = 'current'), duration) WHERE id = $1`,
    coursewareId,
  );
}

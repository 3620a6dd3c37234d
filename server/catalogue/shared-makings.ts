import { embeddedCaptions, type GenerationId } from '../../transcoder/index.ts';
import { listJobs, lockGeneration } from '../jobs/job-rows.ts';
import { adoptCaptionsFor } from './caption-rows.ts';
import { CatalogueError } from './catalogue-error.ts';
import { lockCourseware } from './courseware-rows.ts';
import type { Version } from './courseware.ts';
import { recordChanges, type Change } from './history.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import { findVersions, isReplaceable, putAway, takeDuration, type VersionPlace } from './version-places.ts';
import { insertVersion } from './versions.ts';

/** States of a making that another item may join: it has come in whole, and nothing has stopped it. */
const JOINABLE = "('uploaded', 'probing', 'transcoding', 'ready')";

/**
 * Lets an item play what was or is being made of a file with this digest: nothing is stored or encoded again. It gets a
 * version of its own, which goes its own way from then on: removing one item takes nothing from the others, and processing
 * one again gives it a making of its own.
 *
 * @returns the version that plays it, which may be one that the item had already; `undefined` when nothing that is on the air
 *   or being made comes from this file
 * @throws {CatalogueError} `not-found`, `invalid-input`
 */
export async function shareMaking(
  transaction: Transaction,
  actor: string,
  coursewareId: string,
  sha256: string,
): Promise<Version | undefined> {
  if (!/^[0-9a-fA-F]{64}$/.test(sha256)) {
    throw new CatalogueError('invalid-input', 'A SHA-256 digest has 64 hexadecimal digits', {
      field: 'sourceSha256',
    });
  }
  const courseware = await lockCourseware(transaction, coursewareId);
  const model = await lockMaking(transaction, sha256.toLowerCase());
  const generation = model?.version.generation;
  if (model === undefined || generation === undefined) return undefined;
  const { current, upcoming } = courseware;
  const own = [current, upcoming].find((version) => version?.generation === generation);
  if (own !== undefined) return own;

  const changes: Change[] = [];
  if (upcoming !== undefined) changes.push(...(await putAway(transaction, upcoming, 'former')));
  const waits = current !== undefined && model.version.production !== 'ready' && !isReplaceable(current);
  if (current !== undefined && !waits) changes.push(...(await putAway(transaction, current, 'former')));
  const version = await insertVersion(transaction, courseware, waits ? 'upcoming' : 'current', {
    production: model.version.production,
    generation,
    ...(model.sourceKey !== undefined && { sourceKey: model.sourceKey }),
    sourceName: model.version.sourceName,
    sourceBytes: model.version.sourceBytes,
    sourceSha256: model.version.sourceSha256,
  });
  await copyState(transaction, model.version.id, version.id);
  await takeDuration(transaction, coursewareId);
  changes.push({
    field: `version ${version.number}: production`,
    before: 'none',
    after: version.production,
    reason: `the same file as version ${model.version.number} of courseware ${model.coursewareId}`,
  });
  await recordChanges(transaction, coursewareId, actor, changes);
  const [made] = await findVersions(transaction, 'v.id = $1', version.id);
  if (made?.place === 'current' && made.version.production === 'ready') {
    const found = embeddedCaptions(await listJobs(transaction, generation));
    await adoptCaptionsFor(transaction, actor, made, generation, found);
  }
  return made?.version;
}

/** The version whose making is to be shared; none of those who play the making can let go of it before the transaction ends. */
async function lockMaking(transaction: Transaction, sha256: string): Promise<VersionPlace | undefined> {
  const candidates = await findVersions(
    transaction,
    `v.source_sha256 = $1 AND v.place IN ('current', 'upcoming') AND v.generation IS NOT NULL
       AND v.production IN ${JOINABLE}`,
    sha256,
  );
  const ready = candidates.find(({ version }) => version.production === 'ready');
  const chosen = ready ?? candidates[0];
  if (chosen?.version.generation === undefined) return undefined;
  await lockGeneration(transaction, chosen.version.generation);
  // Somebody may have removed or replaced it, or its state may have moved, while we waited.
  const [still] = await findVersions(
    transaction,
    `v.generation = $1 AND v.place IN ('current', 'upcoming') AND v.production IN ${JOINABLE}`,
    chosen.version.generation,
  );
  return still;
}

/** A making looks the same to all who play it. */
async function copyState(transaction: Transaction, from: string, to: string): Promise<void> {
  const columns = ['is_playable', 'progress', 'warnings', 'duration', 'poster', 'storyboard', 'chapters'];
  await transaction.rows(
    `UPDATE version SET ${columns
      .map((column) => `${column} = (SELECT model.${column} FROM version model WHERE model.id = $1)`)
      .join(', ')} WHERE id = $2`,
    from,
    to,
  );
}

/** Whether items besides this one play a making or wait for it. */
export async function isShared(
  statements: Statements,
  generation: GenerationId,
  coursewareId: string,
): Promise<boolean> {
  const rows = await statements.rows(
    `SELECT id FROM version WHERE generation = $1 AND courseware_id <> $2 AND place IN ('current', 'upcoming') LIMIT 1`,
    generation,
    coursewareId,
  );
  return rows.length > 0;
}

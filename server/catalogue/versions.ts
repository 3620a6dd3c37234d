import type { GenerationId, GenerationStatus, NewJob } from '../../transcoder/index.ts';
import { insertJobs } from '../jobs/job-rows.ts';
import { CatalogueError } from './catalogue-error.ts';
import { lockCourseware, versionColumns, versionOf } from './courseware-rows.ts';
import type { Courseware, ProductionState, Version } from './courseware.ts';
import { recordChanges, type Change } from './history.ts';
import { newId } from '../database/new-id.ts';
import { settledVersion } from './settled-version.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import {
  findVersions,
  isOnAir,
  isReplaceable,
  moveProduction,
  putAway,
  takeDuration,
  type VersionPlace,
} from './version-places.ts';
import { checkedSource, type AcceptedSource, type VersionInput } from './version-source.ts';

async function findUpload(statements: Statements, uploadId: string): Promise<VersionPlace | undefined> {
  const [found] = await findVersions(statements, 'v.upload_id = $1', uploadId);
  return found;
}

/** The same, with its item locked first: rows are always locked in this order, so nobody waits in a circle. */
async function lockUpload(transaction: Transaction, uploadId: string): Promise<VersionPlace | undefined> {
  const before = await findUpload(transaction, uploadId);
  if (before === undefined) {
    return undefined;
  }
  await lockCourseware(transaction, before.coursewareId);
  return findUpload(transaction, uploadId);
}

/** What is known of a version that begins. */
export interface NewVersion {
  readonly production: ProductionState;
  readonly generation?: GenerationId;
  readonly uploadId?: string;
  readonly sourceKey?: string;
  readonly sourceName: string;
  readonly sourceBytes: number;
  readonly sourceSha256?: string | undefined;
}

/** Adds a version to a locked item; its number is the next. */
export async function insertVersion(
  transaction: Transaction,
  courseware: Courseware,
  place: 'current' | 'upcoming',
  fresh: NewVersion,
): Promise<Version> {
  const [row] = await transaction.rows(
    `INSERT INTO version AS v (id, courseware_id, number, place, production, generation, is_playable, progress,
       warnings, upload_id, source_key, source_name, source_bytes, source_sha256, created_at)
     SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4, $5, 0, 0, '[]', $6, $7, $8, $9, $10,
       ${transaction.words.now} FROM version WHERE courseware_id = $2
     RETURNING ${VERSION_RETURNING}`,
    newId(),
    courseware.id,
    place,
    fresh.production,
    fresh.generation,
    fresh.uploadId,
    fresh.sourceKey,
    fresh.sourceName,
    fresh.sourceBytes,
    fresh.sourceSha256,
  );
  const version = versionOf(row ?? {}, 'v_');
  if (version === undefined) {
    throw new CatalogueError('not-found', `There is no courseware ${courseware.id}`);
  }
  return version;
}

/** SQLite knows no alias in RETURNING. */
const VERSION_RETURNING = versionColumns('version', 'v_').replaceAll('version.', '');

/**
 * Makes room for an upload. What is on the air or being made stays `current`; an upload or making that was to replace it
 * is superseded.
 */
export async function openVersion(
  transaction: Transaction,
  actor: string,
  coursewareId: string,
  input: VersionInput,
): Promise<Version> {
  const source = checkedSource(input);
  const courseware = await lockCourseware(transaction, coursewareId);
  const known = await findUpload(transaction, source.uploadId);
  if (known !== undefined) {
    if (known.coursewareId === coursewareId) {
      return known.version;
    }
    throw new CatalogueError('conflict', `The upload ${source.uploadId} belongs to another courseware`);
  }
  const { current, upcoming } = courseware;
  const changes: Change[] = [];
  if (upcoming !== undefined) {
    changes.push(...(await putAway(transaction, upcoming, 'former')));
  }
  const isReplaced = current !== undefined && isReplaceable(current);
  if (isReplaced) {
    changes.push(...(await putAway(transaction, current, 'former')));
  }
  const place = current === undefined || isReplaced ? 'current' : 'upcoming';
  const version = await insertVersion(transaction, courseware, place, { ...source, production: 'uploading' });
  changes.push({ field: `version ${version.number}: production`, before: 'none', after: 'uploading' });
  await recordChanges(transaction, courseware.id, actor, changes);
  return version;
}

/** @returns false when there was nothing to abandon: it is unknown, complete or abandoned already */
export async function abandonVersion(
  transaction: Transaction,
  actor: string,
  uploadId: string,
): Promise<boolean> {
  const found = await lockUpload(transaction, uploadId);
  if (found === undefined || found.version.production !== 'uploading') {
    return false;
  }
  const changes = await putAway(transaction, found.version, 'abandoned');
  await recordChanges(transaction, found.coursewareId, actor, changes);
  return true;
}

/** One transaction: the bytes count as uploaded, and the work on them is queued. */
export async function acceptSource(
  transaction: Transaction,
  actor: string,
  uploadId: string,
  source: AcceptedSource,
  jobs: readonly NewJob[],
): Promise<Version> {
  const found = await lockUpload(transaction, uploadId);
  if (found === undefined) {
    throw new CatalogueError('not-found', `There is no upload ${JSON.stringify(uploadId)}`);
  }
  if (found.sourceKey !== undefined) {
    return found.version;
  }
  if (found.place !== 'current' && found.place !== 'upcoming') {
    throw new CatalogueError(
      'conflict',
      `The upload ${uploadId} was ${found.place === 'former' ? 'replaced by a later one' : 'abandoned'}; ` +
        'upload the file again if it is still wanted',
    );
  }
  const changes = await moveProduction(transaction, found.version, 'uploaded');
  await transaction.rows(
    `UPDATE version SET source_key = $1, source_bytes = $2, source_sha256 = $3, generation = $4 WHERE id = $5`,
    source.sourceKey,
    source.sizeBytes,
    source.sha256.toLowerCase(),
    source.generation,
    found.version.id,
  );
  await insertJobs(transaction, jobs);
  await recordChanges(transaction, found.coursewareId, actor, changes);
  return (await findUpload(transaction, uploadId))?.version ?? found.version;
}

/**
 * Makes the renditions again from the same source under a fresh generation. A version on the air stays there until the
 * new making is ready.
 */
export async function reprocess(
  transaction: Transaction,
  actor: string,
  coursewareId: string,
  generation: GenerationId,
  jobs: readonly NewJob[],
): Promise<Version> {
  const courseware = await lockCourseware(transaction, coursewareId);
  const version = courseware.upcoming ?? courseware.current;
  const [row] = await transaction.rows<{ source_key: string | null }>(
    'SELECT source_key FROM version WHERE id = $1',
    version?.id,
  );
  if (version === undefined || row?.source_key == null) {
    throw new CatalogueError('conflict', `Courseware ${coursewareId} has no uploaded media to process again`);
  }
  if (version.production !== 'ready' && version.production !== 'failed') {
    throw new CatalogueError(
      'conflict',
      `Version ${version.number} of courseware ${coursewareId} is ${version.production} at this moment; ` +
        'wait for it or cancel it first',
    );
  }
  const changes: Change[] = [];
  const staysOnAir = version === courseware.current && isOnAir(version);
  if (!staysOnAir) {
    changes.push(...(await putAway(transaction, version, 'former')));
  }
  const place = version === courseware.upcoming || staysOnAir ? 'upcoming' : 'current';
  const remade = await insertVersion(transaction, courseware, place, {
    production: 'uploaded',
    generation,
    sourceKey: row.source_key,
    sourceName: version.sourceName,
    sourceBytes: version.sourceBytes,
    sourceSha256: version.sourceSha256,
  });
  changes.push({
    field: `version ${remade.number}: production`,
    before: 'none',
    after: 'uploaded',
    reason: `version ${version.number} processed again`,
  });
  await insertJobs(transaction, jobs);
  await recordChanges(transaction, courseware.id, actor, changes);
  return remade;
}

/**
 * Gives up a newer version that failed or was canceled; what is on the air stays as it is.
 *
 * @throws {CatalogueError} `not-found`; `conflict` when there is none, or it is still being made
 */
export async function discardUpcoming(
  transaction: Transaction,
  actor: string,
  coursewareId: string,
): Promise<void> {
  const { id, upcoming } = await lockCourseware(transaction, coursewareId);
  if (upcoming?.production !== 'failed') {
    throw new CatalogueError(
      'conflict',
      upcoming === undefined
        ? `Courseware ${id} has no newer version to give up`
        : `Version ${upcoming.number} of courseware ${id} is ${upcoming.production}; cancel it first`,
    );
  }
  const changes = await putAway(transaction, upcoming, 'abandoned');
  await recordChanges(transaction, id, actor, [
    ...changes,
    { field: 'upcoming', before: `version ${upcoming.number}` },
  ]);
}

/** Writes what a generation's jobs say to the versions that play it; one that became ready takes its place on the air. */
export async function settleGeneration(
  transaction: Transaction,
  actor: string,
  generation: GenerationId,
  status: GenerationStatus,
): Promise<void> {
  const players = await findVersions(
    transaction,
    "v.generation = $1 AND v.place IN ('current', 'upcoming')",
    generation,
  );
  // In one order for all, or two makings with the same players could wait for each other.
  for (const { coursewareId, version } of players.toSorted(byItem)) {
    await lockCourseware(transaction, coursewareId);
    const [found] = await findVersions(transaction, 'v.id = $1', version.id);
    if (found !== undefined) {
      await settleVersion(transaction, actor, found, status);
    }
  }
}

function byItem(left: VersionPlace, right: VersionPlace): number {
  return left.coursewareId < right.coursewareId ? -1 : 1;
}

async function settleVersion(
  transaction: Transaction,
  actor: string,
  found: VersionPlace,
  status: GenerationStatus,
): Promise<void> {
  const { version } = found;
  const next = settledVersion(version, status);
  if (JSON.stringify(next) === JSON.stringify(version)) {
    return;
  }
  const changes = [...(await moveProduction(transaction, version, next.production, next.failure?.message))];
  await transaction.rows(
    `UPDATE version SET is_playable = $1, progress = $2, failure = $3, warnings = $4, duration = $5,
       poster = $6, storyboard = $7 WHERE id = $8`,
    next.isPlayable ? 1 : 0,
    next.progress,
    next.failure && JSON.stringify(next.failure),
    JSON.stringify(next.warnings),
    next.duration,
    next.poster,
    next.storyboard,
    version.id,
  );
  // Once: when the source was probed. They are no part of what is listed.
  if (version.duration === undefined && status.chapters.length > 0) {
    const chapters = JSON.stringify(status.chapters);
    await transaction.rows('UPDATE version SET chapters = $1 WHERE id = $2', chapters, version.id);
  }
  if (found.place === 'upcoming' && next.production === 'ready') {
    const { current } = await lockCourseware(transaction, found.coursewareId);
    if (current !== undefined) {
      changes.push(...(await putAway(transaction, current, 'former')));
    }
    await transaction.rows("UPDATE version SET place = 'current' WHERE id = $1", version.id);
    changes.push({
      field: 'current',
      before: current && `version ${current.number}`,
      after: `version ${version.number}`,
    });
  }
  if (next.duration !== version.duration) transaction.touch(found.coursewareId);
  await takeDuration(transaction, found.coursewareId);
  if (next.isPlayable !== version.isPlayable) {
    changes.push({
      field: `version ${version.number}: playable`,
      before: String(version.isPlayable),
      after: String(next.isPlayable),
    });
  }
  await recordChanges(transaction, found.coursewareId, actor, changes);
  if (changes.length === 0) {
    await transaction.rows(
      `UPDATE courseware SET revision = revision + 1, updated_at = ${transaction.words.now} WHERE id = $1`,
      found.coursewareId,
    );
  }
}

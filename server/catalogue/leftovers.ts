import type { GenerationId } from '../../transcoder/index.ts';
import { cancelGeneration, lockGeneration, lockName } from '../jobs/job-rows.ts';
import type { Transaction } from '../database/transaction.ts';

/** What is left in the object store when its records are gone. */
export interface Leftovers {
  readonly generations: readonly GenerationId[];
  readonly sourceKeys: readonly string[];
  /** Key prefixes of captions. */
  readonly captionFolders: readonly string[];
}

/**
 * What an item alone has in the object store; its unfinished makings are stopped. What another item plays, was made from or
 * shows is that one's from now on, and nobody can lay hold of the rest before the transaction ends.
 */
export async function leftoversOf(transaction: Transaction, coursewareId: string): Promise<Leftovers> {
  const rows = await transaction.rows<{ generation: GenerationId | null; source_key: string | null }>(
    'SELECT generation, source_key FROM version WHERE courseware_id = $1',
    coursewareId,
  );
  const generations: GenerationId[] = [];
  for (const generation of distinct(rows.map((row) => row.generation))) {
    await lockGeneration(transaction, generation);
    // One that others have replaced too stays until the sweep of the superseded comes to it.
    const isOthers = await exists(
      transaction,
      'version WHERE generation = $1 AND courseware_id <> $2 AND objects_removed_at IS NULL',
      generation,
      coursewareId,
    );
    if (isOthers) continue;
    await cancelGeneration(transaction, generation);
    generations.push(generation);
  }
  const sourceKeys: string[] = [];
  for (const key of distinct(rows.map((row) => row.source_key))) {
    await lockName(transaction, key);
    if (
      !(await exists(transaction, 'version WHERE source_key = $1 AND courseware_id <> $2', key, coursewareId))
    ) {
      sourceKeys.push(key);
    }
  }
  return { generations, sourceKeys, captionFolders: await captionFoldersOf(transaction, coursewareId) };
}

async function captionFoldersOf(transaction: Transaction, coursewareId: string): Promise<readonly string[]> {
  const rows = await transaction.rows<{ folder: string; former_folder: string | null }>(
    'SELECT folder, former_folder FROM caption WHERE courseware_id = $1',
    coursewareId,
  );
  const folders: string[] = [];
  for (const folder of distinct(rows.flatMap((row) => [row.folder, row.former_folder]))) {
    // Captions found in the media itself lie with the making, and stay and go with it.
    const [, making = ''] = /^lectures\/([^/]+)\//.exec(folder) ?? [];
    const isOthers = await exists(
      transaction,
      'version WHERE generation = $1 AND courseware_id <> $2 AND objects_removed_at IS NULL',
      making,
      coursewareId,
    );
    const isShown = await exists(
      transaction,
      'caption WHERE (folder = $1 OR former_folder = $1) AND courseware_id <> $2',
      folder,
      coursewareId,
    );
    if (!isOthers && !isShown) folders.push(folder);
  }
  return folders;
}

function distinct<T extends string>(values: readonly (T | null)[]): readonly T[] {
  return [...new Set(values.filter((value) => value !== null))].toSorted();
}

async function exists(
  transaction: Transaction,
  fromWhere: string,
  ...values: readonly string[]
): Promise<boolean> {
  return (await transaction.rows(`SELECT 1 AS found FROM ${fromWhere} LIMIT 1`, ...values)).length > 0;
}

import type { GenerationId } from '../../transcoder/index.ts';
import { cancelGeneration } from '../jobs/job-rows.ts';
import type { Transaction } from './transaction.ts';

/** What is left in the object store when its records are gone. */
export interface Leftovers {
  readonly generations: readonly GenerationId[];
  readonly sourceKeys: readonly string[];
  /** Key prefixes of captions. */
  readonly captionFolders: readonly string[];
}

/** What an item has in the object store; its unfinished makings are stopped. */
export async function leftoversOf(transaction: Transaction, coursewareId: string): Promise<Leftovers> {
  const rows = await transaction.rows<{ generation: GenerationId | null; source_key: string | null }>(
    'SELECT generation, source_key FROM version WHERE courseware_id = $1',
    coursewareId,
  );
  const generations = rows.flatMap((row) => (row.generation === null ? [] : [row.generation]));
  for (const generation of generations) {
    await cancelGeneration(transaction, generation);
  }
  const folders = await transaction.rows<{ folder: string; former_folder: string | null }>(
    'SELECT folder, former_folder FROM caption WHERE courseware_id = $1',
    coursewareId,
  );
  return {
    generations,
    captionFolders: folders.flatMap(({ folder, former_folder }) =>
      former_folder === null ? [folder] : [folder, former_folder],
    ),
    sourceKeys: [...new Set(rows.flatMap((row) => (row.source_key === null ? [] : [row.source_key])))],
  };
}

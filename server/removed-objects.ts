import { deleteBelow, objectKey, type ObjectStore } from '../storage/index.ts';
import { generationPrefix } from '../transcoder/index.ts';
import type { Leftovers } from './catalogue/leftovers.ts';
import type { Log } from './log.ts';

/** Deletes what a removed item has left in the store. It never throws: what cannot be deleted is logged, and named by nothing. */
export async function removeLeftovers(store: ObjectStore, leftovers: Leftovers, log: Log): Promise<void> {
  const { generations, captionFolders, sourceKeys } = leftovers;
  try {
    for (const generation of generations) await deleteBelow(store, generationPrefix(generation));
    for (const folder of captionFolders) await deleteBelow(store, folder);
    for (const key of sourceKeys) await store.delete(objectKey(key));
  } catch (error) {
    log.warn({ error, ...leftovers }, 'objects of a removed item were left in the store');
  }
}

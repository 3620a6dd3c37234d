import { StorageError, type ObjectKey, type ObjectStore, type PutOptions } from '../storage/index.ts';

/**
 * Stores bytes and looks whether they are there: what a store acknowledged and lost is cheapest made again by the job that
 * still has it, and costs a whole lecture when it is found at the end.
 *
 * @throws {StorageError} what the store throws; `store-unavailable` when the object is not there with its full size
 */
export async function putWhole(
  store: Pick<ObjectStore, 'put' | 'head'>,
  key: ObjectKey,
  bytes: Uint8Array,
  options: PutOptions,
): Promise<void> {
  await store.put(key, bytes, options);
  const facts = await store.head(key);
  if (facts?.sizeBytes !== bytes.length) {
    throw new StorageError(
      'store-unavailable',
      `The store acknowledged ${bytes.length} bytes of ${key} and has ${facts === undefined ? 'none' : facts.sizeBytes}. The work is tried again; if that happens often, check the store and its disks.`,
      { key },
    );
  }
}

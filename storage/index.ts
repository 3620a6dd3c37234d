export { StorageError, type StorageErrorCode, type StorageErrorFacts } from './errors.ts';
export { compareKeys, objectKey, type ObjectKey } from './object-key.ts';
export { parseByteRange, type ByteRange } from './byte-range.ts';
export {
  deleteBelow,
  readObject,
  type ListOptions,
  type ObjectFacts,
  type ObjectSource,
  type ObjectStore,
  type OpenObject,
  type PutOptions,
} from './object-store.ts';
export { openStore, type StoreOptions } from './open-store.ts';
export { exportFolder, type ExportFolderOptions } from './export-folder.ts';

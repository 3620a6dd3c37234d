import type { Migration } from './migration.ts';

const BY_CHANGE = `CREATE INDEX courseware_by_change ON courseware (updated_at, id) WHERE publication = 'published'`;

/** Harvesters read what is published in the order of its changes. */
export const harvestMigration: Migration = {
  id: '0015-harvest',
  sqlite: [BY_CHANGE],
  postgres: [BY_CHANGE],
};

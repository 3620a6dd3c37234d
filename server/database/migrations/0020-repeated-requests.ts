import type { Migration } from './migration.ts';

const STEPS = ['ALTER TABLE repeatable_creation RENAME COLUMN courseware_id TO made_id'];

/** Any request that makes something may be repeated, not only one that makes an item of the catalogue. */
export const repeatedMakingsMigration: Migration = {
  id: '0020-repeated-requests',
  sqlite: STEPS,
  postgres: STEPS,
};

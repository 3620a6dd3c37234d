import type { Migration } from './migration.ts';

const CHANGES = [
  'ALTER TABLE job ADD COLUMN failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0)',
  'UPDATE job SET failures = attempts WHERE failure IS NOT NULL',
];

/** How often a job failed, apart from how often its worker vanished. */
export const jobFailuresMigration: Migration = {
  id: '0011-job-failures',
  sqlite: CHANGES,
  postgres: CHANGES,
};

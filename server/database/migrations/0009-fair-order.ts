import type { Migration } from './migration.ts';

function changes(real: string): readonly string[] {
  return [
    'ALTER TABLE job ADD COLUMN is_urgent INTEGER NOT NULL DEFAULT 0 CHECK (is_urgent IN (0, 1))',
    `ALTER TABLE job ADD COLUMN furthest ${real} NOT NULL DEFAULT 0 CHECK (furthest BETWEEN 0 AND 1)`,
    "UPDATE job SET furthest = CASE WHEN state = 'done' THEN 1 ELSE progress END",
    'DROP INDEX job_waiting',
    "CREATE INDEX job_waiting ON job (is_urgent DESC, priority DESC, id) WHERE state = 'queued'",
    "CREATE INDEX job_waiting_by_age ON job (is_urgent DESC, id) WHERE state = 'queued'",
  ];
}

/** Which jobs are urgent, and how far each has ever come. */
export const fairOrderMigration: Migration = {
  id: '0009-fair-order',
  sqlite: changes('REAL'),
  postgres: changes('DOUBLE PRECISION'),
};

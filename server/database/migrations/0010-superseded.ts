import type { Migration } from './migration.ts';

function changes(now: string): readonly string[] {
  return [
    'ALTER TABLE version ADD COLUMN superseded_at BIGINT',
    'ALTER TABLE version ADD COLUMN objects_removed_at BIGINT',
    `UPDATE version SET superseded_at = ${now} WHERE place IN ('former', 'abandoned')`,
    `CREATE INDEX version_superseded ON version (superseded_at)
       WHERE superseded_at IS NOT NULL AND objects_removed_at IS NULL`,
  ];
}

/** Since when a version has been replaced, and when its objects were removed from the store. */
export const supersededMigration: Migration = {
  id: '0010-superseded',
  sqlite: changes("CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"),
  postgres: changes('CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)'),
};

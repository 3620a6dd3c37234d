import type { Migration } from './migration.ts';

function tables(id: string): readonly string[] {
  return [
    `CREATE TABLE intake (
  folder TEXT NOT NULL,
  file TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  modified_ms BIGINT NOT NULL,
  sha256 TEXT CHECK (length(sha256) = 64),
  upload_id ${id},
  courseware_id ${id} REFERENCES courseware (id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('hashed', 'begun', 'taken', 'refused')),
  reason TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (folder, file)
)`,
    'CREATE INDEX intake_by_item ON intake (courseware_id)',
    `CREATE TABLE intake_keeper (
  folder TEXT PRIMARY KEY,
  keeper TEXT NOT NULL,
  until BIGINT NOT NULL
)`,
  ];
}

/** Files that are taken in from folders, how far each has come, and which process looks after a folder. */
export const intakeMigration: Migration = {
  id: '0016-intake',
  sqlite: tables('TEXT'),
  postgres: tables('TEXT COLLATE "C"'),
};

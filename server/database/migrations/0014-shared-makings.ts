import type { Migration } from './migration.ts';

/** SQLite cannot take a column's UNIQUE away, so the table is copied; nothing refers to it. */
const COLUMNS =
  'id, courseware_id, number, place, production, generation, is_playable, progress, failure, warnings, duration, ' +
  'upload_id, source_key, source_name, source_bytes, source_sha256, created_at, poster, storyboard, chapters, ' +
  'superseded_at, objects_removed_at';

const COPY = [
  `CREATE TABLE version_copy (
  id TEXT PRIMARY KEY,
  courseware_id TEXT NOT NULL REFERENCES courseware (id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number >= 1),
  place TEXT NOT NULL CHECK (place IN ('current', 'upcoming', 'former', 'abandoned')),
  production TEXT NOT NULL CHECK (production IN
    ('none', 'uploading', 'uploaded', 'probing', 'transcoding', 'ready', 'failed')),
  generation TEXT,
  is_playable INTEGER NOT NULL CHECK (is_playable IN (0, 1)),
  progress REAL NOT NULL CHECK (progress BETWEEN 0 AND 1),
  failure TEXT,
  warnings TEXT NOT NULL,
  duration REAL,
  upload_id TEXT UNIQUE,
  source_key TEXT,
  source_name TEXT NOT NULL,
  source_bytes BIGINT NOT NULL CHECK (source_bytes >= 0),
  source_sha256 TEXT CHECK (length(source_sha256) = 64),
  created_at BIGINT NOT NULL,
  poster TEXT,
  storyboard TEXT,
  chapters TEXT,
  superseded_at BIGINT,
  objects_removed_at BIGINT,
  UNIQUE (courseware_id, number)
)`,
  `INSERT INTO version_copy (${COLUMNS}) SELECT ${COLUMNS} FROM version`,
  'DROP TABLE version',
  'ALTER TABLE version_copy RENAME TO version',
  'CREATE INDEX version_by_source ON version (source_sha256)',
  "CREATE UNIQUE INDEX version_current ON version (courseware_id) WHERE place = 'current'",
  "CREATE UNIQUE INDEX version_upcoming ON version (courseware_id) WHERE place = 'upcoming'",
  `CREATE INDEX version_superseded ON version (superseded_at)
     WHERE superseded_at IS NOT NULL AND objects_removed_at IS NULL`,
];

const INDEXES = [
  'CREATE INDEX version_by_generation ON version (generation)',
  'CREATE INDEX version_by_source_key ON version (source_key)',
];

/** Several items may play one making. */
export const sharedMakingsMigration: Migration = {
  id: '0014-shared-makings',
  sqlite: [...COPY, ...INDEXES],
  postgres: ['ALTER TABLE version DROP CONSTRAINT version_generation_key', ...INDEXES],
  rebuildsTables: true,
};

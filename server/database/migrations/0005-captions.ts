import type { Migration } from './migration.ts';

/**
 * One row for each language of an item. `edition` names the texts as they are shown, `folder` where they lie in the store, and
 * `former_folder` those before, which somebody may be watching.
 */
function tables(id: string, real: string): readonly string[] {
  return [
    `CREATE TABLE caption (
  courseware_id ${id} NOT NULL REFERENCES courseware (id) ON DELETE CASCADE,
  language ${id} NOT NULL CHECK (length(language) BETWEEN 2 AND 20),
  label TEXT NOT NULL CHECK (length(label) BETWEEN 1 AND 40),
  kind TEXT NOT NULL CHECK (kind IN ('subtitles', 'captions')),
  origin TEXT NOT NULL CHECK (origin IN ('uploaded', 'embedded')),
  is_hidden INTEGER NOT NULL CHECK (is_hidden IN (0, 1)),
  is_edited INTEGER NOT NULL CHECK (is_edited IN (0, 1)),
  offset_ms INTEGER NOT NULL,
  stretch ${real} NOT NULL CHECK (stretch > 0),
  file_name TEXT NOT NULL,
  file_bytes INTEGER NOT NULL,
  format TEXT NOT NULL,
  charset TEXT NOT NULL,
  cue_count INTEGER NOT NULL,
  problems TEXT NOT NULL,
  edition TEXT NOT NULL,
  folder TEXT NOT NULL,
  former_folder TEXT,
  piece_count INTEGER NOT NULL,
  objects TEXT NOT NULL,
  source_sha256 TEXT,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (courseware_id, language)
)`,
  ];
}

/** Captions of items, uploaded or taken out of their media. */
export const captionsMigration: Migration = {
  id: '0005-captions',
  sqlite: tables('TEXT', 'REAL'),
  postgres: tables('TEXT COLLATE "C"', 'DOUBLE PRECISION'),
};

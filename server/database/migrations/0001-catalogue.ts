import type { Migration } from './migration.ts';

const PUBLICATION = `publication IN
    ('draft', 'submitted', 'in_review', 'returned', 'approved', 'published', 'suspended', 'withdrawn')`;
const PRODUCTION = `production IN
    ('none', 'uploading', 'uploaded', 'probing', 'transcoding', 'ready', 'failed')`;

/** The tables, with what the two databases name differently left open. */
function tables(words: { readonly id: string; readonly serial: string; readonly real: string }): string[] {
  return [
    `CREATE TABLE courseware (
  id ${words.id} PRIMARY KEY,
  title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  description TEXT NOT NULL CHECK (length(description) <= 5000),
  series TEXT CHECK (length(series) BETWEEN 1 AND 100),
  publication TEXT NOT NULL CHECK (${PUBLICATION}),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision >= 1)
)`,
    'CREATE INDEX courseware_newest ON courseware (created_at DESC, id DESC)',
    'CREATE INDEX courseware_publication ON courseware (publication, created_at DESC, id DESC)',
    'CREATE INDEX courseware_series ON courseware (series, created_at DESC, id DESC)',

    // `former` versions were replaced, `abandoned` ones never arrived; both are kept for the record.
    `CREATE TABLE version (
  id ${words.id} PRIMARY KEY,
  courseware_id ${words.id} NOT NULL REFERENCES courseware (id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number >= 1),
  place TEXT NOT NULL CHECK (place IN ('current', 'upcoming', 'former', 'abandoned')),
  production TEXT NOT NULL CHECK (${PRODUCTION}),
  generation ${words.id} UNIQUE,
  is_playable INTEGER NOT NULL CHECK (is_playable IN (0, 1)),
  progress ${words.real} NOT NULL CHECK (progress BETWEEN 0 AND 1),
  failure TEXT,
  warnings TEXT NOT NULL,
  duration ${words.real},
  upload_id TEXT UNIQUE,
  source_key TEXT,
  source_name TEXT NOT NULL,
  source_bytes BIGINT NOT NULL CHECK (source_bytes >= 0),
  source_sha256 TEXT CHECK (length(source_sha256) = 64),
  created_at BIGINT NOT NULL,
  UNIQUE (courseware_id, number)
)`,
    'CREATE INDEX version_by_source ON version (source_sha256)',
    "CREATE UNIQUE INDEX version_current ON version (courseware_id) WHERE place = 'current'",
    "CREATE UNIQUE INDEX version_upcoming ON version (courseware_id) WHERE place = 'upcoming'",

    `CREATE TABLE tag (
  name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 40),
  rank INTEGER NOT NULL
)`,
    `CREATE TABLE courseware_tag (
  courseware_id ${words.id} NOT NULL REFERENCES courseware (id) ON DELETE CASCADE,
  tag TEXT NOT NULL REFERENCES tag (name),
  position INTEGER NOT NULL,
  PRIMARY KEY (courseware_id, tag)
)`,
    'CREATE INDEX courseware_tag_by_tag ON courseware_tag (tag, courseware_id)',

    // No foreign key: what happened to an item is known after it is gone.
    `CREATE TABLE courseware_history (
  entry ${words.serial} PRIMARY KEY,
  courseware_id ${words.id} NOT NULL,
  revision INTEGER NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  field TEXT NOT NULL,
  before_value TEXT,
  after_value TEXT,
  reason TEXT
)`,
    'CREATE INDEX courseware_history_by_item ON courseware_history (courseware_id, entry)',
  ];
}

const INITIAL_TAGS = [
  '乡土',
  '创业先锋',
  '党员故事',
  '微型党课',
  '农业技术',
  '生活百科',
  '政策法规',
  '村务管理',
];
const INSERT_TAGS = `INSERT INTO tag (name, rank) VALUES ${INITIAL_TAGS.map(
  (name, index) => `('${name}', ${index + 1})`,
).join(', ')}`;

/** Courseware, its versions, its tags and what happened to it. */
export const catalogueMigration: Migration = {
  id: '0001-catalogue',
  sqlite: [...tables({ id: 'TEXT', serial: 'INTEGER', real: 'REAL' }), INSERT_TAGS],
  postgres: [
    ...tables({
      id: 'TEXT COLLATE "C"',
      serial: 'BIGINT GENERATED ALWAYS AS IDENTITY',
      real: 'DOUBLE PRECISION',
    }),
    INSERT_TAGS,
  ],
};

import type { Migration } from './migration.ts';

const SQLITE = { id: 'TEXT', serial: 'INTEGER PRIMARY KEY' } as const;
const POSTGRES = {
  id: 'TEXT COLLATE "C"',
  serial: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
} as const;

const YES_NO = (column: string): string => `${column} INTEGER NOT NULL CHECK (${column} IN (0, 1))`;
const OF_CLASS = 'REFERENCES live_class (id) ON DELETE CASCADE';

function tables({ id, serial }: typeof SQLITE | typeof POSTGRES): readonly string[] {
  return [
    `CREATE TABLE live_recurrence (
  id ${id} PRIMARY KEY,
  pattern TEXT NOT NULL CHECK (pattern IN ('weekly', 'biweekly', 'dates')),
  created_at BIGINT NOT NULL
)`,
    `CREATE TABLE live_class (
  id ${id} PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  token ${id} NOT NULL UNIQUE CHECK (length(token) >= 16),
  recurrence_id ${id} REFERENCES live_recurrence (id),
  title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  description TEXT NOT NULL CHECK (length(description) <= 5000),
  lecturers TEXT NOT NULL,
  host_unit TEXT CHECK (length(host_unit) BETWEEN 1 AND 100),
  channel TEXT CHECK (length(channel) BETWEEN 1 AND 100),
  audience TEXT NOT NULL,
  tags TEXT NOT NULL,
  planned_start BIGINT NOT NULL,
  planned_end BIGINT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('rtmp', 'simulive')),
  courseware_id ${id} REFERENCES courseware (id) ON DELETE SET NULL,
  ladder TEXT NOT NULL CHECK (ladder IN ('source', '360p', '480p-360p')),
  latency TEXT NOT NULL CHECK (latency IN ('low', 'ordinary')),
  ${YES_NO('records')},
  ${YES_NO('asks_questions')},
  ${YES_NO('wants_receipt')},
  grace_seconds INTEGER NOT NULL CHECK (grace_seconds BETWEEN 5 AND 3600),
  overrun_minutes INTEGER NOT NULL CHECK (overrun_minutes BETWEEN 0 AND 480),
  slate_text TEXT CHECK (length(slate_text) BETWEEN 1 AND 200),
  slate_image ${id},
  announcement TEXT CHECK (length(announcement) BETWEEN 1 AND 2000),
  state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'announced', 'rehearsing', 'on_air', 'interrupted', 'ended',
    'recorded', 'archived', 'cancelled', 'postponed')),
  announced_at BIGINT,
  on_air_at BIGINT,
  ended_at BIGINT,
  recording_id ${id} REFERENCES courseware (id) ON DELETE SET NULL,
  calendar_sequence INTEGER NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  CHECK (planned_end > planned_start),
  CHECK (state NOT IN ('draft', 'scheduled') OR announced_at IS NULL)
)`,
    'CREATE INDEX live_class_by_start ON live_class (planned_start, id)',
    'CREATE INDEX live_class_by_recurrence ON live_class (recurrence_id, planned_start)',
    'CREATE INDEX live_class_by_state ON live_class (state, planned_start)',
    'CREATE INDEX live_class_by_courseware ON live_class (courseware_id)',
    'CREATE INDEX live_class_by_recording ON live_class (recording_id)',
    // One row: who holds it plans alone.
    'CREATE TABLE live_timetable (id INTEGER PRIMARY KEY CHECK (id = 1), last_number INTEGER NOT NULL)',
    'INSERT INTO live_timetable (id, last_number) VALUES (1, 0)',
    // As courseware_history: without a foreign key, so that it outlives the class.
    `CREATE TABLE live_history (
  entry ${serial},
  class_id ${id} NOT NULL,
  revision INTEGER NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  field TEXT NOT NULL,
  before_value TEXT,
  after_value TEXT,
  reason TEXT
)`,
    'CREATE INDEX live_history_by_class ON live_history (class_id, entry)',
    "CREATE INDEX live_history_removed ON live_history (revision) WHERE field = 'removed'",
    `CREATE TABLE live_key (
  class_id ${id} NOT NULL ${OF_CLASS},
  role TEXT NOT NULL CHECK (role IN ('main', 'backup')),
  key_hash ${id} NOT NULL UNIQUE CHECK (length(key_hash) = 64),
  issued_at BIGINT NOT NULL,
  PRIMARY KEY (class_id, role)
)`,
    `CREATE TABLE live_session (
  id ${id} PRIMARY KEY,
  class_id ${id} NOT NULL ${OF_CLASS},
  role TEXT NOT NULL CHECK (role IN ('main', 'backup')),
  address TEXT NOT NULL,
  encoder TEXT,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  end_reason TEXT
)`,
    'CREATE INDEX live_session_by_class ON live_session (class_id, started_at)',
    'CREATE INDEX live_session_open ON live_session (class_id) WHERE ended_at IS NULL',
    // Attempts of one address for one reason are counted together, so that nobody fills the disk by trying.
    `CREATE TABLE live_refusal (
  address TEXT NOT NULL,
  why TEXT NOT NULL,
  class_id ${id} NOT NULL,
  times INTEGER NOT NULL CHECK (times >= 1),
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (class_id, address, why)
)`,
    'CREATE INDEX live_refusal_by_age ON live_refusal (last_at)',
    `CREATE TABLE live_interval (
  class_id ${id} NOT NULL ${OF_CLASS},
  from_ms BIGINT NOT NULL,
  until_ms BIGINT,
  media_start_ms BIGINT,
  PRIMARY KEY (class_id, from_ms),
  CHECK (until_ms >= from_ms)
)`,
    `CREATE TABLE live_slide (
  id ${id} PRIMARY KEY,
  class_id ${id} NOT NULL ${OF_CLASS},
  position INTEGER NOT NULL,
  title TEXT CHECK (length(title) BETWEEN 1 AND 100),
  image ${id} NOT NULL UNIQUE,
  content_type TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  created_at BIGINT NOT NULL
)`,
    'CREATE INDEX live_slide_by_class ON live_slide (class_id, position)',
    `CREATE TABLE live_mark (
  id ${id} PRIMARY KEY,
  class_id ${id} NOT NULL ${OF_CLASS},
  kind TEXT NOT NULL CHECK (kind IN ('section', 'chapter', 'slide', 'notice')),
  at BIGINT NOT NULL,
  text TEXT CHECK (length(text) BETWEEN 1 AND 500),
  slide_id ${id} REFERENCES live_slide (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  CHECK (kind = 'slide' OR text IS NOT NULL)
)`,
    'CREATE INDEX live_mark_by_class ON live_mark (class_id, at, id)',
    'CREATE INDEX live_mark_by_slide ON live_mark (slide_id)',
  ];
}

/** Live classes, their timetable, keys, publish sessions, time on the air, slides and marks. */
export const liveClassesMigration: Migration = {
  id: '0018-live-classes',
  sqlite: tables(SQLITE),
  postgres: tables(POSTGRES),
};

import type { Migration } from './migration.ts';

const OF_CLASS = 'REFERENCES live_class (id) ON DELETE CASCADE';

function steps(id: string): readonly string[] {
  return [
    // One for each class somebody came to; locked by whoever asks, so that limits hold.
    `CREATE TABLE live_room (
  class_id ${id} PRIMARY KEY ${OF_CLASS},
  touched_at BIGINT NOT NULL,
  participants INTEGER NOT NULL DEFAULT 0,
  closed_at BIGINT,
  on_air_ms BIGINT NOT NULL DEFAULT 0 CHECK (on_air_ms >= 0),
  visitors_watched INTEGER NOT NULL DEFAULT 0,
  visitors_partial INTEGER NOT NULL DEFAULT 0,
  visitors_passing INTEGER NOT NULL DEFAULT 0
)`,
    'CREATE INDEX live_room_by_age ON live_room (touched_at) WHERE closed_at IS NULL',
    // The participant is an id that means nothing outside of the class.
    `CREATE TABLE live_participant (
  class_id ${id} NOT NULL ${OF_CLASS},
  participant ${id} NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  credit_ms INTEGER NOT NULL CHECK (credit_ms >= 0),
  played TEXT NOT NULL,
  PRIMARY KEY (class_id, participant)
)`,
    `CREATE TABLE live_receipt (
  class_id ${id} NOT NULL ${OF_CLASS},
  participant ${id} NOT NULL,
  hall TEXT CHECK (length(hall) BETWEEN 1 AND 60),
  members INTEGER CHECK (members >= 0),
  cadres INTEGER CHECK (cadres >= 0),
  activists INTEGER CHECK (activists >= 0),
  masses INTEGER CHECK (masses >= 0),
  at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  entered_by TEXT,
  reason TEXT CHECK (length(reason) BETWEEN 1 AND 200),
  PRIMARY KEY (class_id, participant)
)`,
    `CREATE TABLE live_invitation (
  class_id ${id} NOT NULL ${OF_CLASS},
  hall TEXT NOT NULL CHECK (length(hall) BETWEEN 1 AND 60),
  at BIGINT NOT NULL,
  PRIMARY KEY (class_id, hall)
)`,
    `CREATE TABLE live_question (
  id ${id} PRIMARY KEY,
  class_id ${id} NOT NULL ${OF_CLASS},
  participant ${id},
  kind TEXT NOT NULL CHECK (kind IN ('question', 'hand')),
  name TEXT CHECK (length(name) BETWEEN 1 AND 20),
  text TEXT NOT NULL CHECK (length(text) <= 300),
  state ${id} NOT NULL CHECK (state IN ('new', 'accepted', 'answered', 'dismissed')),
  before_state TEXT,
  answer TEXT CHECK (length(answer) BETWEEN 1 AND 500),
  at BIGINT NOT NULL,
  moved_at BIGINT,
  moved_by TEXT
)`,
    'CREATE INDEX live_question_by_state ON live_question (class_id, state, at, id)',
    'CREATE INDEX live_question_by_asker ON live_question (class_id, participant)',
    // What stays of a class when nobody is known any more: halls, which are no persons.
    `CREATE TABLE live_attendance (
  class_id ${id} NOT NULL ${OF_CLASS},
  hall TEXT NOT NULL CHECK (length(hall) BETWEEN 1 AND 60),
  is_invited INTEGER NOT NULL CHECK (is_invited IN (0, 1)),
  acknowledged_at BIGINT,
  first_at BIGINT,
  last_at BIGINT,
  devices INTEGER NOT NULL,
  watched_ms BIGINT NOT NULL,
  members INTEGER,
  cadres INTEGER,
  activists INTEGER,
  masses INTEGER,
  is_counted_by_office INTEGER NOT NULL DEFAULT 0 CHECK (is_counted_by_office IN (0, 1)),
  PRIMARY KEY (class_id, hall)
)`,
  ];
}

/** Who is in the room of a live class, what is asked there, and who came. */
export const liveRoomMigration: Migration = {
  id: '0019-live-room',
  sqlite: steps('TEXT'),
  postgres: steps('TEXT COLLATE "C"'),
};

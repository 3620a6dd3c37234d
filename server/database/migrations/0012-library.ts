import type { Migration } from './migration.ts';

/** What the two databases name differently. */
interface Words {
  readonly id: string;
  readonly real: string;
}

const SQLITE: Words = { id: 'TEXT', real: 'REAL' };
const POSTGRES: Words = { id: 'TEXT COLLATE "C"', real: 'DOUBLE PRECISION' };

const DATE = (column: string): string => `CHECK (length(${column}) = 10)`;
const ON_ITEM = 'REFERENCES courseware (id) ON DELETE CASCADE';

/** What items refer to; made before them. */
function referred({ id }: Words): readonly string[] {
  return [
    `CREATE TABLE series (
  id ${id} PRIMARY KEY,
  title TEXT NOT NULL UNIQUE CHECK (length(title) BETWEEN 1 AND 100),
  description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 5000),
  rank INTEGER NOT NULL,
  revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
)`,
    `INSERT INTO series (id, title, rank, created_at, updated_at)
  SELECT 'series-' || ROW_NUMBER() OVER (ORDER BY MIN(created_at), series), series,
    ROW_NUMBER() OVER (ORDER BY MIN(created_at), series), MIN(created_at), MIN(created_at)
  FROM courseware WHERE series IS NOT NULL GROUP BY series`,
    `CREATE TABLE category (
  code ${id} PRIMARY KEY CHECK (length(code) BETWEEN 1 AND 40),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  parent_code ${id} REFERENCES category (code),
  rank INTEGER NOT NULL
)`,
    `CREATE TABLE person (
  id ${id} PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100)
)`,
    // The same code may come again for another time: the tree of a past month stays as it was.
    `CREATE TABLE region (
  id ${id} PRIMARY KEY,
  code ${id} NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  level TEXT NOT NULL CHECK (level IN ('city', 'county', 'town', 'village')),
  parent_id ${id} REFERENCES region (id),
  path ${id} NOT NULL CHECK (path LIKE '/%/'),
  valid_from TEXT ${DATE('valid_from')},
  valid_to TEXT ${DATE('valid_to')},
  successor_id ${id} REFERENCES region (id)
)`,
    'CREATE INDEX region_by_path ON region (path)',
    'CREATE INDEX region_by_code ON region (code)',
    'CREATE INDEX region_by_parent ON region (parent_id, code)',
    `CREATE TABLE unit (
  id ${id} PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
  kind TEXT CHECK (kind IN ('coordinator', 'department', 'contractor', 'site_host', 'media')),
  region_id ${id} REFERENCES region (id)
)`,
  ];
}

/** The new columns of an item; `number` comes before them. */
const itemColumns = ({ id, real }: Words): readonly string[] => [
  `code ${id} UNIQUE CHECK (length(code) BETWEEN 1 AND 60)`,
  `kind TEXT CHECK (kind IN ('local', 'pioneer', 'story', 'micro_lecture', 'theory', 'policy', 'skill', 'news',
    'culture', 'live_replay'))`,
  `category_code ${id} REFERENCES category (code) ON UPDATE CASCADE`,
  `series_id ${id} REFERENCES series (id)`,
  'series_position INTEGER',
  'year INTEGER CHECK (year BETWEEN 1900 AND 2200)',
  "origin TEXT CHECK (origin IN ('self', 'central', 'province', 'city', 'county', 'live', 'donated'))",
  'dialect TEXT CHECK (length(dialect) BETWEEN 1 AND 40)',
  "language TEXT NOT NULL DEFAULT 'zh-CN' CHECK (length(language) BETWEEN 2 AND 35)",
  `region_id ${id} REFERENCES region (id)`,
  `producer_id ${id} REFERENCES unit (id)`,
  'rights_holder TEXT CHECK (length(rights_holder) BETWEEN 1 AND 200)',
  'rights_scope TEXT CHECK (length(rights_scope) BETWEEN 1 AND 200)',
  `rights_until TEXT ${DATE('rights_until')}`,
  "extra TEXT NOT NULL DEFAULT '{}'",
  'published_at BIGINT',
  `duration ${real} CHECK (duration > 0)`,
  `title_sort ${id}`,
];

const PUBLICATION = `publication IN
    ('draft', 'submitted', 'in_review', 'returned', 'approved', 'published', 'suspended', 'withdrawn')`;

const NUMBER = 'ROW_NUMBER() OVER (ORDER BY created_at, id)';
const SERIES_ID = '(SELECT s.id FROM series s WHERE s.title = courseware.series)';
const SERIES_POSITION = `CASE WHEN series IS NOT NULL THEN
    ROW_NUMBER() OVER (PARTITION BY series ORDER BY created_at, id) END`;
const PUBLISHED_AT = `COALESCE(
    (SELECT MIN(h.at) FROM courseware_history h WHERE h.courseware_id = courseware.id
       AND h.field = 'publication' AND h.after_value = 'published'),
    CASE WHEN publication IN ('published', 'suspended') THEN updated_at END)`;
const DURATION = `(SELECT CASE WHEN v.duration > 0 THEN v.duration END FROM version v
    WHERE v.courseware_id = courseware.id AND v.place = 'current')`;

const OLD_COLUMNS = 'id, title, description, publication, created_at, updated_at, revision';

/** SQLite adds no unique column to a table, so the table is copied. */
const sqliteItems = [
  `CREATE TABLE courseware_fresh (
  id TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  description TEXT NOT NULL CHECK (length(description) <= 5000),
  publication TEXT NOT NULL CHECK (${PUBLICATION}),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  ${itemColumns(SQLITE).join(',\n  ')}
)`,
  `INSERT INTO courseware_fresh (${OLD_COLUMNS}, number, series_id, series_position, published_at, duration)
  SELECT ${OLD_COLUMNS}, ${NUMBER}, ${SERIES_ID}, ${SERIES_POSITION}, ${PUBLISHED_AT}, ${DURATION} FROM courseware`,
  'DROP TABLE courseware',
  'ALTER TABLE courseware_fresh RENAME TO courseware',
  'CREATE INDEX courseware_newest ON courseware (created_at DESC, id DESC)',
  'CREATE INDEX courseware_publication ON courseware (publication, created_at DESC, id DESC)',

  `CREATE TABLE courseware_tag_fresh (
  courseware_id TEXT NOT NULL ${ON_ITEM},
  tag TEXT NOT NULL REFERENCES tag (name) ON UPDATE CASCADE,
  position INTEGER NOT NULL,
  PRIMARY KEY (courseware_id, tag)
)`,
  'INSERT INTO courseware_tag_fresh SELECT courseware_id, tag, position FROM courseware_tag',
  'DROP TABLE courseware_tag',
  'ALTER TABLE courseware_tag_fresh RENAME TO courseware_tag',
  'CREATE INDEX courseware_tag_by_tag ON courseware_tag (tag, courseware_id)',
];

const postgresItems = [
  'ALTER TABLE courseware ADD COLUMN number INTEGER UNIQUE',
  ...itemColumns(POSTGRES).map((column) => `ALTER TABLE courseware ADD COLUMN ${column}`),
  `UPDATE courseware SET number = counted.number, series_position = counted.position
  FROM (SELECT id AS counted_id, ${NUMBER} AS number, ${SERIES_POSITION} AS position FROM courseware) counted
  WHERE id = counted_id`,
  `UPDATE courseware SET series_id = ${SERIES_ID}, published_at = ${PUBLISHED_AT}, duration = ${DURATION}`,
  'ALTER TABLE courseware ALTER COLUMN number SET NOT NULL',
  'ALTER TABLE courseware DROP COLUMN series',
  'ALTER TABLE courseware_tag DROP CONSTRAINT courseware_tag_tag_fkey',
  `ALTER TABLE courseware_tag ADD CONSTRAINT courseware_tag_tag_fkey
  FOREIGN KEY (tag) REFERENCES tag (name) ON UPDATE CASCADE`,
];

/** What refers to items, and what they are counted by. */
function referring({ id }: Words): readonly string[] {
  return [
    'CREATE INDEX courseware_by_series ON courseware (series_id, series_position, id)',
    'CREATE INDEX courseware_by_category ON courseware (category_code)',
    'CREATE INDEX courseware_by_region ON courseware (region_id)',
    'CREATE INDEX courseware_by_producer ON courseware (producer_id)',
    `CREATE INDEX courseware_by_publishing ON courseware (published_at DESC, id DESC)
  WHERE publication = 'published'`,
    `CREATE INDEX courseware_rights_end ON courseware (rights_until)
  WHERE rights_until IS NOT NULL AND publication <> 'withdrawn'`,

    `CREATE TABLE running_number (subject ${id} PRIMARY KEY, last BIGINT NOT NULL)`,
    `INSERT INTO running_number (subject, last)
  SELECT 'courseware', COALESCE(MAX(number), 0) FROM courseware`,

    'ALTER TABLE tag ADD COLUMN facet TEXT CHECK (length(facet) BETWEEN 1 AND 40)',
    `CREATE TABLE tag_alias (
  alias TEXT PRIMARY KEY CHECK (length(alias) BETWEEN 1 AND 40),
  tag TEXT NOT NULL REFERENCES tag (name) ON UPDATE CASCADE ON DELETE CASCADE
)`,
    'CREATE INDEX tag_alias_by_tag ON tag_alias (tag)',
    `CREATE TABLE courseware_presenter (
  courseware_id ${id} NOT NULL ${ON_ITEM},
  person_id ${id} NOT NULL REFERENCES person (id),
  position INTEGER NOT NULL,
  PRIMARY KEY (courseware_id, person_id)
)`,
    'CREATE INDEX courseware_presenter_by_person ON courseware_presenter (person_id, courseware_id)',
    `CREATE TABLE courseware_label (
  courseware_id ${id} NOT NULL ${ON_ITEM},
  facet ${id} NOT NULL CHECK (facet IN ('audience', 'trade', 'month', 'award')),
  value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 100),
  position INTEGER NOT NULL,
  PRIMARY KEY (courseware_id, facet, value)
)`,
    'CREATE INDEX courseware_label_by_value ON courseware_label (facet, value, courseware_id)',

    `CREATE TABLE topic (
  id ${id} PRIMARY KEY,
  title TEXT NOT NULL UNIQUE CHECK (length(title) BETWEEN 1 AND 100),
  description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 5000),
  audience TEXT CHECK (length(audience) BETWEEN 1 AND 100),
  opens_on TEXT ${DATE('opens_on')},
  closes_on TEXT ${DATE('closes_on')},
  state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
  rank INTEGER NOT NULL,
  revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CHECK (closes_on >= opens_on)
)`,
    `CREATE TABLE topic_item (
  topic_id ${id} NOT NULL REFERENCES topic (id) ON DELETE CASCADE,
  courseware_id ${id} NOT NULL ${ON_ITEM},
  position INTEGER NOT NULL,
  PRIMARY KEY (topic_id, courseware_id)
)`,
    'CREATE INDEX topic_item_by_item ON topic_item (courseware_id, topic_id)',
    // Of series and topics, as courseware_history of items: without foreign keys, so that it outlives them.
    `CREATE TABLE collection_history (
  entry ${id === 'TEXT' ? 'INTEGER' : 'BIGINT GENERATED ALWAYS AS IDENTITY'} PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('series', 'topic')),
  collection_id ${id} NOT NULL,
  revision INTEGER NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  field TEXT NOT NULL,
  before_value TEXT,
  after_value TEXT
)`,
    'CREATE INDEX collection_history_by_subject ON collection_history (collection_id, entry)',

    `CREATE TABLE courseware_use (
  courseware_id ${id} PRIMARY KEY ${ON_ITEM},
  views BIGINT NOT NULL DEFAULT 0 CHECK (views >= 0),
  plays BIGINT NOT NULL DEFAULT 0 CHECK (plays >= 0),
  favourites BIGINT NOT NULL DEFAULT 0 CHECK (favourites >= 0)
)`,
    // Kept for two days: long enough for a player that repeats what it heard no answer to.
    `CREATE TABLE play_event (
  id ${id} PRIMARY KEY,
  courseware_id ${id} NOT NULL ${ON_ITEM},
  at BIGINT NOT NULL
)`,
    'CREATE INDEX play_event_by_age ON play_event (at)',
    'CREATE INDEX play_event_by_item ON play_event (courseware_id)',
    `CREATE TABLE viewing (
  courseware_id ${id} NOT NULL ${ON_ITEM},
  viewer ${id} NOT NULL,
  day TEXT NOT NULL ${DATE('day')},
  PRIMARY KEY (courseware_id, viewer, day)
)`,
    'CREATE INDEX viewing_by_age ON viewing (day)',
    `CREATE TABLE favourite (
  owner ${id} NOT NULL,
  courseware_id ${id} NOT NULL ${ON_ITEM},
  at BIGINT NOT NULL,
  PRIMARY KEY (owner, courseware_id)
)`,
    'CREATE INDEX favourite_by_item ON favourite (courseware_id)',
    `CREATE TABLE saved_list (
  id ${id} PRIMARY KEY,
  owner ${id} NOT NULL,
  title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
)`,
    'CREATE INDEX saved_list_by_owner ON saved_list (owner, updated_at DESC, id DESC)',
    `CREATE TABLE saved_list_item (
  list_id ${id} NOT NULL REFERENCES saved_list (id) ON DELETE CASCADE,
  courseware_id ${id} NOT NULL ${ON_ITEM},
  position INTEGER NOT NULL,
  PRIMARY KEY (list_id, courseware_id)
)`,
    'CREATE INDEX saved_list_item_by_item ON saved_list_item (courseware_id)',
    // No foreign key: it stands for what is gone.
    `CREATE TABLE tombstone (
  courseware_id ${id} PRIMARY KEY,
  code ${id},
  title TEXT NOT NULL,
  sets TEXT NOT NULL,
  at BIGINT NOT NULL
)`,
    'CREATE INDEX tombstone_by_age ON tombstone (at, courseware_id)',
  ];
}

/** What a library knows of its items besides their titles: series, topics, people, places, rights, uses. */
export const libraryMigration: Migration = {
  id: '0012-library',
  rebuildsTables: true,
  sqlite: [...referred(SQLITE), ...sqliteItems, ...referring(SQLITE)],
  postgres: [...referred(POSTGRES), ...postgresItems, ...referring(POSTGRES)],
};

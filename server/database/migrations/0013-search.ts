import type { Migration } from './migration.ts';

interface Words {
  readonly id: string;
  readonly postgres: boolean;
}

function tables({ id, postgres }: Words): readonly string[] {
  return [
    // One row: a number that every change of the search's own tables raises, in the transaction that changes them.
    `CREATE TABLE search_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  item_change BIGINT NOT NULL,
  synonym_change BIGINT NOT NULL
)`,
    'INSERT INTO search_state (only_row, item_change, synonym_change) VALUES (1, 0, 0)',

    // No foreign key: an item that is gone leaves a row behind, from which other processes learn it.
    `CREATE TABLE search_item (
  number INTEGER PRIMARY KEY,
  courseware_id ${id} NOT NULL UNIQUE,
  change BIGINT NOT NULL,
  edition INTEGER NOT NULL,
  is_gone INTEGER NOT NULL CHECK (is_gone IN (0, 1)),
  digest ${id} NOT NULL,
  publication ${id} NOT NULL,
  published_at BIGINT NOT NULL,
  title TEXT NOT NULL,
  tags TEXT NOT NULL,
  about TEXT NOT NULL,
  description TEXT NOT NULL,
  syllables TEXT NOT NULL,
  title_boundaries TEXT NOT NULL,
  title_sort ${id} NOT NULL,
  facets TEXT NOT NULL
)`,
    'CREATE INDEX search_item_by_change ON search_item (change, number)',

    `CREATE TABLE synonym (
  word TEXT PRIMARY KEY CHECK (length(word) BETWEEN 1 AND 40),
  group_id ${id} NOT NULL,
  shown TEXT NOT NULL,
  position INTEGER NOT NULL
)`,
    'CREATE INDEX synonym_by_group ON synonym (group_id, position)',
    `INSERT INTO synonym (word, group_id, shown, position) VALUES
  ('远教', 'yuanjiao', '远教', 0), ('远程教育', 'yuanjiao', '远程教育', 1),
  ('电商', 'dianshang', '电商', 0), ('电子商务', 'dianshang', '电子商务', 1)`,

    `CREATE TABLE search_miss (
  query TEXT PRIMARY KEY,
  shown TEXT NOT NULL,
  times INTEGER NOT NULL CHECK (times >= 1),
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL
)`,
    'CREATE INDEX search_miss_by_times ON search_miss (times DESC, last_at DESC)',

    // What was said: which edition of which captions is indexed, and its minutes.
    `CREATE TABLE transcript (
  courseware_id ${id} NOT NULL,
  language ${id} NOT NULL,
  number INTEGER NOT NULL,
  slot INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 7),
  edition TEXT NOT NULL,
  minutes INTEGER NOT NULL,
  PRIMARY KEY (courseware_id, language),
  UNIQUE (number, slot)
)`,
    // The id is the item's number, the slot of its language and the minute: number × 65,536 + slot × 8,192 + minute.
    postgres
      ? 'CREATE TABLE spoken_minute (id BIGINT PRIMARY KEY, cues TEXT NOT NULL, words TSVECTOR NOT NULL)'
      : 'CREATE TABLE spoken_minute (id INTEGER PRIMARY KEY, cues TEXT NOT NULL)',
    postgres
      ? 'CREATE INDEX spoken_minute_words ON spoken_minute USING GIN (words)'
      : `CREATE VIRTUAL TABLE spoken_words USING fts5 (
  words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
)`,
  ];
}

/** What searching needs: items as they are searched, synonyms, queries that found nothing, and what is said in lectures. */
export const searchMigration: Migration = {
  id: '0013-search',
  sqlite: tables({ id: 'TEXT', postgres: false }),
  postgres: tables({ id: 'TEXT COLLATE "C"', postgres: true }),
};

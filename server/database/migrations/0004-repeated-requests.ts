import type { Migration } from './migration.ts';

const TABLES = [
  `CREATE TABLE repeatable_creation (
  actor TEXT NOT NULL,
  request_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  courseware_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (actor, request_key)
)`,
  'CREATE INDEX repeatable_creation_by_time ON repeatable_creation (at)',
];

/** Which item a request made whose sender may not have heard the answer. */
export const repeatedRequestsMigration: Migration = {
  id: '0004-repeated-requests',
  sqlite: TABLES,
  postgres: TABLES,
};

import type { Migration } from './migration.ts';

function tables(id: string): readonly string[] {
  return [
    // One administrator; roles come with accounts of their own.
    `CREATE TABLE administrator (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
)`,
    `CREATE TABLE session (
  id_hash TEXT PRIMARY KEY,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL
)`,
    `CREATE TABLE api_token (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
)`,
    `CREATE TABLE failed_sign_in (
  id ${id},
  subject TEXT NOT NULL,
  at BIGINT NOT NULL
)`,
    `CREATE TABLE known_address (
  address TEXT PRIMARY KEY,
  last_sign_in_at BIGINT NOT NULL
)`,
    'CREATE INDEX failed_sign_in_by_subject ON failed_sign_in (subject, at)',
    'CREATE INDEX failed_sign_in_by_time ON failed_sign_in (at)',
  ];
}

/** The administrator, who is signed in, tokens, and who failed to sign in lately. */
export const accountsMigration: Migration = {
  id: '0003-accounts',
  sqlite: tables('INTEGER PRIMARY KEY AUTOINCREMENT'),
  postgres: tables('BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY'),
};

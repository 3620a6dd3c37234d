import type { Migration } from './migration.ts';

/** `id` is also the order in which jobs were queued. */
function tables(id: string, text: string, real: string): readonly string[] {
  return [
    `CREATE TABLE job (
  id ${id},
  generation ${text} NOT NULL,
  name ${text} NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  priority ${real} NOT NULL,
  waits_for_rest INTEGER NOT NULL CHECK (waits_for_rest IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('queued', 'active', 'done', 'dead', 'canceled')),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  progress ${real} NOT NULL CHECK (progress BETWEEN 0 AND 1),
  result TEXT,
  failure TEXT,
  run_at BIGINT NOT NULL,
  lease_owner TEXT,
  lease_token INTEGER NOT NULL,
  lease_until BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (generation, name),
  CHECK ((state = 'active') = (lease_until IS NOT NULL))
)`,
    "CREATE INDEX job_waiting ON job (priority DESC, id) WHERE state = 'queued'",
    "CREATE INDEX job_leased ON job (lease_until) WHERE state = 'active'",
  ];
}

/** The lease table. */
export const jobsMigration: Migration = {
  id: '0002-jobs',
  sqlite: tables('INTEGER PRIMARY KEY AUTOINCREMENT', 'TEXT', 'REAL'),
  postgres: tables('BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY', 'TEXT COLLATE "C"', 'DOUBLE PRECISION'),
};

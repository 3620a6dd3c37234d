import type { UmzugStorage } from 'umzug';

import { DatabaseError } from './database-error.ts';
import type { Migration } from './migrations/migration.ts';
import type { Database, Transaction } from './transaction.ts';

/** What running steps needs of a database besides {@link Database}. */
export interface MigrationTarget {
  readonly database: Pick<Database, 'dialect' | 'shown' | 'read' | 'write'>;
  /** Like `write`, with foreign keys off until all of them are checked at its end. */
  writeWithoutForeignKeys<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

const MIGRATION_TABLE = `CREATE TABLE IF NOT EXISTS migration (
  id TEXT PRIMARY KEY,
  ran_at BIGINT NOT NULL
)`;

/** Only one starter may work on the schema; the number is ours alone. */
const POSTGRES_LOCK = 7_265_419_001;

async function lockSchema(transaction: Transaction): Promise<void> {
  // SQLite has taken its write lock by BEGIN IMMEDIATE already.
  if (transaction.dialect === 'postgres') {
    await transaction.rows('SELECT pg_advisory_xact_lock($1)', POSTGRES_LOCK);
  }
}

/**
 * With foreign keys on, SQLite deletes the rows of a table before it drops it, and with them every row that refers to it.
 *
 * @throws {Error} for a step that would
 */
function refuseSilentDrop(step: Migration, dialect: Database['dialect']): void {
  if (
    dialect === 'sqlite' &&
    step.rebuildsTables !== true &&
    step.sqlite.some((sql) => /^\s*DROP TABLE/i.test(sql))
  ) {
    throw new Error(
      'It drops a table; declare it with rebuildsTables, or rows that refer to the table are lost',
    );
  }
}

/** Runs one step unless a process that started at the same time has just done it. */
async function runOnce(transaction: Transaction, step: Migration): Promise<boolean> {
  await lockSchema(transaction);
  const done = await transaction.rows('SELECT id FROM migration WHERE id = $1', step.id);
  if (done.length > 0) {
    return false;
  }
  for (const statement of step[transaction.dialect]) {
    await transaction.rows(statement);
  }
  await transaction.rows(`INSERT INTO migration (id, ran_at) VALUES ($1, ${transaction.words.now})`, step.id);
  return true;
}

/**
 * Runs what is missing of `steps`, each in a transaction of its own together with its record: umzug alone does neither
 * that nor any locking.
 *
 * @returns the names of the steps this call has run
 * @throws {DatabaseError} `schema-newer`, `migration-failed`
 */
export async function runMigrations(
  target: MigrationTarget,
  steps: readonly Migration[],
): Promise<readonly string[]> {
  const { database } = target;
  const ran: string[] = [];
  await database.write(async (transaction) => {
    await lockSchema(transaction);
    await transaction.rows(MIGRATION_TABLE);
  });
  const storage: UmzugStorage = {
    executed: async () => {
      const rows = await database.read((statements) =>
        statements.rows<{ id: string }>('SELECT id FROM migration ORDER BY id'),
      );
      return rows.map((row) => row.id);
    },
    // The step records itself, inside its own transaction.
    logMigration: async () => {},
    unlogMigration: async () => {},
  };
  const known = new Set(steps.map((step) => step.id));
  const executed = await storage.executed({ context: undefined });
  const newer = executed.filter((id) => !known.has(id));
  if (newer.length > 0) {
    throw new DatabaseError(
      'schema-newer',
      `Database ${database.shown} was changed by a newer Yuanjiao (${newer.join(', ')}); ` +
        'start that version or a later one, or restore the backup made before the upgrade',
    );
  }
  if (executed.length === known.size) return ran;
  // It brings a command line of its own, which takes longer to load than most commands to run, and there is seldom a step to do.
  const { Umzug } = await import('umzug');
  const umzug = new Umzug({
    migrations: steps.map((step) => ({
      name: step.id,
      up: async () => {
        try {
          refuseSilentDrop(step, database.dialect);
          const isNew =
            step.rebuildsTables === true
              ? await target.writeWithoutForeignKeys((transaction) => runOnce(transaction, step))
              : await database.write((transaction) => runOnce(transaction, step));
          if (isNew) {
            ran.push(step.id);
          }
        } catch (cause) {
          const said = cause instanceof Error ? cause.message : String(cause);
          throw new DatabaseError(
            'migration-failed',
            `Database ${database.shown}: step ${step.id} failed and left nothing behind; ` +
              `the program cannot run on these tables. ${said}`,
            { cause },
          );
        }
      },
    })),
    storage,
    logger: undefined,
  });
  try {
    await umzug.up();
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    throw cause instanceof DatabaseError ? cause : error;
  }
  return ran;
}

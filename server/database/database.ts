import { DatabaseError } from './database-error.ts';
import type { ChangeListener, DatabaseSettings } from './database-settings.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';
import { openPostgres } from './postgres-database.ts';
import { openSqlite } from './sqlite-database.ts';
import type { Database } from './transaction.ts';

/** How a database is opened; every field may be left out. */
export interface DatabaseOptions {
  /** Called with every statement, for debugging; values are not included. */
  readonly log?: (sql: string) => void;
  /** Milliseconds to wait for the lock of another process before `database-busy`. Default 20,000. */
  readonly busyTimeoutMs?: number;
  /** PostgreSQL connections at most. Default 10. */
  readonly connections?: number;
  /** Steps of the schema. Default: those of this program. */
  readonly migrations?: readonly Migration[];
  /** Keeps in step what is made out of the catalogue: the search index. Default: nobody. */
  readonly onChange?: ChangeListener;
}

/**
 * Opens the database at `address`: `sqlite:/path/file.db` (made when missing) or `postgres://user:password@host/name`.
 *
 * @throws {DatabaseError} `address-invalid`, `database-unavailable`, `database-corrupt`, `database-full`, `database-busy`
 */
export async function openDatabase(address: string, options: DatabaseOptions = {}): Promise<Database> {
  const settings: DatabaseSettings = {
    log: options.log ?? false,
    busyTimeoutMs: options.busyTimeoutMs ?? 20_000,
    connections: options.connections ?? 10,
    migrations: options.migrations ?? MIGRATIONS,
    onChange: options.onChange,
  };
  if (address.startsWith('sqlite:')) {
    return openSqlite(address.slice('sqlite:'.length), settings);
  }
  if (/^postgres(ql)?:\/\//.test(address)) {
    return openPostgres(address, settings);
  }
  throw new DatabaseError(
    'address-invalid',
    'A database address starts with "sqlite:" and a path, or with "postgres://"; ' +
      `got ${JSON.stringify(address.replace(/\/\/[^@/]*@/, '//***@'))}`,
  );
}

import { closeSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import sqlite3 from 'sqlite3';
import { DatabaseError, databaseErrorOf, type DatabasePlace } from './database-error.ts';
import { carryOut, type DatabaseSettings } from './database-settings.ts';
import { runMigrations } from './migrate.ts';
import { sequelizeConnection, type SqlConnection } from './sequelize-connection.ts';
import { patiently, refuseNesting, refuseWhenClosed, turnstile } from './taking-turns.ts';
import { PREPARED, type Database, type SqlValue, type Statements, type Transaction } from './transaction.ts';

const isBusy = (error: unknown): boolean => error instanceof DatabaseError && error.code === 'database-busy';

/** Kinds of file system, by `statfs`, whose locks SQLite cannot trust: NFS, SMB, CIFS, 9p. */
const NETWORK_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997,
]);

/**
 * Settings of every connection. `busy_timeout` is short because a waiting connection holds one of libuv's four threads;
 * the real waiting is done by `patiently`. `synchronous=FULL` makes each commit wait for the disk: what was acknowledged
 * survives a power cut, at a cost of about a millisecond that this load never notices (NORMAL may lose the last commits).
 */
const CONNECTION_PRAGMAS = `
  PRAGMA busy_timeout = 50;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA journal_size_limit = 67108864;
`;

/** With the 2 MiB that are usual, thousands of rows in one transaction are read back from the disk for every thousand more. */
const WRITER_CACHE_KIB = 16 * 1024;

/** A connection of the driver's that compiles a statement once. */
interface PreparingConnection {
  ask<Row extends object>(sql: string, values: readonly SqlValue[]): Promise<Row[]>;
}

/**
 * The driver as Sequelize wants it, with our settings on every connection: it calls no hook for SQLite's. `sqlite3` is not
 * kept up any more; whatever takes its place has to offer this class and nothing else, and the suites run over it.
 */
function sqliteDriver(pragmas: string, onOpen: (connection: PreparingConnection) => void): object {
  class PreparedDatabase extends sqlite3.Database implements PreparingConnection {
    #isOpen = false;
    readonly #compiled = new Map<string, Promise<sqlite3.Statement>>();

    constructor(file: string, mode: number, whenOpen: (error: Error | null) => void) {
      super(file, mode, (error: Error | null) => {
        if (error) {
          whenOpen(error);
        } else {
          this.#isOpen = true;
          onOpen(this);
          this.exec(pragmas, whenOpen);
        }
      });
    }

    async ask<Row extends object>(sql: string, values: readonly SqlValue[]): Promise<Row[]> {
      const bound = Object.fromEntries(values.map((value, at) => [`$${at + 1}`, value ?? null]));
      const statement = await (this.#compiled.get(sql) ?? this.#compile(sql));
      return new Promise((resolve, reject) => {
        statement.all<Row>(bound, (error, rows) => (error === null ? resolve(rows) : reject(error)));
      });
    }

    #compile(sql: string): Promise<sqlite3.Statement> {
      const compiled = new Promise<sqlite3.Statement>((resolve, reject) => {
        const statement = this.prepare(sql, (error: Error | null) => {
          if (error === null) resolve(statement);
          else reject(error);
        });
      });
      this.#compiled.set(sql, compiled);
      // The table that was missing may be there next time.
      compiled.catch(() => this.#compiled.delete(sql));
      return compiled;
    }

    /** The driver's own never calls back for a file that could not be opened, and closes nothing that is in use. */
    override close(onClose: (error: Error | null) => void = () => {}): void {
      const compiled = [...this.#compiled.values()];
      this.#compiled.clear();
      void Promise.allSettled(compiled.map(async (statement) => (await statement).finalize())).then(() => {
        if (this.#isOpen) super.close(onClose);
        else onClose(null);
      });
    }
  }
  return { ...sqlite3, Database: PreparedDatabase };
}

/**
 * What begins with `PREPARED` goes past Sequelize, which takes longer to look through a statement over a dozen tables than SQLite to
 * carry it out.
 */
function connectSqlite(
  file: string,
  place: DatabasePlace,
  settings: DatabaseSettings,
  pragmas: string,
): SqlConnection {
  let open: PreparingConnection | undefined;
  const dialectModule = sqliteDriver(pragmas, (connection) => (open = connection));
  const connection = sequelizeConnection(
    { dialect: 'sqlite', storage: file, dialectModule, logging: settings.log },
    place,
  );
  const statements: Statements = {
    ...connection.statements,
    async rows(sql, ...values) {
      if (open === undefined || !sql.startsWith(PREPARED)) return connection.statements.rows(sql, ...values);
      if (settings.log !== false) settings.log(sql);
      try {
        return await open.ask(sql, values);
      } catch (error) {
        throw databaseErrorOf(error, place);
      }
    },
  };
  return { ...connection, statements };
}

/** Makes the file when it is missing, for its owner alone: it holds the hash of a password. */
function prepareFile(place: DatabasePlace, file: string): void {
  let kind: number;
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, 'a', 0o600));
    kind = statfsSync(dirname(file)).type;
  } catch (error) {
    throw databaseErrorOf(error, place);
  }
  if (NETWORK_FILE_SYSTEMS.has(kind)) {
    throw new DatabaseError(
      'address-invalid',
      `Database ${place.shown} lies on network storage, where SQLite's locks are not safe; ` +
        'put it on a local disk or use PostgreSQL',
    );
  }
}

/**
 * Opens a file as an SQLite database, and makes it when it is missing.
 *
 * @throws {DatabaseError}
 */
export async function openSqlite(path: string, settings: DatabaseSettings): Promise<Database> {
  if (path === '' || path.includes(':memory:')) {
    throw new DatabaseError('address-invalid', 'An SQLite address names a file: "sqlite:/path/file.db"');
  }
  const file = resolve(path);
  const place: DatabasePlace = { shown: `sqlite:${file}`, file };
  prepareFile(place, file);
  // Switching to WAL asks for the file alone and does not wait for it, so several starters get in each other's way once.
  const connect = (pragmas: string): Promise<SqlConnection> =>
    patiently(settings.busyTimeoutMs, isBusy, async () => {
      const connection = connectSqlite(file, place, settings, pragmas);
      try {
        // The first query has to be over before the second is sent: Sequelize hands out the connection before our
        // settings are on it.
        await connection.statements.rows('SELECT name FROM sqlite_schema LIMIT 1');
        return connection;
      } catch (error) {
        await connection.close().catch(() => {});
        throw error;
      }
    });
  const writer = await connect(
    `${CONNECTION_PRAGMAS} PRAGMA journal_mode = WAL; PRAGMA cache_size = ${-WRITER_CACHE_KIB};`,
  );
  const reader = await connect(`${CONNECTION_PRAGMAS} PRAGMA query_only = ON;`);
  return sqliteDatabase(place, settings, writer, reader);
}

/**
 * All writes of the process go through one connection and take turns: a transaction that waits inside the driver would
 * block a thread that the holder of the lock needs for its COMMIT. Because there is only this connection, transactions
 * are begun and ended by plain statements; Sequelize would open a new connection for each.
 */
function sqliteDatabase(
  place: DatabasePlace,
  settings: DatabaseSettings,
  writer: SqlConnection,
  reader: SqlConnection,
): Database {
  const inTurn = turnstile();
  const alone = refuseNesting(place);
  const { statements } = writer;
  let isClosed = false;

  async function runTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    await patiently(settings.busyTimeoutMs, isBusy, () => statements.rows('BEGIN IMMEDIATE'));
    try {
      const result = await carryOut(statements, settings, work);
      await statements.rows('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled it back already; then this says so, and nothing is lost by not listening.
      await statements.rows('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  const write: Database['write'] = async (work) => {
    refuseWhenClosed(isClosed, place);
    return alone(() => inTurn(() => runTransaction(work)));
  };

  const writeWithoutForeignKeys: Database['write'] = (work) =>
    inTurn(async () => {
      // SQLite ignores this inside a transaction.
      await statements.rows('PRAGMA foreign_keys = OFF');
      try {
        return await runTransaction(async (open) => {
          const result = await work(open);
          const orphans = await open.rows<{ table: string }>('PRAGMA foreign_key_check');
          if (orphans[0] !== undefined) {
            throw new DatabaseError(
              'constraint-violated',
              `Database ${place.shown}: ${orphans.length} rows, the first in ${orphans[0].table}, refer to missing rows`,
            );
          }
          return result;
        });
      } finally {
        await statements.rows('PRAGMA foreign_keys = ON');
      }
    });

  const database: Database = {
    dialect: 'sqlite',
    shown: place.shown,
    read: async (work) => {
      refuseWhenClosed(isClosed, place);
      return patiently(settings.busyTimeoutMs, isBusy, () => work(reader.statements));
    },
    write,
    migrate: () => runMigrations({ database, writeWithoutForeignKeys }, settings.migrations),
    close: async () => {
      if (isClosed) {
        return;
      }
      isClosed = true;
      await inTurn(async () => {});
      await reader.close();
      await writer.close();
    },
  };
  return database;
}

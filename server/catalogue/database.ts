import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, types } from 'pg';
import { QueryTypes, Sequelize, Transaction as SequelizeTransaction } from 'sequelize';
import sqlite3 from 'sqlite3';
import { DatabaseError, databaseErrorOf, type DatabasePlace } from './database-error.ts';
import { runMigrations } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';
import type { Database, Dialect, DialectWords, SqlValue, Statements, Transaction } from './transaction.ts';

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
}

interface Settings {
  readonly log: ((sql: string) => void) | false;
  readonly busyTimeoutMs: number;
  readonly connections: number;
  readonly migrations: readonly Migration[];
}

const WORDS: Readonly<Record<Dialect, DialectWords>> = {
  sqlite: {
    now: "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
    forUpdate: '',
    skipLocked: '',
    like: 'LIKE',
  },
  postgres: {
    now: 'CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)',
    forUpdate: ' FOR UPDATE',
    skipLocked: ' FOR UPDATE SKIP LOCKED',
    like: 'ILIKE',
  },
};

/**
 * Opens the database at `address`: `sqlite:/path/file.db` (made when missing) or `postgres://user:password@host/name`.
 *
 * @throws {DatabaseError} `address-invalid`, `database-unavailable`, `database-corrupt`, `database-full`, `database-busy`
 */
export async function openDatabase(address: string, options: DatabaseOptions = {}): Promise<Database> {
  const settings: Settings = {
    log: options.log ?? false,
    busyTimeoutMs: options.busyTimeoutMs ?? 20_000,
    connections: options.connections ?? 10,
    migrations: options.migrations ?? MIGRATIONS,
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

function statementsOf(
  dialect: Dialect,
  sequelize: Sequelize,
  place: DatabasePlace,
  transaction?: SequelizeTransaction,
): Statements {
  return {
    dialect,
    words: WORDS[dialect],
    rows: async <Row extends object>(sql: string, ...values: readonly SqlValue[]): Promise<Row[]> => {
      // Sequelize throws away the rows of a statement that starts with "insert into" on SQLite.
      const text = dialect === 'sqlite' ? `/**/ ${sql}` : sql;
      try {
        return await sequelize.query<Row>(text, {
          type: QueryTypes.SELECT,
          raw: true,
          ...(values.length > 0 && { bind: values.map((value) => value ?? null) }),
          ...(transaction && { transaction }),
        });
      } catch (error) {
        throw databaseErrorOf(error, place);
      }
    },
  };
}

/** Lets one caller in at a time, in the order they came. */
function turnstile(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => {});
    return turn;
  };
}

/** Runs `work` again while another process is in its way, without holding a thread in the meantime. */
async function patiently<T>(
  deadlineMs: number,
  isWorthWaiting: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    try {
      return await work();
    } catch (error) {
      if (!isWorthWaiting(error) || performance.now() > deadline) {
        throw error;
      }
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}

const isBusy = (error: unknown): boolean => error instanceof DatabaseError && error.code === 'database-busy';
const isCollision = (error: unknown): boolean => error instanceof DatabaseError && error.isCollision;

/**
 * Refuses a transaction begun inside another one of the same database: on SQLite it would wait for its own end for ever,
 * on PostgreSQL it would not belong to the outer one.
 */
function refuseNesting(place: DatabasePlace): <T>(work: () => Promise<T>) => Promise<T> {
  const running = new AsyncLocalStorage<{ isOver: boolean }>();
  return async (work) => {
    if (running.getStore()?.isOver === false) {
      throw new DatabaseError(
        'statement-failed',
        `Database ${place.shown}: a transaction was begun inside another one; hand the outer one on instead`,
      );
    }
    const self = { isOver: false };
    try {
      return await running.run(self, work);
    } finally {
      self.isOver = true;
    }
  };
}

function refuseWhenClosed(isClosed: boolean, place: DatabasePlace): void {
  if (isClosed) {
    throw new DatabaseError('database-closed', `Database ${place.shown} was used after it had been closed`);
  }
}

// ---------------------------------------------------------------------------------------------------------- SQLite

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

/**
 * The driver as Sequelize wants it, with our settings on every connection: it calls no hook for SQLite's. `sqlite3` is not
 * kept up any more; whatever takes its place has to offer this class and nothing else, and the suites run over it.
 */
function sqliteDriver(pragmas: string): object {
  class PreparedDatabase extends sqlite3.Database {
    #isOpen = false;

    constructor(file: string, mode: number, onOpen: (error: Error | null) => void) {
      super(file, mode, (error: Error | null) => {
        if (error) {
          onOpen(error);
        } else {
          this.#isOpen = true;
          this.exec(pragmas, onOpen);
        }
      });
    }

    /** The driver's own never calls back for a file that could not be opened. */
    override close(onClose: (error: Error | null) => void = () => {}): void {
      if (this.#isOpen) {
        super.close(onClose);
      } else {
        onClose(null);
      }
    }
  }
  return { ...sqlite3, Database: PreparedDatabase };
}

function connectSqlite(file: string, settings: Settings, pragmas: string): Sequelize {
  return new Sequelize({
    dialect: 'sqlite',
    storage: file,
    dialectModule: sqliteDriver(pragmas),
    logging: settings.log,
    // Its own retrying would run a statement again that we think has failed.
    retry: { max: 1 },
  });
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

async function openSqlite(path: string, settings: Settings): Promise<Database> {
  if (path === '' || path.includes(':memory:')) {
    throw new DatabaseError('address-invalid', 'An SQLite address names a file: "sqlite:/path/file.db"');
  }
  const file = resolve(path);
  const place: DatabasePlace = { shown: `sqlite:${file}`, file };
  prepareFile(place, file);
  // Switching to WAL asks for the file alone and does not wait for it, so several starters get in each other's way once.
  const connect = (pragmas: string): Promise<Sequelize> =>
    patiently(settings.busyTimeoutMs, isBusy, async () => {
      const sequelize = connectSqlite(file, settings, pragmas);
      try {
        // The first query has to be over before the second is sent: Sequelize hands out the connection before our
        // settings are on it.
        await sequelize.query('SELECT name FROM sqlite_schema LIMIT 1', { type: QueryTypes.SELECT });
        return sequelize;
      } catch (error) {
        await sequelize.close().catch(() => {});
        throw databaseErrorOf(error, place);
      }
    });
  const writer = await connect(`${CONNECTION_PRAGMAS} PRAGMA journal_mode = WAL;`);
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
  settings: Settings,
  writer: Sequelize,
  reader: Sequelize,
): Database {
  const inTurn = turnstile();
  const alone = refuseNesting(place);
  const transaction: Transaction = { kind: 'transaction', ...statementsOf('sqlite', writer, place) };
  const statements = statementsOf('sqlite', reader, place);
  let isClosed = false;

  async function runTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    await patiently(settings.busyTimeoutMs, isBusy, () => transaction.rows('BEGIN IMMEDIATE'));
    try {
      const result = await work(transaction);
      await transaction.rows('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled it back already; then this says so, and nothing is lost by not listening.
      await transaction.rows('ROLLBACK').catch(() => {});
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
      await transaction.rows('PRAGMA foreign_keys = OFF');
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
        await transaction.rows('PRAGMA foreign_keys = ON');
      }
    });

  const database: Database = {
    dialect: 'sqlite',
    shown: place.shown,
    read: async (work) => {
      refuseWhenClosed(isClosed, place);
      return patiently(settings.busyTimeoutMs, isBusy, () => work(statements));
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

// ------------------------------------------------------------------------------------------------------ PostgreSQL

type TypeParser = (oid: number, format?: string) => (value: string) => unknown;

const BIGINT: number = types.builtins.INT8;

/** The driver gives `bigint` as text; ours are milliseconds, bytes and counts, all below 2^53. */
const typeParserOf: TypeParser = (oid, format) =>
  oid === BIGINT ? Number : (types.getTypeParser as TypeParser)(oid, format);

const POSTGRES_DRIVER = { Client, types: { ...types, getTypeParser: typeParserOf } };

interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly ssl: false | { readonly rejectUnauthorized: boolean };
}

/** How far each `sslmode` of PostgreSQL's manual trusts the server. */
const SSL_MODES: ReadonlyMap<string, PostgresAddress['ssl']> = new Map<string, PostgresAddress['ssl']>([
  ['disable', false],
  ['require', { rejectUnauthorized: false }],
  ['verify-full', { rejectUnauthorized: true }],
]);

function postgresAddressOf(address: string): PostgresAddress {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const ssl = SSL_MODES.get(url?.searchParams.get('sslmode') ?? 'disable');
  const database = url?.pathname.slice(1) ?? '';
  if (url === undefined || database === '' || ssl === undefined) {
    throw new DatabaseError(
      'address-invalid',
      'A PostgreSQL address has the form "postgres://user:password@host:port/name", with "?sslmode=require" or ' +
        '"?sslmode=verify-full" where it wants TLS and "?host=/folder" for a socket; a special character in the ' +
        'password is written as % and two hexadecimal digits',
    );
  }
  return {
    host: url.searchParams.get('host') ?? url.hostname,
    port: url.port === '' ? 5432 : Number(url.port),
    username: decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    database: decodeURIComponent(database),
    ssl,
  };
}

async function openPostgres(address: string, settings: Settings): Promise<Database> {
  const { host, port, username, password, database: name, ssl } = postgresAddressOf(address);
  const place: DatabasePlace = { shown: `postgres://${username}@${host}:${port}/${name}` };
  const sequelize = new Sequelize({
    dialect: 'postgres',
    dialectModule: POSTGRES_DRIVER,
    host,
    port,
    username,
    ...(password !== undefined && { password }),
    database: name,
    logging: settings.log,
    pool: { max: settings.connections, idle: 10_000, acquire: settings.busyTimeoutMs },
    retry: { max: 1 },
    dialectOptions: {
      application_name: 'yuanjiao',
      ssl,
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      lock_timeout: settings.busyTimeoutMs,
      // A process that was stopped in mid-transaction must not hold its locks for ever.
      idle_in_transaction_session_timeout: 15_000,
    },
  });
  const statements = statementsOf('postgres', sequelize, place);
  try {
    await statements.rows('SELECT 1');
  } catch (error) {
    await sequelize.close();
    throw error;
  }
  const alone = refuseNesting(place);
  let isClosed = false;

  const write: Database['write'] = async (work) => {
    refuseWhenClosed(isClosed, place);
    const attempt = async () => {
      let thrown: { readonly error: unknown } | undefined;
      try {
        return await sequelize.transaction(
          { isolationLevel: SequelizeTransaction.ISOLATION_LEVELS.READ_COMMITTED },
          async (open) => {
            try {
              return await work({
                kind: 'transaction',
                ...statementsOf('postgres', sequelize, place, open),
              });
            } catch (error) {
              thrown = { error };
              throw error;
            }
          },
        );
      } catch (error) {
        throw thrown === undefined ? databaseErrorOf(error, place) : thrown.error;
      }
    };
    return alone(() => patiently(settings.busyTimeoutMs, isCollision, attempt));
  };

  const database: Database = {
    dialect: 'postgres',
    shown: place.shown,
    read: async (work) => {
      refuseWhenClosed(isClosed, place);
      return work(statements);
    },
    write,
    migrate: () => runMigrations({ database, writeWithoutForeignKeys: write }, settings.migrations),
    close: async () => {
      if (!isClosed) {
        isClosed = true;
        await sequelize.close();
      }
    },
  };
  return database;
}

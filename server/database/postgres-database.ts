import { Client, types } from 'pg';
import { DatabaseError, type DatabasePlace } from './database-error.ts';
import { carryOut, type DatabaseSettings } from './database-settings.ts';
import { runMigrations } from './migrate.ts';
import { sequelizeConnection } from './sequelize-connection.ts';
import { patiently, refuseNesting, refuseWhenClosed } from './taking-turns.ts';
import { PREPARED, type Database } from './transaction.ts';

const isCollision = (error: unknown): boolean => error instanceof DatabaseError && error.isCollision;

type TypeParser = (oid: number, format?: string) => (value: string) => unknown;

const BIGINT: number = types.builtins.INT8;

/** The driver gives `bigint` as text; ours are milliseconds, bytes and counts, all below 2^53. */
const typeParserOf: TypeParser = (oid, format) =>
  oid === BIGINT ? Number : (types.getTypeParser as TypeParser)(oid, format);

/**
 * A connection that lets PostgreSQL plan once what begins with `PREPARED`: a statement over a dozen tables takes longer to plan
 * than to carry out.
 */
class PreparingClient extends Client {
  readonly #names = new Map<string, string>();

  // The driver's declaration has a dozen forms; Sequelize uses these two.
  override query(sql: unknown, values?: unknown, answered?: unknown): never {
    const plain = super.query.bind(this) as (...given: readonly unknown[]) => never;
    if (typeof sql !== 'string' || !Array.isArray(values) || !sql.startsWith(PREPARED)) {
      return plain(...[sql, values, answered].filter((given) => given !== undefined));
    }
    return plain({ name: this.#nameOf(sql), text: sql, values: values as unknown[] }, answered);
  }

  #nameOf(sql: string): string {
    let name = this.#names.get(sql);
    if (name === undefined) this.#names.set(sql, (name = `prepared_${this.#names.size}`));
    return name;
  }
}

const POSTGRES_DRIVER = { Client: PreparingClient, types: { ...types, getTypeParser: typeParserOf } };

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

/**
 * Connects to a PostgreSQL server.
 *
 * @throws {DatabaseError}
 */
export async function openPostgres(address: string, settings: DatabaseSettings): Promise<Database> {
  const { host, port, username, password, database: name, ssl } = postgresAddressOf(address);
  const place: DatabasePlace = { shown: `postgres://${username}@${host}:${port}/${name}` };
  const connection = sequelizeConnection(
    {
      dialect: 'postgres',
      dialectModule: POSTGRES_DRIVER,
      host,
      port,
      username,
      ...(password !== undefined && { password }),
      database: name,
      logging: settings.log,
      pool: { max: settings.connections, idle: 10_000, acquire: settings.busyTimeoutMs },
      dialectOptions: {
        application_name: 'yuanjiao',
        // Our statements are short; compiling one takes longer than carrying it out.
        options: '-c jit=off',
        ssl,
        keepAlive: true,
        connectionTimeoutMillis: 10_000,
        lock_timeout: settings.busyTimeoutMs,
        // A process that was stopped in mid-transaction must not hold its locks for ever.
        idle_in_transaction_session_timeout: 15_000,
      },
    },
    place,
  );
  try {
    await connection.statements.rows('SELECT 1');
  } catch (error) {
    await connection.close();
    throw error;
  }
  const alone = refuseNesting(place);
  let isClosed = false;

  const write: Database['write'] = async (work) => {
    refuseWhenClosed(isClosed, place);
    const attempt = () => connection.transaction((statements) => carryOut(statements, settings, work));
    return alone(() => patiently(settings.busyTimeoutMs, isCollision, attempt));
  };

  const database: Database = {
    dialect: 'postgres',
    shown: place.shown,
    read: async (work) => {
      refuseWhenClosed(isClosed, place);
      return work(connection.statements);
    },
    write,
    migrate: () => runMigrations({ database, writeWithoutForeignKeys: write }, settings.migrations),
    close: async () => {
      if (!isClosed) {
        isClosed = true;
        await connection.close();
      }
    },
  };
  return database;
}

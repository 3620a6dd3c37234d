import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type DatabaseOptions } from '../../server/database/database.ts';
import type { Database } from '../../server/database/transaction.ts';
import { postgresPrograms, postgresServer, type PostgresServer } from './postgres-server.ts';

/** Makes and opens databases of one kind for one suite; all are closed and removed after it. */
export interface TestDatabases {
  readonly kind: 'SQLite' | 'PostgreSQL';
  /** The address of a database that does not exist yet, or is empty. */
  address(): Promise<string>;
  /** Opens a database; without an address a fresh one, with all its tables. */
  open(address?: string, options?: DatabaseOptions): Promise<Database>;
}

/** Defines a suite twice: on SQLite and on PostgreSQL. */
export function onEachDatabase(title: string, suite: (databases: TestDatabases) => void): void {
  describe(`${title} on SQLite`, () => {
    let folder = '';
    let made = 0;
    const address = async (): Promise<string> => {
      folder ||= await mkdtemp(join(tmpdir(), 'yuanjiao-sqlite-'));
      return `sqlite:${join(folder, `${++made}.db`)}`;
    };
    defineSuite(suite, 'SQLite', { address, addressWithTables: address });
    after(() => rm(folder || join(tmpdir(), 'yuanjiao-none'), { recursive: true, force: true }));
  });
  describe(`${title} on PostgreSQL`, () => {
    if (postgresPrograms() !== undefined) {
      before(async function start() {
        await postgresServer();
      });
      defineSuite(suite, 'PostgreSQL', {
        address: async () => (await postgresServer())?.createDatabase() ?? '',
        addressWithTables: copyOfTables,
      });
    } else if (process.env['CI'] === 'true') {
      it('has a PostgreSQL server to run on', () => {
        throw new Error('PostgreSQL is not installed; install the package "postgresql"');
      });
    } else {
      // A pending test is the way to be named in mocha's report.
      it('was not run: PostgreSQL is not installed (package "postgresql")');
    }
  });
}

/** All tables as the steps make them in an empty database: made once in a process, as PostgreSQL takes long over them. */
let tables: Promise<string> | undefined;

async function copyOfTables(): Promise<string> {
  const server = await postgresServer();
  if (server === undefined) return '';
  tables ??= makeTables(server);
  return server.createDatabase(await tables);
}

async function makeTables(server: PostgresServer): Promise<string> {
  const address = await server.createDatabase();
  const database = await openDatabase(address);
  try {
    await database.migrate();
  } finally {
    await database.close();
  }
  await server.left(address);
  return address;
}

interface Addresses {
  readonly address: () => Promise<string>;
  /** For a database that is opened fresh: it may have all tables already. */
  readonly addressWithTables: () => Promise<string>;
}

function defineSuite(
  suite: (databases: TestDatabases) => void,
  kind: TestDatabases['kind'],
  { address, addressWithTables }: Addresses,
): void {
  const opened: Database[] = [];
  suite({
    kind,
    address,
    open: async (known, options) => {
      const database = await openDatabase(known ?? (await addressWithTables()), options);
      opened.push(database);
      if (known === undefined) {
        await database.migrate();
      }
      return database;
    },
  });
  after(async () => {
    for (const database of opened) {
      await database.close();
    }
  });
}

/** Waits until `condition` gives something, and gives that. */
export async function eventually<T>(
  condition: () => Promise<T | undefined>,
  deadlineMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`the awaited condition did not come true within ${deadlineMs} ms`);
    }
    await delay(5);
  }
}

/** The error a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { readonly code?: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure, but it succeeded');
}

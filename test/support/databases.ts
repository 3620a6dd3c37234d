import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type DatabaseOptions } from '../../server/database/database.ts';
import type { Database } from '../../server/database/transaction.ts';
import { postgresPrograms, postgresServer } from './postgres-server.ts';

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
    defineSuite(suite, 'SQLite', async () => {
      folder ||= await mkdtemp(join(tmpdir(), 'yuanjiao-sqlite-'));
      return `sqlite:${join(folder, `${++made}.db`)}`;
    });
    after(() => rm(folder || join(tmpdir(), 'yuanjiao-none'), { recursive: true, force: true }));
  });
  describe(`${title} on PostgreSQL`, () => {
    if (postgresPrograms() !== undefined) {
      before(async function start() {
        await postgresServer();
      });
      defineSuite(suite, 'PostgreSQL', async () => (await postgresServer())?.createDatabase() ?? '');
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

function defineSuite(
  suite: (databases: TestDatabases) => void,
  kind: TestDatabases['kind'],
  address: () => Promise<string>,
): void {
  const opened: Database[] = [];
  suite({
    kind,
    address,
    open: async (known, options) => {
      const database = await openDatabase(known ?? (await address()), options);
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

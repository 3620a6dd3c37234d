import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { until } from './until.ts';

const run = promisify(execFile);

/** A private PostgreSQL cluster of this test process; it and its files are gone when the process is. */
export interface PostgresServer {
  /** Makes a database and gives its address: an empty one, or the copy of another, to which nobody may be connected. */
  createDatabase(like?: string): Promise<string>;
  /** Waits until nobody is connected to a database: a connection that was closed is not gone yet. */
  left(address: string): Promise<void>;
  /** Runs SQL as the superuser and gives what `psql` prints. */
  psql(sql: string, address: string): Promise<string>;
}

const ROOT = '/usr/lib/postgresql';

/** The folder of the newest installed PostgreSQL's programs. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(ROOT) ? readdirSync(ROOT) : [];
  return versions
    .sort((left, right) => Number(right) - Number(left))
    .map((version) => join(ROOT, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

/** PostgreSQL refuses to run as root. */
function unprivileged(...command: readonly string[]): readonly string[] {
  return userInfo().uid === 0 ? ['runuser', '-u', 'postgres', '--', ...command] : command;
}

/** Ends the server and removes its files once its input ends, however the test process has ended. */
const KEEPER = 'folder=$1; shift; "$@" & cat >/dev/null; kill -QUIT -$$ 2>/dev/null; wait; rm -rf "$folder"';

async function start(programs: string): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-postgres-'));
  if (userInfo().uid === 0) {
    const { stdout } = await run('id', ['-u', 'postgres']);
    await chown(folder, Number(stdout), 0);
  }
  await chmod(folder, 0o711);
  const data = join(folder, 'data');
  const [initdb = '', ...initdbArgs] = unprivileged(
    join(programs, 'initdb'),
    '-D',
    data,
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  );
  await run(initdb, initdbArgs, { cwd: '/' });
  // Nothing lives long enough to be vacuumed, and what is vacuumed cannot be copied at the moment.
  const settings = [
    ...['listen_addresses=', 'max_connections=80'],
    ...['fsync=off', 'full_page_writes=off', 'autovacuum=off'],
  ];
  const keeper = spawn(
    'sh',
    [
      '-c',
      `trap '' QUIT; ${KEEPER}`,
      'sh',
      folder,
      ...unprivileged(join(programs, 'postgres'), '-D', data, '-k', folder),
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  );
  keeper.unref();
  (keeper.stdin as unknown as Socket).unref();

  const psql = async (sql: string, database: string): Promise<string> => {
    const { stdout } = await run(
      join(programs, 'psql'),
      ['-h', folder, '-U', 'postgres', '-d', database, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', sql],
      { cwd: '/' },
    );
    return stdout.trim();
  };
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      await psql('SELECT 1', 'postgres');
      break;
    } catch (error) {
      if (Date.now() > deadline || keeper.exitCode !== null) {
        throw error;
      }
      await delay(30);
    }
  }
  const nameOf = (address: string): string => new URL(address).pathname.slice(1);
  let made = 0;
  return {
    psql: (sql, address) => psql(sql, nameOf(address)),
    createDatabase: async (like) => {
      const name = `test_${++made}`;
      const source = like === undefined ? '' : ` TEMPLATE ${nameOf(like)}`;
      await psql(`CREATE DATABASE ${name}${source}`, 'postgres');
      return `postgres://postgres@localhost/${name}?host=${encodeURIComponent(folder)}`;
    },
    left: async (address) => {
      const asked = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${nameOf(address)}' AND backend_type = 'client backend'`;
      await until('nobody is connected', async () => (await psql(asked, 'postgres')) === '0');
    },
  };
}

let running: Promise<PostgresServer> | undefined;

/** The server of this test process, started on first use; undefined where PostgreSQL is not installed. */
export async function postgresServer(): Promise<PostgresServer | undefined> {
  const programs = postgresPrograms();
  if (programs === undefined) {
    return undefined;
  }
  running ??= start(programs);
  return running;
}

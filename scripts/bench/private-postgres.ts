import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = '/usr/lib/postgresql';

/** A PostgreSQL server of this run alone, with its usual settings but no waiting for the disk. */
export interface PrivatePostgres {
  /** The address of its empty database. */
  readonly address: string;
  /** Stops it and removes its files. */
  stop(): Promise<void>;
}

/** Starts a server; undefined where PostgreSQL is not installed. */
export async function startPostgres(): Promise<PrivatePostgres | undefined> {
  const programs = (existsSync(ROOT) ? readdirSync(ROOT) : [])
    .sort((left, right) => Number(right) - Number(left))
    .map((version) => join(ROOT, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
  if (programs === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-bench-postgres-'));
  const isRoot = userInfo().uid === 0;
  if (isRoot) await chown(folder, Number((await run('id', ['-u', 'postgres'])).stdout), 0);
  await chmod(folder, 0o711);
  // PostgreSQL refuses to run as root.
  const unprivileged = isRoot ? ['runuser', '-u', 'postgres', '--'] : [];
  const data = join(folder, 'data');
  const [program = '', ...words] = [
    ...unprivileged,
    join(programs, 'initdb'),
    ...[
      '-D',
      data,
      '--username=postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ],
  ];
  await run(program, words, { cwd: '/' });
  const settings = ['listen_addresses=', 'fsync=off', 'shared_buffers=256MB'];
  const [server = '', ...arguments_] = [
    ...unprivileged,
    join(programs, 'postgres'),
    ...['-D', data, '-k', folder],
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
  const running = spawn(server, arguments_, { cwd: '/', stdio: 'ignore' });
  const ended = new Promise((resolve) => running.once('exit', resolve));
  const psql = (sql: string): Promise<unknown> =>
    run(join(programs, 'psql'), ['-h', folder, '-U', 'postgres', '-d', 'postgres', '-c', sql], { cwd: '/' });
  for (let attempt = 0; ; attempt += 1) {
    const isUp = await psql('CREATE DATABASE bench').then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (attempt > 200 || running.exitCode !== null) throw new Error('PostgreSQL did not start');
    await delay(50);
  }
  return {
    address: `postgres://postgres@localhost/bench?host=${encodeURIComponent(folder)}`,
    async stop() {
      const [stop = '', ...how] = [
        ...unprivileged,
        join(programs, 'pg_ctl'),
        ...['-D', data, '-m', 'immediate', 'stop'],
      ];
      await run(stop, how, { cwd: '/' });
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import { execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openDatabase } from '../../../server/database/database.ts';
import {
  PREPARED,
  type Database,
  type Statements,
  type Transaction,
} from '../../../server/database/transaction.ts';
import { errorOf, eventually, onEachDatabase } from '../../support/databases.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('counting-process.js', import.meta.url));

const reset = (database: Database): Promise<unknown> =>
  database.write(async (transaction) => {
    await transaction.rows('CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, n BIGINT NOT NULL)');
    await transaction.rows('DELETE FROM counter');
    await transaction.rows("INSERT INTO counter VALUES ('shared', 0), ('other', 0)");
  });

async function count(database: Database, name = 'shared'): Promise<number | undefined> {
  const [row] = await database.read((statements) =>
    statements.rows<{ n: number }>('SELECT n FROM counter WHERE name = $1', name),
  );
  return row?.n;
}

async function addOne(transaction: Transaction, name = 'shared'): Promise<void> {
  const [row] = await transaction.rows<{ n: number }>(
    `SELECT n FROM counter WHERE name = $1${transaction.words.forUpdate}`,
    name,
  );
  await transaction.rows('UPDATE counter SET n = $1 WHERE name = $2', (row?.n ?? 0) + 1, name);
}

/** How a connection to SQLite is set up. */
const settings = async (statements: Statements): Promise<readonly object[]> => [
  ...(await statements.rows('PRAGMA journal_mode')),
  ...(await statements.rows('PRAGMA synchronous')),
  ...(await statements.rows('PRAGMA main.foreign_keys')),
];

/** Lets two sides meet. */
function gate(): { readonly opened: Promise<unknown>; open(): void } {
  const events = new EventEmitter();
  return { opened: once(events, 'open'), open: () => events.emit('open') };
}

onEachDatabase('The database', (databases) => {
  let address: string;
  let database: Database;

  before(async () => {
    address = await databases.address();
    database = await databases.open(address);
  });

  beforeEach(() => reset(database));

  it('carries out 400 transactions that are started at once, each exactly once, while reads go on', async function many() {
    let isOver = false;
    const seen: number[] = [];
    const reader = async (): Promise<void> => {
      while (!isOver) seen.push((await count(database)) ?? -1);
    };
    const readers = [reader(), reader(), reader()];
    const writes = Array.from({ length: 400 }, () => database.write((transaction) => addOne(transaction)));
    await Promise.all(writes);
    isOver = true;
    await Promise.all(readers);
    expect(await count(database)).to.equal(400);
    expect(
      seen.some((value) => value > 0 && value < 400),
      'reads came through in between',
    ).to.equal(true);
    expect(seen.every((value) => value >= 0 && value <= 400)).to.equal(true);
  });

  it('keeps the count exact when several processes write at once', async function processes() {
    const children = [0, 1, 2].map(() => run(process.execPath, [SCRIPT, address, 'count', '30']));
    await Promise.all([
      ...children,
      ...Array.from({ length: 30 }, () => database.write((transaction) => addOne(transaction))),
    ]);
    expect(await count(database)).to.equal(120);
  });

  it('keeps nothing of a transaction that throws, and lets the same error out', async () => {
    const reason = new Error('changed my mind');
    const error = await errorOf(
      database.write(async (transaction) => {
        await addOne(transaction);
        throw reason;
      }),
    );
    expect(error).to.equal(reason);
    expect(await count(database)).to.equal(0);
  });

  it('shows nothing of a transaction before it is over', async () => {
    await database.write(async (transaction) => {
      await addOne(transaction);
      expect(await count(database)).to.equal(0);
    });
    expect(await count(database)).to.equal(1);
  });

  it('refuses a transaction inside another one instead of waiting for its own end', async () => {
    const error = await errorOf(
      database.write(async (transaction) => {
        await addOne(transaction);
        await database.write((inner) => addOne(inner));
      }),
    );
    expect(error.message).to.contain('inside another one');
    expect(await count(database)).to.equal(0);
  });

  it('carries values unharmed', async () => {
    const texts = ["O'Brien", '$1 $$ :name ?', '乡土 %_', '\\', '{"a":null}', '-- no comment', '🎋'];
    await database.write(async (transaction) => {
      for (const [index, text] of texts.entries()) {
        await transaction.rows('INSERT INTO counter VALUES ($1, $2)', text, Number.MAX_SAFE_INTEGER - index);
      }
    });
    for (const [index, text] of texts.entries()) {
      expect(await count(database, text)).to.equal(Number.MAX_SAFE_INTEGER - index);
    }
  });

  it('gives the rows of RETURNING, also of an INSERT', async () => {
    const rows = await database.write((transaction) =>
      transaction.rows("INSERT INTO counter VALUES ('x', 1), ('y', 2) RETURNING name, n"),
    );
    expect(rows).to.deep.equal([
      { name: 'x', n: 1 },
      { name: 'y', n: 2 },
    ]);
  });

  it('says so when a rule of the schema is broken, and goes on working', async () => {
    const error = await errorOf(
      database.write(async (transaction) => {
        await addOne(transaction);
        await transaction.rows("INSERT INTO counter VALUES ('shared', 1)");
      }),
    );
    expect(error).to.include({ name: 'DatabaseError', code: 'constraint-violated' });
    await database.write((transaction) => addOne(transaction));
    expect(await count(database)).to.equal(1);
  });

  it('tells what to do when its tables are missing', async () => {
    const error = await errorOf(
      database.read((statements) => statements.rows('SELECT * FROM no_such_thing')),
    );
    expect(error).to.include({ code: 'schema-missing' });
    expect(error.message).to.contain('yuanjiao migrate');
  });

  it('takes up a prepared statement again whose table was missing or has changed since', async () => {
    const other = await databases.open(address);
    const ask = (): Promise<readonly object[]> =>
      other.read((statements) => statements.rows(`${PREPARED} SELECT n, $1 AS given FROM late`, 'x'));
    expect(await errorOf(ask())).to.have.property('code', 'schema-missing');
    await database.write((transaction) => transaction.rows('CREATE TABLE late (n INTEGER)'));
    expect(await ask()).to.deep.equal([]);
    await database.write(async (transaction) => {
      await transaction.rows('DROP TABLE late');
      await transaction.rows('CREATE TABLE late (m TEXT, n INTEGER)');
      await transaction.rows("INSERT INTO late VALUES ('m', 5)");
    });
    expect(await Promise.all([ask(), ask()])).to.deep.equal([[{ n: 5, given: 'x' }], [{ n: 5, given: 'x' }]]);
    await other.close();
  });

  it('waits for the transactions under way when it is closed, and refuses later ones', async () => {
    const other = await databases.open(address);
    const started = gate();
    const mayEnd = gate();
    const write = other.write(async (transaction) => {
      started.open();
      await mayEnd.opened;
      await addOne(transaction);
    });
    await started.opened;
    const closed = other.close();
    mayEnd.open();
    await Promise.all([write, closed]);
    expect(await count(database)).to.equal(1);
    expect(await errorOf(other.write((transaction) => addOne(transaction)))).to.include({
      code: 'database-closed',
    });
    expect(await errorOf(count(other))).to.include({ code: 'database-closed' });
    await other.close();
  });

  it('gives up with database-busy when somebody else keeps the lock, and has changed nothing', async () => {
    const impatient = await databases.open(address, { busyTimeoutMs: 100 });
    await database.write(async (transaction) => {
      await addOne(transaction);
      const error = await errorOf(impatient.write((other) => addOne(other)));
      expect(error).to.include({ code: 'database-busy', isRetryable: true });
      expect(await count(impatient)).to.equal(0);
    });
    await impatient.write((transaction) => addOne(transaction));
    expect(await count(database)).to.equal(2);
  });

  it('is whole after a process was killed in the middle of a transaction', async function killed() {
    const child = spawn(process.execPath, [SCRIPT, address, 'linger'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    await eventually(() => Promise.resolve(output.includes('open') || undefined));
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(await count(database, 'acknowledged')).to.equal(1);
    const rows = await eventually(() =>
      database.write((transaction) => transaction.rows("SELECT name FROM counter WHERE name LIKE 'open%'")),
    );
    expect(rows).to.deep.equal([]);
    if (databases.kind === 'SQLite') {
      const check = await database.read((statements) => statements.rows('PRAGMA integrity_check'));
      expect(check).to.deep.equal([{ integrity_check: 'ok' }]);
    }
  });

  if (databases.kind === 'SQLite') {
    it('waits for the disk at each commit and enforces foreign keys, on every connection', async () => {
      const wanted = [{ journal_mode: 'wal' }, { synchronous: 2 }, { foreign_keys: 1 }];
      expect(await database.read(settings)).to.deep.equal(wanted);
      expect(await database.write(settings)).to.deep.equal(wanted);
    });

    it('writes nothing through a read', async () => {
      const error = await errorOf(database.read((statements) => statements.rows('DELETE FROM counter')));
      expect(error).to.include({ name: 'DatabaseError' });
      expect(await count(database)).to.equal(0);
    });

    it('keeps files and reads going while writes wait for another process', async () => {
      const other = await databases.open(address);
      const started = gate();
      const mayEnd = gate();
      const holder = other.write(async (transaction) => {
        await addOne(transaction);
        started.open();
        await mayEnd.opened;
      });
      await started.opened;
      const waiting = Array.from({ length: 20 }, () => database.write((transaction) => addOne(transaction)));
      for (let round = 0; round < 20; round += 1) {
        await stat(tmpdir());
        expect(await count(database)).to.equal(0);
      }
      mayEnd.open();
      await Promise.all([holder, ...waiting]);
      expect(await count(database)).to.equal(21);
    });

    it('says so when its disk is full, keeps what it acknowledged and stays readable', async function full() {
      const script = 'mount -t tmpfs -o size=3m none "$1" && exec "$2" "$3" "sqlite:$1/full.db" fill';
      const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-full-'));
      const args = ['-rm', 'sh', '-c', script, 'sh', folder, process.execPath, SCRIPT];
      const { stdout } = await run('unshare', args);
      await rm(folder, { recursive: true });
      const report = JSON.parse(stdout) as Record<string, unknown>;
      expect(report).to.include({ code: 'database-full', integrity: 'ok' });
      expect(report['message']).to.match(/no room left.*Free some space/);
      expect(report['acknowledged']).to.be.greaterThan(3);
      expect(report['kept']).to.equal(report['acknowledged']);
    });

    it('names a file that is no database, and a place where none can be', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-odd-'));
      await writeFile(join(folder, 'odd.db'), 'This is a letter to the county office. '.repeat(200));
      const corrupt = await errorOf(openDatabase(`sqlite:${folder}/odd.db`));
      expect(corrupt).to.include({ code: 'database-corrupt' });
      expect(corrupt.message).to.contain('odd.db').and.contain('backup');
      await mkdir(join(folder, 'a.db'));
      expect(await errorOf(openDatabase(`sqlite:${folder}/a.db`))).to.include({
        code: 'database-unavailable',
      });
      const below = await errorOf(openDatabase(`sqlite:${folder}/odd.db/b.db`));
      expect(below).to.include({ code: 'database-unavailable' });
      await rm(folder, { recursive: true });
    });

    it('makes the folder it lies in, and its files for their owner alone', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-new-'));
      const fresh = await databases.open(`sqlite:${folder}/数据 1/yuanjiao.db`);
      await reset(fresh);
      for (const name of ['yuanjiao.db', 'yuanjiao.db-wal', 'yuanjiao.db-shm']) {
        const { mode } = await stat(join(folder, '数据 1', name));
        expect(mode & 0o777, name).to.equal(0o600);
      }
      await fresh.close();
      await rm(folder, { recursive: true });
    });
  } else {
    it('runs a transaction again that collided with another one', async () => {
      const firstHas = gate();
      const secondHas = gate();
      let runs = 0;
      const crossing = (one: string, other: string, mine: { open(): void }, theirs: Promise<unknown>) =>
        database.write(async (transaction) => {
          runs += 1;
          await addOne(transaction, one);
          mine.open();
          await theirs;
          await addOne(transaction, other);
        });
      await Promise.all([
        crossing('shared', 'other', firstHas, secondHas.opened),
        crossing('other', 'shared', secondHas, firstHas.opened),
      ]);
      expect([await count(database), await count(database, 'other')]).to.deep.equal([2, 2]);
      expect(runs).to.equal(3);
    });

    it('says so when its connection is cut, and connects again', async () => {
      const error = await errorOf(
        database.write(async (transaction) => {
          await addOne(transaction);
          await transaction.rows('SELECT pg_terminate_backend(pg_backend_pid())');
        }),
      );
      expect(error).to.include({ code: 'database-unavailable', isRetryable: true });
      expect(await count(database)).to.equal(0);
      await database.write((transaction) => addOne(transaction));
      expect(await count(database)).to.equal(1);
    });

    it('names a server that cannot be reached, without its password', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      server.close();
      await once(server, 'close');
      const error = await errorOf(openDatabase(`postgres://office:geheim@127.0.0.1:${port}/yuanjiao`));
      expect(error).to.include({ code: 'database-unavailable' });
      expect(error.message).to.contain(`127.0.0.1:${port}/yuanjiao`).and.not.contain('geheim');
    });
  }
});

describe('A database address', () => {
  for (const address of [
    'mysql://office:geheim@host/name',
    'yuanjiao.db',
    'sqlite:',
    'sqlite::memory:',
    'postgres://office:geheim@host',
    'postgres://office:ge heim%@host:port/name',
    'postgres://office:geheim@host/name?sslmode=perhaps',
  ]) {
    it(`is refused when it is ${JSON.stringify(address)}`, async () => {
      const error = await errorOf(openDatabase(address));
      expect(error).to.include({ code: 'address-invalid' });
      expect(error.message).to.not.contain('heim');
    });
  }
});

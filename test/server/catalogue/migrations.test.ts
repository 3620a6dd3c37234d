import { expect } from 'chai';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import { MIGRATIONS } from '../../../server/catalogue/migrations/index.ts';
import type { Migration } from '../../../server/catalogue/migrations/migration.ts';
import type { Database } from '../../../server/catalogue/transaction.ts';
import { Vocabulary } from '../../../server/catalogue/vocabulary.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const IDS = MIGRATIONS.map((step) => step.id);

const step = (id: string, statements: readonly string[], more: Partial<Migration> = {}): Migration => ({
  id,
  sqlite: statements,
  postgres: statements,
  ...more,
});

const recorded = async (database: Database): Promise<readonly string[]> =>
  (
    await database.read((statements) =>
      statements.rows<{ id: string }>('SELECT id FROM migration ORDER BY id'),
    )
  ).map(({ id }) => id);

const TABLES = ['courseware', 'version', 'tag', 'courseware_tag', 'courseware_history', 'job'];

async function rowCounts(database: Database, tables = TABLES): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const [row] = await database.read((statements) =>
      statements.rows<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`),
    );
    counts[table] = row?.n ?? 0;
  }
  return counts;
}

async function fill(database: Database): Promise<void> {
  const catalogue = new Catalogue(database);
  for (const title of ['桃形李栽培', '茶叶', '竹笋']) {
    const { id } = await catalogue.create({ title, tags: ['乡土', '微型党课'] });
    await catalogue.openVersion(id, { uploadId: `upload-${id}`, sourceName: 'a.mp4', sourceBytes: 1 });
  }
}

/** The same by hand, as the first program wrote it: today's catalogue wants today's columns. */
async function fillFirstSchema(database: Database): Promise<void> {
  await database.write(async (transaction) => {
    for (const id of ['plum', 'tea', 'bamboo']) {
      await transaction.rows(
        `INSERT INTO courseware (id, title, description, publication, created_at, updated_at, revision)
           VALUES ($1, $1, '', 'draft', 1, 1, 1)`,
        id,
      );
      await transaction.rows(
        "INSERT INTO courseware_tag (courseware_id, tag, position) VALUES ($1, '乡土', 0)",
        id,
      );
      await transaction.rows(
        `INSERT INTO version (id, courseware_id, number, place, production, generation, is_playable, progress,
           warnings, source_name, source_bytes, created_at)
           VALUES ($1, $1, 1, 'current', $2, $1, 1, 1, '[]', 'a.mp4', 1, 1)`,
        id,
        id === 'tea' ? 'transcoding' : 'ready',
      );
      await transaction.rows(
        `INSERT INTO courseware_history (courseware_id, revision, at, actor, field) VALUES ($1, 1, 1, 'x', 'created')`,
        id,
      );
    }
  });
}

/** Adds a column the hard way: what SQLite's manual prescribes when ALTER TABLE cannot do it. */
const REBUILD: Migration = {
  id: '9001-rebuild',
  rebuildsTables: true,
  sqlite: [
    'CREATE TABLE fresh (id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, title TEXT NOT NULL)',
    'INSERT INTO fresh SELECT id, number, title FROM courseware',
    'DROP TABLE courseware',
    'ALTER TABLE fresh RENAME TO courseware',
  ],
  postgres: ['ALTER TABLE courseware ALTER COLUMN title TYPE VARCHAR(300)'],
};

onEachDatabase('The schema', (databases) => {
  it('is brought up once, and a second run does nothing', async () => {
    const database = await databases.open(await databases.address());
    expect(await database.migrate()).to.deep.equal(IDS);
    expect(await database.migrate()).to.deep.equal([]);
    expect(await recorded(database)).to.deep.equal(IDS);
  });

  it('is brought up once when three start at the same time', async () => {
    const address = await databases.address();
    const starters = await Promise.all([0, 1, 2].map(() => databases.open(address)));
    const ran = await Promise.all(starters.map((starter) => starter.migrate()));
    expect(ran.flat().toSorted()).to.deep.equal(IDS);
    const tags = await new Vocabulary(starters[0] as Database).tags();
    expect(new Set(tags.map((tag) => tag.name)).size).to.equal(tags.length);
  });

  it('has nothing of a step that failed, and takes the mended step afterwards', async () => {
    const address = await databases.address();
    const broken = step('9001-broken', ['CREATE TABLE half (n INTEGER)', 'INSERT INTO nowhere VALUES (1)']);
    const database = await databases.open(address, { migrations: [...MIGRATIONS, broken] });
    const error = await errorOf(database.migrate());
    expect(error).to.include({ code: 'migration-failed' });
    expect(error.message).to.contain('9001-broken').and.contain('nowhere');
    expect(await recorded(database)).to.deep.equal(IDS);
    const half = await errorOf(database.read((statements) => statements.rows('SELECT * FROM half')));
    expect(half).to.include({ code: 'schema-missing' });
    const mended = step('9001-broken', ['CREATE TABLE half (n INTEGER)']);
    const again = await databases.open(address, { migrations: [...MIGRATIONS, mended] });
    expect(await again.migrate()).to.deep.equal(['9001-broken']);
  });

  it('is not touched by an older program', async () => {
    const address = await databases.address();
    const newer = await databases.open(address, { migrations: [...MIGRATIONS, step('9999-future', [])] });
    await newer.migrate();
    const older = await databases.open(address);
    const error = await errorOf(older.migrate());
    expect(error).to.include({ code: 'schema-newer' });
    expect(error.message).to.contain('9999-future');
  });

  it('loses no row of a filled catalogue by any later step', async () => {
    const address = await databases.address();
    const first = await databases.open(address, { migrations: MIGRATIONS.slice(0, 1) });
    await first.migrate();
    await fillFirstSchema(first);
    const tables = TABLES.filter((table) => table !== 'job');
    const counts = await rowCounts(first, tables);
    for (const [index, { id }] of MIGRATIONS.entries()) {
      const database = await databases.open(address, { migrations: MIGRATIONS.slice(0, index + 1) });
      expect(await database.migrate()).to.deep.equal(index === 0 ? [] : [id]);
      expect(await rowCounts(database, tables), id).to.deep.equal(counts);
      await database.close();
    }
    const today = new Catalogue(await databases.open(address));
    expect((await today.get('plum')).current?.poster, 'ready ones had one by this name').to.equal(
      'poster.jpg',
    );
    expect((await today.get('tea')).current?.poster).to.equal(undefined);
  });

  it('loses no row of a filled catalogue when a step rebuilds a table others refer to', async () => {
    const address = await databases.address();
    const before = await databases.open(address);
    await before.migrate();
    await fill(before);
    const counts = await rowCounts(before);
    expect(counts).to.include({ courseware: 3, version: 3, courseware_tag: 6 });
    const after = await databases.open(address, { migrations: [...MIGRATIONS, REBUILD] });
    expect(await after.migrate()).to.deep.equal(['9001-rebuild']);
    expect(await rowCounts(after)).to.deep.equal(counts);
    const orphan = await errorOf(
      after.write((transaction) =>
        transaction.rows(
          "INSERT INTO courseware_tag (courseware_id, tag, position) VALUES ('none', '乡土', 0)",
        ),
      ),
    );
    expect(orphan).to.include({ code: 'constraint-violated' });
  });

  it('refuses a rebuilding step that would leave rows without their parent', async () => {
    const address = await databases.address();
    const before = await databases.open(address);
    await before.migrate();
    await fill(before);
    const counts = await rowCounts(before);
    const careless: Migration = {
      id: '9001-careless',
      rebuildsTables: true,
      sqlite: [...REBUILD.sqlite, 'DELETE FROM courseware'],
      postgres: ['DELETE FROM tag'],
    };
    const after = await databases.open(address, { migrations: [...MIGRATIONS, careless] });
    expect(await errorOf(after.migrate())).to.include({ code: 'migration-failed' });
    expect(await rowCounts(after)).to.deep.equal(counts);
  });

  it('refuses by itself what the program must never write', async () => {
    const database = await databases.open();
    const { id } = await new Catalogue(database).create({ title: '茶叶' });
    for (const statement of [
      `UPDATE courseware SET publication = 'bogus' WHERE id = '${id}'`,
      `UPDATE courseware SET title = '${'长'.repeat(201)}' WHERE id = '${id}'`,
      `UPDATE courseware SET title = '' WHERE id = '${id}'`,
      `UPDATE courseware SET revision = 0 WHERE id = '${id}'`,
      `INSERT INTO courseware_tag (courseware_id, tag, position) VALUES ('${id}', '没有的标签', 0)`,
      `INSERT INTO tag (name, rank) VALUES ('', 1)`,
      `INSERT INTO administrator (id, password_hash, created_at, changed_at) VALUES (2, 'x', 0, 0)`,
    ]) {
      const error = await errorOf(database.write((transaction) => transaction.rows(statement)));
      expect(error, statement).to.include({ code: 'constraint-violated' });
    }
  });
});

import { expect } from 'chai';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import { MIGRATIONS } from '../../../server/database/migrations/index.ts';
import type { Migration } from '../../../server/database/migrations/migration.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { Vocabulary } from '../../../server/catalogue/vocabulary.ts';
import { ClassBook } from '../../../server/live/class-book.ts';
import { errorOf, onEachDatabase, type TestDatabases } from '../../support/databases.ts';
import { DROPPED_INDEXES, FILLED_BY_DIALECT, FILLED_STEPS } from './filled-steps.ts';

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

async function rowCounts(database: Database, tables: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const [row] = await database.read((statements) =>
      statements.rows<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`),
    );
    counts[table] = row?.n ?? 0;
  }
  return counts;
}

/** Writes what a library had in the tables of one step. */
async function fillStep(database: Database, id: string): Promise<void> {
  const statements = [...(FILLED_STEPS[id] ?? []), ...(FILLED_BY_DIALECT[database.dialect][id] ?? [])];
  await database.write(async (transaction) => {
    for (const statement of statements) await transaction.rows(statement);
  });
}

/** Every table of ours, and every index that has a name. */
async function namesOf(
  database: Database,
): Promise<{ readonly tables: string[]; readonly indexes: string[] }> {
  const rows = await database.read((statements) =>
    statements.rows<{ type: string; name: string }>(
      database.dialect === 'sqlite'
        ? `SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'index')
            AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE 'spoken!_words!_%' ESCAPE '!'`
        : `SELECT 'table' AS type, tablename AS name FROM pg_tables WHERE schemaname = 'public'
           UNION ALL SELECT 'index', indexname FROM pg_indexes WHERE schemaname = 'public'`,
    ),
  );
  const named = (type: string): string[] =>
    rows.flatMap((row) => (row.type === type && row.name !== 'migration' ? [row.name] : []));
  return { tables: named('table'), indexes: named('index') };
}

/** A filled database at the schema of today. */
async function filledLibrary(databases: TestDatabases): Promise<string> {
  const address = await databases.address();
  for (const [index, { id }] of MIGRATIONS.entries()) {
    const database = await databases.open(address, { migrations: MIGRATIONS.slice(0, index + 1) });
    await database.migrate();
    await fillStep(database, id);
    await database.close();
  }
  return address;
}

/** Rebuilds the table of items as it is today: what SQLite's manual prescribes when ALTER TABLE cannot do it. */
async function rebuildOf(database: Database, table: string): Promise<Migration> {
  const rows =
    database.dialect === 'postgres'
      ? []
      : await database.read((statements) =>
          statements.rows<{ type: string; sql: string }>(
            'SELECT type, sql FROM sqlite_schema WHERE tbl_name = $1 AND sql IS NOT NULL',
            table,
          ),
        );
  const create = rows.find(({ type }) => type === 'table')?.sql ?? '';
  return {
    id: '9001-rebuild',
    rebuildsTables: true,
    sqlite: [
      create.replace(/^CREATE TABLE "?\w+"?/, 'CREATE TABLE fresh'),
      `INSERT INTO fresh SELECT * FROM ${table}`,
      `DROP TABLE ${table}`,
      `ALTER TABLE fresh RENAME TO ${table}`,
      ...rows.flatMap(({ type, sql }) => (type === 'index' ? [sql] : [])),
    ],
    postgres: ['ALTER TABLE courseware ALTER COLUMN title TYPE VARCHAR(300)'],
  };
}

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

  it('loses no row and no index of a filled library by any step', async function everyStep() {
    const address = await databases.address();
    let rows: Record<string, number> = {};
    let indexes: readonly string[] = [];
    for (const [index, { id }] of MIGRATIONS.entries()) {
      const database = await databases.open(address, { migrations: MIGRATIONS.slice(0, index + 1) });
      expect(await database.migrate()).to.deep.equal([id]);
      expect(await rowCounts(database, Object.keys(rows)), id).to.deep.equal(rows);
      const after = await namesOf(database);
      const wanted = indexes.filter((name) => DROPPED_INDEXES[id]?.includes(name) !== true);
      expect(after.indexes, id).to.include.members(wanted);
      await fillStep(database, id);
      rows = await rowCounts(database, after.tables);
      for (const [table, count] of Object.entries(rows)) {
        expect(count, `rows of ${table}: give the tables of ${id} some in filled-steps.ts`).to.be.greaterThan(
          0,
        );
      }
      ({ indexes } = after);
      await database.close();
    }
  });

  it('carries over what earlier programs wrote', async () => {
    const today = new Catalogue(await databases.open(await filledLibrary(databases)));
    const [plum, tea, bamboo] = [await today.get('plum'), await today.get('tea'), await today.get('bamboo')];
    expect(plum.current?.poster, 'ready ones had one by this name').to.equal('poster.jpg');
    expect(tea.current?.poster).to.equal(undefined);
    expect(plum).to.include({ publishedAt: 77, duration: 60, language: 'zh-CN' });
    // In the order they were made.
    expect([tea, plum, bamboo].map(({ number }) => number)).to.deep.equal([1, 2, 3]);
    expect([plum, bamboo].map(({ series, seriesPosition }) => [series, seriesPosition])).to.deep.equal([
      ['乡土课堂', 1],
      ['乡土课堂', 2],
    ]);
    expect(plum.seriesId).to.equal(bamboo.seriesId);
    expect((await today.create({ title: '第四' })).number).to.equal(4);
  });

  it('loses no row and no index of a filled library when a step rebuilds a table others refer to', async () => {
    const address = await filledLibrary(databases);
    const before = await databases.open(address);
    const { tables, indexes } = await namesOf(before);
    const counts = await rowCounts(before, tables);
    const steps = [...MIGRATIONS, await rebuildOf(before, 'courseware')];
    const after = await databases.open(address, { migrations: steps });
    expect(await after.migrate()).to.deep.equal(['9001-rebuild']);
    expect(await rowCounts(after, tables)).to.deep.equal(counts);
    expect((await namesOf(after)).indexes).to.have.members(indexes);
    const orphan = await errorOf(
      after.write((transaction) =>
        transaction.rows(
          "INSERT INTO courseware_tag (courseware_id, tag, position) VALUES ('none', '乡土', 0)",
        ),
      ),
    );
    expect(orphan).to.include({ code: 'constraint-violated' });
    await after.write((transaction) => transaction.rows("DELETE FROM courseware WHERE id = 'plum'"));
    const left = await rowCounts(after, ['courseware_presenter', 'courseware_label', 'favourite', 'caption']);
    expect(left, 'references still lead to the rebuilt table').to.deep.equal({
      courseware_presenter: 0,
      courseware_label: 0,
      favourite: 0,
      caption: 0,
    });
  });

  if (databases.kind === 'SQLite') {
    it('refuses a step that drops a table and does not say so, because it would take child rows along', async () => {
      const address = await filledLibrary(databases);
      const before = await databases.open(address);
      const { tables } = await namesOf(before);
      const counts = await rowCounts(before, tables);
      const { rebuildsTables: _, ...silent } = await rebuildOf(before, 'courseware');
      const after = await databases.open(address, { migrations: [...MIGRATIONS, silent] });
      const error = await errorOf(after.migrate());
      expect(error).to.include({ code: 'migration-failed' });
      expect(error.message).to.contain('rebuildsTables');
      expect(await rowCounts(before, tables)).to.deep.equal(counts);
      // What it would have done.
      await before.write(async (transaction) => {
        for (const statement of silent.sqlite) await transaction.rows(statement);
      });
      expect(await rowCounts(before, ['courseware', 'courseware_tag', 'version'])).to.deep.equal({
        courseware: 3,
        courseware_tag: 0,
        version: 0,
      });
    });
  }

  it('refuses a rebuilding step that would leave rows without their parent', async () => {
    const address = await filledLibrary(databases);
    const before = await databases.open(address);
    const { tables } = await namesOf(before);
    const counts = await rowCounts(before, tables);
    const rebuild = await rebuildOf(before, 'courseware');
    const careless: Migration = {
      ...rebuild,
      id: '9001-careless',
      sqlite: [...rebuild.sqlite, 'DELETE FROM courseware'],
      postgres: ['DELETE FROM tag'],
    };
    const after = await databases.open(address, { migrations: [...MIGRATIONS, careless] });
    expect(await errorOf(after.migrate())).to.include({ code: 'migration-failed' });
    expect(await rowCounts(after, tables)).to.deep.equal(counts);
  });

  it('refuses by itself what the program must never write', async () => {
    const database = await databases.open();
    const { id } = await new Catalogue(database).create({ title: '茶叶' });
    const noon = { plannedStart: '2030-01-01 12:00', plannedEnd: '2030-01-01 13:00' };
    await new ClassBook(database).create({ title: '直播课堂', ...noon });
    for (const statement of [
      `UPDATE courseware SET publication = 'bogus' WHERE id = '${id}'`,
      `UPDATE courseware SET title = '${'长'.repeat(201)}' WHERE id = '${id}'`,
      `UPDATE courseware SET title = '' WHERE id = '${id}'`,
      `UPDATE courseware SET revision = 0 WHERE id = '${id}'`,
      `INSERT INTO courseware_tag (courseware_id, tag, position) VALUES ('${id}', '没有的标签', 0)`,
      `INSERT INTO tag (name, rank) VALUES ('', 1)`,
      `UPDATE courseware SET kind = 'film' WHERE id = '${id}'`,
      `UPDATE courseware SET origin = 'bought' WHERE id = '${id}'`,
      `UPDATE courseware SET year = 12 WHERE id = '${id}'`,
      `UPDATE courseware SET number = NULL WHERE id = '${id}'`,
      `UPDATE courseware SET series_id = 'none' WHERE id = '${id}'`,
      `UPDATE courseware SET rights_until = 'soon' WHERE id = '${id}'`,
      `INSERT INTO courseware_label (courseware_id, facet, value, position) VALUES ('${id}', 'colour', 'red', 0)`,
      `INSERT INTO series (id, title, rank, created_at, updated_at) VALUES ('s', '${'长'.repeat(101)}', 1, 1, 1)`,
      `INSERT INTO topic (id, title, state, rank, created_at, updated_at) VALUES ('t', 't', 'over', 1, 1, 1)`,
      `INSERT INTO topic (id, title, state, opens_on, closes_on, rank, created_at, updated_at)
         VALUES ('t', 't', 'open', '2026-02-01', '2026-01-31', 1, 1, 1)`,
      `INSERT INTO region (id, code, name, level, path) VALUES ('r', 'r', 'r', 'province', '/r/')`,
      `INSERT INTO tag_alias (alias, tag) VALUES ('别名', '没有的标签')`,
      `INSERT INTO administrator (id, password_hash, created_at, changed_at) VALUES (2, 'x', 0, 0)`,
      `UPDATE live_class SET state = 'paused'`,
      `UPDATE live_class SET state = 'draft', announced_at = 1`,
      `UPDATE live_class SET planned_end = planned_start`,
      `UPDATE live_class SET grace_seconds = 0`,
      `UPDATE live_class SET courseware_id = 'none'`,
      `INSERT INTO live_timetable (id, last_number) VALUES (2, 0)`,
      `INSERT INTO live_key (class_id, role, key_hash, issued_at) SELECT id, 'third', '${'0'.repeat(64)}', 1 FROM live_class`,
      `INSERT INTO live_key (class_id, role, key_hash, issued_at) SELECT id, 'main', 'in clear', 1 FROM live_class`,
      `INSERT INTO live_interval (class_id, from_ms, until_ms) SELECT id, 2, 1 FROM live_class`,
      `INSERT INTO live_mark (id, class_id, kind, at, created_at) SELECT 'm', id, 'notice', 1, 1 FROM live_class`,
    ]) {
      const error = await errorOf(database.write((transaction) => transaction.rows(statement)));
      expect(error, statement).to.include({ code: 'constraint-violated' });
    }
  });
});

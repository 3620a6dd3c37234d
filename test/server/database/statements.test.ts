import { expect } from 'chai';

import { calendarDay } from '../../../server/catalogue/calendar-day.ts';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import { Collections } from '../../../server/catalogue/collections.ts';
import { patternFor } from '../../../server/catalogue/courseware-text.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { Vocabulary } from '../../../server/catalogue/vocabulary.ts';
import { onEachDatabase } from '../../support/databases.ts';

onEachDatabase('Statements', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  const statements: string[] = [];

  before(async function fill() {
    database = await databases.open(undefined, {
      log: (sql) => {
        statements.push(sql);
      },
    });
    catalogue = new Catalogue(database);
    await catalogue.createMany(
      Array.from({ length: 3000 }, (_, index) => ({
        title: `课 ${index}`,
        tags: ['乡土', '农业技术', '微型党课'],
        presenters: ['甲', '乙', '丙'],
        audience: ['村干部', '种植户'],
        trades: ['茶叶'],
        months: [1, 2, 3],
        series: `系列 ${index % 10}`,
      })),
    );
    await database.write(async (transaction) => {
      await transaction.rows('UPDATE courseware SET created_at = created_at + number');
      await transaction.rows('ANALYZE');
    });
  });

  /** How the database means to carry out the statement that was logged last. */
  const planOf = async (log: string): Promise<string> => {
    const sql = log.slice(log.indexOf('SELECT'));
    // The values of the mark come last but for the limit; what they are does not matter to the plan.
    const bound = sql.replace(/\$1\b/g, '1795000000000').replace(/\$2\b/g, "'m'").replace(/\$3\b/g, '21');
    const rows = await database.read((reader) =>
      reader.rows<Record<string, unknown>>(
        `${databases.kind === 'SQLite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'} ${bound}`,
      ),
    );
    return rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('\n');
  };

  it('read a page of items with their tags, presenters and labels at one go, each item once', async () => {
    statements.length = 0;
    const { items } = await catalogue.list({ limit: 20 });
    expect(statements.filter((sql) => /SELECT/.test(sql))).to.have.length(1);
    expect(items).to.have.length(20);
    expect(new Set(items.map(({ id }) => id)).size).to.equal(20);
    for (const { tags, presenters, audience, months } of items) {
      expect([tags.length, presenters.length, audience.length, months.length]).to.deep.equal([3, 3, 2, 3]);
    }
  });

  it('begin a later page at its mark, and do not read what lies before', async () => {
    const { next } = await catalogue.list({ limit: 20 });
    statements.length = 0;
    await catalogue.list({ limit: 20, ...(next !== undefined && { after: next }) });
    const plan = await planOf(statements[0] ?? '');
    expect(plan).to.match(
      databases.kind === 'SQLite'
        ? /SEARCH c USING INDEX courseware_newest \(\(created_at,id\)<\(\?,\?\)\)/
        : /courseware_newest on courseware c[^]*Index Cond: \(ROW\(created_at, id\) < ROW/,
    );
    // The form that looks the same and walks the whole index.
    const slow = (statements[0] ?? '').replace(
      /\(c\.created_at, c\.id\) < \(\$1, \$2\)/,
      '(c.created_at < $1 OR (c.created_at = $1 AND c.id < $2))',
    );
    expect(slow).to.not.equal(statements[0]);
    expect(await planOf(slow)).to.not.match(/\(created_at,id\)<|Index Cond: \(ROW/);
  });

  it('count items, not the rows that are joined to them', async () => {
    const [series] = await new Collections(database, 'series').list();
    expect(series?.itemCount).to.equal(300);
    const topics = new Collections(database, 'topic');
    const { items } = await catalogue.list({ limit: 5 });
    const ids = items.map(({ id }) => id);
    for (const title of ['一', '二']) await topics.setItems((await topics.create({ title })).id, ids);
    for (const topic of await topics.list()) expect(topic.itemCount).to.equal(5);
    const tag = (await new Vocabulary(database).tags()).find(({ name }) => name === '乡土');
    expect(tag?.uses).to.equal(3000);
  });

  it('read back the ids of what many rows name at once, also when it was there or others were quicker', async () => {
    const fresh = await databases.open();
    const library = new Catalogue(fresh);
    await library.create({ title: '零', series: '丙系列', presenters: ['丙'] });
    const made = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const [id = ''] = await library.createMany([
          {
            title: `课 ${index}`,
            series: ['甲系列', '乙系列', '丙系列'][index % 3] ?? '',
            presenters: ['甲', '乙', '丙'],
            producer: '同一单位',
          },
        ]);
        return library.get(id);
      }),
    );
    const known = async (table: string, column: string): Promise<ReadonlyMap<string, string>> => {
      const rows = await fresh.read((reader) =>
        reader.rows<{ id: string; name: string }>(`SELECT id, ${column} AS name FROM ${table}`),
      );
      const names = new Map(rows.map(({ id, name }) => [name, id]));
      expect(names.size, `every ${table} once`).to.equal(rows.length);
      return names;
    };
    const [series, people, units] = [
      await known('series', 'title'),
      await known('person', 'name'),
      await known('unit', 'name'),
    ];
    expect([series.size, people.size, units.size]).to.deep.equal([3, 3, 1]);
    for (const item of made) {
      expect(item.seriesId).to.equal(series.get(item.series ?? ''));
      expect(item.presenters.map(({ id }) => id)).to.deep.equal(
        ['甲', '乙', '丙'].map((name) => people.get(name)),
      );
      expect(item.producer?.id).to.equal(units.get('同一单位'));
    }
  });

  it('look for what was typed, not for patterns in it', async () => {
    const rows = await database.read((reader) =>
      reader.rows<{ plain: number | boolean; escaped: number | boolean }>(
        `SELECT '1000X技术' LIKE $1 AS plain, '1000X技术' LIKE $2 ESCAPE '!' AS escaped`,
        '%100%_%',
        patternFor('100%_'),
      ),
    );
    expect(Boolean(rows[0]?.plain), 'as it stands').to.equal(true);
    expect(Boolean(rows[0]?.escaped)).to.equal(false);
  });

  it('keep moments as numbers of the database’s clock, and days as text of the office’s calendar', async () => {
    const { createdAt, updatedAt } = await catalogue.create({
      title: '时刻',
      rights: { until: '2031-01-31' },
    });
    for (const at of [createdAt, updatedAt]) {
      expect(Number.isSafeInteger(at)).to.equal(true);
      expect(at).to.be.closeTo(Date.now(), 60_000);
    }
    const rows = await database.read((reader) =>
      reader.rows<{ rights_until: string }>(
        "SELECT rights_until FROM courseware WHERE rights_until < '2031-02-01'",
      ),
    );
    expect(rows).to.deep.equal([{ rights_until: '2031-01-31' }]);
    expect(calendarDay(Date.parse('2025-12-31T15:59:59Z'))).to.equal('2025-12-31');
    expect(calendarDay(Date.parse('2025-12-31T16:00:00Z'))).to.equal('2026-01-01');
  });
});

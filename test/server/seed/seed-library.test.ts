import { expect } from 'chai';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { countFigures } from '../../../server/catalogue/figures.ts';
import type { PlannedItem } from '../../../server/seed/item-plan.ts';
import { seedLibrary, type SeedReport } from '../../../server/seed/seed-library.ts';
import type { Makings } from '../../../server/seed/shelve.ts';
import { indexMany } from '../../../server/search/item-rows.ts';
import { generationId } from 'yuanjiao/transcoder';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const COUNT = 150;

/** What a library consists of; not what the search keeps beside it. */
const TABLES = {
  region: 'id',
  tag: 'name',
  tag_alias: 'alias',
  category: 'code',
  series: 'id',
  unit: 'id',
  person: 'id',
  courseware: 'id',
  courseware_tag: 'courseware_id, tag',
  courseware_presenter: 'courseware_id, position',
  courseware_label: 'courseware_id, facet, position',
  courseware_history: 'courseware_id, revision, field',
  courseware_use: 'courseware_id',
  favourite: 'owner, courseware_id',
  version: 'id',
  caption: 'courseware_id, language',
  topic: 'id',
  topic_item: 'topic_id, position',
} as const;

async function rowsOf(database: Database): Promise<Record<string, readonly object[]>> {
  const found: Record<string, readonly object[]> = {};
  for (const [table, order] of Object.entries(TABLES)) {
    const rows = await database.read((statements) =>
      statements.rows<Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY ${order}`),
    );
    // Numbered as they came, whoever else wrote meanwhile.
    found[table] = rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'entry')),
    );
  }
  return found;
}

onEachDatabase('A seeded library', (databases) => {
  let first: Database;
  const open = async (): Promise<Database> =>
    databases.open(await databases.address(), { onChange: indexMany }).then(async (database) => {
      await database.migrate();
      return database;
    });

  /** Makings as the pipeline leaves them, without the pipeline. */
  const makeClips =
    (database: Database) =>
    async (trailers: readonly PlannedItem[]): Promise<Makings> => {
      await database.write(async (transaction) => {
        for (const [index, { id }] of trailers.entries()) {
          await transaction.rows(
            `INSERT INTO version (id, courseware_id, number, place, production, generation, is_playable, progress, warnings,
               duration, source_key, source_name, source_bytes, source_sha256, created_at)
             VALUES ($1, $2, 1, 'current', 'ready', $3, 1, 1, '[]', 30.02, $4, 'clip.mp4', 9, $5, 1) ON CONFLICT DO NOTHING`,
            `${id}-v1`,
            id,
            `clip-${index}`,
            `sources/clip-${index}`,
            String(index).padStart(64, '0'),
          );
          await transaction.rows(
            `INSERT INTO caption (courseware_id, language, label, kind, origin, is_hidden, is_edited, offset_ms, stretch,
               file_name, file_bytes, format, charset, cue_count, problems, edition, folder, piece_count, objects,
               source_sha256, changed_at)
             VALUES ($1, 'zh-Hans', '中文', 'subtitles', 'embedded', 0, 0, 0, 1, '轨 1', 1, 'srt', 'UTF-8', 6, '[]', 'zh-1',
               $2, 1, '[]', $3, 1) ON CONFLICT DO NOTHING`,
            id,
            `lectures/clip-${index}/captions-zh-1`,
            String(index).padStart(64, '0'),
          );
        }
      });
      return new Map(
        trailers.map(({ id, clip }, index) => [
          clip,
          { itemId: id, generation: generationId(`clip-${index}`) },
        ]),
      );
    };
  const seed = (
    database: Database,
    more: Partial<Parameters<typeof seedLibrary>[0]> = {},
  ): Promise<SeedReport> => seedLibrary({ database, count: COUNT, makeClips: makeClips(database), ...more });
  const figuresOf = async (database: Database): Promise<Record<string, number>> => {
    const figures = await database.read((statements) => countFigures(statements));
    return Object.fromEntries(figures.map(({ key, value }) => [key, value]));
  };

  before(async () => {
    first = await open();
    await seed(first);
  });

  it('is all published, as long to the second as was asked for, and printed by its figures', async () => {
    expect(await figuresOf(first)).to.include({
      items: COUNT,
      published: COUNT,
      seconds: COUNT * 2_400,
      hours: 100,
      winners: 11,
      'series/微型党课': 11,
      presenters: 420,
      makings: 12,
      'counties@2011-12-31': 6,
      'towns@2011-12-31': 118,
    });
    const { items } = await new Catalogue(first).list({ tag: '乡土', limit: 100 });
    expect(items).to.have.length((await figuresOf(first))['local'] ?? 0);
  });

  it('changes nothing when it is seeded again', async () => {
    const before = await rowsOf(first);
    expect(await seed(first)).to.deep.equal({ regions: 0, drafted: 0, published: 0, topics: 0 });
    expect(await rowsOf(first)).to.deep.equal(before);
  });

  it('is the same in another database', async () => {
    const second = await open();
    await seed(second);
    const [here, there] = [await rowsOf(first), await rowsOf(second)];
    for (const table of Object.keys(TABLES)) expect(there[table], table).to.deep.equal(here[table]);
  });

  it('has whole items: media, captions of what was made here, uses, presenters, places, a history', async () => {
    const catalogue = new Catalogue(first);
    const item = await catalogue.get((await catalogue.list({ tag: '乡土', limit: 1 })).items[0]?.id ?? '');
    expect(item).to.include({ kind: 'local', origin: 'self', publication: 'published', language: 'zh-CN' });
    expect(item.current).to.include({ production: 'ready', duration: item.duration });
    expect(item.region?.path).to.match(/^\/330600\/33\d{4}\/33\d{7}(-1)?\/$/);
    expect(item.presenters).to.not.be.empty;
    expect(item.series).to.be.oneOf(['越乡种植', '水乡养殖', '山里加工']);
    expect(item.uses.plays).to.be.greaterThan(0);
    expect(new Date(item.publishedAt ?? 0).getUTCFullYear()).to.equal(item.year);
    expect((await catalogue.history(item.id)).map(({ field, after }) => after ?? field)).to.deep.equal([
      item.title,
      'approved',
      'published',
    ]);
    const [captions] = await first.read((statements) =>
      statements.rows<{ n: number }>('SELECT COUNT(*) AS n FROM caption WHERE courseware_id = $1', item.id),
    );
    expect(captions?.n).to.equal(1);
  });

  it('leaves alone what people have done with it since', async () => {
    const database = await open();
    await seed(database);
    const catalogue = new Catalogue(database);
    await catalogue.update('sx-00020', { title: '改过的题目', code: 'OWN-1', tags: [] });
    await catalogue.move('sx-00021', 'suspended');
    const before = await rowsOf(database);
    expect(await seed(database)).to.include({ drafted: 0, published: 0 });
    expect(await rowsOf(database)).to.deep.equal(before);
  });

  it('is drafts as long as there are no media, and is published when they come', async () => {
    const database = await open();
    expect(await seedLibrary({ database, count: COUNT })).to.include({ drafted: COUNT, published: 0 });
    expect(await figuresOf(database)).to.include({ items: COUNT, published: 0, seconds: COUNT * 2_400 });
    expect(await seed(database)).to.include({ drafted: 0, published: COUNT });
    expect(await rowsOf(database)).to.deep.equal(await rowsOf(first));
  });

  it('is taken up where it was broken off', async () => {
    const database = await open();
    const stop = new AbortController();
    const broken = seed(database, {
      count: 1_500,
      signal: stop.signal,
      onProgress: (share) => share > 0.4 && stop.abort(new Error('the plug was pulled')),
    });
    expect((await errorOf(broken)).message).to.equal('the plug was pulled');
    expect((await figuresOf(database))['published']).to.equal(1_000);
    await seed(database, { count: 1_500 });
    expect(await figuresOf(database)).to.include({ published: 1_500, seconds: 1_500 * 2_400 });
  });

  it('does not mix with a library of another size', async () => {
    const before = await rowsOf(first);
    const refused = await errorOf(seed(first, { count: 300 }));
    expect(refused).to.include({ code: 'conflict' });
    expect(refused.message).to.contain('another size');
    expect(await rowsOf(first)).to.deep.equal(before);
    expect(await errorOf(seed(first, { count: 119 }))).to.include({ code: 'invalid-input' });
  });
});

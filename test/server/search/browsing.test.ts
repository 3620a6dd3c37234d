import { expect } from 'chai';

import type { CoursewareId } from '../../../server/catalogue/courseware.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { indexMany } from '../../../server/search/item-rows.ts';
import { Search, type SearchQuery } from '../../../server/search/search.ts';
import { openSearchDesk, type SearchDesk } from '../../../server/search/search-desk.ts';
import { eventually, errorOf, onEachDatabase } from '../../support/databases.ts';
import { putOnShelf, SHELF_DAY, type ShelfItem } from '../../support/shelf.ts';

const DAY_MS = 86_400_000;
const TAGS = ['乡土', '农业技术', '党员故事', '政策法规'];
const KINDS = ['local', 'skill', 'story'] as const;

const made = (index: number): ShelfItem => ({
  title: `${['茶叶', '杨梅', '黄酒', '安全'][index % 4]}讲座第${index}讲`,
  description: index % 3 === 0 ? '兼谈直播带货' : '',
  tags: TAGS.filter((_, tag) => (index >> tag) % 2 === 1),
  kind: KINDS[index % 3] ?? 'local',
  year: 2015 + (index % 6),
  duration: 60 * (1 + index * 2),
  trades: index % 2 === 0 ? ['茶业'] : ['水果', '加工'],
  months: [1 + (index % 12)],
  producer: `第${index % 5}制作组`,
  publishedAt: SHELF_DAY - (index % 10) * DAY_MS,
});

onEachDatabase('Browsing', (databases) => {
  let database: Database;
  let search: Search;
  let desk: SearchDesk;
  let ids: readonly CoursewareId[];
  const items = Array.from({ length: 60 }, (_, index) => made(index));

  before(async () => {
    database = await databases.open();
    search = new Search(database, { usesMaxAgeMs: 0, now: () => SHELF_DAY });
    desk = openSearchDesk({ database, store: undefined as never });
    ids = await putOnShelf(database, items);
  });

  const walk = async (query: SearchQuery): Promise<readonly CoursewareId[]> => {
    const found: CoursewareId[] = [];
    for (let after: string | undefined; ;) {
      const page = await search.find({ ...query, limit: 7, ...(after !== undefined && { after }) });
      found.push(...page.items.map(({ courseware }) => courseware.id));
      if (page.next === undefined) return found;
      after = page.next;
    }
  };

  it('shows every item once, whatever the order', async () => {
    for (const sort of ['newest', 'plays', 'favourites', 'title', 'relevance'] as const) {
      const found = await walk({ sort });
      expect(found.toSorted(), sort).to.deep.equal(ids.toSorted());
    }
    const typed = await walk({ q: '讲座', sort: 'relevance' });
    expect(typed.toSorted()).to.deep.equal(ids.toSorted());
  });

  it('puts the newest first, and titles by their sound', async () => {
    const newest = await search.find({ sort: 'newest', limit: 100 });
    const times = newest.items.map(({ courseware }) => courseware.publishedAt ?? 0);
    expect(times).to.deep.equal(times.toSorted((left, right) => right - left));
    const titles = (await search.find({ sort: 'title', limit: 3 })).items;
    expect(titles.map(({ courseware }) => courseware.title)).to.deep.equal([
      '安全讲座第3讲',
      '安全讲座第7讲',
      '安全讲座第11讲',
    ]);
  });

  it('goes by plays and favourites as they are now', async () => {
    const use = (id: string, plays: number, favourites: number): Promise<unknown> =>
      database.write((transaction) =>
        transaction.rows(
          `INSERT INTO courseware_use (courseware_id, plays, favourites) VALUES ($1, $2, $3)
             ON CONFLICT (courseware_id) DO UPDATE SET plays = excluded.plays, favourites = excluded.favourites`,
          id,
          plays,
          favourites,
        ),
      );
    await use(ids[5] ?? '', 9, 1);
    await use(ids[8] ?? '', 3, 7);
    const first = async (sort: 'plays' | 'favourites'): Promise<unknown> =>
      (await search.find({ sort, limit: 1 })).items[0]?.courseware.id;
    expect(await first('plays')).to.equal(ids[5]);
    expect(await first('favourites')).to.equal(ids[8]);
    await use(ids[8] ?? '', 30, 7);
    expect(await first('plays')).to.equal(ids[8]);
  });

  it('refuses the mark of another list', async () => {
    const { next } = await search.find({ limit: 5 });
    const error = await errorOf(search.find({ q: '茶叶', after: next ?? '' }));
    expect(error.code).to.equal('invalid-input');
    expect((await errorOf(search.find({ after: 'nonsense' }))).code).to.equal('invalid-input');
    expect((await errorOf(search.find({ limit: 0 }))).code).to.equal('invalid-input');
  });

  it('goes on after the last item seen, whatever was added meanwhile', async () => {
    const first = await search.find({ sort: 'newest', limit: 20 });
    await putOnShelf(database, [{ title: '刚刚发布', publishedAt: SHELF_DAY + DAY_MS }]);
    const second = await search.find({ sort: 'newest', limit: 100, after: first.next ?? '' });
    const seen = [...first.items, ...second.items].map(({ courseware }) => courseware.id);
    expect(seen.toSorted()).to.deep.equal(ids.toSorted());
  });

  it('takes only what was published since a moment', async () => {
    const { total } = await search.find({ since: SHELF_DAY - 2 * DAY_MS, filters: { tag: [] } });
    expect(total).to.equal(
      items.filter(({ publishedAt = 0 }) => publishedAt >= SHELF_DAY - 2 * DAY_MS).length + 1,
    );
  });

  it('counts under any filters as one would by hand', async () => {
    for (let round = 0; round < 40; round += 1) {
      const filters = {
        ...(round % 2 === 0 && { kind: [KINDS[round % 3] ?? '', ...(round % 4 === 0 ? ['story'] : [])] }),
        ...(round % 3 === 0 && { tag: TAGS.slice(round % 2, 1 + (round % 3)) }),
        ...(round % 5 !== 0 && { trade: round % 5 === 1 ? ['茶业'] : ['水果', '茶业'] }),
      };
      const valuesOf = (item: ShelfItem, facet: 'kind' | 'tag' | 'trade'): readonly string[] =>
        facet === 'kind' ? [item.kind ?? ''] : ((facet === 'tag' ? item.tags : item.trades) ?? []);
      const passes = (item: ShelfItem, besides?: string): boolean =>
        (Object.entries(filters) as ['kind' | 'tag' | 'trade', string[]][]).every(([facet, wanted]) => {
          if (facet === besides || wanted.length === 0) return true;
          const has = valuesOf(item, facet);
          return facet === 'tag'
            ? wanted.every((value) => has.includes(value))
            : wanted.some((value) => has.includes(value));
        });
      const page = await search.find({ q: '讲座', filters });
      expect(page.total).to.equal(items.filter((item) => passes(item)).length);
      for (const facet of ['kind', 'tag', 'trade'] as const) {
        const byHand = new Map<string, number>();
        for (const item of items.filter((one) => passes(one, facet === 'tag' ? undefined : facet))) {
          for (const value of valuesOf(item, facet)) byHand.set(value, (byHand.get(value) ?? 0) + 1);
        }
        const counted = page.facets[facet].filter(({ count }) => count > 0);
        expect(new Map(counted.map(({ value, count }) => [value, count])), facet).to.deep.equal(byHand);
      }
    }
  });

  it('counts a place with all that lies in it', async () => {
    await database.write(async (transaction) => {
      for (const [id, level, parent, path] of [
        ['city', 'city', null, '/city/'],
        ['county', 'county', 'city', '/city/county/'],
        ['town', 'town', 'county', '/city/county/town/'],
      ] as const) {
        await transaction.rows(
          `INSERT INTO region (id, code, name, level, parent_id, path, valid_from)
             VALUES ($1, $1, $1, $2, $3, $4, '2000-01-01')`,
          id,
          level,
          parent,
          path,
        );
      }
    });
    await putOnShelf(database, [
      { title: '镇里的课', region: 'town' },
      { title: '县里的课', region: 'county' },
    ]);
    const { facets } = await search.find({});
    expect(facets.region.map(({ value, count }) => [value, count])).to.have.deep.members([
      ['city', 2],
      ['county', 2],
      ['town', 1],
    ]);
    expect((await search.find({ filters: { region: ['county'] } })).total).to.equal(2);
    expect((await search.find({ filters: { region: ['nowhere'] } })).total).to.equal(0);
  });

  it('corrects a word that was typed with the wrong characters, and notes what found nothing', async () => {
    await putOnShelf(database, [{ title: '科普', tags: ['杨梅'] }]);
    const page = await search.find({ q: '羊没' });
    expect(page.corrected).to.equal('杨梅');
    expect(page.total).to.be.greaterThan(0);
    await search.find({ q: '无人机 植保' });
    await search.find({ q: '无人机植保' });
    await search.find({ q: '无人机植保', filters: { kind: ['skill'] } });
    await search.find({ q: '无人机植保' });
    await search.flush();
    const misses = await desk.misses();
    expect(misses.map(({ query, times, foundNow }) => [query, times, foundNow])).to.have.deep.members([
      ['无人机植保', 2, 0],
      ['无人机 植保', 1, 0],
      ['羊没', 1, 0],
    ]);
    await putOnShelf(database, [{ title: '无人机植保入门' }]);
    expect((await desk.misses()).find(({ query }) => query === '无人机植保')?.foundNow).to.equal(1);
  });

  it('takes synonyms as a librarian writes them, in every process at once', async () => {
    const other = new Search(database);
    expect((await other.find({ q: '果酒' })).total).to.equal(0);
    const group = await desk.saveSynonyms(['果酒', '黄酒', '果酒']);
    expect(group.words).to.deep.equal(['果酒', '黄酒']);
    expect((await other.find({ q: '果酒讲座' })).total).to.equal(15);
    expect((await other.find({ q: '“果酒”' })).total).to.equal(0);
    expect((await errorOf(desk.saveSynonyms(['黄酒', '老酒']))).code).to.equal('conflict');
    expect((await errorOf(desk.saveSynonyms(['黄酒']))).code).to.equal('invalid-input');
    expect((await desk.saveSynonyms(['果酒', '米酒'], group.id)).words).to.deep.equal(['果酒', '米酒']);
    expect((await other.find({ q: '果酒讲座' })).total).to.equal(0);
    await desk.removeSynonyms(group.id);
    expect((await errorOf(desk.removeSynonyms(group.id))).code).to.equal('not-found');
    expect((await desk.synonyms()).map(({ words }) => words)).to.deep.include(['远教', '远程教育']);
  });

  it('finds out what is indexed otherwise than it is, and makes it good', async () => {
    expect(await drifted()).to.deep.equal([0, 0, 0]);
    await database.write(async (transaction) => {
      await transaction.rows("UPDATE courseware SET title = '偷偷改的' WHERE id = $1", ids[0]);
      await transaction.rows('DELETE FROM search_item WHERE courseware_id = $1', ids[1]);
      await transaction.rows('DELETE FROM courseware WHERE id = $1', ids[2]);
    });
    expect(await drifted()).to.deep.equal([1, 1, 1]);
    const { missing, stale, ghosts } = await desk.drift();
    await database.write((transaction) => indexMany(transaction, [...missing, ...stale, ...ghosts]));
    expect(await drifted()).to.deep.equal([0, 0, 0]);
    expect((await search.find({ q: '偷偷改的' })).total).to.equal(1);
    const { total } = await search.find({});
    await database.write((transaction) =>
      transaction.rows("UPDATE search_item SET title = 'x', edition = 0"),
    );
    expect(await desk.indexMissing()).to.be.greaterThan(60);
    expect((await new Search(database).find({})).total).to.equal(total);
    expect((await new Search(database).find({ q: '偷偷改的' })).total).to.equal(1);
  });

  async function drifted(): Promise<readonly number[]> {
    const { missing, stale, ghosts } = await desk.drift();
    return [missing.length, stale.length, ghosts.length];
  }

  it('does not wait for a change whose row is gone', async () => {
    await putOnShelf(database, [{ title: '昙花一现' }]);
    await database.write((transaction) =>
      transaction.rows('DELETE FROM search_item WHERE change = (SELECT MAX(change) FROM search_item)'),
    );
    const fresh = new Search(database);
    expect((await fresh.find({ q: '昙花一现' })).total).to.equal(0);
    expect((await fresh.find({ q: '昙花一现' })).total).to.equal(0);
  });

  it('sees one whole state while others write', async () => {
    const catalogue = Array.from({ length: 30 }, (_, index) => ({ title: `并发写入第${index}讲` }));
    const writing = Promise.all(catalogue.map((item) => putOnShelf(database, [item])));
    await eventually(async () => {
      const { total, items: shown, facets } = await search.find({ q: '并发写入', limit: 100 });
      expect(shown.length).to.equal(total);
      expect(facets.kind).to.deep.equal([]);
      return total === 30 ? true : undefined;
    });
    await writing;
  });

  it('sweeps out what was there before, and finds the same', async () => {
    const small = new Search(database, { deadRows: 80, now: () => SHELF_DAY });
    const before = await small.find({ q: '讲座', limit: 100 });
    for (let round = 0; round < 6; round += 1) {
      await database.write(async (transaction) => {
        await transaction.rows('UPDATE courseware SET description = $1', `第${round}次`);
        await indexMany(transaction, ids);
      });
      await small.find({ q: '讲座' });
    }
    const after = await small.find({ q: '讲座', limit: 100 });
    expect(after.total).to.equal(before.total);
    expect((await small.find({ q: '第5次' })).total).to.be.greaterThan(50);
    expect((await small.find({ q: '第4次' })).total).to.equal(0);
  });
});

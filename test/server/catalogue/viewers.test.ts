import { randomUUID } from 'node:crypto';

import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import { Collections } from '../../../server/catalogue/collections.ts';
import { Favourites } from '../../../server/catalogue/favourites.ts';
import { MAX_LISTS, SavedLists } from '../../../server/catalogue/saved-lists.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { Uses } from '../../../server/catalogue/uses.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';
import { publishedItem } from '../../support/published-items.ts';

const DAY_MS = 86_400_000;

const refusal = async (promise: Promise<unknown>): Promise<CatalogueError> =>
  (await errorOf(promise)) as CatalogueError;

onEachDatabase('Viewers', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  let uses: Uses;
  let favourites: Favourites;
  let lists: SavedLists;

  before(async () => {
    database = await databases.open();
    catalogue = new Catalogue(database);
    uses = new Uses(database);
    favourites = new Favourites(database);
    lists = new SavedLists(database);
  });

  const item = async (title: string, more: object = {}): Promise<string> =>
    (await publishedItem(database, catalogue, { title, ...more })).id;
  const usesOf = async (id: string) => (await catalogue.get(id)).uses;

  it('are counted once a day, and their plays each time, also when the same play is told again', async () => {
    const coursewareId = await item('数');
    const playId = randomUUID();
    const now = Date.now();
    await Promise.all([1, 2, 3].map(() => uses.play({ playId, coursewareId, viewer: 'hall-1' }, now)));
    expect(await usesOf(coursewareId)).to.include({ plays: 1, views: 1 });
    await uses.play({ playId: randomUUID(), coursewareId, viewer: 'hall-1' }, now);
    await uses.play({ playId: randomUUID(), coursewareId, viewer: 'hall-2' }, now);
    await uses.play({ playId: randomUUID(), coursewareId });
    expect(await usesOf(coursewareId)).to.include({ plays: 4, views: 2 });
    await uses.play({ playId: randomUUID(), coursewareId, viewer: 'hall-1' }, now + DAY_MS);
    expect(await usesOf(coursewareId)).to.include({ plays: 5, views: 3 });
  });

  it('are counted exactly when many begin at once', async () => {
    const coursewareId = await item('同时开课');
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        uses.play({ playId: randomUUID(), coursewareId, viewer: `hall-${index % 20}` }),
      ),
    );
    expect(await usesOf(coursewareId)).to.deep.equal({ plays: 60, views: 20, favourites: 0 });
  });

  it('are written together when many begin in the same moment, each answered when it is on disk', async function flood() {
    const begun: string[] = [];
    const address = await databases.address();
    const logged = await databases.open(address, {
      log: (sql) => {
        if (/BEGIN|START TRANSACTION/.test(sql)) begun.push(sql);
      },
    });
    await logged.migrate();
    const library = new Catalogue(logged);
    const { id } = await publishedItem(logged, library, { title: '全市同时开课' });
    const gone = (await library.create({ title: '刚删掉' })).id;
    await library.remove(gone);
    begun.length = 0;
    const counting = new Uses(logged);
    const halls = Array.from({ length: 1200 }, (_, index) =>
      counting.play({
        playId: randomUUID(),
        coursewareId: index === 7 ? gone : id,
        viewer: `hall-${index}`,
      }),
    );
    const answers = await Promise.all(halls);
    expect(begun.length).to.be.lessThan(10);
    expect(answers[7]).to.deep.equal({ plays: 0, views: 0, favourites: 0 });
    expect((await library.get(id)).uses).to.deep.equal({ plays: 1199, views: 1199, favourites: 0 });
    await logged.close();
    expect((await errorOf(counting.play({ playId: randomUUID(), coursewareId: id }))).message).to.contain(
      'closed',
    );
  });

  it('leave nothing behind but the counts', async () => {
    const coursewareId = await item('两天后');
    const playId = randomUUID();
    await uses.play({ playId, coursewareId, viewer: 'hall-9' });
    await uses.sweep(Date.now() + DAY_MS);
    await uses.play({ playId, coursewareId, viewer: 'hall-9' });
    expect(await usesOf(coursewareId), 'told again after a day').to.include({ plays: 1, views: 1 });
    await uses.sweep(Date.now() + 4 * DAY_MS);
    const rows = await database.read((statements) =>
      statements.rows(
        'SELECT id FROM play_event WHERE courseware_id = $1 UNION ALL SELECT viewer FROM viewing WHERE courseware_id = $1',
        coursewareId,
      ),
    );
    expect(rows).to.deep.equal([]);
    expect(await usesOf(coursewareId)).to.include({ plays: 1, views: 1 });
  });

  it('keep favourites, each once, in the order they came', async () => {
    const ids = [await item('一'), await item('二'), await item('三')];
    for (const id of ids) {
      await favourites.set('keeper', id, true);
      await favourites.set('keeper', id, true);
    }
    await favourites.set('other', ids[0] ?? '', true);
    expect(await usesOf(ids[0] ?? '')).to.include({ favourites: 2 });
    await favourites.set('other', ids[0] ?? '', false);
    await favourites.set('other', ids[0] ?? '', false);
    expect(await usesOf(ids[0] ?? '')).to.include({ favourites: 1 });
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await favourites.list('keeper', { limit: 1, ...(after !== undefined && { after }) });
      seen.push(...page.items.map(({ id }) => id));
      after = page.next;
      if (after === undefined) break;
    }
    expect(seen.toSorted()).to.deep.equal(ids.toSorted());
    expect(await favourites.has('keeper', ids[1] ?? '')).to.equal(true);
    expect(await favourites.has('other', ids[1] ?? '')).to.equal(false);
    expect(await refusal(favourites.list('keeper', { after: 'x' }))).to.include({ code: 'invalid-input' });
    await catalogue.move(ids[2] ?? '', 'suspended');
    expect((await favourites.list('keeper')).items.map(({ id }) => id)).to.have.members(ids.slice(0, 2));
  });

  it('put lectures in lists that others may look at and only they may change', async () => {
    const [a, b, c] = [await item('甲'), await item('乙'), await item('丙')];
    const { id } = await lists.create('keeper', { title: '冬训夜校', items: [c, a, 'nobody', a] });
    const titles = async () => (await lists.get(id)).items.map(({ title }) => title);
    expect(await titles()).to.deep.equal(['丙', '甲']);
    await lists.replace('keeper', id, { title: '春训夜校', items: [b, c] });
    expect(await titles()).to.deep.equal(['乙', '丙']);
    expect(await lists.get(id)).to.include({ title: '春训夜校', itemCount: 2, owner: 'keeper' });
    expect(await refusal(lists.replace('other', id, { title: '我的', items: [] }))).to.include({
      code: 'not-found',
    });
    expect(await refusal(lists.remove('other', id))).to.include({ code: 'not-found' });
    await catalogue.move(b, 'withdrawn');
    expect(await titles()).to.deep.equal(['丙']);
    expect((await lists.list('keeper')).map((list) => [list.id, list.itemCount])).to.deep.equal([[id, 1]]);
    expect(await lists.list('other')).to.deep.equal([]);
    await lists.remove('keeper', id);
    expect(await refusal(lists.get(id))).to.include({ code: 'not-found' });
  });

  it('cannot fill the database with lists', async () => {
    const owner = 'greedy';
    for (let made = 0; made < MAX_LISTS; made += 1)
      await lists.create(owner, { title: `第 ${made}`, items: [] });
    expect(await refusal(lists.create(owner, { title: '再来', items: [] }))).to.include({ code: 'conflict' });
    const items = Array.from({ length: 501 }, (_, index) => `none-${index}`);
    expect(await refusal(lists.create('other', { title: '长', items }))).to.include({
      code: 'invalid-input',
    });
    expect(await refusal(lists.create('other', { title: ' ', items: [] }))).to.include({
      code: 'invalid-input',
    });
  });

  it('are led on: to the next in the series, then to what shares rare words, never to what is hidden', async () => {
    const series = new Collections(database, 'series');
    const shelf = await series.create({ title: '香榧十讲' });
    const [first, second, third] = [await item('第一讲'), await item('第二讲'), await item('第三讲')];
    await series.setItems(shelf.id, [first, second, third]);
    const rare = { trades: ['香榧'], presenters: ['榧农'] };
    await catalogue.update(second, { ...rare, tags: ['乡土'] });
    const akin = await item('香榧授粉', rare);
    const common = await item('别的乡土', { tags: ['乡土'] });
    const hidden = await item('撤下的香榧', rare);
    await catalogue.move(hidden, 'withdrawn');
    const stranger = await item('无关');
    const related: readonly string[] = (await catalogue.related(second)).map(({ id }) => id);
    expect(related.slice(0, 3)).to.have.members([third, akin, first]);
    expect(related.indexOf(akin)).to.be.lessThan(related.indexOf(common));
    expect(related.indexOf(third)).to.be.lessThan(related.indexOf(first));
    expect(related).to.not.include.members([hidden]);
    expect(related).to.not.include.members([second]);
    expect(related).to.not.include.members([stranger]);
    expect(await catalogue.related(second, 1)).to.have.length(1);
    expect(await refusal(catalogue.related('nobody'))).to.include({ code: 'not-found' });
  });

  it('find at the front what is new, what is open, and how much there is', async () => {
    const fresh = await databases.open();
    const library = new Catalogue(fresh);
    expect((await library.portal()).totals).to.deep.equal({ items: 0, seconds: 0 });
    const topics = new Collections(fresh, 'topic');
    const open = await topics.create({ title: '开放', state: 'open' });
    await topics.create({ title: '筹备' });
    for (const title of ['旧', '新']) {
      await publishedItem(fresh, library, { title, series: '头版' });
    }
    await library.create({ title: '草稿', series: '未发布的系列' });
    await fresh.write((transaction) =>
      transaction.rows(
        "UPDATE courseware SET published_at = published_at - $1 WHERE title = '旧'",
        8 * DAY_MS,
      ),
    );
    const front = await library.portal();
    expect(front.newest.map(({ title }) => title)).to.deep.equal(['新', '旧']);
    expect(front.newThisWeek.map(({ title }) => title)).to.deep.equal(['新']);
    expect(front.topics.map(({ id }) => id)).to.deep.equal([open.id]);
    expect(front.series.map(({ title, itemCount }) => [title, itemCount])).to.deep.equal([['头版', 2]]);
    expect(front.totals).to.deep.equal({ items: 2, seconds: 1200 });
  });
});

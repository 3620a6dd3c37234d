import { expect } from 'chai';

import { calendarDay } from '../../../server/catalogue/calendar-day.ts';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import { Collections } from '../../../server/catalogue/collections.ts';
import { withdrawExpired } from '../../../server/catalogue/publication.ts';
import { listTombstones } from '../../../server/catalogue/tombstones.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';
import { publishedItem } from '../../support/published-items.ts';

const DAY_MS = 86_400_000;
const dayIn = (days: number): string => calendarDay(Date.now() + days * DAY_MS);

onEachDatabase('Publication', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  const touched = new Set<string>();

  before(async () => {
    database = await databases.open(undefined, {
      onChange: async (_transaction, ids) => {
        for (const id of ids) touched.add(id);
      },
    });
    catalogue = new Catalogue(database).as('office');
  });

  const tombstoneOf = async (id: string) =>
    (await database.read((statements) => listTombstones(statements))).find(
      ({ coursewareId }) => coursewareId === id,
    );

  it('remembers when an item was published first', async () => {
    const { id, publishedAt } = await publishedItem(database, catalogue, { title: '头一回' });
    expect(publishedAt).to.be.closeTo(Date.now(), 60_000);
    await catalogue.move(id, 'suspended');
    expect(await catalogue.move(id, 'published')).to.include({ publishedAt });
  });

  it('ends by itself the day after the last day of its rights, and says why', async () => {
    const today = dayIn(0);
    const { id } = await publishedItem(database, catalogue, { title: '到期', rights: { until: today } });
    const later = await publishedItem(database, catalogue, { title: '未到', rights: { until: dayIn(30) } });
    const draft = await catalogue.create({ title: '草稿', rights: { until: '2001-01-01' } });
    expect(await withdrawExpired(database)).to.deep.equal([]);
    touched.clear();
    expect(await withdrawExpired(database, Date.now() + DAY_MS)).to.deep.equal([id]);
    expect([...touched]).to.deep.equal([id]);
    expect(await catalogue.get(id)).to.include({ publication: 'withdrawn' });
    expect((await catalogue.history(id)).at(-1)).to.include({
      actor: 'system',
      field: 'publication',
      before: 'published',
      after: 'withdrawn',
      reason: `its rights ended on ${today}`,
    });
    expect(await catalogue.get(later.id)).to.include({ publication: 'published' });
    expect(await catalogue.get(draft.id)).to.include({ publication: 'draft' });
    expect(await withdrawExpired(database, Date.now() + DAY_MS)).to.deep.equal([]);
  });

  it('is ended once when several servers look at the same time', async () => {
    const { id } = await publishedItem(database, catalogue, { title: '一次', rights: { until: dayIn(0) } });
    const ended = await Promise.all([0, 1, 2].map(() => withdrawExpired(database, Date.now() + DAY_MS)));
    expect(ended.flat()).to.deep.equal([id]);
    const moves = (await catalogue.history(id)).filter(({ after }) => after === 'withdrawn');
    expect(moves).to.have.length(1);
  });

  it('is refused for an item whose rights have ended, until a new end is entered', async () => {
    const { id } = await publishedItem(database, catalogue, { title: '续', rights: { until: dayIn(0) } });
    await catalogue.move(id, 'suspended');
    await catalogue.update(id, { rights: { until: dayIn(-1) } });
    const error = (await errorOf(catalogue.move(id, 'published'))) as CatalogueError;
    expect(error).to.include({ code: 'not-publishable', field: 'rights.until' });
    await catalogue.update(id, { rights: { until: dayIn(0) } });
    expect(await catalogue.move(id, 'published')).to.include({ publication: 'published' });
  });

  it('leaves a tombstone when it leaves the catalogue, and takes it away when it comes back', async () => {
    const { id } = await publishedItem(database, catalogue, {
      title: '去而复来',
      code: 'GONE-1',
      kind: 'local',
      series: '去系列',
      tags: ['乡土'],
    });
    const topics = new Collections(database, 'topic');
    const topic = await topics.create({ title: '去专题' });
    await topics.setItems(topic.id, [id]);
    await catalogue.move(id, 'suspended');
    expect(await tombstoneOf(id)).to.have.property('title', '去而复来');
    await catalogue.move(id, 'published');
    expect(await tombstoneOf(id)).to.equal(undefined);
    const { seriesId } = await catalogue.move(id, 'withdrawn');
    expect(await tombstoneOf(id)).to.deep.include({
      code: 'GONE-1',
      title: '去而复来',
      sets: { kind: 'local', series: seriesId, topics: [topic.id], tags: ['乡土'] },
    });
    await catalogue.move(id, 'draft');
    expect(await tombstoneOf(id)).to.have.property('title', '去而复来');
    await catalogue.move(id, 'published');
    expect(await tombstoneOf(id)).to.equal(undefined);
  });

  it('leaves a tombstone of a removed item that was public once, and none of what nobody saw', async () => {
    const { id } = await publishedItem(database, catalogue, { title: '公开过' });
    await catalogue.move(id, 'withdrawn');
    await catalogue.move(id, 'draft');
    await catalogue.remove(id);
    expect(await tombstoneOf(id)).to.have.property('title', '公开过');
    const unseen = await catalogue.create({ title: '没公开过' });
    await catalogue.move(unseen.id, 'withdrawn');
    expect(await tombstoneOf(unseen.id)).to.equal(undefined);
    await catalogue.move(unseen.id, 'draft');
    await catalogue.remove(unseen.id);
    expect(await tombstoneOf(unseen.id)).to.equal(undefined);
  });

  it('gives tombstones from any moment on, page by page', async () => {
    const all = await database.read((statements) => listTombstones(statements));
    expect(all.length).to.be.greaterThan(2);
    const pages: string[] = [];
    for (let last = undefined as (typeof all)[number] | undefined; ;) {
      const after = last;
      const page = await database.read((statements) =>
        listTombstones(statements, { limit: 1, ...(after !== undefined && { after }) }),
      );
      last = page[0];
      if (last === undefined) break;
      pages.push(last.coursewareId);
    }
    expect(pages).to.deep.equal(all.map(({ coursewareId }) => coursewareId));
    const since = all[1]?.at ?? 0;
    const later = await database.read((statements) => listTombstones(statements, { since }));
    expect(later).to.deep.equal(all.filter(({ at }) => at >= since));
  });
});

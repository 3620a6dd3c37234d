import { expect } from 'chai';

import { calendarDay } from '../../../server/catalogue/calendar-day.ts';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import { Collections } from '../../../server/catalogue/collections.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';
import { publishItem } from '../../support/published-items.ts';

const refusal = async (promise: Promise<unknown>): Promise<CatalogueError> =>
  (await errorOf(promise)) as CatalogueError;

const DAY_MS = 86_400_000;

onEachDatabase('Series and topics', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  let series: Collections;
  let topics: Collections;
  let touched: string[] = [];
  let numbers = 0;

  before(async () => {
    database = await databases.open(undefined, {
      onChange: async (_transaction, ids) => {
        touched.push(...ids);
      },
    });
    catalogue = new Catalogue(database).as('office');
    series = new Collections(database, 'series').as('office');
    topics = new Collections(database, 'topic').as('office');
  });

  const draft = async (title: string): Promise<string> => (await catalogue.create({ title })).id;
  const drafts = (...titles: readonly string[]): Promise<string[]> =>
    Promise.all(titles.map((title) => draft(title)));
  const unique = (title: string): string => `${title} ${++numbers}`;
  const titlesOf = async (collections: Collections, id: string): Promise<readonly string[]> =>
    (await collections.items(id)).items.map(({ title }) => title);
  const fieldsOf = async (collections: Collections, id: string): Promise<readonly unknown[]> =>
    (await collections.history(id)).map(({ actor, revision, field, before, after }) => [
      revision,
      actor,
      field,
      before,
      after,
    ]);

  it('have an order of their own, which can be laid down again', async () => {
    const { id, title } = await series.create({ title: unique('创业先锋') });
    const [a = '', b = '', c = ''] = await drafts('甲', '乙', '丙');
    const full = await series.setItems(id, [c, a, b]);
    expect(full.itemCount).to.equal(3);
    expect(await titlesOf(series, id)).to.deep.equal(['丙', '甲', '乙']);
    expect(await catalogue.get(a)).to.deep.include({ series: title, seriesId: id, seriesPosition: 2 });
    await series.setItems(id, [b, c]);
    expect(await titlesOf(series, id)).to.deep.equal(['乙', '丙']);
    expect(await catalogue.get(a)).to.deep.include({ series: undefined, seriesPosition: undefined });
    expect((await catalogue.history(a)).map(({ field }) => field)).to.deep.equal([
      'created',
      'series',
      'seriesPosition',
      'series',
      'seriesPosition',
    ]);
  });

  it('give their items page by page', async () => {
    const { id } = await topics.create({ title: unique('冬训') });
    const items = await drafts('一', '二', '三', '四', '五');
    await topics.setItems(id, items);
    const seen: string[] = [];
    for (let after: string | undefined, pages = 0; ; pages += 1) {
      const page = await topics.items(id, { limit: 2, ...(after !== undefined && { after }) });
      seen.push(...page.items.map((item) => item.id));
      after = page.next;
      if (after === undefined) {
        expect(pages).to.equal(2);
        break;
      }
    }
    expect(seen).to.deep.equal(items);
    expect(await refusal(topics.items(id, { after: 'x' }))).to.include({ code: 'invalid-input' });
  });

  it('leave an item in one series, and in as many topics as want it', async () => {
    const one = await series.create({ title: unique('甲系列') });
    const other = await series.create({ title: unique('乙系列') });
    const [topic, another] = [
      await topics.create({ title: unique('专题') }),
      await topics.create({ title: unique('专题') }),
    ];
    const id = await draft('往来');
    for (const collections of [one, other]) await series.setItems(collections.id, [id]);
    for (const collections of [topic, another]) await topics.setItems(collections.id, [id]);
    expect((await series.get(one.id)).itemCount).to.equal(0);
    expect((await catalogue.get(id)).seriesId).to.equal(other.id);
    expect((await topics.get(topic.id)).itemCount).to.equal(1);
    expect((await topics.get(another.id)).itemCount).to.equal(1);
  });

  it('take their new title into every item, with a line in its history', async () => {
    const { id, title } = await series.create({ title: unique('党员故事') });
    const items = await drafts('老支书', '摆渡人');
    await series.setItems(id, items);
    const before = await catalogue.get(items[0] ?? '');
    touched = [];
    const after = unique('身边的党员');
    await series.change(id, { title: after });
    expect(touched.toSorted()).to.deep.equal(items.toSorted());
    const item = await catalogue.get(before.id);
    expect(item).to.include({ series: after, revision: before.revision + 1 });
    expect((await catalogue.history(before.id)).at(-1)).to.include({ field: 'series', before: title, after });
    const stale = await refusal(catalogue.update(before.id, { series: null }, before.revision));
    expect(stale).to.include({ code: 'revision-mismatch', field: 'series' });
  });

  it('tell the index when what is in a topic changes, or what it is called', async () => {
    const { id } = await topics.create({ title: unique('两会') });
    const [a = '', b = ''] = await drafts('甲', '乙');
    touched = [];
    await topics.setItems(id, [a]);
    expect(touched.splice(0)).to.deep.equal([a]);
    await topics.setItems(id, [b]);
    expect(touched.splice(0).toSorted()).to.deep.equal([a, b].toSorted());
    await topics.change(id, { state: 'open' });
    expect(touched.splice(0)).to.deep.equal([b]);
    await topics.remove(id);
    expect(touched).to.deep.equal([b]);
  });

  it('let their items go when they are removed, and are remembered', async () => {
    for (const collections of [series, topics]) {
      const { id, title } = await collections.create({ title: unique('短命') });
      const item = await draft('留下');
      await collections.setItems(id, [item]);
      await collections.remove(id);
      expect(await refusal(collections.get(id))).to.include({ code: 'not-found' });
      expect(await catalogue.get(item)).to.include({ title: '留下', series: undefined });
      expect((await collections.history(id)).at(-1)).to.include({ field: 'removed', before: title });
    }
  });

  it('record who changed what, from what, to what', async () => {
    const { id, title } = await topics.create({ title: unique('九十年'), opensOn: '2011-06-01' });
    const item = await draft('甲');
    await topics
      .as('county')
      .change(id, { opensOn: '2011-07-01', closesOn: '2011-12-31', description: '庆祝。' });
    await topics.setItems(id, [item]);
    expect(await fieldsOf(topics, id)).to.deep.equal([
      [1, 'office', 'created', undefined, title],
      [2, 'county', 'opensOn', '2011-06-01', '2011-07-01'],
      [2, 'county', 'closesOn', undefined, '2011-12-31'],
      [2, 'county', 'description', '', '庆祝。'],
      [3, 'office', 'items', '', item],
    ]);
  });

  it('begin their history also when an item named them first', async () => {
    const title = unique('顺手建的');
    const [first] = await Promise.all(
      ['甲', '乙', '丙'].map((item) => catalogue.as('county').create({ title: item, series: title })),
    );
    expect(await fieldsOf(series, first?.seriesId ?? '')).to.deep.equal([
      [1, 'county', 'created', undefined, title],
    ]);
  });

  it('do not overwrite what somebody else changed meanwhile, and take what does not touch it', async () => {
    const { id, revision } = await topics.create({ title: unique('原题') });
    await topics.as('county').change(id, { audience: '村干部' }, revision);
    const stale = await refusal(topics.change(id, { audience: '种植户' }, revision));
    expect(stale).to.include({ code: 'revision-mismatch', field: 'audience' });
    expect(await topics.change(id, { description: '说明' }, revision)).to.include({ audience: '村干部' });
    const item = await draft('甲');
    await topics.setItems(id, [item], revision);
    expect(await refusal(topics.setItems(id, [], revision))).to.include({
      code: 'revision-mismatch',
      field: 'items',
    });
    expect(await refusal(topics.change(id, { rank: 1 }, 99))).to.include({ code: 'revision-mismatch' });
  });

  it('are seen by everybody when there is something to watch and it is their time', async () => {
    const [past, today, future] = [-DAY_MS, 0, DAY_MS].map((ms) => calendarDay(Date.now() + ms));
    const wanted = new Map<string, boolean>();
    for (const [fields, isSeen] of [
      [{ state: 'draft' }, false],
      [{ state: 'open' }, true],
      [{ state: 'open', opensOn: today, closesOn: today }, true],
      [{ state: 'open', opensOn: future }, false],
      [{ state: 'open', closesOn: past }, false],
      [{ state: 'closed' }, false],
    ] as const) {
      const { id } = await topics.create({ title: unique('时间'), ...(fields as object) });
      wanted.set(id, isSeen);
    }
    const listed = new Set((await topics.list({ onlyPublic: true })).map(({ id }) => id));
    for (const [id, isSeen] of wanted) {
      expect(listed.has(id)).to.equal(isSeen);
      const error = isSeen ? undefined : await refusal(topics.get(id, { onlyPublic: true }));
      expect(error?.code).to.equal(isSeen ? undefined : 'not-found');
    }
  });

  it('count for everybody what is published, with the poster of the first', async () => {
    const { id } = await series.create({ title: unique('数一数') });
    const [a = '', b = '', c = ''] = await drafts('甲', '乙', '丙');
    await series.setItems(id, [a, b, c]);
    expect(await refusal(series.get(id, { onlyPublic: true }))).to.include({ code: 'not-found' });
    await publishItem(database, catalogue, c, { duration: 90 });
    await publishItem(database, catalogue, b, { duration: 30 });
    expect(await series.get(id, { onlyPublic: true })).to.deep.include({
      itemCount: 2,
      seconds: 120,
      cover: { generation: `g-${b}`, poster: 'poster.jpg' },
    });
    expect(await series.get(id)).to.include({ itemCount: 3 });
    const { items } = await series.items(id, { onlyPublic: true });
    expect(items.map(({ title }) => title)).to.deep.equal(['乙', '丙']);
  });

  it('refuse a title that is taken, days in the wrong order, and what they do not have', async () => {
    const { title } = await series.create({ title: unique('独一') });
    const second = await series.create({ title: unique('第二') });
    expect(await refusal(series.create({ title: ` ${title}` }))).to.include({
      code: 'conflict',
      field: 'title',
    });
    expect(await refusal(series.change(second.id, { title }))).to.include({
      code: 'conflict',
      field: 'title',
    });
    expect(await refusal(series.change(second.id, { state: 'open' }))).to.include({
      code: 'invalid-input',
      field: 'state',
    });
    const topic = await topics.create({ title: unique('倒序'), opensOn: '2026-05-01' });
    expect(await refusal(topics.change(topic.id, { closesOn: '2026-04-30' }))).to.include({
      code: 'invalid-input',
      field: 'closesOn',
    });
    const [item = ''] = await drafts('甲');
    expect(await refusal(topics.setItems(topic.id, [item, item]))).to.include({ code: 'invalid-input' });
    expect(await refusal(topics.setItems(topic.id, [item, 'nobody']))).to.include({ code: 'not-found' });
    expect((await topics.get(topic.id)).itemCount).to.equal(0);
  });

  it('stand in the order of their rank, new ones at the end', async () => {
    const first = await series.create({ title: unique('末') });
    const second = await series.create({ title: unique('首'), rank: 0 });
    const ids = (await series.list()).map(({ id }) => id);
    expect(ids.at(-1)).to.equal(first.id);
    expect(ids.indexOf(second.id)).to.equal(0);
  });
});

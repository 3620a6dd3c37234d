import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { Vocabulary } from '../../../server/catalogue/vocabulary.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';
import { publishItem } from '../../support/published-items.ts';

const refusal = async (promise: Promise<unknown>): Promise<CatalogueError> =>
  (await errorOf(promise)) as CatalogueError;

onEachDatabase('The words of a library', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  let vocabulary: Vocabulary;
  let touched: string[] = [];

  before(async () => {
    database = await databases.open(undefined, {
      onChange: async (_transaction, ids) => {
        touched.push(...ids);
      },
    });
    catalogue = new Catalogue(database).as('office');
    vocabulary = new Vocabulary(database).as('librarian');
  });

  const tagOf = async (name: string) => (await vocabulary.tags()).find((tag) => tag.name === name);
  const lastLine = async (id: string) => {
    const { actor, field, before, after } = (await catalogue.history(id)).at(-1) ?? {};
    return [actor, field, before, after];
  };

  describe('tags', () => {
    it('stand under headings and have other words', async () => {
      await vocabulary.addTag('防汛', { facet: '题材', aliases: ['抗洪', '防台'] });
      expect(await tagOf('防汛')).to.deep.equal({
        name: '防汛',
        facet: '题材',
        aliases: ['抗洪', '防台'].toSorted(),
        uses: 0,
      });
      await vocabulary.changeTag('防汛', { facet: null, aliases: ['抗洪'] });
      expect(await tagOf('防汛')).to.deep.include({ facet: undefined, aliases: ['抗洪'] });
    });

    it('are put on items by any of their words, once', async () => {
      await vocabulary.addTag('养蜂', { aliases: ['蜜蜂', '中蜂'] });
      const { tags } = await catalogue.create({ title: '春繁', tags: ['蜜蜂', '乡土', '养蜂', '中蜂'] });
      expect(tags).to.deep.equal(['养蜂', '乡土']);
    });

    it('take their new name into every item, and answer to the old one', async () => {
      await vocabulary.addTag('红茶');
      const { id, revision } = await catalogue.create({ title: '揉捻', tags: ['乡土', '红茶'] });
      touched = [];
      await vocabulary.changeTag('红茶', { name: '越红工夫' });
      expect(touched).to.deep.equal([id]);
      expect(await catalogue.get(id)).to.deep.include({ tags: ['乡土', '越红工夫'], revision: revision + 1 });
      expect(await lastLine(id)).to.deep.equal(['librarian', 'tags', '红茶', '越红工夫']);
      expect(await tagOf('越红工夫')).to.deep.include({ aliases: ['红茶'], uses: 1 });
      expect((await catalogue.create({ title: '萎凋', tags: ['红茶'] })).tags).to.deep.equal(['越红工夫']);
    });

    it('tell the index of items whose tag got another word', async () => {
      await vocabulary.addTag('兰花');
      const { id } = await catalogue.create({ title: '分株', tags: ['兰花'] });
      touched = [];
      await vocabulary.changeTag('兰花', { aliases: ['国兰'] });
      expect(touched).to.deep.equal([id]);
    });

    it('do not share a word', async () => {
      await vocabulary.addTag('桑蚕', { aliases: ['养蚕'] });
      for (const attempt of [
        vocabulary.changeTag('桑蚕', { aliases: ['乡土'] }),
        vocabulary.changeTag('桑蚕', { name: '乡土' }),
        vocabulary.changeTag('乡土', { aliases: ['养蚕'] }),
        vocabulary.addTag('养蚕'),
      ]) {
        expect(await refusal(attempt)).to.include({ code: 'conflict' });
      }
      expect(await tagOf('养蚕')).to.equal(undefined);
      expect(await tagOf('桑蚕')).to.deep.include({ aliases: ['养蚕'] });
    });

    it('take their other words with them when they go', async () => {
      await vocabulary.addTag('临时', { aliases: ['暂时'] });
      await vocabulary.removeTag('临时');
      await vocabulary.addTag('暂时');
      expect(await tagOf('暂时')).to.deep.include({ aliases: [] });
      expect(await refusal(vocabulary.changeTag('临时', { facet: '题材' }))).to.include({
        code: 'not-found',
      });
    });
  });

  describe('categories', () => {
    it('make a tree that keeps its leaves', async () => {
      await vocabulary.putCategory('01', { name: '党建' });
      await vocabulary.putCategory('0101', { name: '党课', parent: '01' });
      const { id } = await catalogue.create({ title: '党徽', category: '0101' });
      expect(await vocabulary.categories()).to.deep.equal([
        { code: '01', name: '党建', parent: undefined, rank: 1, uses: 0 },
        { code: '0101', name: '党课', parent: '01', rank: 2, uses: 1 },
      ]);
      touched = [];
      await vocabulary.putCategory('0101', { name: '微型党课', rank: 7 });
      expect(touched).to.deep.equal([id]);
      expect((await catalogue.get(id)).category).to.deep.equal({ code: '0101', name: '微型党课' });
      expect(await lastLine(id)).to.deep.equal(['librarian', 'category', '0101 党课', '0101 微型党课']);
      for (const code of ['01', '0101']) {
        expect(await refusal(vocabulary.removeCategory(code))).to.include({ code: 'conflict' });
      }
      await catalogue.update(id, { category: null });
      await vocabulary.removeCategory('0101');
      await vocabulary.removeCategory('01');
      expect(await vocabulary.categories()).to.deep.equal([]);
      expect(await refusal(vocabulary.removeCategory('01'))).to.include({ code: 'not-found' });
    });

    it('never stand under themselves or under what is not there', async () => {
      await vocabulary.putCategory('a', { name: '甲' });
      await vocabulary.putCategory('b', { name: '乙', parent: 'a' });
      for (const parent of ['a', 'b', 'nothing']) {
        expect(await refusal(vocabulary.putCategory('a', { name: '甲', parent }))).to.include({
          code: 'invalid-input',
          field: 'parent',
        });
      }
    });
  });

  describe('presenters and units', () => {
    it('take their new name into every item', async () => {
      const { id, presenters, producer } = await catalogue.create({
        title: '炒制',
        presenters: ['老师甲', '老师乙'],
        producer: '县台',
      });
      touched = [];
      await vocabulary.renamePresenter(presenters[1]?.id ?? '', '老师丙');
      await vocabulary.changeUnit(producer?.id ?? '', { name: '县广播电视台', kind: 'media' });
      expect(touched).to.deep.equal([id, id]);
      const item = await catalogue.get(id);
      expect(item.presenters.map(({ name }) => name)).to.deep.equal(['老师甲', '老师丙']);
      expect(item.producer?.name).to.equal('县广播电视台');
      expect(await lastLine(id)).to.deep.equal(['librarian', 'producer', '县台', '县广播电视台']);
      const unit = (await vocabulary.units()).find(({ name }) => name === '县广播电视台');
      expect(unit).to.deep.include({ kind: 'media', region: undefined, uses: 1 });
      const person = (await vocabulary.presenters()).find(({ name }) => name === '老师丙');
      expect(person).to.deep.include({ uses: 1 });
    });

    it('do not take a name that is another’s', async () => {
      const { presenters, producer } = await catalogue.create({
        title: '甲',
        presenters: ['一号'],
        producer: '一队',
      });
      await catalogue.create({ title: '乙', presenters: ['二号'], producer: '二队' });
      const [person = ''] = presenters.map(({ id }) => id);
      expect(await refusal(vocabulary.renamePresenter(person, '二号'))).to.include({ code: 'conflict' });
      expect(await refusal(vocabulary.changeUnit(producer?.id ?? '', { name: '二队' }))).to.include({
        code: 'conflict',
      });
      expect(await refusal(vocabulary.changeUnit(producer?.id ?? '', { region: 'none' }))).to.include({
        code: 'invalid-input',
      });
      expect(await refusal(vocabulary.renamePresenter('nobody', '三号'))).to.include({ code: 'not-found' });
    });
  });

  it('show everybody those of published items, and editors all', async () => {
    const { id } = await catalogue.create({
      title: '草稿',
      presenters: ['无名氏'],
      producer: '无名台',
      tags: ['党员故事'],
    });
    const seen = async (view: { readonly onlyPublic?: boolean }) => ({
      presenter: (await vocabulary.presenters(view)).find(({ name }) => name === '无名氏')?.uses,
      unit: (await vocabulary.units(view)).find(({ name }) => name === '无名台')?.uses,
      tag: (await vocabulary.tags(view)).find(({ name }) => name === '党员故事')?.uses,
    });
    expect(await seen({})).to.deep.equal({ presenter: 1, unit: 1, tag: 1 });
    expect(await seen({ onlyPublic: true })).to.deep.equal({ presenter: undefined, unit: undefined, tag: 0 });
    await publishItem(database, catalogue, id);
    expect(await seen({ onlyPublic: true })).to.deep.equal({ presenter: 1, unit: 1, tag: 1 });
  });

  it('go when nothing names them any more', async () => {
    const item = await catalogue.create({ title: '误名', presenters: ['误名氏'], producer: '误名台' });
    const [person, unit] = [item.presenters[0]?.id ?? '', item.producer?.id ?? ''];
    expect(await refusal(vocabulary.removePresenter(person))).to.include({ code: 'conflict' });
    expect(await refusal(vocabulary.removeUnit(unit))).to.include({ code: 'conflict' });
    await catalogue.update(item.id, { presenters: [], producer: null });
    await vocabulary.removePresenter(person);
    await vocabulary.removeUnit(unit);
    expect(await refusal(vocabulary.removePresenter(person))).to.include({ code: 'not-found' });
    expect(await refusal(vocabulary.removeUnit(unit))).to.include({ code: 'not-found' });
  });

  it('are regions as they were on any day', async () => {
    await database.write((transaction) =>
      transaction.rows(
        `INSERT INTO region (id, code, name, level, parent_id, path, valid_from, valid_to, successor_id) VALUES
           ('330600', '330600', '绍兴市', 'city', NULL, '/330600/', NULL, NULL, NULL),
           ('330603', '330603', '柯桥区', 'county', '330600', '/330600/330603/', '2013-11-08', NULL, NULL),
           ('330621', '330621', '绍兴县', 'county', '330600', '/330600/330621/', NULL, '2013-11-07', '330603')`,
      ),
    );
    const named = async (query: Parameters<Vocabulary['regions']>[0]) =>
      (await vocabulary.regions(query)).map(({ name }) => name);
    expect(await named({})).to.deep.equal(['绍兴市']);
    expect(await named({ parent: '330600', at: '2011-11-16' })).to.deep.equal(['绍兴县']);
    expect(await named({ parent: '330600', at: '2013-11-08' })).to.deep.equal(['柯桥区']);
    expect(await named({ parent: '330600' })).to.deep.equal(['柯桥区']);
    const [old] = await vocabulary.regions({ parent: '330600', at: '2013-11-07' });
    expect(old).to.deep.include({ validTo: '2013-11-07', successorId: '330603', children: 0 });
    expect((await vocabulary.regions())[0]).to.deep.include({ children: 1, parentId: undefined });
    expect(await refusal(vocabulary.regions({ parent: '330603', at: '2011-01-01' }))).to.include({
      code: 'not-found',
    });
    expect(await refusal(vocabulary.regions({ at: '2011-13-01' }))).to.include({ code: 'invalid-input' });
  });
});

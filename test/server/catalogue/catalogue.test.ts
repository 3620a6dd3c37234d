import { expect } from 'chai';
import {
  generationId,
  type GenerationId,
  type GenerationStatus,
  type JobStore,
  type NewJob,
} from 'yuanjiao/transcoder';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import {
  PUBLICATION_MOVES,
  type Courseware,
  type PublicationState,
} from '../../../server/catalogue/courseware.ts';
import { findBySource } from '../../../server/catalogue/known-source.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { Vocabulary } from '../../../server/catalogue/vocabulary.ts';
import { SqlJobStore } from '../../../server/jobs/sql-job-store.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const SHA = 'ab'.repeat(32);

const refusal = async (promise: Promise<unknown>): Promise<CatalogueError> =>
  (await errorOf(promise)) as CatalogueError;

const prepareJob = (generation: GenerationId): NewJob => ({
  kind: 'prepare',
  generation,
  name: 'prepare',
  payload: { sourceKey: 'sources/x' },
});

const status = (more: Partial<GenerationStatus> = {}): GenerationStatus => ({
  stage: 'transcoding',
  progress: 0,
  isPlayable: false,
  duration: undefined,
  warnings: [],
  poster: undefined,
  storyboard: undefined,
  chapters: [],
  sound: [],
  failure: undefined,
  ...more,
});

onEachDatabase('The catalogue', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  let vocabulary: Vocabulary;
  let jobs: JobStore;
  let numbers = 0;

  before(async () => {
    database = await databases.open();
    catalogue = new Catalogue(database).as('office');
    vocabulary = new Vocabulary(database);
    jobs = new SqlJobStore(database);
  });

  const found = async (query: Parameters<Catalogue['list']>[0]): Promise<readonly string[]> =>
    (await catalogue.list(query)).items.map(({ title }) => title);

  const upload = async (id: string): Promise<string> => {
    const uploadId = `upload-${++numbers}`;
    await catalogue.openVersion(id, { uploadId, sourceName: '第一课.mp4', sourceBytes: 1000 });
    return uploadId;
  };

  const accept = async (uploadId: string): Promise<GenerationId> => {
    const generation = generationId(`g-${++numbers}`);
    await catalogue.acceptSource(
      uploadId,
      { sourceKey: `sources/${uploadId}/a.mp4`, sizeBytes: 1000, sha256: SHA, generation },
      [prepareJob(generation)],
    );
    return generation;
  };

  const settle = (generation: GenerationId, what: GenerationStatus): Promise<void> =>
    database.write((transaction) => catalogue.settle(transaction, generation, what));

  const withMedia = async (stage: GenerationStatus): Promise<[Courseware, GenerationId]> => {
    const { id } = await catalogue.create({ title: '桃形李' });
    const generation = await accept(await upload(id));
    await settle(generation, stage);
    return [await catalogue.get(id), generation];
  };

  describe('writing items', () => {
    it('keeps an item as it was given', async () => {
      const made = await catalogue.create({
        title: '  桃形李栽培\u0301 ',
        description: '第一行\r\n第二行\t。',
        series: '乡土课堂',
        tags: ['微型党课', '乡土', '微型党课'],
      });
      expect(made).to.deep.include({
        title: '桃形李栽培\u0301'.normalize('NFC'),
        description: '第一行\n第二行\t。',
        series: '乡土课堂',
        tags: ['微型党课', '乡土'],
        publication: 'draft',
        current: undefined,
        upcoming: undefined,
        revision: 1,
      });
      expect(made.id).to.match(/^[a-z0-9-]{1,40}$/);
      expect(made.createdAt).to.be.closeTo(Date.now(), 60_000);
      expect(await catalogue.get(made.id)).to.deep.equal(made);
    });

    it('takes HTML in a title for text', async () => {
      const title = '<script>alert("x")</script> & <b>桃</b>';
      expect(await catalogue.create({ title })).to.include({ title });
    });

    for (const [what, title] of [
      ['an empty title', '  \n '],
      ['201 characters', '长'.repeat(201)],
      ['a control character', 'a\u0007b'],
      ['a NUL', 'a\0b'],
      ['a line break', 'a\nb'],
      ['a mark that reverses the direction', 'a\u202Eb'],
      ['half of a surrogate pair', 'a\uD83C'],
    ] as const) {
      it(`refuses a title with ${what}`, async () => {
        const before = await catalogue.list();
        expect(await refusal(catalogue.create({ title }))).to.include({
          code: 'invalid-input',
          field: 'title',
        });
        expect(await catalogue.list()).to.deep.equal(before);
      });
    }

    it('counts characters, not bytes or halves of them', async () => {
      expect((await catalogue.create({ title: '🎋'.repeat(200) })).title).to.have.length(400);
    });

    it('names the nearest tags when one is unknown, and makes nothing', async () => {
      const before = await catalogue.list();
      const error = await refusal(catalogue.create({ title: '党课', tags: ['乡土', '微党课'] }));
      expect(error).to.include({ code: 'unknown-tag', field: 'tags' });
      expect(error.message).to.contain('微党课').and.contain('微型党课');
      expect(error.near[0]).to.equal('微型党课');
      expect(await catalogue.list()).to.deep.equal(before);
    });

    it('makes one item of a request that is repeated, also at the same moment', async () => {
      const input = { title: '只要一个', tags: ['乡土'] };
      const request = { actor: 'town', key: 'key-of-one-request', content: input };
      const made = await Promise.all([1, 2, 3, 4].map(() => catalogue.create(input, request)));
      made.push(await catalogue.create(input, request));
      expect(new Set(made.map(({ id }) => id)).size).to.equal(1);
      expect(await found({ text: '只要一个' })).to.deep.equal(['只要一个']);
      const other = { ...request, content: { title: '另一个' } };
      expect(await refusal(catalogue.create({ title: '另一个' }, other))).to.include({
        code: 'conflict',
        field: 'idempotencyKey',
      });
      const county = await catalogue.create({ title: '另一个' }, { ...other, actor: 'county' });
      expect(county.title).to.equal('另一个');
    });

    it('does not use up the key of a request that was refused', async () => {
      const request = { actor: 'town', key: 'key-to-be-kept', content: 'anything' };
      const wrong = { title: '再来', tags: ['没有的标签'] };
      expect(await refusal(catalogue.create(wrong, request))).to.include({ code: 'unknown-tag' });
      expect(await catalogue.create({ title: '再来' }, request)).to.include({ title: '再来' });
    });

    it('forgets the key of a request after a day', async () => {
      const request = { actor: 'town', key: 'key-of-yesterday', content: 'anything' };
      const { id } = await catalogue.create({ title: '昨天的' }, request);
      await database.write((transaction) =>
        transaction.rows(
          'UPDATE repeatable_creation SET at = at - 86400001 WHERE request_key = $1',
          request.key,
        ),
      );
      expect((await catalogue.create({ title: '昨天的' }, request)).id).not.to.equal(id);
    });

    it('changes what the patch names and raises the revision', async () => {
      const { id } = await catalogue.create({
        title: '旧',
        description: '说明',
        series: '系列',
        tags: ['乡土'],
      });
      const after = await catalogue.update(id, { title: '新', series: null, tags: [] });
      expect(after).to.deep.include({
        title: '新',
        description: '说明',
        series: undefined,
        tags: [],
        revision: 2,
      });
      expect(await catalogue.get(id)).to.deep.equal(after);
    });

    it('leaves the revision alone when nothing changed', async () => {
      const before = await catalogue.create({ title: '同', tags: ['乡土'] });
      expect(await catalogue.update(before.id, { title: ' 同', tags: ['乡土'] })).to.deep.equal(before);
    });

    it('does not overwrite what somebody else changed meanwhile', async () => {
      const { id, revision } = await catalogue.create({ title: '原名' });
      await catalogue.as('county').update(id, { title: '县里的名' }, revision);
      const error = await refusal(catalogue.update(id, { title: '市里的名' }, revision));
      expect(error).to.include({ code: 'revision-mismatch', field: 'title' });
      expect((await catalogue.get(id)).title).to.equal('县里的名');
    });

    it('takes a change of another field, and is not disturbed by the progress of the media', async () => {
      const { id, revision } = await catalogue.create({ title: '原名' });
      await catalogue.as('county').update(id, { title: '县里的名' }, revision);
      await settle(await accept(await upload(id)), status({ progress: 0.4 }));
      const after = await catalogue.update(id, { description: '说明' }, revision);
      expect(after).to.include({ title: '县里的名', description: '说明' });
    });

    it('refuses a revision that does not exist yet', async () => {
      const { id } = await catalogue.create({ title: '原名' });
      expect(await refusal(catalogue.update(id, { title: '新' }, 7))).to.include({
        code: 'revision-mismatch',
      });
    });

    it('carries out changes made at the same time one after the other', async () => {
      const { id } = await catalogue.create({ title: '原名' });
      const titles = Array.from({ length: 30 }, (_, index) => `第 ${index} 名`);
      await Promise.all(titles.map((title) => catalogue.update(id, { title })));
      const history = (await catalogue.history(id)).filter(({ field }) => field === 'title');
      expect(history.map(({ after }) => after ?? '').toSorted()).to.deep.equal(titles.toSorted());
      expect(history.slice(1).map(({ before }) => before)).to.deep.equal(
        history.slice(0, -1).map(({ after }) => after),
      );
      expect((await catalogue.get(id)).revision).to.equal(31);
    });

    it('does not know what does not exist, whatever it is called', async () => {
      for (const id of ['nothing', '', 'x'.repeat(41), "' OR 1=1", 'a\0b', '../etc', '\uD83C']) {
        expect(await refusal(catalogue.get(id)), id).to.include({ code: 'not-found' });
        expect(await refusal(catalogue.update(id, { title: 'x' })), id).to.include({ code: 'not-found' });
        expect(await refusal(catalogue.move(id, 'approved')), id).to.include({ code: 'not-found' });
      }
    });
  });

  describe('history', () => {
    it('tells who changed what, from what, to what, and why', async () => {
      const { id } = await catalogue.create({ title: '原名', tags: ['乡土'] });
      await catalogue.as('county').update(id, { title: '新名', tags: ['乡土', '创业先锋'] });
      await catalogue.move(id, 'submitted', '请审核');
      const history = await catalogue.history(id);
      expect(
        history.map(({ actor, field, before, after, reason, revision }) => [
          revision,
          actor,
          field,
          before,
          after,
          reason,
        ]),
      ).to.deep.equal([
        [1, 'office', 'created', undefined, '原名', undefined],
        [2, 'county', 'title', '原名', '新名', undefined],
        [2, 'county', 'tags', '乡土', '乡土, 创业先锋', undefined],
        [3, 'office', 'publication', 'draft', 'submitted', '请审核'],
      ]);
      expect(history.every(({ at }) => Math.abs(at - Date.now()) < 60_000)).to.equal(true);
    });
  });

  describe('lists', () => {
    it('goes through everything once, newest first, page by page, while items are added', async () => {
      const series = '分页';
      const titles = Array.from({ length: 25 }, (_, index) => `第 ${index} 集`);
      for (const title of titles) {
        await catalogue.create({ title, series });
      }
      // Many in the same millisecond: the mark has to tell them apart.
      await database.write((transaction) =>
        transaction.rows(
          `UPDATE courseware SET created_at = 1795000000000
             WHERE series_id = (SELECT id FROM series WHERE title = '分页') AND title < '第 2'`,
        ),
      );
      const seen: Courseware[] = [];
      let after: string | undefined;
      do {
        const page = await catalogue.list({ series, limit: 4, ...(after !== undefined && { after }) });
        seen.push(...page.items);
        after = page.next;
        await catalogue.create({ title: '新来的', series });
      } while (after !== undefined);
      expect(seen.map(({ title }) => title).toSorted()).to.deep.equal(titles.toSorted());
      const order = seen.map(({ createdAt, id }) => `${createdAt} ${id}`);
      expect(order).to.deep.equal(order.toSorted().toReversed());
    });

    it('gives an item with its tags and versions just as get does', async () => {
      const { id } = await catalogue.create({ title: '整', series: '整体', tags: ['党员故事', '乡土'] });
      await accept(await upload(id));
      const { items, next } = await catalogue.list({ series: '整体' });
      expect(items).to.deep.equal([await catalogue.get(id)]);
      expect(next).to.equal(undefined);
    });

    it('filters by publication, tag, series and text, all at once', async () => {
      await vocabulary.addTag('筛选');
      const wanted = await catalogue.create({ title: '茶叶', series: '甲', tags: ['筛选', '乡土'] });
      await catalogue.create({ title: '茶叶', series: '乙', tags: ['筛选'] });
      await catalogue.create({ title: '竹笋', series: '甲', tags: ['筛选'] });
      const gone = await catalogue.create({ title: '茶叶', series: '甲', tags: ['筛选'] });
      await catalogue.move(gone.id, 'withdrawn');
      const page = await catalogue.list({ publication: 'draft', tag: '筛选', series: '甲', text: '茶' });
      expect(page.items.map(({ id }) => id)).to.deep.equal([wanted.id]);
      expect(await found({ tag: '没有' })).to.deep.equal([]);
    });

    it('takes wildcards in the text literally', async () => {
      const tag = '通配';
      await vocabulary.addTag(tag);
      for (const title of ['100%_技术', '1000X技术', 'a!b', 'a\\b', '加ABC']) {
        await catalogue.create({ title, tags: [tag] });
      }
      await catalogue.create({ title: '说明里', description: '有 100%_ 的', tags: [tag] });
      expect(await found({ tag, text: '100%_' })).to.have.members(['100%_技术', '说明里']);
      expect(await found({ tag, text: '%' })).to.have.members(['100%_技术', '说明里']);
      expect(await found({ tag, text: 'a!' })).to.deep.equal(['a!b']);
      expect(await found({ tag, text: '\\' })).to.deep.equal(['a\\b']);
      expect(await found({ tag, text: 'abc' })).to.deep.equal(['加ABC']);
      expect(await found({ tag, text: "' OR 1=1 --" })).to.deep.equal([]);
      expect(await found({ tag, text: '  ' })).to.have.length(6);
    });

    it('refuses a mark, a limit or a text that cannot be meant', async () => {
      for (const query of [
        { after: 'nonsense' },
        { after: Buffer.from('["x","y"]').toString('base64url') },
        { after: '' },
        { limit: 0 },
        { limit: 101 },
        { limit: 1.5 },
        { text: 'x'.repeat(201) },
        { text: 'a\0' },
        { tag: 'a\0' },
        { series: '\uD83C' },
      ]) {
        expect(await refusal(catalogue.list(query)), JSON.stringify(query)).to.include({
          code: 'invalid-input',
        });
      }
    });
  });

  describe('tags', () => {
    it('begins with those of the network', async () => {
      const names = (await vocabulary.tags()).map(({ name }) => name);
      expect(names.slice(0, 4)).to.deep.equal(['乡土', '创业先锋', '党员故事', '微型党课']);
    });

    it('can be added once and removed when nothing carries them', async () => {
      await vocabulary.addTag(' 反诈 ');
      await vocabulary.addTag('反诈');
      const { id } = await catalogue.create({ title: '防骗', tags: ['反诈'] });
      const tag = async () => (await vocabulary.tags()).find(({ name }) => name === '反诈');
      expect(await tag()).to.include({ name: '反诈', uses: 1 });
      expect(await refusal(vocabulary.removeTag('反诈'))).to.include({ code: 'conflict' });
      await catalogue.update(id, { tags: [] });
      await vocabulary.removeTag('反诈');
      expect(await tag()).to.equal(undefined);
      expect(await refusal(vocabulary.removeTag('反诈'))).to.include({ code: 'not-found' });
      expect(await refusal(vocabulary.addTag(''))).to.include({ code: 'invalid-input' });
    });

    it('are added once by many at the same time', async () => {
      await Promise.all(Array.from({ length: 10 }, () => vocabulary.addTag('同时')));
      expect((await vocabulary.tags()).filter(({ name }) => name === '同时')).to.have.length(1);
    });
  });

  describe('publication', () => {
    it('follows its table of moves and nothing else', async () => {
      const states = Object.keys(PUBLICATION_MOVES) as PublicationState[];
      const [{ id }] = await withMedia(status({ stage: 'ready', isPlayable: true, progress: 1 }));
      for (const from of states) {
        for (const to of states.filter((state) => state !== from)) {
          await database.write((transaction) =>
            transaction.rows('UPDATE courseware SET publication = $1 WHERE id = $2', from, id),
          );
          const mayMove =
            PUBLICATION_MOVES[from].includes(to) ||
            (to === 'published' && PUBLICATION_MOVES[from].includes('approved'));
          if (mayMove) {
            expect((await catalogue.move(id, to)).publication, `${from} to ${to}`).to.equal(to);
          } else {
            expect(await refusal(catalogue.move(id, to)), `${from} to ${to}`).to.include({
              code: 'invalid-move',
            });
            expect((await catalogue.get(id)).publication).to.equal(from);
          }
        }
      }
    });

    it('approves a draft on its way to being published, and records both', async () => {
      const [{ id, revision }] = await withMedia(status({ isPlayable: true }));
      expect(await catalogue.move(id, 'published', '开播')).to.include({
        publication: 'published',
        revision: revision + 2,
      });
      const moves = (await catalogue.history(id)).filter(({ field }) => field === 'publication');
      expect(moves.map(({ after }) => after)).to.deep.equal(['approved', 'published']);
    });

    it('changes nothing when the item is there already', async () => {
      const before = await catalogue.create({ title: '同' });
      expect(await catalogue.move(before.id, 'draft')).to.deep.equal(before);
    });

    it('publishes nothing that cannot be played', async () => {
      const { id } = await catalogue.create({ title: '空' });
      const none = await refusal(catalogue.move(id, 'published'));
      expect(none).to.include({ code: 'not-publishable' });
      expect(none.message).to.contain('Upload a file first');
      const [early] = await withMedia(status({ progress: 0.2 }));
      expect(await refusal(catalogue.move(early.id, 'published'))).to.include({ code: 'not-publishable' });
      expect(await catalogue.get(early.id)).to.deep.equal(early);
    });
  });

  describe('removing', () => {
    it('removes a draft, stops its work, and tells what it leaves behind', async () => {
      const [{ id }, generation] = await withMedia(status());
      const leftovers = await catalogue.remove(id);
      expect(leftovers.generations).to.deep.equal([generation]);
      expect(leftovers.sourceKeys).to.have.length(1);
      expect((await jobs.list(generation)).map(({ state }) => state)).to.deep.equal(['canceled']);
      expect(await refusal(catalogue.get(id))).to.include({ code: 'not-found' });
      expect((await catalogue.history(id)).at(-1)).to.include({ field: 'removed', before: '桃形李' });
      await settle(generation, status({ stage: 'canceled' }));
    });

    it('removes nothing else', async () => {
      const { id } = await catalogue.create({ title: '交' });
      await catalogue.move(id, 'submitted');
      expect(await refusal(catalogue.remove(id))).to.include({ code: 'conflict' });
      expect((await catalogue.get(id)).publication).to.equal('submitted');
    });
  });

  describe('versions', () => {
    it('leads an upload from its first byte to the air', async () => {
      const { id } = await catalogue.create({ title: '一课' });
      const uploadId = await upload(id);
      expect((await catalogue.get(id)).current).to.deep.include({
        number: 1,
        production: 'uploading',
        generation: undefined,
        isPlayable: false,
        sourceName: '第一课.mp4',
        sourceBytes: 1000,
        sourceSha256: undefined,
      });
      const generation = await accept(uploadId);
      expect((await catalogue.get(id)).current).to.include({
        production: 'uploaded',
        generation,
        sourceSha256: SHA,
      });
      await settle(generation, status({ stage: 'probing' }));
      await settle(generation, status({ progress: 0.3, duration: 60, warnings: ['声音很轻。'] }));
      await settle(
        generation,
        status({ progress: 0.2, isPlayable: true, duration: 60, warnings: ['声音很轻。'] }),
      );
      expect((await catalogue.get(id)).current).to.deep.include({
        production: 'transcoding',
        isPlayable: true,
        progress: 0.3,
        duration: 60,
        warnings: ['声音很轻。'],
      });
      await settle(generation, status({ stage: 'ready', progress: 1, isPlayable: true, duration: 60 }));
      expect((await catalogue.get(id)).current).to.include({
        production: 'ready',
        progress: 1,
        isPlayable: true,
      });
      const production = (await catalogue.history(id)).filter(
        ({ field }) => field === 'version 1: production',
      );
      expect(production.map(({ after }) => after)).to.deep.equal([
        'uploading',
        'uploaded',
        'probing',
        'transcoding',
        'ready',
      ]);
    });

    it('queues the work in the same transaction as it takes the file over', async () => {
      const { id } = await catalogue.create({ title: '一课' });
      const uploadId = await upload(id);
      const generation = generationId(`g-${++numbers}`);
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      const source = { sourceKey: 'sources/x', sizeBytes: 1, sha256: SHA, generation };
      const bad: NewJob = { ...prepareJob(generation), payload: circular as never };
      expect(await errorOf(catalogue.acceptSource(uploadId, source, [bad]))).to.be.instanceOf(TypeError);
      expect((await catalogue.get(id)).current).to.include({
        production: 'uploading',
        generation: undefined,
      });
      await catalogue.acceptSource(uploadId, source, [prepareJob(generation)]);
      expect((await jobs.list(generation)).map(({ name }) => name)).to.deep.equal(['prepare']);
    });

    it('takes a file over once, however often it is told', async () => {
      const { id } = await catalogue.create({ title: '一课' });
      const uploadId = await upload(id);
      const generation = await accept(uploadId);
      const before = await catalogue.get(id);
      const second = await accept(uploadId);
      expect(await catalogue.get(id)).to.deep.equal(before);
      expect(before.current?.generation).to.equal(generation);
      expect(await jobs.list(second)).to.deep.equal([]);
    });

    it('opens one version per upload, however often it is told', async () => {
      const { id } = await catalogue.create({ title: '一课' });
      const input = { uploadId: `upload-${++numbers}`, sourceName: 'a.mp4', sourceBytes: 1 };
      const versions = await Promise.all([1, 2, 3].map(() => catalogue.openVersion(id, input)));
      expect(new Set(versions.map((version) => version.id)).size).to.equal(1);
      const other = await catalogue.create({ title: '二课' });
      expect(await refusal(catalogue.openVersion(other.id, input))).to.include({ code: 'conflict' });
    });

    it('refuses a file whose facts cannot be', async () => {
      const { id } = await catalogue.create({ title: '一课' });
      for (const wrong of [
        { sourceName: ' ' },
        { sourceName: 'x'.repeat(256) },
        { sourceName: 'a\0' },
        { sourceBytes: -1 },
        { sourceBytes: 1.5 },
        { sourceSha256: 'xyz' },
      ]) {
        const input = { uploadId: 'wrong', sourceName: 'a.mp4', sourceBytes: 1, ...wrong };
        const error = await refusal(catalogue.openVersion(id, input));
        expect(error, JSON.stringify(wrong)).to.include({
          code: 'invalid-input',
          field: Object.keys(wrong)[0],
        });
      }
      expect((await catalogue.get(id)).current).to.equal(undefined);
    });

    it('forgets an abandoned upload, and refuses its bytes afterwards', async () => {
      const { id } = await catalogue.create({ title: '一课' });
      const uploadId = await upload(id);
      expect(await catalogue.abandonVersion(uploadId)).to.equal(true);
      expect(await catalogue.abandonVersion(uploadId)).to.equal(false);
      expect(await catalogue.abandonVersion('unknown')).to.equal(false);
      expect((await catalogue.get(id)).current).to.equal(undefined);
      expect(await refusal(accept(uploadId))).to.include({ code: 'conflict' });
      expect(await refusal(accept('unknown'))).to.include({ code: 'not-found' });
      const second = await upload(id);
      expect((await catalogue.get(id)).current).to.include({ number: 2, production: 'uploading' });
      await accept(second);
      expect(await catalogue.abandonVersion(second)).to.equal(false);
    });

    it('lets a second first upload replace one that never ended', async () => {
      const { id } = await catalogue.create({ title: '一课' });
      const lost = await upload(id);
      const second = await upload(id);
      expect(await catalogue.get(id))
        .to.have.nested.include({ 'current.number': 2 })
        .and.have.property('upcoming', undefined);
      expect((await refusal(accept(lost))).message).to.contain('replaced by a later one');
      await accept(second);
    });

    it('keeps a lecture on the air while its next version is made, then changes over', async () => {
      const [{ id }, first] = await withMedia(status({ stage: 'ready', isPlayable: true }));
      await catalogue.move(id, 'published');
      const second = await accept(await upload(id));
      await settle(second, status({ progress: 0.5, isPlayable: true }));
      const during = await catalogue.get(id);
      expect(during.current).to.include({ number: 1, generation: first });
      expect(during.upcoming).to.include({ number: 2, generation: second, production: 'transcoding' });
      await settle(second, status({ stage: 'ready', isPlayable: true }));
      const after = await catalogue.get(id);
      expect(after.current).to.include({ number: 2, generation: second });
      expect(after).to.include({ upcoming: undefined, publication: 'published' });
      expect((await catalogue.findByGeneration(first))?.version.number).to.equal(1);
      expect((await catalogue.history(id)).at(-1)).to.include({ field: 'current', before: 'version 1' });
    });

    it('keeps a lecture on the air when its next version fails', async () => {
      const [{ id }, first] = await withMedia(status({ stage: 'ready', isPlayable: true }));
      const second = await accept(await upload(id));
      const failure = { code: 'not-media', message: '这不是视频文件。', detail: 'moov atom not found' };
      await settle(second, status({ stage: 'failed', failure }));
      const { current, upcoming } = await catalogue.get(id);
      expect(current).to.include({ production: 'ready', generation: first });
      expect(upcoming).to.deep.include({
        production: 'failed',
        failure: { code: 'not-media', message: '这不是视频文件。' },
      });
      await upload(id);
      expect((await catalogue.get(id)).upcoming).to.include({ number: 3, production: 'uploading' });
    });

    it('stops the work on a version that a newer upload replaces', async () => {
      const [{ id }] = await withMedia(status({ stage: 'ready', isPlayable: true }));
      const second = await accept(await upload(id));
      await upload(id);
      expect((await jobs.list(second)).map(({ state }) => state)).to.deep.equal(['canceled']);
      expect((await catalogue.findByGeneration(second))?.version).to.deep.include({
        production: 'failed',
        failure: { code: 'superseded', message: '已被更新的版本取代。' },
      });
    });

    it('makes a failed version again from the same file', async () => {
      const [{ id }, first] = await withMedia(
        status({ stage: 'failed', failure: { code: 'encoder-failed', message: '坏了' } }),
      );
      const generation = generationId(`g-${++numbers}`);
      const remade = await catalogue.reprocess(id, generation, [prepareJob(generation)]);
      expect(remade).to.deep.include({ number: 2, production: 'uploaded', generation, failure: undefined });
      expect((await catalogue.get(id)).current).to.deep.equal(remade);
      expect(await jobs.list(generation)).to.have.length(1);
      await settle(first, status({ progress: 0.9 }));
      expect((await catalogue.get(id)).current?.progress).to.equal(0);
      const busy = catalogue.reprocess(id, generationId(`g-${++numbers}`), []);
      expect(await refusal(busy)).to.include({ code: 'conflict' });
      expect((await catalogue.remove(id)).generations).to.have.members([first, generation]);
    });

    it('makes a lecture again without taking it off the air', async () => {
      const [{ id }, first] = await withMedia(status({ stage: 'ready', isPlayable: true }));
      const generation = generationId(`g-${++numbers}`);
      await catalogue.reprocess(id, generation, [prepareJob(generation)]);
      const during = await catalogue.get(id);
      expect(during.current).to.include({ generation: first, production: 'ready' });
      expect(during.upcoming).to.include({ generation, production: 'uploaded' });
      const empty = await catalogue.create({ title: '空' });
      const nothing = catalogue.reprocess(empty.id, generationId(`g-${++numbers}`), []);
      expect(await refusal(nothing)).to.include({ code: 'conflict' });
    });

    it('says that work was canceled, and takes it up again after a retry', async () => {
      const [{ id }, generation] = await withMedia(status({ progress: 0.4 }));
      await settle(generation, status({ stage: 'canceled', progress: 0.4 }));
      expect((await catalogue.get(id)).current).to.have.nested.include({
        production: 'failed',
        'failure.code': 'canceled',
      });
      await settle(generation, status({ progress: 0.4 }));
      expect((await catalogue.get(id)).current).to.include({ production: 'transcoding', failure: undefined });
    });

    it('follows its jobs within their transactions', async () => {
      await database.write((transaction) => transaction.rows('DELETE FROM job'));
      const { id } = await catalogue.create({ title: '一课' });
      const wired = new SqlJobStore(database, {
        onChange: (transaction, generation, listed) =>
          catalogue.settle(
            transaction,
            generation,
            status({
              stage: 'transcoding',
              progress: listed.filter(({ state }) => state === 'done').length / 8,
            }),
          ),
      });
      const generation = await accept(await upload(id));
      const spans = Array.from({ length: 7 }, (_, index) => ({
        ...prepareJob(generation),
        name: `span-${index}`,
      }));
      await wired.enqueue(spans);
      const leases = await Promise.all([...spans, 'prepare'].map(() => wired.lease('worker', 60_000)));
      const ended = await Promise.all(leases.map(async (lease) => lease && wired.complete(lease, null)));
      expect(ended).to.deep.equal(Array.from({ length: 8 }, () => true));
      expect((await catalogue.get(id)).current?.progress).to.equal(1);
    });

    it('finds the item whose media comes from a certain file, the furthest first', async () => {
      const sha256 = '0123456789abcdef'.repeat(4);
      expect(await findBySource(database, sha256)).to.equal(undefined);
      const made: string[] = [];
      for (const title of ['早', '晚']) {
        const { id } = await catalogue.create({ title });
        made.push(id);
        const input = { uploadId: await upload(id), sourceKey: `sources/${id}`, sizeBytes: 1, sha256 };
        const generation = generationId(`g-${++numbers}`);
        await catalogue.acceptSource(input.uploadId, { ...input, generation }, [prepareJob(generation)]);
        if (title === '晚') {
          await settle(generation, status({ stage: 'ready' }));
        }
      }
      const known = await findBySource(database, sha256.toUpperCase());
      expect(known?.courseware).to.deep.equal(await catalogue.get(made[1] ?? ''));
      expect(known?.version).to.deep.equal(known?.courseware.current);
      expect(known?.uploadId).to.match(/^upload-/);
    });

    it('does not mind a making it does not know', async () => {
      await settle(generationId('unknown'), status());
      expect(await catalogue.findByGeneration(generationId('unknown'))).to.equal(undefined);
    });
  });
});

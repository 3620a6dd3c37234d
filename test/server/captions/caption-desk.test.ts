import { expect } from 'chai';
import { openStore, StorageError, type ObjectStore } from 'yuanjiao/storage';
import { generationId, type EmbeddedCaptions, type GenerationId } from 'yuanjiao/transcoder';

import { CaptionDesk, type CaptionsInput } from '../../../server/captions/caption-desk.ts';
import { adoptCaptions } from '../../../server/catalogue/caption-rows.ts';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { FORMATS, SIMPLIFIED } from '../../support/caption-files.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';
import { testFolder, type TestFolder } from '../../support/media.ts';

onEachDatabase('The caption desk', (databases) => {
  let folder: TestFolder;
  let store: ObjectStore;
  let database: Database;
  let catalogue: Catalogue;
  let desk: CaptionDesk;
  let numbers = 0;

  before(async () => {
    folder = await testFolder();
    store = await openStore(`folder:${folder.join('objects')}`);
    database = await databases.open();
    catalogue = new Catalogue(database).as('office');
    desk = new CaptionDesk({ database, store });
  });
  after(async () => {
    await store.close();
    await folder.remove();
  });

  const create = async (): Promise<string> => (await catalogue.create({ title: '桃形李' })).id;
  const srt = (...lines: readonly string[]): CaptionsInput => ({
    bytes: Buffer.from(FORMATS.srt(lines)),
    fileName: '字幕.srt',
  });
  const put = (id: string, language = 'zh-Hans', input = srt(...SIMPLIFIED)) =>
    desk.put('office', id, language, input);
  const keys = async (prefix = 'captions/'): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list(prefix)) found.push(key);
    return found;
  };
  const textOf = async (name: string): Promise<string> => {
    const { body } = await store.get(name as Parameters<ObjectStore['get']>[0]);
    return (await body.toArray()).join('');
  };

  /** An item with media of its own, made from a source of this digest. */
  const making = async (id: string, sha256: string): Promise<GenerationId> => {
    const generation = generationId(`g-${databases.kind.toLowerCase()}-${(numbers += 1)}`);
    await catalogue.openVersion(id, { uploadId: generation, sourceName: 'a.mkv', sourceBytes: 1 });
    await catalogue.acceptSource(
      generation,
      { sourceKey: `sources/${generation}`, sizeBytes: 1, sha256, generation },
      [],
    );
    return generation;
  };
  const embedded = (language: string, edition: string): EmbeddedCaptions => ({
    edition,
    language,
    label: language,
    kind: 'subtitles',
    format: 'srt',
    charset: 'UTF-8',
    cueCount: 2,
    problems: [],
    sourceName: '字幕轨 1',
    sourceBytes: 9,
    pieceCount: 1,
    objects: [],
  });
  const adopt = (generation: GenerationId, ...found: readonly EmbeddedCaptions[]): Promise<void> =>
    database.write((transaction) => adoptCaptions(transaction, 'system', generation, found));

  it('keeps captions as they are to be shown, with the file they came from, and says so in the history', async () => {
    const id = await create();
    const kept = await put(id, 'ZH_hans', { ...srt(...SIMPLIFIED), offsetMs: 250 });
    expect(kept).to.include({
      language: 'zh-Hans',
      label: '简体中文',
      offsetMs: 250,
      cueCount: 2,
      origin: 'uploaded',
    });
    expect(await desk.list(id)).to.deep.equal([kept]);
    expect(await textOf(`${kept.folder}/all.vtt`)).to.contain('00:00:01.250 --> 00:00:03.250');
    const { bytes } = await desk.original(id, 'zh-Hans');
    expect(String(bytes)).to.equal(FORMATS.srt(SIMPLIFIED));
    const last = (await catalogue.history(id)).at(-1);
    expect(last).to.include({ actor: 'office', field: 'captions zh-Hans' });
    expect(last?.after).to.contain('字幕.srt').and.contain('+250 ms');
  });

  it('corrects times from the file itself, so corrections do not add up', async () => {
    const id = await create();
    const { edition } = await put(id);
    await desk.change('office', id, 'zh-Hans', { offsetMs: -2900 });
    const changed = await desk.change('office', id, 'zh-Hans', { offsetMs: 100, stretch: 1.1 });
    expect(changed.edition).to.not.equal(edition);
    expect(await textOf(`${changed.folder}/all.vtt`)).to.contain('00:00:01.200 --> 00:00:03.400');
    const renamed = await desk.change('office', id, 'zh-Hans', { label: '给耳朵不好的人', kind: 'captions' });
    expect(renamed).to.include({ edition: changed.edition, label: '给耳朵不好的人', kind: 'captions' });
    const refusal = await errorOf(desk.change('office', id, 'zh-Hans', { offsetMs: -60_000 }));
    expect(refusal).to.include({ code: 'invalid-input', field: 'offsetMs' });
    expect((await desk.list(id))[0]).to.deep.equal(renamed);
  });

  it('keeps the texts that somebody may be watching, and no older ones', async () => {
    const id = await create();
    const [first, second, third] = [await put(id), await put(id), await put(id)];
    const left = await keys();
    const has = (of: string): boolean => left.some((key) => key.startsWith(`${of}/`));
    expect([has(first.folder), has(second.folder), has(third.folder)]).to.deep.equal([false, true, true]);
    await desk.remove('office', id, 'zh-Hans');
    expect(
      (await keys()).filter((key) => key.startsWith(second.folder) || key.startsWith(third.folder)),
    ).to.deep.equal([]);
    expect(await desk.list(id)).to.deep.equal([]);
    expect(await errorOf(desk.remove('office', id, 'zh-Hans'))).to.include({ code: 'not-found' });
  });

  it('has one set in a language, whoever hands in at the same time', async () => {
    const id = await create();
    const files = Array.from({ length: 4 }, (_, number) => srt(`第 ${number} 份`, '尾'));
    const all = await Promise.all(files.map((file) => put(id, 'en', file)));
    const [kept, ...others] = await desk.list(id);
    expect(others).to.deep.equal([]);
    expect(all.map(({ edition }) => edition)).to.include(kept?.edition);
    expect(await textOf(`${kept?.folder}/all.vtt`)).to.match(/第 \d 份/);
  });

  it('changes nothing when the file holds nothing, the item is gone or the store fails', async () => {
    const id = await create();
    const kept = await put(id);
    const before = await keys();
    const broken = { bytes: Buffer.from('1\n00:00:02,000 --> 00:00:01,000\n反\n'), fileName: '坏.srt' };
    const refusal = await errorOf(put(id, 'zh-Hans', broken));
    expect(refusal).to.include({ code: 'captions-unusable' });
    expect((refusal as unknown as { captionProblems: unknown[] }).captionProblems).to.have.length(1);
    expect(await errorOf(put('nobody'))).to.include({ code: 'not-found' });
    expect(await errorOf(put(id, '中文'))).to.include({ code: 'invalid-input', field: 'language' });
    const full: ObjectStore = {
      put: (key, ...rest) =>
        key.endsWith('all.vtt')
          ? Promise.reject(new StorageError('store-full', 'The disk is full.'))
          : store.put(key, ...rest),
      get: (...words) => store.get(...words),
      head: (key) => store.head(key),
      list: (...words) => store.list(...words),
      delete: (key) => store.delete(key),
      check: () => store.check(),
      close: () => store.close(),
    };
    const failing = new CaptionDesk({ database, store: full });
    expect(await errorOf(failing.put('office', id, 'zh-Hans', srt('新', '的')))).to.include({
      code: 'store-full',
    });
    expect(await desk.list(id)).to.deep.equal([kept]);
    expect(await keys()).to.deep.equal(before);
  });

  it('adopts what a making found in the media, but not over what people handed in', async () => {
    const id = await create();
    const uploaded = await put(id);
    const generation = await making(id, 'aa'.repeat(32));
    await adopt(generation, embedded('zh-Hans', 'zh-hans-1'), embedded('en', 'en-1'));
    const [chinese, english] = await desk.list(id);
    expect(chinese).to.deep.equal(uploaded);
    expect(english).to.include({ origin: 'embedded', folder: `lectures/${generation}/captions-en-1` });
    expect((await desk.listFor(generation)).map(({ language }) => language)).to.deep.equal(['zh-Hans', 'en']);
    expect((await catalogue.history(id)).at(-1)).to.include({ actor: 'system', field: 'captions en' });
  });

  it('leaves corrected and removed captions as they are when the same media is made again', async () => {
    const id = await create();
    const sha256 = 'bb'.repeat(32);
    const first = await making(id, sha256);
    await adopt(first, embedded('en', 'en-1'), embedded('fr', 'fr-1'), embedded('de', 'de-1'));
    await store.put(
      `lectures/${first}/captions-en-1/original` as Parameters<ObjectStore['put']>[0],
      srt('Hi', 'Bye').bytes,
    );
    const corrected = await desk.change('office', id, 'en', { offsetMs: 300 });
    await desk.remove('office', id, 'fr');
    const second = await making(id, sha256);
    await adopt(second, embedded('en', 'en-1'), embedded('fr', 'fr-1'), embedded('de', 'de-1'));
    const [german, english, ...more] = await desk.list(id);
    expect(german?.folder).to.equal(`lectures/${second}/captions-de-1`);
    expect(english).to.deep.equal(corrected);
    expect(more).to.deep.equal([]);
  });

  it('lets the captions of media that was replaced go, and keeps those that were handed in', async () => {
    const id = await create();
    await put(id);
    const first = await making(id, 'cc'.repeat(32));
    await adopt(first, embedded('en', 'en-1'), embedded('fr', 'fr-1'));
    const second = await making(id, 'dd'.repeat(32));
    expect((await desk.listFor(second)).map(({ language }) => language)).to.deep.equal(['zh-Hans']);
    await adopt(second, embedded('en', 'en-1'));
    const left = await desk.list(id);
    expect(left.map(({ language }) => language)).to.deep.equal(['zh-Hans', 'en']);
    expect(left[1]?.folder).to.equal(`lectures/${second}/captions-en-1`);
  });
});

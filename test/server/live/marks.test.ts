import { expect } from 'chai';

import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { ClassBook } from '../../../server/live/class-book.ts';
import type { LiveClass } from '../../../server/live/live-class.ts';
import type { PictureFacts } from '../../../server/live/picture-file.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const refusal = async (promise: Promise<unknown>): Promise<CatalogueError> =>
  (await errorOf(promise)) as CatalogueError;

const PICTURE: PictureFacts = { contentType: 'image/png', width: 1280, height: 720, sizeBytes: 1000 };
const MINUTE = 60_000;

onEachDatabase('Marks on the time line of a class', (databases) => {
  let database: Database;
  let book: ClassBook;
  let made: LiveClass;

  before(async () => {
    database = await databases.open();
    book = new ClassBook(database).as('导播');
  });
  beforeEach(async () => {
    made = await book.create({
      title: '桃形李冬剪',
      plannedStart: '2030-01-01 14:30',
      plannedEnd: '2030-01-01 16:00',
    });
  });

  const start = Date.parse('2030-01-01T14:30:00+08:00');
  const at = (minutes: number): string => new Date(start + minutes * MINUTE).toISOString();
  const addSlide = (image: string, title?: string) => book.slides.add(made.id, { ...PICTURE, image, title });

  it('are listed by time, with their place in the recording, breaks left out', async () => {
    await book.noteOnAir(made.id, { fromMs: start, untilMs: start + 30 * MINUTE });
    await book.noteOnAir(made.id, { fromMs: start + 40 * MINUTE, untilMs: start + 80 * MINUTE });
    await book.marks.add(made.id, { kind: 'chapter', at: at(50), text: '修枝' });
    await book.marks.add(made.id, { kind: 'section', at: at(0), text: '讲授' });
    await book.marks.add(made.id, { kind: 'notice', at: at(35), text: '信号正在恢复' });
    const marks = await book.marks.list(made.id);
    expect(marks.map(({ kind, text, mediaMs }) => [kind, text, (mediaMs ?? -1) / MINUTE])).to.deep.equal([
      ['section', '讲授', 0],
      ['notice', '信号正在恢复', 30],
      ['chapter', '修枝', 40],
    ]);
    expect(await book.marks.list(made.id, 'chapter')).to.deep.equal([marks[2]]);
  });

  it('are made once by a request that is repeated, and told of once', async () => {
    const notice = { kind: 'notice', text: '请填写回执' } as const;
    const request = { actor: '导播', key: 'key-of-one-notice', content: [made.id, notice] };
    const marks = await Promise.all([1, 2, 3].map(() => book.marks.add(made.id, notice, request)));
    expect(new Set(marks.map(({ id }) => id)).size).to.equal(1);
    expect(await book.marks.list(made.id)).to.deep.equal([marks[0]]);
    expect((await book.history(made.id)).filter(({ field }) => field === 'notice')).to.have.length(1);
    const other = { ...request, content: [made.id, { ...notice, text: '别的' }] };
    expect(await refusal(book.marks.add(made.id, { ...notice, text: '别的' }, other))).to.include({
      code: 'conflict',
      field: 'idempotencyKey',
    });
  });

  it('have no place in a recording that does not exist', async () => {
    const mark = await book.marks.add(made.id, { kind: 'notice', text: '九点开始' });
    expect(mark.mediaMs).to.equal(undefined);
    expect(Math.abs(Date.parse(mark.at) - Date.now())).to.be.below(60_000);
  });

  it('show a slide from its moment on, under its title, until the next or none', async () => {
    const first = await addSlide('a.png', '封面');
    const second = await addSlide('b.png');
    expect([first.position, second.position]).to.deep.equal([1, 2]);
    await book.marks.add(made.id, { kind: 'slide', at: at(1), slideId: first.id });
    await book.marks.add(made.id, { kind: 'slide', at: at(2), slideId: second.id });
    await book.marks.add(made.id, { kind: 'slide', at: at(3) });
    const shown = async () =>
      (await book.marks.list(made.id, 'slide')).map(({ text, image }) => [text, image]);
    expect(await shown()).to.deep.equal([
      ['封面', 'a.png'],
      [undefined, 'b.png'],
      [undefined, undefined],
    ]);
    expect(await book.slides.remove(made.id, first.id)).to.deep.equal({ token: made.token, image: 'a.png' });
    expect(await shown()).to.deep.equal([
      [undefined, 'b.png'],
      [undefined, undefined],
    ]);
    const third = await addSlide('c.png');
    expect(third.position, 'places are not given twice').to.equal(3);
    expect(await book.remove(made.id)).to.deep.equal({ token: made.token, images: ['b.png', 'c.png'] });
  });

  it('find the slide of a request that is repeated, with the picture that it has', async () => {
    const request = { actor: '导播', key: 'key-of-one-slide', content: [made.id, 'a picture'] };
    const slides = await Promise.all(
      ['a.png', 'b.png', 'c.png'].map((image) => book.slides.add(made.id, { ...PICTURE, image }, request)),
    );
    expect(new Set(slides.map(({ id, image }) => `${id} ${image}`)).size).to.equal(1);
    expect(await book.slides.list(made.id)).to.deep.equal([slides[0]]);
    expect((await book.history(made.id)).filter(({ field }) => field === 'slides')).to.have.length(1);
    await book.slides.remove(made.id, slides[0]?.id ?? '');
    const again = book.slides.add(made.id, { ...PICTURE, image: 'd.png' }, request);
    expect(await refusal(again), 'one that was taken out does not come back').to.include({
      code: 'not-found',
    });
  });

  it('are corrected and taken away, and the history tells by whom', async () => {
    const { id } = await book.marks.add(made.id, { kind: 'chapter', at: at(5), text: '选技' });
    await book.as('office').marks.edit(made.id, id, { text: '选枝' });
    await book.as('office').marks.edit(made.id, id, { at: at(6) });
    await book.marks.remove(made.id, id);
    expect(await book.marks.list(made.id)).to.deep.equal([]);
    const entries = (await book.history(made.id)).slice(1);
    expect(entries.map(({ actor, before, after }) => [actor, before, after])).to.deep.equal([
      ['导播', undefined, `${at(5)} 选技`],
      ['office', `${at(5)} 选技`, `${at(5)} 选枝`],
      ['office', `${at(5)} 选枝`, `${at(6)} 选枝`],
      ['导播', `${at(6)} 选枝`, undefined],
    ]);
  });

  it('refuse what is none, and what belongs to another class', async () => {
    const other = await book.create({
      title: '另一课',
      plannedStart: '2030-01-02 14:30',
      plannedEnd: '2030-01-02 16:00',
    });
    const { id: slideId } = await addSlide('d.png');
    const { id: markId } = await book.marks.add(made.id, { kind: 'section', text: '讲授' });
    for (const wrong of [
      { kind: 'chapter' },
      { kind: 'chapter', text: '  ' },
      { kind: 'chapter', text: '一', slideId },
      { kind: 'notice', text: '长'.repeat(501) },
      { kind: 'notice', text: '一', at: 'noon' },
    ] as const) {
      expect(await refusal(book.marks.add(made.id, wrong)), JSON.stringify(wrong)).to.include({
        code: 'invalid-input',
      });
    }
    expect(await refusal(book.marks.add(other.id, { kind: 'slide', slideId }))).to.include({
      code: 'not-found',
    });
    expect(await refusal(book.marks.edit(other.id, markId, { text: '二' }))).to.include({
      code: 'not-found',
    });
    expect(await refusal(book.marks.remove(other.id, markId))).to.include({ code: 'not-found' });
    expect(await refusal(book.slides.remove(other.id, slideId))).to.include({ code: 'not-found' });
    expect(await refusal(book.marks.list('none'))).to.include({ code: 'not-found' });
    expect(await book.marks.list(made.id)).to.have.length(1);
  });

  it('are told to whoever listens', async () => {
    const heard: string[] = [];
    const stop = book.onChange((id, part) => heard.push(`${part} ${id}`));
    const { id } = await book.marks.add(made.id, { kind: 'notice', text: '休息' });
    await addSlide('e.png');
    await book.marks.remove(made.id, id);
    stop();
    expect(heard).to.deep.equal([`marks ${made.id}`, `slides ${made.id}`, `marks ${made.id}`]);
  });

  it('stand beside a log of who published, in which what a dead process left open is closed', async () => {
    const { sessions } = book;
    const session = { classId: made.id, role: 'main', address: '10.0.0.1' } as const;
    for (const [index, id] of ['one', 'two', 'three'].entries()) {
      await sessions.open({ ...session, id: `${made.id}-${id}`, startedAt: 1000 + index });
    }
    await sessions.close(`${made.id}-one`, 2000, 'encoder closed');
    expect(await sessions.closeStray([`${made.id}-three`], 3000, 'ingest restarted')).to.equal(1);
    expect(
      (await sessions.list(made.id)).map(({ endedAt, endReason }) => [endedAt, endReason]),
    ).to.deep.equal([
      [2000, 'encoder closed'],
      [3000, 'ingest restarted'],
      [undefined, undefined],
    ]);
    await sessions.closeStray([], 4000, 'end of test');
  });

  it('stand beside a count of who was not let in, which forgets after a month', async () => {
    const { sessions } = book;
    const day = 86_400_000;
    for (const atMs of [day, 2 * day])
      await sessions.refuse({ address: '10.6.6.6', why: 'unknown-key', atMs });
    await sessions.refuse({ address: '10.6.6.6', why: 'taken', classId: made.id, atMs: 3 * day });
    expect(await sessions.refusals()).to.deep.equal([
      { address: '10.6.6.6', why: 'taken', classId: made.id, times: 1, firstAt: 3 * day, lastAt: 3 * day },
      {
        address: '10.6.6.6',
        why: 'unknown-key',
        classId: undefined,
        times: 2,
        firstAt: day,
        lastAt: 2 * day,
      },
    ]);
    expect(await sessions.refusals(made.id)).to.have.length(1);
    await sessions.refuse({ address: '10.7.7.7', why: 'unknown-key', atMs: 33 * day });
    expect((await sessions.refusals()).map(({ address, why }) => [address, why])).to.deep.equal([
      ['10.7.7.7', 'unknown-key'],
      ['10.6.6.6', 'taken'],
    ]);
  });
});

import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { ClassBook } from '../../../server/live/class-book.ts';
import type { LiveClass } from '../../../server/live/live-class.ts';
import {
  draftRecording,
  noteCopied,
  noteStored,
  recordingGeneration,
  recordingState,
} from '../../../server/live/on-air/recording-rows.ts';
import { indexMany } from '../../../server/search/item-rows.ts';
import { onEachDatabase } from '../../support/databases.ts';

const SUMMARY = { duration: 2700.04, sizeBytes: 675_000_000, chapters: [{ start: 12, title: '开场' }] };

onEachDatabase('The recording of a class in the catalogue', (databases) => {
  let database: Database;
  let book: ClassBook;
  let catalogue: Catalogue;
  let liveClass: LiveClass;
  let days = 0;

  before(async () => {
    database = await databases.open(undefined, { onChange: indexMany });
    book = new ClassBook(database);
    catalogue = new Catalogue(database);
  });

  beforeEach(async () => {
    const day = new Date(Date.now() + ++days * 86_400_000).toISOString().slice(0, 10);
    const { id } = await book.create({
      title: '杨梅嫁接四步',
      lecturers: ['俞老师'],
      hostUnit: '绍兴市农科院',
      tags: ['乡土', '不是标签的词'],
      plannedStart: `${day}T14:30:00+08:00`,
      plannedEnd: `${day}T16:00:00+08:00`,
    });
    for (const state of ['announced', 'on_air', 'ended'] as const) liveClass = await book.move(id, state);
  });

  const draft = (): Promise<void> =>
    database.write((transaction) => draftRecording(transaction, liveClass.id, SUMMARY));
  const state = (): Promise<string> => database.read((statements) => recordingState(statements, liveClass));

  it('is one draft, however often it is made, and says what the class said', async () => {
    expect(await state()).to.equal('none');
    await draft();
    await draft();
    const { recordingCoursewareId = '' } = await book.get(liveClass.id);
    const item = await catalogue.get(recordingCoursewareId);
    expect(item).to.deep.include({
      ...{ title: '杨梅嫁接四步', kind: 'live_replay', origin: 'live', publication: 'draft' },
      ...{ tags: ['直播课堂', '乡土'], duration: 2700.04 },
    });
    expect(item.presenters.map(({ name }) => name)).to.deep.equal(['俞老师']);
    expect(item.producer?.name).to.equal('绍兴市农科院');
    expect(item.current).to.include({ generation: recordingGeneration(liveClass), isPlayable: true });
    expect(await catalogue.chapters(item.id)).to.deep.equal({
      chapters: SUMMARY.chapters,
      origin: 'container',
    });
    expect(await state()).to.equal('journal');
    expect((await book.findByRecording(item.id))?.id).to.equal(liveClass.id);
  });

  it('can be published before it is stored, and is ready when it is', async () => {
    await draft();
    const { recordingCoursewareId = '' } = await book.get(liveClass.id);
    await catalogue.move(recordingCoursewareId, 'published');
    await database.write((transaction) => noteCopied(transaction, liveClass, SUMMARY, 0.5));
    expect((await catalogue.get(recordingCoursewareId)).current?.progress).to.equal(0.5);
    const stored = {
      duration: 2700,
      poster: 'poster.jpg',
      storyboard: 'storyboard/index-1.vtt',
      warnings: ['少了一档'],
    };
    await database.write((transaction) => noteStored(transaction, liveClass, stored));
    const { current, publication } = await catalogue.get(recordingCoursewareId);
    expect(current).to.deep.include({
      ...{ production: 'ready', progress: 1, duration: 2700, warnings: ['少了一档'] },
      ...{ poster: 'poster.jpg', storyboard: 'storyboard/index-1.vtt' },
    });
    expect(publication).to.equal('published');
    expect(await state()).to.equal('stored');
  });

  it('that somebody has removed meanwhile is no trouble', async () => {
    await draft();
    const { recordingCoursewareId = '' } = await book.get(liveClass.id);
    await catalogue.remove(recordingCoursewareId);
    await database.write((transaction) => noteCopied(transaction, liveClass, SUMMARY, 0.5));
    expect(await state()).to.equal('none');
  });
});

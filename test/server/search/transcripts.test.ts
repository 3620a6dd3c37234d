import { expect } from 'chai';
import { openStore, type ObjectStore } from 'yuanjiao/storage';

import { CaptionDesk } from '../../../server/captions/caption-desk.ts';
import type { CoursewareId } from '../../../server/catalogue/courseware.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { Search } from '../../../server/search/search.ts';
import { openSearchDesk } from '../../../server/search/search-desk.ts';
import {
  cutIntoMinutes,
  momentsIn,
  searchedText,
  spokenText,
} from '../../../server/search/spoken-minutes.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { testFolder, type TestFolder } from '../../support/media.ts';
import { putOnShelf } from '../../support/shelf.ts';

/** Captions as SubRip: a second each, at these seconds. */
function srt(cues: readonly (readonly [seconds: number, text: string])[]): Buffer {
  const time = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(11, 19)},000`;
  return Buffer.from(
    cues.map(([at, text], index) => `${index + 1}\n${time(at)} --> ${time(at + 1)}\n${text}\n`).join('\n'),
  );
}

onEachDatabase('What is said in lectures', (databases) => {
  let folder: TestFolder;
  let store: ObjectStore;
  let database: Database;
  let desk: CaptionDesk;
  let search: Search;
  let grafting: CoursewareId;
  let tea: CoursewareId;

  before(async () => {
    folder = await testFolder();
    store = await openStore(`folder:${folder.join('objects')}`);
    database = await databases.open();
    desk = new CaptionDesk({ database, store });
    search = new Search(database);
    const ids = await putOnShelf(database, [{ title: '杨梅嫁接四步' }, { title: '龙井炒制' }]);
    [grafting, tea] = ids as [CoursewareId, CoursewareId];
    const bytes = srt([
      [3, '各位乡亲大家好'],
      [50, '砧木要选两年生的'],
      [58, '接穗要在清'],
      [61, '明前后采下来'],
      [130, '伤口用塑料薄膜<b>包紧</b>'],
      [3725, '最后再说一遍砧木'],
    ]);
    await desk.put('office', grafting, 'zh-Hans', { bytes, fileName: '字幕.srt' });
  });
  after(async () => {
    await store.close();
    await folder.remove();
  });

  const found = async (q: string): Promise<readonly string[]> =>
    (await search.find({ q })).items.map(({ courseware }) => courseware.title);

  it('finds a lecture by what is only said in it, and says where', async () => {
    const { items, total } = await search.find({ q: '砧木' });
    expect(total).to.equal(1);
    expect(items[0]?.courseware.id).to.equal(grafting);
    expect(items[0]?.moments.map(({ start }) => start)).to.deep.equal([50, 3725]);
    const [moment] = items[0]?.moments ?? [];
    expect(moment?.marks.map(([from, to]) => moment.text.slice(from, to))).to.deep.equal(['砧木']);
    expect(moment?.language).to.equal('zh-Hans');
  });

  it('finds words that go on from one caption, and one minute, to the next', async () => {
    const { items } = await search.find({ q: '清明前后' });
    expect(items[0]?.moments.map(({ start }) => start)).to.deep.equal([58]);
  });

  it('shows what is in a title before what is only said', async () => {
    await putOnShelf(database, [{ title: '砧木的选择' }]);
    expect(await found('砧木')).to.deep.equal(['砧木的选择', '杨梅嫁接四步']);
  });

  it('takes a term from what is written and another from what is said', async () => {
    expect(await found('杨梅 塑料薄膜')).to.deep.equal(['杨梅嫁接四步']);
    expect(await found('龙井 塑料薄膜')).to.deep.equal([]);
  });

  it('lists every place of one lecture', async () => {
    const item = (await search.find({ q: '杨梅嫁接' })).items[0]?.courseware;
    expect((await search.moments(item ?? { number: 0 }, '砧木')).map(({ start }) => start)).to.deep.equal([
      50, 3725,
    ]);
    expect(await search.moments(item ?? { number: 0 }, '')).to.deep.equal([]);
  });

  it('moves with captions that are moved, and goes with those that are taken away', async () => {
    await desk.change('office', grafting, 'zh-Hans', { offsetMs: 10_000 });
    expect((await search.find({ q: '两年生' })).items[0]?.moments[0]?.start).to.equal(60);
    await desk.put('office', tea, 'zh-Hans', { bytes: srt([[5, '杀青的温度']]), fileName: 'a.srt' });
    expect(await found('杀青')).to.deep.equal(['龙井炒制']);
    await desk.put('office', tea, 'zh-Hans', { bytes: srt([[5, '揉捻的手法']]), fileName: 'b.srt' });
    expect(await found('杀青')).to.deep.equal([]);
    await desk.remove('office', tea, 'zh-Hans');
    expect(await found('揉捻')).to.deep.equal([]);
  });

  it('keeps languages apart', async () => {
    await desk.put('office', tea, 'zh-Hans', { bytes: srt([[5, '炒茶']]), fileName: 'a.srt' });
    await desk.put('office', tea, 'en', { bytes: srt([[65, 'Roasting tea leaves']]), fileName: 'a.srt' });
    expect((await search.find({ q: 'roast' })).items[0]?.moments[0]).to.include({
      start: 65,
      language: 'en',
    });
    await desk.remove('office', tea, 'en');
    expect(await found('roast')).to.deep.equal([]);
    expect(await found('炒茶')).to.deep.equal(['龙井炒制']);
  });

  it('makes up for captions that were never indexed, and forgets those that are gone', async () => {
    const searchDesk = openSearchDesk({ database, store });
    await database.write(async (transaction) => {
      await transaction.rows("UPDATE transcript SET edition = 'old' WHERE courseware_id = $1", grafting);
      await transaction.rows('DELETE FROM caption WHERE courseware_id = $1', tea);
    });
    const drift = await searchDesk.drift();
    expect(drift.unspoken).to.deep.equal([`${grafting} zh-Hans`]);
    expect(drift.orphans).to.deep.equal([`${tea} zh-Hans`]);
    expect(await searchDesk.indexTranscripts()).to.equal(1);
    const after = await searchDesk.drift();
    expect([after.unspoken, after.orphans]).to.deep.equal([[], []]);
    expect((await search.find({ q: '两年生' })).items[0]?.moments[0]?.start).to.equal(60);
    expect(await found('炒茶')).to.deep.equal([]);
  });
});

describe('A minute of captions', () => {
  it('holds what begins in it and how the next begins', () => {
    const minutes = cutIntoMinutes([
      { startMs: 61_000, text: '第二分钟' },
      { startMs: 1000, text: '第一分钟' },
      { startMs: 200_000, text: '' },
    ]);
    expect(minutes.map(({ minute, tail }) => [minute, tail])).to.deep.equal([
      [0, '第二分钟'],
      [1, ''],
    ]);
  });

  it('is read without markup', () => {
    expect(spokenText('<v 主讲><b>A &amp; B</b>\n&lt;3')).to.equal('A & B <3');
  });

  it('lets Chinese go on and keeps other words apart', () => {
    const [minute] = cutIntoMinutes([
      { startMs: 0, text: '杨' },
      { startMs: 1000, text: '梅 red' },
      { startMs: 2000, text: 'tea' },
    ]);
    expect(minute === undefined ? '' : searchedText(minute)).to.equal('杨梅 red tea');
  });

  it('does not report twice what the next minute begins with', () => {
    const minutes = cutIntoMinutes([
      { startMs: 0, text: '开头' },
      { startMs: 61_000, text: '嫁接' },
    ]);
    const moments = minutes.flatMap((minute) => momentsIn(minute, ['嫁接'], 'zh'));
    expect(moments.map(({ start }) => start)).to.deep.equal([61]);
  });

  it('says where it leaves words out before and after a find', () => {
    const [minute] = cutIntoMinutes([{ startMs: 0, text: `${'前'.repeat(20)}嫁接${'后'.repeat(50)}` }]);
    const [moment] = minute === undefined ? [] : momentsIn(minute, ['嫁接'], 'zh');
    expect(moment?.text).to.equal(`…${'前'.repeat(12)}嫁接${'后'.repeat(34)}…`);
    expect(moment?.marks).to.deep.equal([[13, 15]]);
  });
});

import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { expect } from 'chai';

import { csvRow } from '../../../server/exchange/csv-writer.ts';
import { WatchFolder, type WatchEvent } from '../../../server/intake/watch-folder.ts';
import { CommandLine, makeClip, type RunningCommand } from '../../support/command-line.ts';
import { freshFolder, startSite } from '../../support/courseware-site.ts';
import { numbered, openIntakePlace, type IntakePlace } from '../../support/intake-place.ts';
import { until } from '../../support/until.ts';
import { workbookOf } from '../../support/workbooks.ts';

const SRT = '1\n00:00:00,200 --> 00:00:00,900\n桃形李\n';

describe('A watched folder', () => {
  let place: IntakePlace;
  let folder: string;
  let lecture: Buffer;
  let events: WatchEvent[];
  let watching: WatchFolder[];

  before(async function make() {
    const clips = await freshFolder();
    await makeClip(join(clips, 'clip.mp4'), { seconds: 1, size: '160x90' });
    lecture = await readFile(join(clips, 'clip.mp4'));
    await rm(clips, { recursive: true, force: true });
  });

  beforeEach(async () => {
    place = await openIntakePlace();
    folder = await freshFolder();
    events = [];
    watching = [];
  });
  afterEach(async () => {
    for (const one of watching) await one.stop();
    await place.close();
    await rm(folder, { recursive: true, force: true });
  });

  function watch(options: { readonly ahead?: number } = {}, at = place): WatchFolder {
    const one = new WatchFolder({
      ...at.foundation,
      intake: at.intake,
      folder,
      actor: 'test',
      settleMs: 300,
      everyMs: 20,
      onEvent: (event) => events.push(event),
      ...options,
    });
    one.start();
    watching.push(one);
    return one;
  }

  const put = (name: string, content: string | Uint8Array): Promise<void> =>
    writeFile(join(folder, name), content);

  async function listed(name = ''): Promise<readonly string[]> {
    const entries = await readdir(join(folder, name), { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .toSorted();
  }

  /** Waits until what was told of a file is over. */
  const ended = (file: string): Promise<WatchEvent> =>
    until(`${file} is dealt with`, () =>
      events.find((event) => (event.kind === 'taken' || event.kind === 'refused') && event.file === file),
    );

  const reasonFor = async (file: string): Promise<string> => {
    const event = await ended(file);
    return event.kind === 'refused' ? event.reason : event.kind;
  };

  it('takes a file with the description and the captions of its name, and puts them away', async () => {
    await put(
      '课.json',
      JSON.stringify({
        编号: 'SX-1',
        title: '桃形李',
        标签: ['乡土'],
        months: [3, 4],
        rights: { holder: '农业局' },
      }),
    );
    await put('课.zh-Hans.srt', SRT);
    await put('课.mp4', lecture);
    watch();
    await ended('课.mp4');
    const [item] = await place.items();
    expect(item).to.deep.include({
      code: 'SX-1',
      title: '桃形李',
      tags: ['乡土'],
      months: [3, 4],
      publication: 'draft',
    });
    expect(item?.rights?.holder).to.equal('农业局');
    expect(item?.current?.production).to.equal('uploaded');
    const captions = await place.foundation.database.read((statements) =>
      statements.rows('SELECT * FROM caption'),
    );
    expect(captions).to.have.length(1);
    expect(await listed()).to.deep.equal([]);
    expect(await listed('已入库')).to.deep.equal(['课.json', '课.mp4', '课.zh-Hans.srt']);
  });

  it('takes a file with a name in GBK, as archives of Chinese Windows have them, under that name', async () => {
    const gbk = Buffer.from('d1f8b2cf', 'hex');
    const path = (ending: string): Buffer =>
      Buffer.concat([Buffer.from(`${folder}/`), gbk, Buffer.from(ending)]);
    await writeFile(path('.srt'), SRT);
    await writeFile(path('.mp4'), lecture);
    await writeFile(path('.mp4.part'), lecture);
    watch();
    expect((await ended('养蚕.mp4')).kind).to.equal('taken');
    expect((await place.items()).map(({ title }) => title)).to.deep.equal(['养蚕']);
    expect(await listed('已入库')).to.deep.equal(['养蚕.mp4', '养蚕.srt']);
    expect(await readdir(folder, 'buffer')).to.deep.include(Buffer.concat([gbk, Buffer.from('.mp4.part')]));
  });

  it('gives a name in GBK the next number where there is such a name, and shortens one that is too long', async () => {
    const long = Buffer.concat([
      ...Array.from({ length: 120 }, () => Buffer.from('d1f8', 'hex')),
      Buffer.from('.mp4'),
    ]);
    expect(long.length).to.be.lessThan(256);
    // A folder, which stays where it is.
    await mkdir(join(folder, '养.mp4'));
    await writeFile(
      Buffer.concat([Buffer.from(`${folder}/`), Buffer.from('d1f8', 'hex'), Buffer.from('.mp4')]),
      lecture,
    );
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), long]), numbered(lecture, 2));
    watch();
    await until('both are dealt with', async () => (await place.items()).length === 2);
    const titles = (await place.items()).map(({ title }) => title);
    expect(titles).to.include('养 (2)');
    expect(titles.some((title) => /^养{60,}$/.test(title))).to.equal(true);
  });

  it('takes what is written about a file in a row of a table, or of a CSV of its name, or calls it like the file', async () => {
    await put(
      '目录.xlsx',
      workbookOf([
        ['文件', '编号', '标题'],
        ['一.mp4', 'A', '表里的题目'],
        ['别的.mp4', 'B', '题'],
      ]),
    );
    await put('二.csv', csvRow(['编号', '系列']) + csvRow(['C', '丛书']));
    await put('一.mp4', lecture);
    await put('二.mp4', numbered(lecture, 2));
    await put('三 养蚕.mp4', numbered(lecture, 3));
    watch();
    for (const file of ['一.mp4', '二.mp4', '三 养蚕.mp4']) await ended(file);
    const items = (await place.items()).map(({ code, title, series }) => [code, title, series]);
    expect(items).to.have.deep.members([
      ['A', '表里的题目', undefined],
      ['C', '二', '丛书'],
      [undefined, '三 养蚕', undefined],
    ]);
    expect(await listed()).to.deep.equal(['目录.xlsx']);
  });

  it('refuses what cannot be taken, and says why in a text beside it', async () => {
    await put('假.mp4', '不是视频');
    await put('空.mp4', '');
    await put('错.mp4', lecture);
    await put('错.json', JSON.stringify({ 编号: 'X', 标签: '没有的', 年份: '十一年' }));
    await put('坏.mp4', numbered(lecture, 1));
    await put('坏.json', '{"编号": ');
    await put('幕.mp4', numbered(lecture, 2));
    await put('幕.srt', '没有时间');
    watch();
    expect(await reasonFor('假.mp4')).to.include('不是视频或音频文件');
    expect(await reasonFor('空.mp4')).to.include('0 字节');
    expect(await reasonFor('错.mp4'))
      .to.include('没有标签“没有的”')
      .and.to.include('年份');
    expect(await reasonFor('坏.mp4')).to.include('坏.json 不是 JSON');
    expect(await reasonFor('幕.mp4')).to.include('字幕');
    expect(await place.items()).to.deep.equal([]);
    expect(await listed()).to.deep.equal([]);
    const refused = await listed('未入库');
    expect(refused).to.include.members(['错.mp4', '错.json', '错.mp4.原因.txt', '幕.srt', '假.mp4']);
    const text = await readFile(join(folder, '未入库', '错.mp4.原因.txt'), 'utf8');
    expect(text.startsWith('\uFEFF')).to.equal(true);
    expect(text).to.include('移回上一级文件夹');
  });

  it('takes a refused file when it comes back with what was wrong put right', async () => {
    await put('课.mp4', lecture);
    await put('课.json', JSON.stringify({ 编号: 'A', 标签: '没有的' }));
    watch();
    await ended('课.mp4');
    events.length = 0;
    await put('课.json', JSON.stringify({ 编号: 'A', 标签: '乡土' }));
    await rename(join(folder, '未入库', '课.mp4'), join(folder, '课.mp4'));
    expect((await ended('课.mp4')).kind).to.equal('taken');
    expect(await listed('已入库')).to.deep.equal(['课.json', '课.mp4']);
  });

  it('takes nothing twice: the same file again is refused, unless it is written that it is another item', async () => {
    await put('一.mp4', lecture);
    watch();
    await ended('一.mp4');
    await put('一 副本.mp4', lecture);
    expect(await reasonFor('一 副本.mp4'))
      .to.include('《一》')
      .and.to.include('完全相同');
    await put('二.json', JSON.stringify({ 编号: 'B' }));
    await put('二.mp4', lecture);
    const event = await ended('二.mp4');
    expect(event.kind === 'taken' && event.outcome.kind).to.equal('shared');
    expect(await place.sources()).to.have.length(1);
    expect((await place.items()).map(({ title }) => title)).to.deep.equal(['一', '二']);
  });

  it('overwrites nothing that was put away before', async () => {
    watch();
    for (const number of [1, 2, 3]) {
      events.length = 0;
      await put('课.mp4', numbered(lecture, number));
      await ended('课.mp4');
    }
    expect(await listed('已入库')).to.deep.equal(['课 (2).mp4', '课 (3).mp4', '课.mp4']);
  });

  it('waits for a copy under way: under another name, still growing, or still open', async () => {
    watch();
    await put('改名.mp4.part', lecture);
    const writing = createWriteStream(join(folder, '开着.mp4'));
    const written = new Promise<void>((resolve, reject) => {
      writing.write(numbered(lecture, 1), (error) => (error ? reject(error) : resolve()));
    });
    await written;
    await put('别的.mp4', numbered(lecture, 2));
    await ended('别的.mp4');
    // The third came last and rested as long as the others; they were seen and left alone.
    expect(await listed()).to.deep.equal(['开着.mp4', '改名.mp4.part']);
    await new Promise<void>((resolve, reject) =>
      writing.end((error?: Error | null) => (error ? reject(error) : resolve())),
    );
    await rename(join(folder, '改名.mp4.part'), join(folder, '改名.mp4'));
    for (const file of ['开着.mp4', '改名.mp4']) expect((await ended(file)).kind).to.equal('taken');
  });

  it('keeps no more of its lectures in the queue than it may, and the others where they are', async () => {
    await put('一.mp4', lecture);
    await put('二.mp4', numbered(lecture, 2));
    watch({ ahead: 1 });
    await until('it is full', () => events.some(({ kind }) => kind === 'full'));
    expect(await listed()).to.have.length(1);
    const [item] = await place.items();
    const generation = item?.current?.generation;
    if (generation === undefined) throw new Error('nothing was queued');
    await place.foundation.jobs.cancel(generation);
    for (const file of ['一.mp4', '二.mp4']) await ended(file);
  });

  it('leaves a file alone while the failure is none of its own, and takes it later', async () => {
    const poor = await openIntakePlace({ YUANJIAO_MIN_FREE_BYTES: '900TiB' });
    try {
      await put('课.mp4', lecture);
      const first = watch({}, poor);
      const event = await until('it waits', () => events.find(({ kind }) => kind === 'postponed'));
      expect(event.kind === 'postponed' && (event.error as { code?: string }).code).to.equal('disk-full');
      await first.stop();
      expect(await listed()).to.deep.equal(['课.mp4']);
      watch();
      expect((await ended('课.mp4')).kind).to.equal('taken');
    } finally {
      await poor.close();
    }
  });

  it('is looked after by one of two watchers', async () => {
    watch();
    await until('the folder is kept', () =>
      place.foundation.database.read(async (statements) => {
        const rows = await statements.rows('SELECT * FROM intake_keeper');
        return rows.length > 0;
      }),
    );
    const second = await openIntakePlace({}, place.config.dataDir);
    try {
      watch({}, second);
      await until('the other one stands back', () => events.some(({ kind }) => kind === 'kept-by-another'));
      await put('课.mp4', lecture);
      await ended('课.mp4');
      expect(events.filter(({ kind }) => kind === 'taken')).to.have.length(1);
      await watching.at(-1)?.stop();
    } finally {
      await second.close();
    }
  });
});

describe('yuanjiao watch-folder', () => {
  it('loses nothing and takes nothing twice, however often it is killed', async function kill() {
    const cli = await CommandLine.open();
    const dataDir = cli.path('data');
    const folder = cli.path('收件箱');
    const count = 10;
    let place: IntakePlace | undefined;
    let run: RunningCommand | undefined;
    try {
      await mkdir(folder);
      await makeClip(cli.path('clip.mp4'), { seconds: 1, size: '160x90' });
      const lecture = await readFile(cli.path('clip.mp4'));
      for (let number = 0; number < count; number++) {
        const isBad = number % 5 === 4;
        await writeFile(join(folder, `${number}.mp4`), isBad ? `坏 ${number}` : numbered(lecture, number));
        await writeFile(join(folder, `${number}.srt`), SRT);
        if (number % 2 === 0)
          await writeFile(join(folder, `${number}.json`), JSON.stringify({ 编号: `N-${number}` }));
      }
      const env = { YUANJIAO_DATA_DIR: dataDir, YUANJIAO_MIN_FREE_BYTES: '0' };
      place = await openIntakePlace({}, dataDir);
      const { database } = place.foundation;
      const left = async (): Promise<number> =>
        (await readdir(folder)).filter((name) => /\d/.test(name)).length;
      const started = await left();
      for (let goal = started - 2; goal >= -5; goal -= 9) {
        run = cli.start(['watch-folder', folder, '--settle', '1', '--ahead', '1000'], { env });
        await until('it gets on', async () => (await left()) <= Math.max(0, goal));
        run.child.kill('SIGKILL');
        await run.ended;
      }
      const done = await readdir(join(folder, '已入库'));
      const refused = await readdir(join(folder, '未入库'));
      const numbers = Array.from({ length: count }, (_, number) => number);
      const [bad, good] = [numbers.filter((one) => one % 5 === 4), numbers.filter((one) => one % 5 !== 4)];
      expect(done.filter((name) => name.endsWith('.mp4')).toSorted()).to.deep.equal(
        good.map((one) => `${one}.mp4`),
      );
      expect(refused.filter((name) => name.endsWith('.mp4'))).to.have.members(bad.map((one) => `${one}.mp4`));
      expect([...done, ...refused].filter((name) => name.endsWith('.srt'))).to.have.length(count);
      const items = await place.items();
      expect(items).to.have.length(good.length);
      expect(items.flatMap(({ code }) => code ?? []).toSorted()).to.deep.equal(
        good.filter((one) => one % 2 === 0).map((one) => `N-${one}`),
      );
      expect(await place.sources()).to.have.length(good.length);
      const rows = await database.read((statements) => statements.rows('SELECT * FROM version'));
      expect(rows).to.have.length(good.length);
      const captions = await database.read((statements) => statements.rows('SELECT * FROM caption'));
      expect(captions).to.have.length(good.length);
    } finally {
      run?.child.kill('SIGKILL');
      await place?.close();
      await cli.close();
    }
  });

  it('is what the server does with the folder of its settings', async function serve() {
    const folder = await freshFolder();
    const inbox = join(folder, 'inbox');
    const site = await startSite({ env: { YUANJIAO_WATCH_FOLDER: inbox } });
    try {
      await until('the folder is there', async () => (await readdir(folder)).includes(basename(inbox)));
      await makeClip(join(folder, 'clip.mp4'), { seconds: 1, size: '160x90' });
      await rename(join(folder, 'clip.mp4'), join(inbox, '讲座.mp4'));
      const item = await until(
        'the lecture is in the catalogue',
        async () => (await site.foundation.catalogue.list({ text: '讲座' })).items[0],
      );
      expect(item.title).to.equal('讲座');
    } finally {
      await site.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

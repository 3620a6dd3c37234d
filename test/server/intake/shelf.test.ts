import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { csvRow } from '../../../server/exchange/csv-writer.ts';
import { readTable } from '../../../server/exchange/table-reader.ts';
import { tableReferences } from '../../../server/exchange/table-references.ts';
import { FolderKeeper } from '../../../server/intake/folder-keeper.ts';
import { inTurns, planShelf, SHELF_COLUMNS, type ShelfPlan } from '../../../server/intake/shelf-plan.ts';
import { takeShelf, type ShelfEvent, type ShelfResult } from '../../../server/intake/shelf.ts';
import { CommandLine, makeClip } from '../../support/command-line.ts';
import { freshFolder } from '../../support/courseware-site.ts';
import { numbered, openIntakePlace, type IntakePlace } from '../../support/intake-place.ts';
import { until } from '../../support/until.ts';

/** The path of a file whose name is these bytes, in hexadecimal, and an ending. */
function gbkPath(folder: string, name: string): Buffer {
  const [bytes = '', ...ending] = name.split(/(?=\.)/);
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(bytes, 'hex'), Buffer.from(ending.join(''))]);
}

const SRT = '1\n00:00:00,200 --> 00:00:00,900\n桃形李\n';

describe('A shelf of files', () => {
  let place: IntakePlace;
  let folder: string;
  let lecture: Buffer;
  let clips: string;

  before(async () => {
    clips = await freshFolder();
    await makeClip(join(clips, 'clip.mp4'), { seconds: 1, size: '160x90' });
    lecture = await readFile(join(clips, 'clip.mp4'));
  });
  after(() => rm(clips, { recursive: true, force: true }));

  beforeEach(async () => {
    place = await openIntakePlace();
    folder = await freshFolder();
  });
  afterEach(async () => {
    await place.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function put(name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }

  const tableOf = (...rows: readonly (readonly string[])[]): Buffer => Buffer.from(rows.map(csvRow).join(''));

  async function planned(table: Uint8Array): Promise<ShelfPlan> {
    const references = await place.foundation.database.read(tableReferences);
    return planShelf(folder, await readTable(table), references);
  }

  async function taken(table: Uint8Array, events: ShelfEvent[] = [], ahead = 100): Promise<ShelfResult> {
    const report = await place.foundation.imports.take('test', table, { others: SHELF_COLUMNS });
    expect(report.problems).to.deep.equal([]);
    const plan = await planned(table);
    expect(plan.problems).to.deep.equal([]);
    const { database } = place.foundation;
    const options = {
      database,
      intake: place.intake,
      folder,
      ahead,
      onEvent: (one: ShelfEvent) => events.push(one),
    };
    return takeShelf(plan.entries, options, new AbortController().signal);
  }

  it('is checked whole before anything is taken: missing, doubled, empty and ambiguous files, captions that are none', async () => {
    await put('甲/一.mp4', lecture);
    await put('乙/一.mp4', lecture);
    await put('二.mp4', lecture);
    await put('空.mp4', '');
    await put('二.txt', '说明');
    const { problems, entries } = await planned(
      tableOf(
        ['编号', '标题', '文件', '字幕'],
        ['1', '题', '三.mp4', ''],
        ['2', '题', '二', ''],
        ['3', '题', '二.MP4', ''],
        ['4', '题', '空.mp4', ''],
        ['5', '题', '一.mp4', ''],
        ['6', '题', '乙\\一.mp4', '二.txt、没有.srt'],
        ['7', '没有文件的一条', '', ''],
      ),
    );
    expect(problems.map(({ cell }) => cell)).to.deep.equal(['C2', 'C4', 'C5', 'C6', 'D7', 'D7']);
    expect(problems[1]?.message).to.include('在第 3 行已经写过');
    expect(problems[2]?.message).to.include('空的');
    expect(problems[3]?.message).to.include('甲/一.mp4').and.to.include('乙/一.mp4');
    expect(problems[4]?.message).to.include('不是字幕文件');
    expect(entries.map(({ file }) => file)).to.have.members(['二.mp4', '乙/一.mp4']);
  });

  it('names the files that no row names, and no more than those', async () => {
    for (const name of ['一.mp4', '一.srt', '多出来.mp4', '目录.xlsx', '说明.txt']) await put(name, lecture);
    const { unnamed } = await planned(tableOf(['编号', '标题', '文件'], ['1', '题', '一.mp4']));
    expect(unnamed).to.deep.equal(['多出来.mp4']);
  });

  it('passes over what has a name in GBK, and says so of a file that the table names', async () => {
    await put('一.mp4', lecture);
    await writeFile(gbkPath(folder, 'd2bbbfce.mp4'), lecture);
    await mkdir(gbkPath(folder, 'd1f8d6b3'));
    await writeFile(Buffer.concat([gbkPath(folder, 'd1f8d6b3'), Buffer.from('/二.mp4')]), lecture);
    const { entries, problems, foreign } = await planned(
      tableOf(['编号', '标题', '文件'], ['1', '题', '一.mp4'], ['2', '题', '一课.mp4']),
    );
    expect(entries.map(({ file }) => file)).to.deep.equal(['一.mp4']);
    expect(foreign).to.have.members(['一课.mp4', '养殖']);
    expect(problems.map(({ cell }) => cell)).to.deep.equal(['C3']);
    expect(problems[0]?.message).to.include('不是 UTF-8');
  });

  it('lets its series take turns, each in its own order', () => {
    const entries = Array.from('aaabcb', (series, number) => ({ series, number }));
    expect(inTurns(entries).map(({ series, number }) => `${series}${number}`)).to.deep.equal([
      'a0',
      'b3',
      'c4',
      'a1',
      'b5',
      'a2',
    ]);
  });

  it('becomes items with media and captions; the same file twice is stored and encoded once; again it does nothing', async () => {
    await put('一.mp4', lecture);
    await put('一.srt', SRT);
    await put('别处/副本.mp4', lecture);
    await put('二.mp4', numbered(lecture, 2));
    const table = tableOf(
      ['编号', '标题', '文件'],
      ['A', '第一课', '一.mp4'],
      ['B', '同一部', '副本.mp4'],
      ['C', '第二课', '二'],
    );
    const first = await taken(table);
    expect(first).to.deep.include({ taken: 2, shared: 1, known: 0, refused: [] });
    const items = await place.items();
    expect(items.map(({ code, current }) => [code, current?.production])).to.deep.equal([
      ['A', 'uploaded'],
      ['B', 'uploaded'],
      ['C', 'uploaded'],
    ]);
    expect(items[0]?.current?.generation).to.equal(items[1]?.current?.generation);
    expect(await place.sources()).to.have.length(2);
    const { database, store } = place.foundation;
    const captions = await database.read((statements) =>
      statements.rows<{ courseware_id: string }>('SELECT courseware_id FROM caption'),
    );
    expect(captions.map(({ courseware_id: id }) => id)).to.deep.equal([items[0]?.id]);
    expect(await taken(table)).to.deep.include({ taken: 0, shared: 0, known: 3 });
    expect(await place.items()).to.deep.equal(items);
    expect(store).to.not.equal(undefined);
  });

  it('takes a file anew when it was replaced by another one, and for another item when the table says so', async () => {
    await put('一.mp4', lecture);
    const rows = [
      ['编号', '标题', '文件'],
      ['A', '第一课', '一.mp4'],
    ] as const;
    await taken(tableOf(...rows));
    await put('一.mp4', numbered(lecture, 3));
    expect(await taken(tableOf(...rows))).to.deep.include({ taken: 1, known: 0 });
    const moved = tableOf(['编号', '标题', '文件'], ['B', '另一条', '一.mp4']);
    expect(await taken(moved)).to.deep.include({ shared: 1, known: 0 });
    const [, other] = await place.items();
    expect(other).to.deep.include({ code: 'B', title: '另一条' });
    expect(other?.current?.sourceBytes).to.equal(lecture.length + 16);
  });

  it('goes on past what is no lecture, and says which and why', async () => {
    await put('一.mp4', lecture);
    await put('假.mp4', '这不是视频');
    const result = await taken(
      tableOf(['编号', '标题', '文件'], ['A', '题', '假.mp4'], ['B', '题', '一.mp4']),
    );
    expect(result).to.deep.include({ taken: 1 });
    expect(result.refused.map(({ entry, reason }) => [entry.code, reason.split('\n')[0]])).to.deep.equal([
      ['A', '这不是视频或音频文件；压缩包、光盘映像、文档和 EXE 录像请先解开或导出成 MP4。'],
    ]);
  });

  it('keeps no more of its lectures in the queue than it may', async () => {
    await put('一.mp4', lecture);
    await put('二.mp4', numbered(lecture, 2));
    const table = tableOf(['编号', '标题', '文件'], ['A', '题', '一.mp4'], ['B', '题', '二.mp4']);
    const events: ShelfEvent[] = [];
    const running = taken(table, events, 1);
    await until('it waits for the first lecture', () => events.some(({ kind }) => kind === 'waiting'));
    expect(events.map(({ kind }) => kind)).to.deep.equal(['begun', 'ended', 'waiting']);
    const [item] = await place.items();
    const generation = item?.current?.generation;
    if (generation === undefined) throw new Error('nothing was queued');
    await place.foundation.jobs.cancel(generation);
    expect(await running).to.deep.include({ taken: 2 });
  });

  it('is looked after by one process at a time', async () => {
    const { database } = place.foundation;
    const keeper = await FolderKeeper.take(database, folder);
    expect(await FolderKeeper.take(database, folder)).to.equal(undefined);
    expect(await FolderKeeper.take(database, `${folder}2`)).to.not.equal(undefined);
    await keeper?.release();
    const next = await FolderKeeper.take(database, folder);
    expect(next).to.not.equal(undefined);
    await next?.release();
  });
});

describe('yuanjiao shelf', () => {
  it('loses nothing and does nothing twice, however often it is killed', async function kill() {
    const cli = await CommandLine.open();
    const count = 12;
    const dataDir = cli.path('data');
    let place: IntakePlace | undefined;
    try {
      await mkdir(cli.path('disk'));
      await makeClip(cli.path('clip.mp4'), { seconds: 1, size: '160x90' });
      const lecture = await readFile(cli.path('clip.mp4'));
      const rows = [['编号', '标题', '文件', '系列']];
      for (let number = 0; number < count; number++) {
        // Every third is the same as the one before.
        const content = numbered(lecture, number % 3 === 2 ? number - 1 : number);
        await writeFile(cli.path('disk', `${number}.mp4`), content);
        rows.push([`N-${number}`, `第 ${number} 课`, `${number}.mp4`, '丛书']);
      }
      await writeFile(cli.path('目录.csv'), rows.map(csvRow).join(''));
      const env = { YUANJIAO_DATA_DIR: dataDir, YUANJIAO_MIN_FREE_BYTES: '0' };
      const args = ['shelf', 'disk', '--table', '目录.csv', '--ahead', '1000'];
      place = await openIntakePlace({}, dataDir);
      const { database } = place.foundation;
      const progress = async (): Promise<number> => {
        const [row] = await database.read((statements) =>
          statements.rows<{ steps: number }>(
            `SELECT COALESCE(SUM(CASE state WHEN 'hashed' THEN 1 WHEN 'begun' THEN 2 ELSE 3 END), 0) AS steps FROM intake`,
          ),
        );
        return row?.steps ?? 0;
      };
      for (let steps = 1; steps < count * 3 - 3; steps += 6) {
        const run = cli.start(args, { env });
        let isOver = false;
        void run.ended.then(() => (isOver = true));
        await until('it gets on', async () => isOver || (await progress()) >= steps);
        run.child.kill('SIGKILL');
        await run.ended;
      }
      const last = await cli.run(args, { env });
      expect(last.exitCode, last.stderr).to.equal(0);

      const items = await place.items();
      expect(items.map(({ code }) => code)).to.deep.equal(rows.slice(1).map(([code]) => code));
      const versions = await database.read((statements) =>
        statements.rows<{ count: number }>(
          'SELECT COUNT(*) AS count FROM version GROUP BY courseware_id ORDER BY 1 DESC',
        ),
      );
      expect(versions.map(({ count: each }) => each)).to.deep.equal(items.map(() => 1));
      expect(items.every(({ current }) => current?.production === 'uploaded')).to.equal(true);
      const distinct = new Set(items.map(({ current }) => current?.sourceSha256)).size;
      expect(distinct).to.equal(count - count / 3);
      expect(await place.sources()).to.have.length(distinct);
      expect(new Set(items.map(({ current }) => current?.generation)).size).to.equal(distinct);
    } finally {
      await place?.close();
      await cli.close();
    }
  });
});

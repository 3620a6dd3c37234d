import { readFile } from 'node:fs/promises';

import { expect } from 'chai';
import { FlvReader, type FlvTag, type RecordingFacts } from 'yuanjiao/live';

import { BroadcastShelf } from '../../../server/live/broadcast-shelf.ts';
import { ClassBook } from '../../../server/live/class-book.ts';
import type { LiveClass } from '../../../server/live/live-class.ts';
import { ClassRun } from '../../../server/live/on-air/class-run.ts';
import { openLog } from '../../../server/log.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { ffmpeg, picture, testFolder, tone, type TestFolder } from '../../support/media.ts';
import { until } from '../../support/until.ts';

const SECONDS = 4;
const MINUTE = 60_000;
const NINE = Date.UTC(2026, 10, 27, 1);
const TEN = NINE + 60 * MINUTE;

onEachDatabase('A class that goes on after its time', (databases) => {
  let folder: TestFolder;
  let tags: readonly FlvTag[];
  let book: ClassBook;
  let nowMs: number;
  let run: ClassRun;
  let next: LiveClass | undefined;
  let kicked: string[];
  let recorded: RecordingFacts | undefined;

  before(async () => {
    folder = await testFolder();
    await ffmpeg(
      ...picture('160x90', '25', SECONDS),
      ...tone(SECONDS),
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-bf', '0', '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'aac', '-t', String(SECONDS), folder.join('sent.flv')],
    );
    tags = new FlvReader().push(await readFile(folder.join('sent.flv')));
    book = new ClassBook(await databases.open(), { now: () => nowMs });
  });
  after(() => folder.remove());

  /** A class from nine to ten whose encoder sends and is never switched off. */
  async function begin(longestOverrunMs: number | undefined): Promise<void> {
    nowMs = NINE;
    [next, kicked, recorded] = [undefined, [], undefined];
    const { id } = await book.create({
      title: '忘了关的编码器',
      plannedStart: new Date(NINE).toISOString(),
      plannedEnd: new Date(TEN).toISOString(),
      state: 'scheduled',
    });
    const liveClass = await book.move(id, 'announced');
    run = new ClassRun(liveClass, {
      book,
      shelf: new BroadcastShelf(),
      log: openLog({ level: 'silent' }),
      now: () => nowMs,
      folder: folder.join(databases.kind),
      longestOverrunMs,
      diskFault: () => undefined,
      nextInChannel: () => next,
      openPlayOut: () => {
        throw new Error('no item is played');
      },
      kick: (sessionId, why) => kicked.push(`${sessionId}: ${why}`),
      onOver: (_, facts) => {
        recorded = facts;
      },
    });
    run.add({ id: 'main', role: 'main', address: '192.0.2.1', startedAt: nowMs });
    await run.restore();
    for (const tag of tags) {
      nowMs = NINE + tag.timestampMs;
      run.push('main', tag);
    }
    await tickUntil('it is on the air', 'on_air');
  }
  afterEach(() => run.close());

  const tickUntil = (what: string, state: string): Promise<unknown> =>
    until(what, () => {
      run.tick();
      return run.liveClass.state === state;
    });

  it('is told to its operator, is given more time by him, and is ended and recorded at the limit', async () => {
    await begin(60 * MINUTE);
    expect(run.overrun).to.equal(undefined);
    nowMs = TEN + 12 * MINUTE;
    run.tick();
    expect(run.overrun).to.deep.equal({
      sinceMs: TEN,
      overMs: 12 * MINUTE,
      end: { atMs: TEN + 60 * MINUTE, leftMs: 48 * MINUTE, nextClass: undefined },
    });
    const { id } = run.liveClass;
    run.update(await book.change(id, { plannedEnd: new Date(TEN + 30 * MINUTE).toISOString() }));
    expect(run.overrun).to.equal(undefined);
    nowMs = TEN + 90 * MINUTE - 1;
    run.tick();
    expect((await book.get(id)).state).to.equal('on_air');
    nowMs += 1;
    await tickUntil('it is over', 'ended');
    const facts = await until('it is recorded', () => recorded);
    expect(facts.durationMs).to.be.closeTo(SECONDS * 1000, 100);
    expect(kicked).to.deep.equal(['main: class-over']);
    expect((await book.history(id)).at(-1)).to.include({ after: 'ended', reason: 'overrun' });
    expect(run.overrun).to.equal(undefined);
  });

  it('makes room for the next class of its channel', async () => {
    await begin(60 * MINUTE);
    next = { ...run.liveClass, plannedStart: new Date(TEN + 20 * MINUTE).toISOString() };
    nowMs = TEN + 15 * MINUTE;
    expect(run.overrun?.end).to.deep.equal({
      atMs: TEN + 20 * MINUTE,
      leftMs: 5 * MINUTE,
      nextClass: next,
    });
    nowMs = TEN + 20 * MINUTE;
    await tickUntil('it is over', 'ended');
    await until('it is recorded', () => recorded);
    expect((await book.history(run.liveClass.id)).at(-1)).to.include({ reason: 'next-class' });
  });

  it('goes on where the settings want it so', async () => {
    await begin(undefined);
    nowMs = TEN + 300 * MINUTE;
    run.tick();
    expect(run.overrun).to.deep.equal({ sinceMs: TEN, overMs: 300 * MINUTE, end: undefined });
    expect((await book.get(run.liveClass.id)).state).to.equal('on_air');
  });
});

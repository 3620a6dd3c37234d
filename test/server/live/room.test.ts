import { randomUUID } from 'node:crypto';

import { expect } from 'chai';

import type { Database } from '../../../server/database/transaction.ts';
import { ClassBook } from '../../../server/live/class-book.ts';
import type { LiveClassId } from '../../../server/live/live-class.ts';
import type { Attendance } from '../../../server/live/room/attendance.ts';
import { BookedClasses } from '../../../server/live/room/booked-classes.ts';
import { ASKING_LIMITS } from '../../../server/live/room/question-queue.ts';
import { Room } from '../../../server/live/room/room.ts';
import type { TimeSpan } from '../../../server/live/room/time-spans.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** When pictures begin. */
const START = Date.UTC(2026, 10, 25, 6, 30);
const minute = (count: number): number => START + count * MINUTE;

onEachDatabase('The room of a live class', (databases) => {
  let database: Database;
  let book: ClassBook;
  let room: Room;
  /** What the book of classes takes for now. */
  let clock = START - DAY;

  before(async () => {
    database = await databases.open();
    book = new ClassBook(database, { now: () => clock });
    room = roomOver(database);
  });

  const roomOver = (over: Database): Room =>
    new Room({ database: over, classes: new BookedClasses(new ClassBook(over)), writing: { gatherMs: 0 } });

  const planned = async (title: string, over: ClassBook = book): Promise<LiveClassId> =>
    (
      await over.create({
        title,
        plannedStart: new Date(START).toISOString(),
        plannedEnd: new Date(minute(45)).toISOString(),
        state: 'scheduled',
      })
    ).id;
  /** A class that is on the air since `START`. */
  const onAir = async (title: string, over: ClassBook = book): Promise<LiveClassId> => {
    const id = await planned(title, over);
    await over.move(id, 'on_air');
    await over.noteOnAir(id, { fromMs: START });
    return id;
  };
  const endAt = async (id: LiveClassId, untilMs: number): Promise<void> => {
    await book.noteOnAir(id, { fromMs: START, untilMs });
    clock = untilMs;
    await book.move(id, 'ended');
    clock = START - DAY;
    room.forget(id);
  };
  const played = (from: number, to: number): TimeSpan => ({ fromMs: minute(from), toMs: minute(to) });
  /** Watches from one minute to another, telling of it every half minute. */
  const watches = async (id: string, viewer: string, from: number, to: number): Promise<void> => {
    await room.beat(id, viewer, [], minute(from));
    for (let at = from; at < to; at += 0.5) {
      await room.beat(id, viewer, [played(at, at + 0.5)], minute(at + 0.5));
    }
  };
  const stateOf = (attendance: Attendance, name: string): string | undefined =>
    attendance.rows.find((row) => row.name === name)?.state;
  const asks = (id: string, viewer: string, text: string, now: number) =>
    room.ask(id, viewer, { id: randomUUID(), kind: 'question', text }, now);

  it('tells who has watched, who partly, and who is missing', async function lesson() {
    this.timeout(180_000);
    const id = await onAir('到课');
    await room.invite(id, ['西白山村', '石璜镇', '枫桥镇', '没来的村', '石璜镇']);
    const halls = { a: '西白山村', b: '石璜镇', c: '枫桥镇' };
    for (const [viewer, hall] of Object.entries(halls)) {
      await room.acknowledge(id, viewer, { hall }, minute(1));
    }
    await watches(id, 'a', 0, 20);
    await watches(id, 'b', 0, 10);
    await watches(id, 'c', 0, 1);
    await watches(id, 'phone', 2, 20);
    await watches(id, 'passing', 2, 3);
    const live = await room.attendance(id, minute(20));
    expect(live.onAirMs).to.equal(20 * MINUTE);
    expect(['西白山村', '石璜镇', '枫桥镇', '没来的村'].map((name) => stateOf(live, name))).to.deep.equal([
      'watched',
      'partial',
      'absent',
      'absent',
    ]);
    expect(live.counts).to.deep.include({
      ...{ invited: 4, acknowledged: 3, watched: 2, partial: 1, absent: 2, passing: 1, rate: 1 / 4 },
      present: 2,
    });
    await endAt(id, minute(20));
    const after = await room.attendance(id, minute(200));
    expect(after.rows.map(({ name, state }) => [name, state])).to.deep.equal(
      live.rows.map(({ name, state }) => [name, state]),
    );
    expect(after.counts.present).to.equal(0);
  });

  it('does not hold against who is there what he will tell of with his next beat', async () => {
    const id = await onAir('刚开播');
    await watches(id, 'hall', 0, 1);
    const [row] = (await room.attendance(id, minute(1.4))).rows;
    expect(row).to.include({ state: 'watched', share: 1, isPresent: true });
    const [gone] = (await room.attendance(id, minute(4))).rows;
    expect(gone).to.include({ state: 'partial', share: 1 / 4, isPresent: false });
  });

  it('measures by the time there were pictures, not by the time of the interruption', async () => {
    const id = await onAir('中断');
    await watches(id, 'hall', 0, 5);
    await book.noteOnAir(id, { fromMs: START, untilMs: minute(5) });
    await book.move(id, 'interrupted');
    await book.noteOnAir(id, { fromMs: minute(30) });
    await book.move(id, 'on_air');
    room.forget(id);
    await watches(id, 'hall', 30, 33);
    const { onAirMs, rows } = await room.attendance(id, minute(33));
    expect(onAirMs).to.equal(8 * MINUTE);
    expect(rows).to.have.length(1);
    expect(rows[0]).to.include({ watchedMs: 8 * MINUTE, share: 1, state: 'watched' });
  });

  it('unites the browsers of a hall, and does not count its minutes twice', async () => {
    const id = await onAir('一个站点两块屏');
    await room.acknowledge(id, 'screen', { hall: '西白山 村' }, minute(0));
    await room.acknowledge(id, 'laptop', { hall: '西白山村', headCount: { members: 14 } }, minute(1));
    await room.acknowledge(
      id,
      'screen',
      { hall: '西白山 村', headCount: { members: 14, activists: 2, masses: 7 } },
      minute(2),
    );
    await watches(id, 'screen', 0, 6);
    await watches(id, 'laptop', 4, 10);
    const { rows, counts } = await room.attendance(id, minute(10));
    expect(rows).to.have.length(1);
    expect(rows[0]).to.include({ devices: 2, watchedMs: 10 * MINUTE, state: 'watched' });
    expect(counts.headCount).to.deep.equal({ members: 14, cadres: 0, activists: 2, masses: 7 });
  });

  it('writes thousands of beats of one moment in a few transactions, each answered when it is on disk', async function bell() {
    this.timeout(180_000);
    const begun: string[] = [];
    const address = await databases.address();
    const logged = await databases.open(address, {
      log: (sql) => {
        if (/BEGIN|START TRANSACTION/.test(sql)) begun.push(sql);
      },
    });
    await logged.migrate();
    const classes = new ClassBook(logged, { now: () => START - DAY });
    const id = await onAir('三千块屏', classes);
    const crowded = roomOver(logged);
    await crowded.class(id);
    begun.length = 0;
    const answers = await Promise.all(
      Array.from({ length: 3020 }, (_, index) =>
        crowded.beat(id, `hall-${index}`, [played(0, 0.5)], minute(0.5)),
      ),
    );
    expect(begun.length).to.be.lessThan(10);
    expect(new Set(answers.map(({ watchedMs }) => watchedMs))).to.deep.equal(new Set([MINUTE / 2]));
    await logged.close();
    const reopened = await databases.open(address);
    const { counts, rows } = await roomOver(reopened).attendance(id, minute(0.5));
    expect(counts).to.include({ present: 3020, watched: 3020 });
    expect(rows).to.have.length(3020);
    expect((await errorOf(crowded.beat(id, 'late', [], minute(1)))).message).to.contain('closed');
  });

  it('is not filled with made-up viewers, and those who are there go on being counted', async () => {
    const id = await onAir('造出来的观众');
    const writing = { gatherMs: 0, mostParticipants: 5 };
    const small = new Room({ database, classes: new BookedClasses(book), writing });
    for (const viewer of 'abcde') await small.beat(id, viewer, [], minute(1));
    const refused = await errorOf(small.beat(id, 'f', [], minute(1)));
    expect(refused).to.include({ code: 'busy', retryAfterSeconds: 60 });
    expect(await small.beat(id, 'a', [played(1, 1.5)], minute(1.5))).to.include({ watchedMs: MINUTE / 2 });
    expect((await small.attendance(id, minute(1.5))).counts.present).to.equal(5);
  });

  it('loses nothing when two servers count the same viewers at once', async () => {
    const id = await onAir('两台服务器');
    const other = roomOver(database);
    for (let step = 0; step < 6; step += 1) {
      const at = minute(step / 2 + 0.5);
      await Promise.all(
        [room, other].flatMap((server, half) =>
          ['x', 'y', 'z'].map((viewer) =>
            server.beat(id, viewer, [played(step / 2 + half / 4, step / 2 + half / 4 + 0.25)], at),
          ),
        ),
      );
    }
    const { rows } = await room.attendance(id, minute(3));
    expect(rows.map(({ watchedMs }) => watchedMs)).to.deep.equal([3, 3, 3].map((count) => count * MINUTE));
  });

  it('takes no beats before the doors open and after the class, and none of a class that is not there', async () => {
    const id = await planned('还没开始');
    await book.move(id, 'announced');
    room.forget(id);
    expect(await room.beat(id, 'early', [], minute(-61))).to.deep.equal({
      ...{ isCounted: false, watchedMs: 0, nextBeatMs: undefined },
    });
    const lobby = await room.beat(id, 'lobby', [], minute(-20));
    expect(lobby.isCounted).to.equal(true);
    expect(lobby.nextBeatMs).to.be.within(25_000, 35_000);
    expect((await room.attendance(id, minute(-20))).counts).to.include({ present: 1, absent: 0 });
    await book.move(id, 'on_air');
    await book.noteOnAir(id, { fromMs: START });
    await endAt(id, minute(45));
    expect((await room.beat(id, 'late', [], minute(74))).isCounted).to.equal(true);
    expect((await room.beat(id, 'late', [], minute(76))).isCounted).to.equal(false);
    expect(await errorOf(room.beat('nobody', 'x', []))).to.include({ code: 'not-found' });
  });

  it('lets the operator decide which questions the class sees, and take a decision back', async () => {
    const id = await onAir('提问');
    const first = await asks(id, 'a', '红茶的 <b>发酵</b>\n要几个小时？', minute(1));
    const second = await asks(id, 'b', '不相干的话', minute(2));
    expect(first).to.include({ text: '红茶的 <b>发酵</b> 要几个小时？', state: 'new', canUndo: false });
    expect((await room.questions(id, 'new')).map((one) => one.id)).to.deep.equal([first.id, second.id]);
    expect((await room.publicRoom(id)).questions, 'nothing is public yet').to.deep.equal([]);
    await room.moveQuestion(id, second.id, { from: 'new', to: 'dismissed' }, 'admin');
    const accepted = await room.moveQuestion(id, first.id, { from: 'new', to: 'accepted' }, 'admin');
    expect(accepted).to.include({ state: 'accepted', canUndo: true });
    expect(
      await errorOf(room.moveQuestion(id, first.id, { from: 'new', to: 'dismissed' }, 'other')),
    ).to.include({ code: 'conflict' });
    await room.moveQuestion(
      id,
      first.id,
      { from: 'accepted', to: 'answered', answer: '三到五个小时。' },
      'admin',
    );
    expect((await room.publicRoom(id)).questions.map(({ text, answer }) => [text, answer])).to.deep.equal([
      ['红茶的 <b>发酵</b> 要几个小时？', '三到五个小时。'],
    ]);
    const back = await room.undoMove(id, second.id, 'dismissed', 'admin');
    expect(back).to.include({ state: 'new', canUndo: false });
    expect(await errorOf(room.undoMove(id, second.id, 'new', 'admin'))).to.include({ code: 'invalid-move' });
    expect(await errorOf(room.undoMove(id, second.id, 'dismissed', 'admin'))).to.include({
      code: 'conflict',
    });
    expect(
      await errorOf(room.moveQuestion(id, randomUUID(), { from: 'new', to: 'accepted' }, 'admin')),
    ).to.include({ code: 'not-found' });
    expect(
      await errorOf(
        room.moveQuestion(id, second.id, { from: 'new', to: 'accepted', answer: '早了' }, 'admin'),
      ),
    ).to.include({ code: 'invalid-input' });
    expect((await room.asked(id, 'a')).map(({ state }) => state)).to.deep.equal(['answered']);
    expect(await room.asked(id, 'c')).to.deep.equal([]);
  });

  it('shows a hand once, until it is lowered or dealt with', async () => {
    const id = await onAir('举手');
    const raise = (now: number) =>
      room.ask(id, 'a', { id: randomUUID(), kind: 'hand', name: '西白山村' }, now);
    const hand = await raise(minute(1));
    expect(hand).to.include({ kind: 'hand', text: '', name: '西白山村' });
    expect((await raise(minute(1))).id).to.equal(hand.id);
    await room.moveQuestion(id, hand.id, { from: 'new', to: 'accepted' }, 'admin');
    expect((await raise(minute(2))).id).to.equal(hand.id);
    expect(await errorOf(room.takeBack(id, 'b', hand.id))).to.include({ code: 'not-found' });
    await room.takeBack(id, 'a', hand.id);
    expect(await room.questions(id, 'accepted')).to.deep.equal([]);
    expect((await raise(minute(3))).id).to.not.equal(hand.id);
    const [again] = await room.questions(id, 'new');
    await room.moveQuestion(id, again?.id ?? '', { from: 'new', to: 'answered' }, 'admin');
    expect((await room.publicRoom(id)).questions, 'hands are nobody else’s business').to.deep.equal([]);
    expect(await errorOf(room.takeBack(id, 'a', again?.id ?? ''))).to.include({ code: 'invalid-move' });
  });

  it('is not flooded: by one who asks too often, by the same question twice, or by all together', async function flood() {
    this.timeout(180_000);
    const id = await onAir('刷屏');
    const input = { id: randomUUID(), kind: 'question', text: '第一问' } as const;
    const first = await room.ask(id, 'a', input, minute(1));
    expect(await room.ask(id, 'a', input, minute(1)), 'told again').to.deep.equal(first);
    expect(await errorOf(room.ask(id, 'b', input, minute(1)))).to.include({ code: 'conflict' });
    expect(await errorOf(asks(id, 'a', '马上再问', minute(1) + 1000))).to.include({
      code: 'asked-too-often',
      retryAfterSeconds: 14,
    });
    await asks(id, 'a', '第二问', minute(2));
    await asks(id, 'a', '第三问', minute(3));
    expect(await errorOf(asks(id, 'a', '第四问', minute(4)))).to.include({ code: 'asked-too-often' });
    await room.moveQuestion(id, first.id, { from: 'new', to: 'answered' }, 'admin');
    await asks(id, 'a', '第四问', minute(5));
    const race = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => asks(id, 'racer', `同时 ${index}`, minute(5))),
    );
    expect(race.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    const waiting = (await room.questions(id, 'new')).length;
    await database.write((transaction) =>
      transaction.rows(
        `INSERT INTO live_question (id, class_id, participant, kind, text, state, at)
         SELECT 'fill-' || n, $1, 'p-' || n, 'question', '占位', 'new', n FROM
           (${Array.from({ length: ASKING_LIMITS.queue - waiting }, (_, n) => `SELECT ${n} AS n`).join(' UNION ALL ')}) filled`,
        id,
      ),
    );
    expect(await errorOf(asks(id, 'z', '还有我', minute(6)))).to.include({ code: 'queue-full' });
  });

  it('cleans what is written, and refuses what is empty or too long', async () => {
    const id = await onAir('文字');
    let at = minute(1);
    const shown = async (text: string): Promise<string> =>
      (await asks(id, randomUUID(), text, (at += MINUTE))).text;
    expect(await shown('  甲\u0000\u0007 \u202E乙\u200B\u2066丙\t\n\n丁  ')).to.equal('甲 乙丙 丁');
    expect(await shown('👨‍👩‍👧 好')).to.equal('👨‍👩‍👧 好');
    expect(await shown(`e${'\u0301'.repeat(60)}！`)).to.have.length.at.most(5);
    expect(await shown('好'.repeat(300))).to.have.length(300);
    for (const text of ['', ' \u200B\u00AD ', '好'.repeat(301)]) {
      expect(await errorOf(asks(id, 'x', text, (at += MINUTE)))).to.include({
        code: 'invalid-input',
        field: 'text',
      });
    }
    const long = room.ask(id, 'x', { id: randomUUID(), kind: 'hand', name: '名'.repeat(21) }, at);
    expect(await errorOf(long)).to.include({ code: 'invalid-input', field: 'name' });
  });

  it('takes receipts until a day after the class, and nobody’s questions when it is over or when it takes none', async () => {
    const draft = await planned('尚未预告');
    expect(await errorOf(room.acknowledge(draft, 'a', {}))).to.include({ code: 'room-closed' });
    const id = await onAir('回执');
    const receipt = await room.acknowledge(id, 'a', { hall: ' 甲村 ', headCount: { masses: 3 } }, minute(1));
    expect(receipt).to.deep.equal({
      hall: '甲村',
      headCount: { members: 0, cadres: 0, activists: 0, masses: 3 },
      ...{ at: minute(1), changedAt: minute(1), enteredBy: undefined },
    });
    await room.acknowledge(id, 'a', { hall: '乙村' }, minute(2));
    expect(await room.receiptOf(id, 'a')).to.deep.equal({
      hall: '乙村',
      headCount: undefined,
      ...{ at: minute(1), changedAt: minute(2), enteredBy: undefined },
    });
    expect(await errorOf(room.acknowledge(id, 'a', { headCount: { masses: -1 } }))).to.include({
      code: 'invalid-input',
    });
    await endAt(id, minute(45));
    await room.acknowledge(id, 'a', { hall: '乙村', headCount: { cadres: 2 } }, minute(45) + DAY);
    expect(await errorOf(room.acknowledge(id, 'a', {}, minute(46) + DAY))).to.include({
      code: 'room-closed',
    });
    expect(await errorOf(asks(id, 'a', '下课了', minute(80)))).to.include({ code: 'room-closed' });
    const silent = await onAir('不提问');
    await book.change(silent, { asksQuestions: false });
    room.forget(silent);
    expect(await errorOf(asks(silent, 'a', '可以问吗', minute(1)))).to.include({ code: 'room-closed' });
  });

  it('lets the office fill in for a hall, with a reason, before what the hall says itself', async () => {
    const id = await onAir('代填');
    await room.acknowledge(id, 'a', { hall: '西白山村', headCount: { members: 3 } }, minute(1));
    await watches(id, 'a', 0, 4);
    await endAt(id, minute(4));
    const receipt = { hall: '西白山 村', headCount: { members: 13, masses: 7 }, reason: '电话补报' };
    expect(await room.enterReceipt(id, receipt, 'token 县办')).to.include({ enteredBy: 'token 县办' });
    await room.acknowledge(id, 'a', { hall: '西白山村', headCount: { members: 4 } }, minute(9));
    await room.enterReceipt(id, { hall: '从未上线的村', headCount: { masses: 5 }, reason: '补报' }, 'x');
    const { rows, counts } = await room.attendance(id, minute(10));
    expect(rows.map(({ name, state, isCountedByOffice }) => [name, state, isCountedByOffice])).to.deep.equal([
      ['从未上线的村', 'absent', true],
      ['西白山村', 'watched', true],
    ]);
    expect(counts.headCount).to.deep.equal({ members: 13, cadres: 0, activists: 0, masses: 12 });
    expect(await errorOf(room.enterReceipt(id, { ...receipt, reason: ' ' }, 'x'))).to.include({
      ...{ code: 'invalid-input', field: 'reason' },
    });
    await room.sweep(minute(4) + 400 * DAY);
    expect(await errorOf(room.enterReceipt(id, receipt, 'x'))).to.include({ code: 'conflict' });
    const kept = await room.attendance(id, minute(4) + 400 * DAY);
    expect(kept.counts.headCount).to.deep.equal(counts.headCount);
    expect(kept.rows.map(({ isCountedByOffice }) => isCountedByOffice)).to.deep.equal([true, true]);
  });

  it('keeps nobody’s way through several classes, and forgets all but halls after half a year', async () => {
    const [id, other] = [await onAir('甲课'), await onAir('乙课')];
    await room.acknowledge(id, 'same', { hall: '西白山村', headCount: { members: 9 } }, minute(0));
    for (const one of [id, other]) await watches(one, 'same', 0, 4);
    await watches(id, 'phone', 0, 4);
    await watches(id, 'glance', 0, 1);
    const asked = await asks(id, 'phone', '我叫张三，电话 13800000000', minute(1));
    const seen = await room.ask(
      id,
      'same',
      { id: randomUUID(), kind: 'question', text: '几时采？', name: '王书记' },
      minute(1),
    );
    await room.moveQuestion(id, seen.id, { from: 'new', to: 'answered' }, 'admin');
    const everything = async (): Promise<string> => {
      const tables = ['live_participant', 'live_receipt', 'live_question', 'live_attendance', 'live_room'];
      const rows = await database.read(async (statements) => {
        const found: object[] = [];
        for (const table of tables) {
          found.push(...(await statements.rows(`SELECT * FROM ${table} WHERE class_id = $1`, id)));
        }
        return found;
      });
      return JSON.stringify(rows);
    };
    const ids = await database.read((statements) =>
      statements.rows<{ participant: string }>(
        'SELECT participant FROM live_participant WHERE class_id IN ($1, $2)',
        id,
        other,
      ),
    );
    expect(new Set(ids.map(({ participant }) => participant))).to.have.property('size', 4);
    await endAt(id, minute(4));
    const before = await room.attendance(id, minute(4));
    expect(before.counts).to.include({ watched: 2, partial: 1 });
    expect(await room.sweep(minute(4) + 179 * DAY)).to.not.include(id);
    expect(await room.sweep(minute(4) + 181 * DAY)).to.include(id);
    expect(await room.sweep(minute(4) + 181 * DAY)).to.not.include(id);
    const kept = await everything();
    for (const gone of [asked.id, '张三', '王书记', ...ids.map(({ participant }) => participant)]) {
      expect(kept).to.not.contain(gone);
    }
    const after = await room.attendance(id, minute(4) + 182 * DAY);
    expect(after.counts).to.deep.include({ watched: 2, partial: 1 });
    expect(after.counts.headCount).to.deep.include({ members: 9 });
    expect(after.rows.map(({ name, state, watchedMs }) => [name, state, watchedMs])).to.deep.equal([
      ['西白山村', 'watched', 4 * MINUTE],
    ]);
    expect((await room.publicRoom(id)).questions.map(({ name, text }) => [name, text])).to.deep.equal([
      ['观众', '几时采？'],
    ]);
  });

  it('goes with its class', async () => {
    const id = await planned('要取消的');
    await book.move(id, 'announced');
    await room.invite(id, ['甲村']);
    await room.acknowledge(id, 'a', { hall: '甲村' });
    await book.move(id, 'cancelled');
    await book.remove(id);
    room.forget(id);
    expect(await errorOf(room.attendance(id))).to.include({ code: 'not-found' });
    const left = await database.read((statements) =>
      statements.rows('SELECT hall FROM live_invitation WHERE class_id = $1', id),
    );
    expect(left).to.deep.equal([]);
  });

  it('tells of what has changed', async () => {
    const id = await onAir('变化');
    const heard: string[] = [];
    const silence = room.onChange((classId, change) => void (classId === id && heard.push(change)));
    await room.beat(id, 'a', [], minute(1));
    const question = await asks(id, 'a', '听得到吗', minute(1));
    await room.acknowledge(id, 'a', {}, minute(1));
    silence();
    await room.takeBack(id, 'a', question.id);
    expect(heard).to.deep.equal(['presence', 'questions', 'receipts']);
  });
});

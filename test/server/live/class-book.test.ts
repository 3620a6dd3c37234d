import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { ClassBook } from '../../../server/live/class-book.ts';
import type { NewLiveClass } from '../../../server/live/class-planning.ts';
import type { LiveClassError } from '../../../server/live/live-class-error.ts';
import {
  LIVE_CLASS_MOVES,
  LIVE_CLASS_STATES,
  type LiveClass,
  type LiveClassState,
} from '../../../server/live/live-class.ts';
import { noteRecording } from '../../../server/live/live-class-writing.ts';
import { hashOfKey } from '../../../server/live/stream-key.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const NOW = Date.parse('2026-12-01T00:00:00Z');
const HOUR = 3_600_000;

const refusal = async (promise: Promise<unknown>): Promise<CatalogueError> =>
  (await errorOf(promise)) as CatalogueError;

onEachDatabase('The class book', (databases) => {
  let database: Database;
  let book: ClassBook;
  let nowMs = NOW;
  let days = 0;

  before(async () => {
    database = await databases.open();
    book = new ClassBook(database, { now: () => nowMs }).as('office');
  });
  beforeEach(() => {
    nowMs = NOW;
  });

  /** A class of an hour and a half on a day of its own. */
  const plan = (more: Partial<NewLiveClass> = {}): Promise<LiveClass> => {
    const day = new Date(NOW + ++days * 86_400_000).toISOString().slice(0, 10);
    return book.create({
      title: '学习贯彻党代会精神直播课堂',
      plannedStart: `${day}T14:30:00+08:00`,
      plannedEnd: `${day}T16:00:00+08:00`,
      ...more,
    });
  };
  const reach = async (state: LiveClassState): Promise<LiveClass> => {
    const ways: Partial<Record<LiveClassState, readonly LiveClassState[]>> = {
      draft: [],
      rehearsing: ['announced', 'rehearsing'],
      on_air: ['announced', 'on_air'],
      interrupted: ['announced', 'on_air', 'interrupted'],
      ended: ['announced', 'on_air', 'ended'],
      recorded: ['announced', 'on_air', 'ended', 'recorded'],
      archived: ['announced', 'on_air', 'ended', 'archived'],
      postponed: ['announced', 'postponed'],
      cancelled: ['announced', 'cancelled'],
    };
    let found = await plan();
    for (const step of ways[state] ?? [state]) found = await book.move(found.id, step);
    return found;
  };

  it('makes the classes of a request once that is repeated, also at the same moment', async () => {
    const wanted = {
      title: '只排一次',
      lecturers: ['丁老师'],
      plannedStart: '2027-08-02T14:30:00+08:00',
      plannedEnd: '2027-08-02T16:00:00+08:00',
      state: 'scheduled',
      recurrence: { pattern: 'weekly', times: 3 },
    } as const;
    const request = { actor: 'office', key: 'key-of-three-classes', content: wanted };
    const made = await Promise.all([1, 2, 3, 4].map(() => book.create(wanted, request)));
    expect(new Set(made.map(({ id }) => id)).size).to.equal(1);
    const { items } = await book.list({ from: '2027-08-01', until: '2027-09-01' });
    expect(items.map(({ title }) => title)).to.deep.equal(['只排一次', '只排一次', '只排一次']);
    const changed = await book.change(items[0]?.id ?? '', { title: '改了名' });
    expect(await book.create(wanted, request)).to.deep.equal(changed);
  });

  it('does not replace a stream key when the request for it is repeated', async () => {
    const { id } = await plan();
    const request = { actor: 'office', key: 'key-for-the-encoder', content: id };
    const key = await book.issueKey(id, 'main', request);
    expect(await refusal(book.issueKey(id, 'main', request))).to.include({
      code: 'conflict',
      field: undefined,
    });
    nowMs = Date.parse((await book.move(id, 'announced')).plannedStart);
    const inForce = await book.keysInForce(nowMs);
    expect(inForce.filter(({ classId }) => classId === id).map(({ keyHash }) => keyHash)).to.deep.equal([
      hashOfKey(key),
    ]);
  });

  it('keeps what is written about a class, and what nobody wrote has its default', async () => {
    const made = await plan({
      title: '  桃形李冬剪  ',
      lecturers: ['俞老师', '俞老师', '王老师'],
      hostUnit: '嵊州市农业局',
      channel: '一号演播室',
      audience: ['果农'],
    });
    expect(await book.get(made.id)).to.deep.equal(made);
    expect(made).to.deep.include({
      title: '桃形李冬剪',
      lecturers: ['俞老师', '王老师'],
      state: 'draft',
      source: 'rtmp',
      ladder: '480p-360p',
      latency: 'low',
      records: true,
      asksQuestions: true,
      graceSeconds: 120,
      overrunMinutes: 30,
      announcedAt: undefined,
      revision: 1,
    });
    expect(made.plannedStart).to.match(/T06:30:00\.000Z$/);
    expect(made.token).to.match(/^[0-9a-f]{24}$/);
    expect(made.token).to.not.equal((await plan()).token);
    expect((await plan()).number).to.equal(made.number + 2);
  });

  it('refuses what makes no class, and says which field it is', async () => {
    for (const [more, field] of [
      [{ title: ' ' }, 'title'],
      [{ plannedStart: 'tomorrow' }, 'plannedStart'],
      [{ plannedStart: '2026-02-30T10:00+08:00' }, 'plannedStart'],
      [{ plannedStart: '2030-01-01 10:00', plannedEnd: '2030-01-01 10:00' }, 'plannedEnd'],
      [{ plannedStart: '2030-01-01 10:00', plannedEnd: '2030-01-02 10:01' }, 'plannedEnd'],
      [{ graceSeconds: 4 }, 'graceSeconds'],
      [{ overrunMinutes: 1.5 }, 'overrunMinutes'],
      [{ lecturers: Array.from({ length: 11 }, (_, n) => `${n}`) }, 'lecturers'],
      [{ ladder: '4k' as 'source' }, 'ladder'],
      [{ coursewareId: 'none' }, 'coursewareId'],
      [{ source: 'simulive', state: 'scheduled' }, 'coursewareId'],
    ] as const) {
      expect(await refusal(plan(more)), JSON.stringify(more)).to.include({ field });
    }
  });

  it('makes every move of the table and no other', async () => {
    for (const from of LIVE_CLASS_STATES) {
      const seen = await reach(from);
      expect(seen.state).to.equal(from);
      for (const to of LIVE_CLASS_STATES) {
        const isAllowed =
          from === to || LIVE_CLASS_MOVES[from].includes(to) || (from === 'scheduled' && to === 'on_air');
        if (isAllowed) {
          const fresh = from === to ? seen : await reach(from);
          expect((await book.move(fresh.id, to)).state, `${from} to ${to}`).to.equal(to);
        } else {
          const error = await refusal(book.move(seen.id, to));
          expect(error, `${from} to ${to}`).to.include({ code: 'invalid-move' });
          expect(error.message).to.contain(from);
        }
      }
    }
  });

  it('remembers who moved it, when and why, and when it was announced, went on the air and ended', async () => {
    const { id } = await plan({ state: 'scheduled' });
    await book.as('导播').move(id, 'announced', { announcement: '请各站点提前十分钟就座。' });
    nowMs += HOUR;
    await book.as('导播').move(id, 'on_air');
    nowMs += HOUR;
    await book.as('encoder').move(id, 'interrupted', { reason: 'no data for 120 s' });
    await book.move(id, 'on_air');
    nowMs += HOUR;
    const over = await book.move(id, 'ended');
    expect(over).to.include({
      announcedAt: new Date(NOW).toISOString(),
      onAirAt: new Date(NOW + HOUR).toISOString(),
      endedAt: new Date(NOW + 3 * HOUR).toISOString(),
      announcement: '请各站点提前十分钟就座。',
    });
    const steps = (await book.history(id))
      .filter(({ field }) => field === 'state')
      .map(({ actor, before, after, reason }) => [actor, before, after, reason]);
    expect(steps).to.deep.equal([
      ['导播', 'scheduled', 'announced', undefined],
      ['导播', 'announced', 'on_air', undefined],
      ['encoder', 'on_air', 'interrupted', 'no data for 120 s'],
      ['office', 'interrupted', 'on_air', undefined],
      ['office', 'on_air', 'ended', undefined],
    ]);
  });

  it('announces a class that is put on the air before it was announced', async () => {
    const { id } = await plan({ state: 'scheduled' });
    expect((await book.move(id, 'on_air')).announcedAt).to.equal(new Date(NOW).toISOString());
    const states = (await book.history(id)).filter(({ field }) => field === 'state');
    expect(states.map(({ after }) => after)).to.deep.equal(['announced', 'on_air']);
  });

  it('hides a class again whose announcement is taken back', async () => {
    const { id } = await reach('announced');
    expect((await book.move(id, 'scheduled')).announcedAt).to.equal(undefined);
    const cancelled = await book.move(id, 'cancelled');
    expect(cancelled.announcedAt, 'nobody was told of it').to.equal(undefined);
  });

  it('tells calendars of what they show, and of nothing else', async () => {
    const { id } = await plan({ state: 'scheduled' });
    const steps: number[] = [];
    let last = 0;
    const note = ({ calendarSequence }: LiveClass): number => {
      steps.push(calendarSequence - last);
      last = calendarSequence;
      return last;
    };
    note(await book.move(id, 'announced'));
    note(await book.move(id, 'rehearsing'));
    note(await book.change(id, { graceSeconds: 60 }));
    note(await book.change(id, { channel: '二号演播室' }));
    note(await book.move(id, 'cancelled'));
    note(await book.move(id, 'announced'));
    note(await book.move(id, 'on_air'));
    note(await book.move(id, 'ended'));
    expect(steps).to.deep.equal([1, 0, 0, 1, 1, 1, 0, 0]);
  });

  it('announces nothing whose time is over', async () => {
    const { id, plannedEnd } = await plan({ state: 'scheduled' });
    nowMs = Date.parse(plannedEnd);
    expect(await refusal(book.move(id, 'announced'))).to.include({
      code: 'invalid-input',
      field: 'plannedEnd',
    });
    nowMs -= 1;
    expect((await book.move(id, 'announced')).state).to.equal('announced');
  });

  it('postpones to a time that is known and stays announced, or to one that is not', async () => {
    const known = await reach('announced');
    const later = await book.move(known.id, 'postponed', {
      announcement: '因台风改到次日。',
      plannedStart: '2027-06-01T14:30:00+08:00',
      plannedEnd: '2027-06-01T16:00:00+08:00',
    });
    expect(later).to.include({
      state: 'announced',
      plannedStart: '2027-06-01T06:30:00.000Z',
      announcement: '因台风改到次日。',
    });
    expect(later.calendarSequence).to.be.greaterThan(known.calendarSequence);
    const states = (await book.history(known.id)).filter(({ field }) => field === 'state');
    expect(states.map(({ after }) => after)).to.deep.equal(['announced', 'postponed', 'announced']);
    const unknown = await reach('announced');
    expect(await book.move(unknown.id, 'postponed', { announcement: '时间另行通知。' })).to.include({
      state: 'postponed',
      plannedStart: unknown.plannedStart,
      announcedAt: unknown.announcedAt,
    });
  });

  describe('the timetable', () => {
    it('gives nobody two classes at once, and names the one that is in the way', async () => {
      const first = await plan({ title: '水稻育秧', lecturers: ['甲', '乙'], state: 'scheduled' });
      const same = {
        plannedStart: first.plannedStart,
        plannedEnd: first.plannedEnd,
        state: 'scheduled',
      } as const;
      const error = (await errorOf(plan({ ...same, lecturers: ['丙', '乙'] }))) as unknown as LiveClassError;
      expect(error).to.include({ code: 'timetable-overlap' });
      expect(error.other.id).to.equal(first.id);
      expect(error.message).to.contain('乙').and.contain('水稻育秧').and.contain('14:30–16:00');
      expect((await plan({ ...same, lecturers: ['丙'] })).state).to.equal('scheduled');
    });

    it('minds the host and the channel too, and lets classes meet end to end', async () => {
      for (const taken of [{ hostUnit: '市委组织部' }, { channel: '一号演播室' }]) {
        const first = await plan({ ...taken, state: 'scheduled' });
        const half = new Date(Date.parse(first.plannedStart) + HOUR / 2).toISOString();
        const overlapping = plan({
          ...taken,
          state: 'scheduled',
          plannedStart: half,
          plannedEnd: new Date(Date.parse(half) + HOUR / 2).toISOString(),
        });
        expect(await refusal(overlapping)).to.include({ code: 'timetable-overlap' });
        const next = await plan({
          ...taken,
          state: 'scheduled',
          plannedStart: first.plannedEnd,
          plannedEnd: new Date(Date.parse(first.plannedEnd) + HOUR).toISOString(),
        });
        expect(next.state).to.equal('scheduled');
      }
    });

    it('asks when a draft takes its place, when a class is moved, and when it comes back', async () => {
      const first = await plan({ lecturers: ['丁'], state: 'scheduled' });
      const { plannedStart, plannedEnd } = first;
      const draft = await plan({ lecturers: ['丁'], plannedStart, plannedEnd });
      expect(await refusal(book.move(draft.id, 'announced'))).to.include({ code: 'timetable-overlap' });
      const other = await plan({ lecturers: ['丁'], state: 'scheduled' });
      expect(await refusal(book.change(other.id, { plannedStart, plannedEnd }))).to.include({
        code: 'timetable-overlap',
      });
      expect((await book.get(other.id)).plannedStart).to.equal(other.plannedStart);
      await book.move(first.id, 'cancelled');
      await book.move(draft.id, 'scheduled');
      expect(await refusal(book.move(first.id, 'scheduled'))).to.include({ code: 'timetable-overlap' });
    });

    it('lets one of two that are planned at the same moment in', async () => {
      const day = { plannedStart: '2028-01-01 09:00', plannedEnd: '2028-01-01 10:00' };
      const address = await databases.address();
      const programs = [await databases.open(address), await databases.open(address)];
      await programs[0]?.migrate();
      const both = await Promise.allSettled(
        programs.map((program) =>
          new ClassBook(program).create({ title: '同时', ...day, lecturers: ['戊'], state: 'scheduled' }),
        ),
      );
      expect(both.map(({ status }) => status).toSorted()).to.deep.equal(['fulfilled', 'rejected']);
    });
  });

  describe('a recurrence', () => {
    const weekly = { title: '夜校', plannedStart: '2029-03-01 19:00', plannedEnd: '2029-03-01 20:30' };
    const startsOf = async (id: string | undefined): Promise<readonly string[]> =>
      (await book.list({ recurrence: id ?? '', limit: 100 })).items.map(({ plannedStart }) => plannedStart);

    it('becomes classes of its own, each at the same time of the day', async () => {
      const first = await book.create({ ...weekly, recurrence: { pattern: 'weekly', times: 3 } });
      expect(await startsOf(first.recurrenceId)).to.deep.equal([
        '2029-03-01T11:00:00.000Z',
        '2029-03-08T11:00:00.000Z',
        '2029-03-15T11:00:00.000Z',
      ]);
      const until = await book.create({
        ...weekly,
        recurrence: { pattern: 'biweekly', until: '2029-03-29' },
      });
      expect(await startsOf(until.recurrenceId)).to.have.length(3);
      const dates = await book.create({
        ...weekly,
        recurrence: { pattern: 'dates', dates: ['2029-04-20', '2029-04-05', '2029-04-05'] },
      });
      expect(await startsOf(dates.recurrenceId)).to.deep.equal([
        '2029-03-01T11:00:00.000Z',
        '2029-04-05T11:00:00.000Z',
        '2029-04-20T11:00:00.000Z',
      ]);
    });

    it('takes all of its places or none', async () => {
      const other = await book.create({
        title: '农技推广',
        plannedStart: '2029-05-15 20:00',
        plannedEnd: '2029-05-15 21:00',
        lecturers: ['己'],
        state: 'scheduled',
      });
      const before = (await book.list({ limit: 100 })).items.length;
      const wish = book.create({
        ...weekly,
        plannedStart: '2029-05-01 19:00',
        plannedEnd: '2029-05-01 20:30',
        lecturers: ['己'],
        state: 'scheduled',
        recurrence: { pattern: 'weekly', times: 4 },
      });
      const error = (await errorOf(wish)) as unknown as LiveClassError;
      expect(error.other.id).to.equal(other.id);
      expect(error.message).to.contain('2029-05-15');
      expect((await book.list({ limit: 100 })).items.length).to.equal(before);
      for (const recurrence of [
        { pattern: 'weekly', times: 105 },
        { pattern: 'weekly', times: 0 },
        { pattern: 'weekly', until: '2020-01-01' },
        { pattern: 'dates', dates: ['soon'] },
      ] as const) {
        expect(await refusal(book.create({ ...weekly, recurrence }))).to.include({ code: 'invalid-input' });
      }
    });

    it('changes one, or one and all that follow it', async () => {
      const { recurrenceId } = await book.create({
        ...weekly,
        plannedStart: '2030-03-01 19:00',
        plannedEnd: '2030-03-01 20:30',
        recurrence: { pattern: 'weekly', times: 4 },
      });
      const [first, second, third] = (await book.list({ recurrence: recurrenceId ?? '' })).items;
      await book.change(second?.id ?? '', { title: '夜校（加课）', plannedStart: '2030-03-08 18:30' });
      await book.change(
        third?.id ?? '',
        { plannedStart: '2030-03-15 19:30', plannedEnd: '2030-03-15 21:00', lecturers: ['庚'] },
        { scope: 'following' },
      );
      const after = (await book.list({ recurrence: recurrenceId ?? '' })).items;
      expect(
        after.map(({ plannedStart, title, lecturers }) => [plannedStart.slice(5, 16), title, lecturers]),
      ).to.deep.equal([
        ['03-01T11:00', '夜校', []],
        ['03-08T10:30', '夜校（加课）', []],
        ['03-15T11:30', '夜校', ['庚']],
        ['03-22T11:30', '夜校', ['庚']],
      ]);
      expect(after[0]).to.deep.equal(first);
      const moved = await book.moveFollowing(after[1]?.id ?? '', 'cancelled', { reason: '农忙' });
      expect(moved.map(({ state }) => state)).to.deep.equal(['cancelled', 'cancelled', 'cancelled']);
      expect((await book.get(after[0]?.id ?? '')).state).to.equal('draft');
      await book.move(after[2]?.id ?? '', 'announced');
      expect(await book.removeFollowing(after[0]?.id ?? '')).to.have.length(3);
      const left = (await book.list({ recurrence: recurrenceId ?? '' })).items;
      expect(
        left.map(({ id }) => id),
        'somebody waits for it',
      ).to.deep.equal([after[2]?.id]);
    });

    it('does not stand in its own way when it is shifted', async () => {
      const { id, recurrenceId } = await book.create({
        ...weekly,
        plannedStart: '2031-03-01 19:00',
        plannedEnd: '2031-03-01 20:30',
        lecturers: ['辛'],
        state: 'scheduled',
        recurrence: { pattern: 'dates', dates: ['2031-03-02', '2031-03-03'] },
      });
      await book.change(
        id,
        { plannedStart: '2031-03-02 19:00', plannedEnd: '2031-03-02 20:30' },
        { scope: 'following' },
      );
      expect((await startsOf(recurrenceId)).map((at) => at.slice(8, 10))).to.deep.equal(['02', '03', '04']);
    });
  });

  it('changes fields, records each, and refuses to overwrite what somebody changed meanwhile', async () => {
    const made = await plan({ lecturers: ['壬'] });
    const after = await book.change(made.id, { title: '新题目', hostUnit: '县委', lecturers: ['壬', '癸'] });
    expect(after).to.include({ title: '新题目', hostUnit: '县委', revision: 2 });
    expect(await book.change(made.id, { title: '新题目' })).to.deep.equal(after);
    const entries = (await book.history(made.id)).slice(1);
    expect(entries.map(({ field, before, after: now }) => [field, before, now])).to.have.deep.members([
      ['title', '学习贯彻党代会精神直播课堂', '新题目'],
      ['hostUnit', undefined, '县委'],
      ['lecturers', '壬', '壬、癸'],
    ]);
    expect(await book.change(made.id, { description: '讲稿' }, { expectedRevision: 1 })).to.include({
      revision: 3,
    });
    expect(await refusal(book.change(made.id, { title: '旧' }, { expectedRevision: 1 }))).to.include({
      code: 'revision-mismatch',
      field: 'title',
    });
    expect((await book.change(made.id, { hostUnit: null })).hostUnit).to.equal(undefined);
  });

  it('leaves what cannot change any more', async () => {
    const running = await reach('on_air');
    const sooner = new Date(Date.parse(running.plannedStart) - HOUR).toISOString();
    expect(await refusal(book.change(running.id, { plannedStart: sooner }))).to.include({
      code: 'invalid-move',
    });
    expect(await refusal(book.change(running.id, { records: false }))).to.include({ code: 'invalid-move' });
    const later = new Date(Date.parse(running.plannedEnd) + HOUR).toISOString();
    expect((await book.change(running.id, { plannedEnd: later })).plannedEnd).to.equal(later);
    const over = await reach('ended');
    expect(await refusal(book.change(over.id, { plannedEnd: later }))).to.include({ code: 'invalid-move' });
    expect((await book.change(over.id, { title: '更名' })).title).to.equal('更名');
  });

  it('lists what is upcoming by time, what is past backwards, page by page, and strangers see what was announced', async () => {
    const own = new ClassBook(await databases.open(), { now: () => nowMs });
    const at = (day: string, more: Partial<NewLiveClass> = {}): Promise<LiveClass> =>
      own.create({ title: day, plannedStart: `${day} 10:00`, plannedEnd: `${day} 11:00`, ...more });
    const [old, gone, running, soon, later, off] = [
      await at('2026-11-01'),
      await at('2026-11-02'),
      await at('2026-12-03'),
      await at('2026-12-04'),
      await at('2026-12-05'),
      await at('2026-12-06'),
    ];
    for (const { id } of [running, soon, off]) await own.move(id, 'announced');
    for (const state of ['on_air'] as const) await own.move(running.id, state);
    await own.move(off.id, 'cancelled');
    nowMs = Date.parse('2026-12-03T20:00:00Z');
    const titles = async (query: Parameters<ClassBook['list']>[0]): Promise<readonly string[]> =>
      (await own.list(query)).items.map(({ title }) => title);
    const names = (...classes: readonly LiveClass[]): readonly string[] => classes.map(({ title }) => title);
    expect(await titles({ part: 'upcoming' })).to.deep.equal(names(running, soon, later, off));
    expect(await titles({ part: 'upcoming', onlyPublic: true })).to.deep.equal(names(running, soon, off));
    expect(await titles({ part: 'running' })).to.deep.equal(names(running));
    expect(await titles({ part: 'past' })).to.deep.equal(names(gone, old));
    expect(await titles({ from: '2026-12-04', until: '2026-12-05' })).to.deep.equal(names(soon, later));
    expect(await titles({ state: 'cancelled' })).to.deep.equal(names(off));
    expect(await titles({ text: '12-0' })).to.have.length(4);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await own.list({ part: 'past', limit: 1, ...(after !== undefined && { after }) });
      seen.push(...page.items.map(({ title }) => title));
      after = page.next;
    } while (after !== undefined);
    expect(seen).to.deep.equal(names(gone, old));
    expect(await refusal(own.list({ after: 'x' }))).to.include({ code: 'invalid-input', field: 'after' });
    expect(await refusal(own.list({ limit: 101 }))).to.include({ code: 'invalid-input', field: 'limit' });
  });

  it('removes what nobody was told of, and keeps what took place', async () => {
    const { id, token } = await plan();
    expect(await book.remove(id)).to.deep.equal({ token, images: [] });
    expect(await refusal(book.get(id))).to.include({ code: 'not-found' });
    expect((await book.history(id)).at(-1)).to.include({ field: 'removed', actor: 'office' });
    for (const state of ['announced', 'on_air', 'recorded'] as const) {
      const found = await reach(state);
      expect(await refusal(book.remove(found.id)), state).to.include({ code: 'conflict' });
    }
  });

  it('plays an item of the catalogue, and cannot be put on the air when that is gone', async () => {
    const catalogue = new Catalogue(database);
    const item = await catalogue.create({ title: '杨梅嫁接' });
    const made = await plan({ source: 'simulive', coursewareId: item.id, state: 'scheduled' });
    expect(made.coursewareId).to.equal(item.id);
    expect(await refusal(book.issueKey(made.id, 'main'))).to.include({ code: 'invalid-move' });
    await catalogue.remove(item.id);
    expect((await book.get(made.id)).coursewareId).to.equal(undefined);
    expect(await refusal(book.move(made.id, 'announced'))).to.include({ field: 'coursewareId' });
  });

  it('says which item holds the recording', async () => {
    const { id } = await reach('ended');
    const item = await new Catalogue(database).create({ title: '回放' });
    const ended = await book.get(id);
    await database.write((transaction) => noteRecording(transaction, 'test', ended, item.id));
    expect((await book.move(id, 'recorded')).recordingCoursewareId).to.equal(item.id);
  });

  describe('keys', () => {
    it('are shown once, kept as a digest, and replaced by the next', async () => {
      const { id } = await plan({ state: 'scheduled' });
      const key = await book.issueKey(id, 'main');
      expect(key).to.match(/^[a-z2-7]{32}$/);
      const again = await book.issueKey(id, 'main');
      const backup = await book.issueKey(id, 'backup');
      expect((await book.keys(id)).map(({ role }) => role)).to.deep.equal(['main', 'backup']);
      const admitted = await book.keysInForce(0, Number.MAX_SAFE_INTEGER);
      const mine = admitted
        .filter(({ classId }) => classId === id)
        .map(({ role, keyHash }) => [role, keyHash]);
      expect(mine).to.deep.equal([
        ['main', hashOfKey(again)],
        ['backup', hashOfKey(backup)],
      ]);
      for (const table of ['live_key', 'live_history']) {
        const rows = await database.read((statements) => statements.rows(`SELECT * FROM ${table}`));
        expect(JSON.stringify(rows)).to.not.contain(again).and.not.contain(key);
      }
      await book.revokeKey(id, 'main');
      expect((await book.keys(id)).map(({ role }) => role)).to.deep.equal(['backup']);
      expect(await refusal(book.revokeKey(id, 'main'))).to.include({ code: 'not-found' });
    });

    it('are good from an hour before the plan to an hour after it, and for as long as the class is on the air', async () => {
      const made = await plan({ state: 'scheduled' });
      await book.issueKey(made.id, 'main');
      const [start, end] = [Date.parse(made.plannedStart), Date.parse(made.plannedEnd)];
      const isGood = async (atMs: number): Promise<boolean> =>
        (await book.keysInForce(atMs)).some(({ classId }) => classId === made.id);
      const goodAt = async (...moments: readonly number[]): Promise<readonly boolean[]> =>
        Promise.all(moments.map((atMs) => isGood(atMs)));
      const moments = [start - HOUR - 1, start - HOUR, end + HOUR - 1, end + HOUR];
      expect(await goodAt(...moments)).to.deep.equal([false, true, true, false]);
      expect(
        (await book.keysInForce(start - 2 * HOUR, HOUR)).some(({ classId }) => classId === made.id),
      ).to.equal(true);
      await book.move(made.id, 'announced');
      await book.move(made.id, 'rehearsing');
      expect(await goodAt(...moments)).to.deep.equal([true, true, true, false]);
      await book.move(made.id, 'on_air');
      expect(await goodAt(...moments)).to.deep.equal([true, true, true, true]);
      await book.move(made.id, 'interrupted');
      expect(await goodAt(...moments)).to.deep.equal([true, true, true, true]);
      await book.move(made.id, 'ended');
      expect(await goodAt(...moments)).to.deep.equal([false, false, false, false]);
      expect(await refusal(book.issueKey(made.id, 'main'))).to.include({ code: 'invalid-move' });
    });
  });

  it('tells whoever listens after each change, and whoever asks from another process', async () => {
    const heard: string[] = [];
    const stop = book.onChange((id, part) => heard.push(`${part} ${id}`));
    const before = await book.latestChange();
    const { id } = await plan();
    await book.as('other').issueKey(id, 'main');
    await book.noteOnAir(id, { fromMs: 1 });
    await book.remove(id);
    stop();
    await plan();
    expect(heard).to.deep.equal([`class ${id}`, `keys ${id}`, `on-air ${id}`, `removed ${id}`]);
    expect(await book.latestChange(), 'made, its key issued, removed, another made').to.equal(before + 4);
  });

  it('keeps when pictures reached everybody', async () => {
    const { id } = await reach('on_air');
    await book.noteOnAir(id, { fromMs: 1000 });
    expect(await book.onAirIntervals(id)).to.deep.equal([
      { fromMs: 1000, untilMs: undefined, mediaStartMs: undefined },
    ]);
    expect(await refusal(book.noteOnAir(id, { fromMs: 3000 }))).to.include({ code: 'conflict' });
    await book.noteOnAir(id, { fromMs: 1000, untilMs: 2000 });
    await book.noteOnAir(id, { fromMs: 3000, untilMs: 4000, mediaStartMs: 1000 });
    expect((await book.onAirIntervals(id)).map(({ fromMs, untilMs }) => [fromMs, untilMs])).to.deep.equal([
      [1000, 2000],
      [3000, 4000],
    ]);
    expect(await refusal(book.noteOnAir(id, { fromMs: 1500, untilMs: 1600 }))).to.include({
      code: 'conflict',
    });
    expect(await refusal(book.noteOnAir(id, { fromMs: 9, untilMs: 8 }))).to.include({
      code: 'invalid-input',
    });
  });
});

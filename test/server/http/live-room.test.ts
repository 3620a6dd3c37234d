import { randomUUID } from 'node:crypto';

import { expect } from 'chai';
import readXlsxFile from 'read-excel-file/node';

import { ClassBook } from '../../../server/live/class-book.ts';
import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import { EventReader } from '../../support/event-reader.ts';
import { until } from '../../support/until.ts';

type Json = Record<string, unknown> & { readonly items: readonly Json[] };

describe('the room of a live class over the REST API', () => {
  let site: CoursewareSite;
  let book: ClassBook;

  before(async () => {
    site = await startSite();
    book = new ClassBook(site.foundation.database);
  });
  after(() => site.close());

  /** A class that has been on the air for a minute. */
  const onAir = async (title: string): Promise<string> => {
    const now = Date.now();
    const { id } = await book.create({
      title,
      plannedStart: new Date(now - 60_000).toISOString(),
      plannedEnd: new Date(now + 3_600_000).toISOString(),
      state: 'scheduled',
    });
    await book.move(id, 'on_air');
    await book.noteOnAir(id, { fromMs: now - 60_000 });
    return id;
  };
  const api = (id: string, rest: string): string => `/api/v1/live-classes/${id}/${rest}`;
  /** Asks as a viewer who has not signed in, perhaps with a cookie. */
  const visit = (method: string, path: string, body?: unknown, cookie = ''): Promise<Response> =>
    fetch(site.base + path, {
      method,
      headers: {
        ...(cookie !== '' && { Cookie: cookie }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const json = async (reply: Response | Promise<Response>): Promise<Json> =>
    (await (await reply).json()) as Json;
  const cookieOf = (reply: Response): string => (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const ask = (id: string, text: string, cookie = ''): Promise<Response> =>
    visit('POST', api(id, 'questions'), { id: randomUUID(), kind: 'question', text }, cookie);

  it('counts what a viewer’s tabs have played, and says when it wants to hear again', async () => {
    const id = await onAir('在场');
    const now = Date.now();
    const first = await visit('POST', api(id, 'presence'), { played: [] });
    expect(first.status).to.equal(200);
    const cookie = cookieOf(first);
    const played = [{ from: now - 20_000, to: now - 5000 }];
    for (let tab = 0; tab < 2; tab += 1) {
      const reply = await json(visit('POST', api(id, 'presence'), { played }, cookie));
      expect(reply).to.include({ isCounted: true, watchedSeconds: 15 });
      expect(reply['nextBeatSeconds']).to.be.within(25, 35);
    }
    const attendance = await json(site.ask('GET', api(id, 'attendance')));
    expect(attendance['counts']).to.include({ present: 1, watched: 0, partial: 1 });
    expect(attendance.items[0]).to.include({ watchedSeconds: 15, devices: 1, isPresent: true });
    expect(JSON.stringify(attendance), 'the cookie’s id stays inside').to.not.contain(
      cookie.split('=')[1] ?? '?',
    );
    await expectProblem(
      await visit('POST', api(id, 'presence'), { played: [{ from: 'x', to: 1 }] }),
      422,
      'invalid-input',
    );
    await expectProblem(await visit('POST', api('nobody', 'presence'), { played: [] }), 404, 'not-found');
  });

  it('opens to everybody what is announced, and to the office alone what is not', async () => {
    const id = await onAir('谁可以');
    const draft = await book.create({
      title: '草稿',
      plannedStart: new Date(Date.now() + 3_600_000).toISOString(),
      plannedEnd: new Date(Date.now() + 7_200_000).toISOString(),
    });
    await expectProblem(
      await visit('POST', api(draft.id, 'presence'), { played: [] }),
      401,
      'unauthenticated',
    );
    await expectProblem(await visit('GET', `/live/class/${draft.id}/room.json`), 401, 'unauthenticated');
    for (const path of ['attendance', 'attendance.csv', 'questions', 'events', 'invitations']) {
      await expectProblem(await visit('GET', api(id, path)), 401, 'unauthenticated');
    }
    const move = { from: 'new', to: 'answered' };
    await expectProblem(
      await visit('POST', api(id, `questions/${randomUUID()}/move`), move),
      401,
      'unauthenticated',
    );
  });

  it('takes questions to the operator, and shows the class what he has answered', async () => {
    const id = await onAir('问答');
    const asked = await ask(id, '红茶怎么发酵？');
    expect(asked.status).to.equal(201);
    const cookie = cookieOf(asked);
    const question = (await json(asked)) as Json & { readonly id: string };
    const tooFast = await ask(id, '再问', cookie);
    expect(Number(tooFast.headers.get('retry-after'))).to.be.within(1, 15);
    await expectProblem(tooFast, 429, 'asked-too-often');
    const room = `/live/class/${id}/room.json`;
    const before = await visit('GET', room);
    expect(before.headers.get('cache-control')).to.match(/^public, max-age=2\b/);
    expect(before.headers.get('set-cookie')).to.equal(null);
    const etag = before.headers.get('etag') ?? '';
    expect((await json(before))['questions']).to.deep.equal([]);
    expect((await json(site.ask('GET', api(id, 'questions')))).items.map(({ text }) => text)).to.deep.equal([
      '红茶怎么发酵？',
    ]);
    const moved = await site.ask('POST', api(id, `questions/${question.id}/move`), {
      ...{ from: 'new', to: 'answered' },
      answer: '看茶青。',
    });
    expect(await json(moved)).to.include({ state: 'answered', answer: '看茶青。', canUndo: true });
    await book.marks.add(id, { kind: 'notice', text: '请各站点填写回执' });
    const read = async (): Promise<Json | undefined> => {
      const reply = await fetch(site.base + room, { headers: { 'If-None-Match': etag } });
      return reply.status === 304 ? undefined : json(reply);
    };
    const shown = await until('the answer and the notice are there', async () => {
      const found = await read();
      const isThere = (part: string): boolean => (found?.[part] as readonly Json[] | undefined)?.length === 1;
      return isThere('questions') && isThere('notices') && found;
    });
    expect(shown['questions']).to.have.nested.property('[0].answer', '看茶青。');
    expect(shown['notices']).to.have.nested.property('[0].text', '请各站点填写回执');
    expect(JSON.stringify(shown)).to.not.contain('state');
    const undone = site.ask('POST', api(id, `questions/${question.id}/undo`), { from: 'answered' });
    expect(await json(undone)).to.include({ state: 'new', canUndo: false });
    const mine = await json(visit('GET', api(id, 'questions/mine'), undefined, cookie));
    expect(mine.items.map(({ state }) => state)).to.deep.equal(['new']);
    const gone = await visit('DELETE', api(id, `questions/${question.id}`), undefined, cookie);
    expect(gone.status).to.equal(204);
    await expectProblem(
      await visit('DELETE', api(id, `questions/${question.id}`), undefined, cookie),
      404,
      'not-found',
    );
  });

  it('hands the attendance out as tables in which nothing is a formula', async () => {
    const id = await onAir('表格');
    const evil = '=HYPERLINK("http://x","点我")';
    const invited = { halls: ['西白山村', evil, '西白山村'] };
    expect((await json(site.ask('PUT', api(id, 'invitations'), invited)))['halls']).to.have.length(2);
    const matching = async (text: string): Promise<unknown> =>
      (await json(visit('GET', api(id, `halls?text=${encodeURIComponent(text)}`))))['halls'];
    expect(await matching('白山')).to.deep.equal(['西白山村']);
    expect(await matching('%%')).to.deep.equal([]);
    expect(await matching('西')).to.deep.equal([]);
    const receipt = { hall: evil, headCount: { members: 14, masses: 7 } };
    const taken = await visit('PUT', api(id, 'receipts/mine'), receipt);
    expect(taken.status).to.equal(200);
    const mine = await json(visit('GET', api(id, 'receipts/mine'), undefined, cookieOf(taken)));
    expect(mine['receipt']).to.deep.include({ hall: evil });
    const entered = { hall: '西白山村', headCount: { masses: 5 }, reason: '电话补报' };
    expect(await json(site.ask('PUT', api(id, 'receipts'), entered))).to.include({ enteredBy: 'token test' });
    await expectProblem(await visit('PUT', api(id, 'receipts'), entered), 401, 'unauthenticated');
    const csv = await site.ask('GET', api(id, 'attendance.csv'));
    expect(csv.headers.get('content-type')).to.equal('text/csv; charset=utf-8');
    expect(decodeURIComponent(csv.headers.get('content-disposition') ?? '')).to.contain('到课情况-表格.csv');
    const bytes = Buffer.from(await csv.arrayBuffer());
    expect([...bytes.subarray(0, 3)]).to.deep.equal([0xef, 0xbb, 0xbf]);
    const lines = bytes.toString('utf8').slice(1).trimEnd().split('\r\n');
    expect(lines).to.have.length(3);
    expect(lines[0]).to.match(/^站点或观众,状态,收看分钟,/);
    expect(lines.filter((line) => line.startsWith('"\'=HYPERLINK('))).to.have.length(1);
    expect(lines.filter((line) => line.startsWith('西白山村,缺课,0,'))).to.have.length(1);
    const xlsx = await site.ask('GET', api(id, 'attendance.xlsx'));
    const [sheet] = await readXlsxFile(Buffer.from(await xlsx.arrayBuffer()));
    const rows = (sheet as unknown as { data?: unknown[][] }).data ?? (sheet as unknown as unknown[][]);
    expect(JSON.stringify(rows)).to.contain('=HYPERLINK(').and.contain('站点或观众').and.not.contain("'=");
    const absent = await json(site.ask('GET', api(id, 'attendance?state=absent&limit=1')));
    expect(absent.items).to.have.length(1);
    expect(absent['next']).to.equal('1');
    const rest = await json(site.ask('GET', api(id, `attendance?state=absent&limit=1&after=1`)));
    expect([rest.items.length, rest['next']]).to.deep.equal([1, null]);
  });

  it('tells the operator what happens while it happens', async function events() {
    this.timeout(120_000);
    const id = await onAir('导播');
    const reader = new EventReader(await site.ask('GET', api(id, 'events')));
    expect(await reader.next('presence', (data) => data['present'] === 0)).to.include({ acknowledged: 0 });
    expect(await reader.next('questions', () => true)).to.deep.equal({ waiting: [], accepted: [] });
    await visit('POST', api(id, 'presence'), { played: [] });
    await ask(id, '听得清吗？');
    await visit('PUT', api(id, 'receipts/mine'), { hall: '西白山村' });
    const questions = await reader.next('questions', (data) => (data['waiting'] as Json[]).length > 0);
    expect(questions).to.have.nested.property('waiting[0].text', '听得清吗？');
    const presence = await reader.next(
      'presence',
      (data) => data['present'] === 1 && data['acknowledged'] === 1,
    );
    expect(presence).to.have.nested.property('receipts[0].name', '西白山村');
    await reader.close();
  });
});

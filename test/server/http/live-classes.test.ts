import { expect } from 'chai';
import ICAL from 'ical.js';

import { fixedPicture } from '../../support/pictures.ts';
import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { checkXml } from '../../support/xml-check.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import { GONE_WORDS, REFUSAL_WORDS } from '../../../server/live/ingest/endings.ts';
import { SERVER_RESTARTED } from '../../../server/live/publish-log.ts';

interface Item {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly token?: string;
  readonly revision: number;
  readonly plannedStart: string;
  readonly plannedEnd: string;
  readonly announcement: string | null;
  readonly recurrenceId?: string | null;
  readonly slateImageUrl: string | null;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | null;
}

const DAY = 86_400_000;

describe('live classes over HTTP', () => {
  let site: CoursewareSite;
  let days = 10;
  before(async () => {
    site = await startSite();
  });
  after(() => site.close());

  const officeDay = (more: number): string =>
    new Date(Date.now() + more * DAY + 8 * 3_600_000).toISOString().slice(0, 10);
  const json = async <T>(reply: Response, status = 200): Promise<T> => {
    expect(reply.status, await reply.clone().text()).to.equal(status);
    return (await reply.json()) as T;
  };
  const plan = async (more: object = {}): Promise<Item> => {
    const day = officeDay(++days);
    const fields = {
      title: '学习贯彻党代会精神直播课堂',
      plannedStart: `${day}T14:30+08:00`,
      plannedEnd: `${day}T16:00+08:00`,
      ...more,
    };
    return json(await site.ask('POST', '/api/v1/live-classes', fields), 201);
  };
  const act = (id: string, verb: string, body?: object): Promise<Response> =>
    site.ask('POST', `/api/v1/live-classes/${id}/${verb}`, body);
  const stranger = (path: string): Promise<Response> => fetch(site.base + path);

  it('are planned once by a request that is sent again under the same Idempotency-Key', async () => {
    const day = officeDay(++days);
    const wanted = { title: '发两遍', plannedStart: `${day}T14:30+08:00`, plannedEnd: `${day}T16:00+08:00` };
    const post = (path: string, body: object | undefined, key: string): Promise<Response> =>
      site.ask('POST', `/api/v1/live-classes${path}`, body, { 'Idempotency-Key': key });
    const { id } = await json<Item>(await post('', wanted, 'plan-2026-0001'), 201);
    // As the draft writes it, in quotes; it is the same key.
    const again = await post('', wanted, '"plan-2026-0001"');
    expect(again.headers.get('location')).to.equal(`/api/v1/live-classes/${id}`);
    expect(await json<Item>(again, 201)).to.include({ id });
    await expectProblem(await post('', { ...wanted, title: '另一课' }, 'plan-2026-0001'), 422, 'key-reused');
    await expectProblem(await post('', wanted, 'short'), 400, 'malformed-request');
    // The same key for another address is another request.
    await expectProblem(
      await post(`/${id}/notices`, { text: '请填写回执' }, 'plan-2026-0001'),
      422,
      'key-reused',
    );
    const notices = await Promise.all(
      [1, 2, 3].map(async () =>
        json<{ readonly id: string }>(
          await post(`/${id}/notices`, { text: '请填写回执' }, 'notice-2026-0001'),
          201,
        ),
      ),
    );
    expect(new Set(notices.map((notice) => notice.id)).size).to.equal(1);
    expect((await post(`/${id}/keys/main`, undefined, 'stream-key-0001')).status).to.equal(201);
    await expectProblem(await post(`/${id}/keys/main`, undefined, 'stream-key-0001'), 409, 'conflict');
    expect((await post(`/${id}/keys/main`, undefined, 'stream-key-0002')).status).to.equal(201);
  });

  it('are planned, read, changed with the ETag, listed and removed', async () => {
    const made = await plan({ lecturers: ['俞老师'], hostUnit: '嵊州市农业局' });
    const read = await site.ask('GET', `/api/v1/live-classes/${made.id}`);
    expect(read.headers.get('etag')).to.equal('"1"');
    expect(await read.json()).to.deep.equal(made);
    const path = `/api/v1/live-classes/${made.id}`;
    const changed = await site.ask('PATCH', path, { title: '桃形李冬剪' }, { 'If-Match': '"1"' });
    expect(await json<Item>(changed)).to.include({ title: '桃形李冬剪', revision: 2 });
    await expectProblem(
      await site.ask('PATCH', path, { title: '又一个' }, { 'If-Match': '"1"' }),
      412,
      'revision-mismatch',
    );
    const listed = await json<Page<Item>>(
      await site.ask('GET', `/api/v1/live-classes?text=${encodeURIComponent('冬剪')}`),
    );
    expect(listed.items.map(({ id }) => id)).to.deep.equal([made.id]);
    const history = await json<Page<{ field: string; actor: string }>>(
      await site.ask('GET', `${path}/history`),
    );
    expect(history.items.map(({ field, actor }) => `${field} by ${actor}`)).to.deep.equal([
      'created by token test',
      'title by token test',
    ]);
    expect((await site.ask('DELETE', path)).status).to.equal(204);
    await expectProblem(await site.ask('GET', path), 404, 'not-found');
  });

  it('are seen by strangers from their announcement on, and without what is the office’s', async () => {
    const { id, token } = await plan({ state: 'scheduled' });
    expect(token).to.be.a('string');
    const path = `/api/v1/live-classes/${id}`;
    await expectProblem(await stranger(path), 401, 'unauthenticated');
    await expectProblem(await stranger(`${path}/calendar.ics`), 401, 'unauthenticated');
    const hidden = await json<Page<Item>>(await stranger('/api/v1/live-classes?part=upcoming'));
    expect(hidden.items.map((one) => one.id)).to.not.include(id);
    await json(await act(id, 'announce', { announcement: '请提前十分钟就座。' }));
    const seen = await json<Item>(await stranger(path));
    expect(seen).to.include({ state: 'announced', announcement: '请提前十分钟就座。' });
    expect(seen).to.not.have.any.keys('token', 'ladder', 'graceSeconds', 'recordingCoursewareId');
    const shown = await json<Page<Item>>(await stranger('/api/v1/live-classes?part=upcoming&limit=100'));
    expect(shown.items.map((one) => one.id)).to.include(id);
    for (const [method, rest] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/announce'],
      ['POST', '/end'],
      ['POST', '/keys/main'],
      ['GET', '/keys'],
      ['GET', '/sessions'],
      ['GET', '/history'],
      ['GET', '/slides'],
      ['POST', '/marks'],
      ['POST', '/notices'],
    ] as const) {
      await expectProblem(await fetch(site.base + path + rest, { method }), 401, 'unauthenticated');
    }
  });

  it('go through their states, and say what is possible instead of what is not', async () => {
    const { id } = await plan({ state: 'scheduled' });
    for (const [verb, state] of [
      ['announce', 'announced'],
      ['rehearse', 'rehearsing'],
      ['start', 'on_air'],
      ['end', 'ended'],
      ['archive', 'archived'],
    ] as const) {
      expect((await json<Item>(await act(id, verb))).state).to.equal(state);
    }
    const problem = await expectProblem(await act(id, 'start'), 409, 'invalid-move');
    expect(problem.reason).to.contain('archived');
    const put = await plan({ state: 'scheduled' });
    await json(await act(put.id, 'announce'));
    const day = officeDay(++days);
    const off = await json<Item>(
      await act(put.id, 'postpone', {
        reason: '台风',
        announcement: '改期。',
        plannedStart: `${day} 09:00`,
        plannedEnd: `${day} 10:00`,
      }),
    );
    expect(off).to.include({
      state: 'announced',
      plannedStart: `${day}T01:00:00.000Z`,
      announcement: '改期。',
    });
    expect((await json<Item>(await act(put.id, 'cancel', { announcement: '取消。' }))).state).to.equal(
      'cancelled',
    );
    expect((await json<Item>(await stranger(`/api/v1/live-classes/${put.id}`))).announcement).to.equal(
      '取消。',
    );
  });

  it('name the class that is in the way, in Chinese, to whoever plans two at once', async () => {
    const first = await plan({ title: '水稻育秧', lecturers: ['王老师'], state: 'scheduled' });
    const { plannedStart, plannedEnd } = first;
    const reply = await site.ask('POST', '/api/v1/live-classes', {
      title: '第二课',
      plannedStart,
      plannedEnd,
      lecturers: ['王老师'],
      state: 'scheduled',
    });
    const problem = await expectProblem(reply, 409, 'timetable-overlap');
    expect(problem.detail).to.contain('王老师').and.contain('水稻育秧').and.contain('请换一个时间');
  });

  it('come again every week, and are changed and announced together', async () => {
    const start = `${officeDay(++days)}T19:00+08:00`;
    const end = start.replace('19:00', '20:30');
    days += 30;
    const first = await plan({
      plannedStart: start,
      plannedEnd: end,
      title: '夜校',
      recurrence: { pattern: 'weekly', times: 3 },
    });
    const all = `/api/v1/live-classes?recurrence=${first.recurrenceId}`;
    const [, second] = (await json<Page<Item>>(await site.ask('GET', all))).items;
    const later = `/api/v1/live-classes/${second?.id}`;
    await json(await site.ask('PATCH', `${later}?scope=following`, { title: '夜校（二）' }));
    await json(await site.ask('POST', `${later}/announce?scope=following`, {}));
    expect(
      (await json<Page<Item>>(await site.ask('GET', all))).items.map(({ title, state }) => [title, state]),
    ).to.deep.equal([
      ['夜校', 'draft'],
      ['夜校（二）', 'announced'],
      ['夜校（二）', 'announced'],
    ]);
    await expectProblem(await site.ask('POST', `${later}/start?scope=following`), 422, 'invalid-input');
    await json(await site.ask('POST', `${later}/cancel?scope=following`, {}));
    const gone = await site.ask('DELETE', `/api/v1/live-classes/${first.id}?scope=following`);
    expect(gone.status).to.equal(204);
    expect((await json<Page<Item>>(await site.ask('GET', all))).items).to.deep.equal([]);
    const both = { pattern: 'weekly', times: 2, until: officeDay(90) };
    const wrong = { title: 'x', plannedStart: start, plannedEnd: end, recurrence: both };
    await expectProblem(await site.ask('POST', '/api/v1/live-classes', wrong), 422, 'invalid-input');
  });

  it('hand out a key once, and tell afterwards only that there is one', async () => {
    const { id } = await plan({ state: 'scheduled' });
    const path = `/api/v1/live-classes/${id}/keys`;
    const { key } = await json<{ key: string }>(await site.ask('POST', `${path}/main`), 201);
    expect(key).to.match(/^[a-z2-7]{26,}$/);
    const known = await (await site.ask('GET', path)).text();
    expect(known).to.contain('main').and.not.contain(key);
    expect((await site.ask('DELETE', `${path}/main`)).status).to.equal(204);
    await expectProblem(await site.ask('DELETE', `${path}/main`), 404, 'not-found');
    await expectProblem(await site.ask('POST', `${path}/third`), 422, 'invalid-input');
  });

  it('list who published and who was not let in', async () => {
    const { id } = await plan();
    const { sessions } = site.foundation.classes;
    const classId = (await site.foundation.classes.get(id)).id;
    await sessions.open({ id: 's1', classId, role: 'main', address: '10.1.2.3', startedAt: 1000 });
    await sessions.open({
      id: 's1',
      classId,
      role: 'main',
      address: '10.1.2.3',
      startedAt: 1000,
      encoder: 'obs',
    });
    await sessions.close('s1', 2000, 'idle');
    await sessions.close('s1', 3000, 'ended');
    for (const atMs of [5000, 6000]) {
      await sessions.refuse({ address: '10.9.9.9', why: 'already-publishing', classId, atMs });
    }
    expect(await json(await site.ask('GET', `/api/v1/live-classes/${id}/sessions`))).to.deep.equal({
      items: [
        {
          id: 's1',
          role: 'main',
          address: '10.1.2.3',
          encoder: 'obs',
          startedAt: 1000,
          endedAt: 2000,
          endReason: 'idle',
          endWords: GONE_WORDS.idle,
        },
      ],
      refusals: [
        {
          address: '10.9.9.9',
          why: 'already-publishing',
          words: REFUSAL_WORDS['already-publishing'],
          times: 2,
          firstAt: 5000,
          lastAt: 6000,
        },
      ],
    });
  });

  it('say in words why every encoder is gone or was not let in', async () => {
    const { id } = await plan();
    const { sessions } = site.foundation.classes;
    const classId = (await site.foundation.classes.get(id)).id;
    const ends = [...Object.keys(GONE_WORDS), SERVER_RESTARTED];
    for (const [index, why] of ends.entries()) {
      const session = `${id}-${index}`;
      await sessions.open({ id: session, classId, role: 'main', address: '10.1.2.4', startedAt: index });
      await sessions.close(session, index + 1, why);
    }
    for (const why of Object.keys(REFUSAL_WORDS)) {
      await sessions.refuse({ address: '10.9.9.8', why, classId, atMs: 5000 });
    }
    const { items, refusals } = await json<{
      items: readonly { readonly endWords: string }[];
      refusals: readonly { readonly words: string }[];
    }>(await site.ask('GET', `/api/v1/live-classes/${id}/sessions`));
    expect(items).to.have.length(ends.length);
    expect(refusals).to.have.length(Object.keys(REFUSAL_WORDS).length);
    for (const words of [...items.map((item) => item.endWords), ...refusals.map((one) => one.words)]) {
      expect(words).to.match(/[\u4e00-\u9fff]/);
    }
  });

  it('keep sections, chapters and notices, which can be corrected and taken away', async () => {
    const { id } = await plan({ state: 'scheduled' });
    await json(await act(id, 'announce'));
    const path = `/api/v1/live-classes/${id}`;
    const before = Date.now();
    const notice = await json<{ id: string; at: string }>(
      await site.ask('POST', `${path}/notices`, { text: '课间休息十分钟' }),
      201,
    );
    expect(Date.parse(notice.at)).to.be.within(before - 1000, Date.now() + 1000);
    const chapter = await json<{ id: string }>(
      await site.ask('POST', `${path}/marks`, { kind: 'chapter', at: '2030-01-01 10:00', text: '选枝' }),
      201,
    );
    await json(
      await site.ask('PATCH', `${path}/marks/${chapter.id}`, { text: '选接穗', at: '2030-01-01 10:05' }),
    );
    const marks = async () =>
      (
        await json<Page<{ kind: string; text: string; at: string }>>(await stranger(`${path}/marks`))
      ).items.map(({ kind, text }) => [kind, text]);
    expect(await marks()).to.deep.equal([
      ['notice', '课间休息十分钟'],
      ['chapter', '选接穗'],
    ]);
    expect((await site.ask('DELETE', `${path}/marks/${notice.id}`)).status).to.equal(204);
    expect(await marks()).to.deep.equal([['chapter', '选接穗']]);
    await expectProblem(await site.ask('DELETE', `${path}/marks/${notice.id}`), 404, 'not-found');
    await expectProblem(await site.ask('POST', `${path}/marks`, { kind: 'chapter' }), 422, 'invalid-input');
    await expectProblem(
      await site.ask('POST', `${path}/marks`, { kind: 'slide', slideId: 'none' }),
      404,
      'not-found',
    );
  });

  it('show slides from their moment on, as pictures that caches may keep', async () => {
    const { id } = await plan({ state: 'scheduled' });
    await json(await act(id, 'announce'));
    const path = `/api/v1/live-classes/${id}`;
    const upload = (rest: string, bytes: Buffer, method = 'POST'): Promise<Response> =>
      fetch(`${site.base}${path}/${rest}`, {
        method,
        headers: { authorization: `Bearer ${site.token}` },
        body: new Uint8Array(bytes),
      });
    const png = await fixedPicture('png', 64, 48);
    const shown = await json<{ id: string; imageUrl: string }>(
      await upload(`slides?title=${encodeURIComponent('第一页')}&show=true`, png),
      201,
    );
    const waiting = await json<{ id: string; imageUrl: string; width: number; height: number }>(
      await upload('slides', await fixedPicture('jpg', 80, 60)),
      201,
    );
    expect(waiting).to.include({ width: 80, height: 60, contentType: 'image/jpeg', position: 2 });
    const picture = await stranger(shown.imageUrl);
    expect(picture.headers.get('content-type')).to.equal('image/png');
    expect(picture.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
    expect(Buffer.from(await picture.arrayBuffer()).equals(png)).to.equal(true);
    const again = await fetch(site.base + shown.imageUrl, {
      headers: { 'if-none-match': picture.headers.get('etag') ?? '' },
    });
    expect(again.status).to.equal(304);
    const list = await json<readonly { title?: string; imageUrl?: string }[]>(
      await stranger(`/live/class/${id}/slides.json`),
    );
    expect(list.map(({ title, imageUrl }) => [title, imageUrl])).to.deep.equal([['第一页', shown.imageUrl]]);
    await json(await site.ask('POST', `${path}/marks`, { kind: 'slide', slideId: waiting.id }), 201);
    await json(await site.ask('POST', `${path}/marks`, { kind: 'slide' }), 201);
    const after = await json<readonly { imageUrl?: string }[]>(
      await stranger(`/live/class/${id}/slides.json`),
    );
    expect(after.map(({ imageUrl }) => imageUrl)).to.have.deep.members([
      shown.imageUrl,
      waiting.imageUrl,
      undefined,
    ]);
    expect((await site.ask('DELETE', `${path}/slides/${shown.id}`)).status).to.equal(204);
    await expectProblem(await stranger(shown.imageUrl), 404, 'not-found');
    await expectProblem(
      await upload('slides', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')),
      422,
      'invalid-input',
    );
    const cut = await expectProblem(
      await upload('slides', png.subarray(0, png.length - 20)),
      422,
      'invalid-input',
    );
    expect(cut.reason).to.contain('cut off');
    await expectProblem(await upload('slides', Buffer.alloc(5 * 1024 * 1024 + 1)), 413, 'body-too-large');
    const slate = await json<Item>(await upload('slate', png, 'PUT'));
    expect((await stranger(slate.slateImageUrl ?? '')).status).to.equal(200);
    expect((await json<Item>(await site.ask('DELETE', `${path}/slate`))).slateImageUrl).to.equal(null);
    await expectProblem(await stranger(slate.slateImageUrl ?? ''), 404, 'not-found');
  });

  it('keep a slide that is sent again under its Idempotency-Key once, shown once, with one picture', async () => {
    const made = await plan({ state: 'scheduled' });
    await json(await act(made.id, 'announce'));
    const path = `/api/v1/live-classes/${made.id}/slides`;
    const png = await fixedPicture('png', 64, 48);
    const send = (rest: string, bytes: Buffer): Promise<Response> =>
      fetch(`${site.base}${path}${rest}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${site.token}`, 'Idempotency-Key': 'one-page-of-slides' },
        body: new Uint8Array(bytes),
      });
    const first = await json<{ id: string }>(await send('?show=true', png), 201);
    const second = await json<{ id: string }>(await send('?show=true', png), 201);
    expect(second).to.deep.equal(first);
    const { items } = await json<{ items: unknown[] }>(await site.ask('GET', path));
    expect(items).to.deep.equal([first]);
    expect(await json(await stranger(`/live/class/${made.id}/slides.json`))).to.have.length(1);
    const pictures: string[] = [];
    for await (const { key } of site.foundation.store.list(`live/${made.token}/`)) pictures.push(key);
    expect(pictures).to.have.length(1);
    await expectProblem(await send('?show=true', await fixedPicture('png', 8, 8)), 422, 'key-reused');
    await expectProblem(await send('', png), 422, 'key-reused');
  });

  it('take their pictures with them when they are removed', async () => {
    const made = await plan();
    const reply = await fetch(`${site.base}/api/v1/live-classes/${made.id}/slides`, {
      method: 'POST',
      headers: { authorization: `Bearer ${site.token}` },
      body: new Uint8Array(await fixedPicture('png', 8, 8)),
    });
    await json(reply, 201);
    const keys = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for await (const { key } of site.foundation.store.list(`live/${made.token}/`)) found.push(key);
      return found;
    };
    expect(await keys()).to.have.length(1);
    expect((await site.ask('DELETE', `/api/v1/live-classes/${made.id}`)).status).to.equal(204);
    const deadline = Date.now() + 5000;
    while ((await keys()).length > 0 && Date.now() < deadline) await new Promise(setImmediate);
    expect(await keys()).to.deep.equal([]);
  });

  describe('in a calendar', () => {
    const events = async (path: string): Promise<readonly ICAL.Event[]> => {
      const reply = await stranger(path);
      expect(reply.headers.get('content-type')).to.equal('text/calendar; charset=utf-8');
      const text = await reply.text();
      for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).to.be.at.most(75);
      const calendar = new ICAL.Component(ICAL.parse(text) as unknown[]);
      const zone = new ICAL.Timezone(calendar.getFirstSubcomponent('vtimezone'));
      ICAL.TimezoneService.register(zone);
      return calendar.getAllSubcomponents('vevent').map((event) => new ICAL.Event(event));
    };

    const eventOf = async (path: string): Promise<ICAL.Event> => {
      const [event] = await events(path);
      if (event === undefined) throw new Error(`${path} has no event`);
      return event;
    };

    it('keep their identity when their time changes, and the sequence grows', async () => {
      const title = '党代会精神，“三农”; 第\\一\\讲：' + '很长的题目'.repeat(12);
      const { id, plannedStart } = await plan({ title, channel: '一号演播室', state: 'scheduled' });
      await json(await act(id, 'announce', { announcement: '第一行\n第二行' }));
      const path = `/api/v1/live-classes/${id}/calendar.ics`;
      const first = await eventOf(path);
      expect(first.summary).to.equal(title);
      expect(first.description).to.contain('第一行\n第二行').and.contain(`/live/${id}`);
      expect(first.location).to.equal('一号演播室');
      expect(first.startDate.toString()).to.contain('T14:30:00');
      expect(first.startDate.zone?.tzid).to.equal('Asia/Shanghai');
      expect(first.startDate.toJSDate().toISOString()).to.equal(plannedStart);
      const day = officeDay(++days);
      const time = { plannedStart: `${day} 09:00`, plannedEnd: `${day} 10:00` };
      await json(await site.ask('PATCH', `/api/v1/live-classes/${id}`, time));
      const second = await eventOf(path);
      expect(second.uid).to.equal(first.uid);
      expect(second.sequence).to.equal(first.sequence + 1);
      expect(second.startDate.toJSDate().toISOString()).to.equal(`${day}T01:00:00.000Z`);
      await json(await act(id, 'cancel'));
      const third = await eventOf(path);
      expect(third.uid).to.equal(first.uid);
      expect(third.sequence).to.equal(second.sequence + 1);
      expect(third.component.getFirstPropertyValue('status')).to.equal('CANCELLED');
      expect(third.summary).to.contain('【取消】');
    });

    it('are all there for subscribers, and only what was announced', async () => {
      const told = await plan({ state: 'scheduled', title: '已预告的课' });
      const untold = await plan({ state: 'scheduled', title: '未预告的课' });
      await json(await act(told.id, 'announce'));
      const uids = (await events('/api/v1/live-classes/calendar.ics')).map(({ uid }) => uid);
      expect(uids.filter((uid) => uid.includes(told.id))).to.have.length(1);
      expect(uids.filter((uid) => uid.includes(untold.id))).to.have.length(0);
      const feed = checkXml(await (await stranger('/feeds/live.atom')).text());
      const titles = feed.texts('//atom:entry/atom:title');
      expect(titles).to.include('已预告的课').and.not.include('未预告的课');
      expect(feed.texts('//atom:entry/atom:link[@rel="alternate"]/@href')).to.include(
        `${site.base}/live/${told.id}`,
      );
    });
  });
});

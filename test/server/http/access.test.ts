import { expect } from 'chai';

import { decide, type Principal } from 'yuanjiao/server';

import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';

const PASSWORD = '越州远教-冬季-2026';

describe('access', () => {
  let site: CoursewareSite;
  let cookie: string;

  before(async function start() {
    site = await startSite();
    await site.foundation.accounts.createAdmin(PASSWORD);
    const reply = await signIn(PASSWORD);
    expect(reply.status).to.equal(201);
    cookie = (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  });
  after(() => site.close());

  const signIn = (password: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${site.base}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ password }),
    });

  const change = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${site.base}/api/v1/tags`, {
      method: 'POST',
      headers: { Cookie: cookie, 'Content-Type': 'application/json', ...headers },
      body: '{"name":"x"}',
    });

  it('asks the one table for every route and every kind of person', async function matrix() {
    const people: readonly { principal: Principal; headers: Record<string, string> }[] = [
      { principal: { kind: 'anonymous' }, headers: {} },
      {
        principal: { kind: 'admin', via: 'token', tokenName: 'test' },
        headers: { Authorization: `Bearer ${site.token}` },
      },
      { principal: { kind: 'admin', via: 'session' }, headers: { Cookie: cookie } },
    ];
    let checked = 0;
    for (const route of site.server.routes) {
      // These two would end what the others need.
      if (route.action === 'session.sign-out' || route.path.endsWith('/events')) continue;
      for (const { principal, headers } of people) {
        // Some routes remove what they are asked about.
        const plan = { plannedStart: '2031-01-01T08:00:00Z', plannedEnd: '2031-01-01T09:00:00Z' };
        const item = /\/courseware\/\{id\}/.test(route.path)
          ? await site.foundation.catalogue.create({ title: '草稿' })
          : undefined;
        const live = /\/(live-classes|live\/class)\/\{id\}/.test(route.path)
          ? await site.foundation.classes.create({ title: '草稿', ...plan })
          : undefined;
        const path = route.path
          .replace('/courseware/{id}', `/courseware/${item?.id}`)
          .replace(/\/(live-classes|live\/class)\/\{id\}/, `/$1/${live?.id}`)
          .replace('/downloads/{name}', '/downloads/480p.mp4')
          .replace(/\{\w+\}/g, 'abcdef0123456789');
        const reply = await fetch(site.base + path, {
          method: route.method,
          headers: { 'Tus-Resumable': '1.0.0', ...headers },
        });
        await reply.arrayBuffer();
        const isList = route.action === 'courseware.list';
        const decision = decide(principal, route.action, { publication: isList ? 'published' : 'draft' });
        const where = `${route.method} ${route.path} as ${principal.kind === 'admin' ? principal.via : 'stranger'}`;
        if (decision === 'unauthenticated') expect(reply.status, where).to.equal(401);
        else if (decision === 'forbidden') expect(reply.status, where).to.equal(403);
        else
          expect(reply.status, where).to.not.be.oneOf(
            route.action === 'session.sign-in' ? [403, 500] : [401, 403, 500],
          );
        checked += 1;
      }
    }
    expect(checked).to.be.above(70);
  });

  it('gives the cookie of a session every protection plain http allows', async () => {
    const reply = await signIn(PASSWORD);
    const header = reply.headers.get('set-cookie') ?? '';
    expect(header).to.match(/^yuanjiao=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Expires=/);
    const me = await fetch(`${site.base}/api/v1/me`, { headers: { Cookie: header.split(';')[0] ?? '' } });
    expect(await me.json()).to.include({ kind: 'admin', via: 'session' });
  });

  it('ends a session at once', async () => {
    const fresh = ((await signIn(PASSWORD)).headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const out = await fetch(`${site.base}/api/v1/session`, { method: 'DELETE', headers: { Cookie: fresh } });
    expect(out.status).to.equal(204);
    expect(out.headers.get('set-cookie')).to.contain('Max-Age=0');
    const me = await fetch(`${site.base}/api/v1/me`, { headers: { Cookie: fresh } });
    expect(await me.json()).to.include({ kind: 'anonymous' });
  });

  it('makes tokens in person, lists them without secrets, and revokes them', async () => {
    const headers = { Cookie: cookie, 'Content-Type': 'application/json' };
    const made = await fetch(`${site.base}/api/v1/tokens`, {
      method: 'POST',
      headers,
      body: '{"name":"导入"}',
    });
    expect(made.status).to.equal(201);
    const { id, token } = (await made.json()) as { id: string; token: string };
    const authorized = { Authorization: `Bearer ${token}` };
    expect(await (await fetch(`${site.base}/api/v1/me`, { headers: authorized })).json()).to.include({
      name: 'token 导入',
    });
    const listed = await (await fetch(`${site.base}/api/v1/tokens`, { headers })).text();
    expect(listed).to.contain(id).and.not.contain(token);
    expect((await fetch(`${site.base}/api/v1/tokens/${id}`, { method: 'DELETE', headers })).status).to.equal(
      204,
    );
    expect((await fetch(`${site.base}/api/v1/me`, { headers: authorized })).status).to.equal(401);
  });

  it('refuses a wrong token instead of taking its owner for a stranger', async () => {
    for (const value of ['Bearer yj_wrong', 'Basic YTpi', 'nonsense']) {
      const reply = await fetch(`${site.base}/api/v1/courseware`, { headers: { Authorization: value } });
      expect(reply.status, value).to.equal(401);
      expect(reply.headers.get('www-authenticate')).to.match(/^Bearer/);
    }
  });

  describe('a browser led here by another site', () => {
    const refused: readonly Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
    ];
    for (const headers of refused) {
      it(`changes nothing with ${JSON.stringify(headers)}`, async () => {
        const reply = await change(headers);
        expect(reply.status).to.equal(403);
        expect(await reply.json()).to.include({ code: 'cross-site-refused' });
      });
    }

    it('is refused on every route that changes something', async () => {
      for (const route of site.server.routes) {
        if (['GET', 'HEAD', 'OPTIONS'].includes(route.method)) continue;
        const reply = await fetch(site.base + route.path.replace(/\{\w+\}/g, 'abcdef0123456789'), {
          method: route.method,
          headers: { Cookie: cookie, Origin: 'https://evil.example' },
        });
        await reply.arrayBuffer();
        expect(reply.status, `${route.method} ${route.path}`).to.equal(403);
      }
    });

    it('is told apart from our own pages and from programs', async () => {
      expect((await change({ 'Sec-Fetch-Site': 'same-origin' })).status).to.equal(204);
      expect((await change({ Origin: site.base })).status).to.equal(204);
      expect((await change({})).status).to.equal(204);
    });
  });

  it('makes whoever guesses wait', async function guess() {
    let status = 401;
    for (let tries = 0; tries < 15 && status === 401; tries++) {
      const reply = await signIn('falsch falsch falsch');
      status = reply.status;
      if (status === 429) expect(Number(reply.headers.get('retry-after'))).to.be.above(0);
    }
    expect(status).to.equal(429);
  });
});

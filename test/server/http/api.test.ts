import { createHash } from 'node:crypto';

import { expect } from 'chai';

import type { z } from 'zod';

import type { Route } from '../../../server/http/route.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import { seedLecture, startSite, type CoursewareSite } from '../../support/courseware-site.ts';

interface Item {
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly publication: string;
  readonly revision: number;
}

describe('the REST API', () => {
  let site: CoursewareSite;
  before(async () => {
    site = await startSite();
  });
  after(() => site.close());

  const create = async (fields: object = {}): Promise<Item> => {
    const reply = await site.ask('POST', '/api/v1/courseware', { title: '茶树修剪', ...fields });
    expect(reply.status).to.equal(201);
    return (await reply.json()) as Item;
  };
  it('creates, reads, changes, lists and removes a draft', async () => {
    const made = await create({ description: '春季', series: '乡土课堂', tags: ['乡土'] });
    const read = await site.ask('GET', `/api/v1/courseware/${made.id}`);
    expect(read.headers.get('etag')).to.equal(`"${made.revision}"`);
    expect(await read.json()).to.deep.equal(made);
    const changed = await site.ask('PATCH', `/api/v1/courseware/${made.id}`, {
      title: '茶树冬剪',
      series: null,
    });
    expect(await changed.json()).to.include({ title: '茶树冬剪', series: null, description: '春季' });
    const listed = await site.ask(
      'GET',
      `/api/v1/courseware?text=${encodeURIComponent('冬剪')}&tag=${encodeURIComponent('乡土')}`,
    );
    expect(((await listed.json()) as { items: Item[] }).items.map(({ id }) => id)).to.deep.equal([made.id]);
    expect((await site.ask('DELETE', `/api/v1/courseware/${made.id}`)).status).to.equal(204);
    await expectProblem(await site.ask('GET', `/api/v1/courseware/${made.id}`), 404, 'not-found');
    const history = (await (await site.ask('GET', `/api/v1/courseware/${made.id}/history`)).json()) as {
      items: { field: string; actor: string }[];
    };
    expect(history.items.at(-1)).to.include({ field: 'removed', actor: 'token test' });
  });

  it('keeps a title with HTML as the text it is', async () => {
    for (const title of [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      '</title><b>课</b>',
      "'; DROP TABLE courseware; --",
    ]) {
      const { id } = await create({ title });
      const reply = await site.ask('GET', `/api/v1/courseware/${id}`);
      expect(reply.headers.get('content-type')).to.match(/^application\/json/);
      expect(reply.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(((await reply.json()) as Item).title).to.equal(title);
    }
  });

  it('refuses an unknown tag and names those that were probably meant', async () => {
    const reply = await site.ask('POST', '/api/v1/courseware', { title: '课', tags: ['创业先峰'] });
    const body = await expectProblem(reply, 422, 'unknown-tag');
    expect(body.near).to.include('创业先锋');
    expect(body.detail).to.contain('创业先锋');
  });

  it('names every field that is wrong, and takes none it does not know', async () => {
    const reply = await site.ask('POST', '/api/v1/courseware', { title: '', tags: 'x', role: 'admin' });
    const body = await expectProblem(reply, 422, 'invalid-input');
    const paths = body.errors?.map(({ path }) => path) ?? [];
    expect(paths).to.include.members(['body.title', 'body.tags', 'body']);
    await expectProblem(await site.ask('GET', '/api/v1/courseware?limit=1&limit=2'), 422, 'invalid-input');
    await expectProblem(await site.ask('GET', '/api/v1/courseware?limit=9999'), 422, 'invalid-input');
    await expectProblem(await site.ask('GET', '/api/v1/courseware/..%2f..%2fetc'), 422, 'invalid-input');
  });

  it('refuses bodies that are too large, no JSON, or of another type', async () => {
    await expectProblem(
      await site.ask('POST', '/api/v1/tags', { name: 'x'.repeat(300_000) }),
      413,
      'body-too-large',
    );
    const send = (type: string, body: string): Promise<Response> =>
      fetch(`${site.base}/api/v1/tags`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${site.token}`, 'Content-Type': type },
        body,
      });
    await expectProblem(await send('application/json', '{"name":'), 400, 'malformed-request');
    await expectProblem(await send('text/plain', '{}'), 415, 'unsupported-body');
    await expectProblem(await send('application/json; charset=iso-8859-1', '{}'), 415, 'unsupported-body');
    await expectProblem(await site.ask('GET', '/api/v1/courseware/%E0%A4%A'), 400, 'malformed-request');
    await expectProblem(
      await site.ask('POST', '/api/v1/tags', JSON.parse('{"name":"a","__proto__":{"x":1}}')),
      422,
      'invalid-input',
    );
  });

  it('does not overwrite what somebody else has changed', async () => {
    const { id, revision } = await create();
    const etag = `"${revision}"`;
    expect(
      (await site.ask('PATCH', `/api/v1/courseware/${id}`, { title: '甲' }, { 'If-Match': etag })).status,
    ).to.equal(200);
    const late = await site.ask('PATCH', `/api/v1/courseware/${id}`, { title: '乙' }, { 'If-Match': etag });
    await expectProblem(late, 412, 'revision-mismatch');
    await expectProblem(
      await site.ask('PATCH', `/api/v1/courseware/${id}`, {}, { 'If-Match': 'yesterday' }),
      400,
      'malformed-request',
    );
    expect(((await (await site.ask('GET', `/api/v1/courseware/${id}`)).json()) as Item).title).to.equal('甲');
  });

  it('tells a code that is taken from a change by somebody else', async () => {
    await create({ code: 'SX-CS-0001' });
    const { id, revision } = await create();
    const body = { code: 'SX-CS-0001' };
    const taken = await site.ask('PATCH', `/api/v1/courseware/${id}`, body, { 'If-Match': `"${revision}"` });
    await expectProblem(taken, 409, 'conflict');
  });

  it('creates one item for one idempotency key, however often and at once it is asked', async () => {
    const headers = { 'Idempotency-Key': 'import-2026-000017' };
    const body = { title: '只要一份', tags: ['乡土'] };
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => site.ask('POST', '/api/v1/courseware', body, headers)),
    );
    const ids = new Set<string>();
    for (const reply of replies) {
      expect(reply.status).to.equal(201);
      ids.add(((await reply.json()) as Item).id);
    }
    expect(ids.size).to.equal(1);
    const other = await site.ask('POST', '/api/v1/courseware', { title: '另一份' }, headers);
    await expectProblem(other, 422, 'key-reused');
    await expectProblem(
      await site.ask('POST', '/api/v1/courseware', body, { 'Idempotency-Key': 'short' }),
      400,
      'malformed-request',
    );
  });

  it('publishes what can be played, and says why not otherwise', async () => {
    const { id } = await create();
    const early = await site.ask('POST', `/api/v1/courseware/${id}/publication`, { to: 'published' });
    await expectProblem(early, 409, 'not-publishable');
    await expectProblem(
      await site.ask('POST', `/api/v1/courseware/${id}/publication`, { to: 'returned' }),
      409,
      'invalid-move',
    );
    await expectProblem(await site.ask('GET', `/api/v1/courseware/${id}/playback`), 404, 'not-playable-yet');
    const lecture = await seedLecture(site, { 'index.m3u8': '#EXTM3U\n' });
    const playback = await fetch(`${site.base}/api/v1/courseware/${lecture.courseware.id}/playback`);
    expect(await playback.json()).to.include({
      coursewareId: lecture.courseware.id,
      playlistUrl: `/v/${lecture.generation}/index.m3u8`,
      extent: 'complete',
      duration: 60,
    });
  });

  it('shows strangers what is published, without what only concerns its producers', async () => {
    const hidden = await create({ title: '草稿' });
    const shown = await seedLecture(site, {});
    const list = (await (await fetch(`${site.base}/api/v1/courseware`)).json()) as {
      items: (Item & { current: object })[];
    };
    expect(list.items.map(({ id }) => id))
      .to.include(shown.courseware.id)
      .and.not.include(hidden.id);
    expect(list.items.every(({ publication }) => publication === 'published')).to.be.true;
    expect(list.items[0]?.current).to.not.have.any.keys(
      'sourceName',
      'sourceBytes',
      'sourceSha256',
      'failure',
    );
    await expectProblem(
      await fetch(`${site.base}/api/v1/courseware?publication=draft`),
      401,
      'unauthenticated',
    );
    await expectProblem(await fetch(`${site.base}/api/v1/courseware/${hidden.id}`), 401, 'unauthenticated');
  });

  it('adds and removes tags, but none that is in use', async () => {
    expect((await site.ask('POST', '/api/v1/tags', { name: '茶叶' })).status).to.equal(204);
    await create({ tags: ['茶叶'] });
    await expectProblem(
      await site.ask('DELETE', `/api/v1/tags/${encodeURIComponent('茶叶')}`),
      409,
      'conflict',
    );
    expect((await site.ask('POST', '/api/v1/tags', { name: '竹笋' })).status).to.equal(204);
    expect((await site.ask('DELETE', `/api/v1/tags/${encodeURIComponent('竹笋')}`)).status).to.equal(204);
  });

  it('cancels a making and takes it up again', async () => {
    const { id } = await create();
    await expectProblem(
      await site.ask('POST', `/api/v1/courseware/${id}/production/cancel`),
      409,
      'nothing-in-production',
    );
    const { catalogue, jobs } = site.foundation;
    const { prepareJob, generationId, DEFAULT_LADDER_OPTIONS } = await import('yuanjiao/transcoder');
    const generation = generationId(`cancel${id}`);
    const source = { sourceKey: `sources/${id}/a.mp4`, sourceName: 'a.mp4' };
    await catalogue.openVersion(id, { uploadId: `u${id}`, sourceName: 'a.mp4', sourceBytes: 1 });
    await catalogue.acceptSource(
      `u${id}`,
      { sourceKey: source.sourceKey, sizeBytes: 1, sha256: '0'.repeat(64), generation },
      [prepareJob(generation, { ...source, ladder: DEFAULT_LADDER_OPTIONS })],
    );
    const canceled = await site.ask('POST', `/api/v1/courseware/${id}/production/cancel`);
    expect(await canceled.json()).to.include({ state: 'canceled' });
    const again = await site.ask('POST', `/api/v1/courseware/${id}/production/retry`);
    expect(again.status).to.equal(200);
    expect(((await again.json()) as { state: string }).state).to.equal('probing');
    expect((await jobs.list(generation))[0]).to.include({ state: 'queued', attempts: 0 });
    // Nothing is left queued for whoever runs after this test.
    await site.ask('POST', `/api/v1/courseware/${id}/production/cancel`);
  });

  it('answers a person with a page and a program with a problem', async () => {
    const page = await fetch(`${site.base}/nowhere`, { headers: { Accept: 'text/html' } });
    expect(page.status).to.equal(404);
    const text = await page.text();
    expect(text).to.contain('找不到页面');
    const [, style = ''] = /<style>(.*)<\/style>/.exec(text) ?? [];
    const digest = createHash('sha256').update(style).digest('base64');
    expect(page.headers.get('content-security-policy')).to.contain(`style-src 'sha256-${digest}'`);
    await expectProblem(await fetch(`${site.base}/nowhere`), 404, 'no-such-address');
    await expectProblem(await site.ask('DELETE', '/api/v1/courseware'), 405, 'method-not-allowed');
    const other = await site.ask('PATCH', '/api/v1/tags', {});
    expect(other.headers.get('allow')).to.equal('GET, HEAD, POST');
  });

  it('serves pages to be revalidated and assets to be kept', async () => {
    const page = await fetch(`${site.base}/watch/anything`);
    expect(page.headers.get('cache-control')).to.equal('no-cache');
    expect(await page.text()).to.contain('观看课件');
    const asset = await fetch(`${site.base}/assets/catalogue.AB12CD34.js`);
    expect(asset.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).to.equal('text/javascript; charset=utf-8');
    expect(await asset.text()).to.contain('课件');
    expect((await fetch(`${site.base}/assets/..%2fmanifest.json`)).status).to.equal(404);
  });

  it('sends the same strict headers with every page and every answer of the API', async () => {
    for (const path of ['/', '/nowhere', '/api/v1/tags', '/alive']) {
      const { headers } = await fetch(site.base + path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy, path).to.contain("default-src 'none'");
      expect(policy).to.contain("script-src 'self';");
      expect(policy).to.contain("media-src 'self' blob:");
      expect(policy).to.contain("frame-ancestors 'none'");
      expect(policy).to.not.contain('unsafe');
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
      expect(headers.get('x-powered-by')).to.equal(null);
      expect(headers.get('x-request-id')).to.match(/^[\w-]{8,64}$/);
    }
  });

  describe('its description', () => {
    interface Operation {
      readonly 'x-action': string;
      readonly tags: readonly string[];
      readonly parameters: readonly { readonly name: string; readonly description?: string }[];
      readonly responses: Record<string, unknown>;
    }
    interface Description {
      readonly openapi: string;
      readonly tags: readonly { readonly name: string }[];
      readonly paths: Record<string, Record<string, Operation>>;
      readonly components: { readonly schemas: Record<string, unknown> };
    }
    const describeApi = async (): Promise<Description> =>
      (await (await fetch(`${site.base}/api/v1/openapi.json`)).json()) as Description;

    it('names exactly the routes there are', async () => {
      const { openapi, paths } = await describeApi();
      expect(openapi).to.match(/^3\.1\./);
      const described = Object.entries(paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
      );
      const declared = site.server.routes
        .filter((route) => !route.isHidden)
        .map(({ method, path }) => `${method} ${path}`);
      expect(described.toSorted()).to.deep.equal([...declared].toSorted());
    });

    it('says in words what every parameter is, and puts every operation into one group that it describes', async () => {
      const { paths, tags } = await describeApi();
      const groups = tags.map(({ name }) => name);
      const used = new Set<string>();
      for (const [path, operations] of Object.entries(paths)) {
        for (const [method, operation] of Object.entries(operations)) {
          expect(operation.tags, `${method} ${path}`).to.have.length(1);
          for (const tag of operation.tags) used.add(tag);
          for (const { name, description } of operation.parameters) {
            expect(description, `${name} of ${method} ${path}`).to.be.a('string');
          }
        }
      }
      expect([...used]).to.have.members(groups);
    });

    it('tells that a code may be taken', async () => {
      const { paths } = await describeApi();
      await create({ title: '编号在先', code: 'SX-409' });
      const taken = await site.ask('POST', '/api/v1/courseware', { title: '编号在后', code: 'SX-409' });
      expect(taken.status).to.equal(409);
      expect(paths['/api/v1/courseware']?.['post']?.responses).to.have.property('409');
    });

    it('refers to nothing it does not have', async () => {
      const description = await describeApi();
      const references = JSON.stringify(description).match(/"\$ref":"[^"]+"/g) ?? [];
      for (const reference of new Set(references)) {
        const name = /#\/components\/schemas\/(\w+)"/.exec(reference)?.[1] ?? reference;
        expect(description.components.schemas, reference).to.have.property(name);
      }
      expect(JSON.stringify(description)).to.not.contain('$defs');
    });

    it('is kept by real answers', async () => {
      const { courseware } = await seedLecture(site, { 'index.m3u8': '#EXTM3U\n' }, { title: '照说明办' });
      const draft = await create({ title: '照说明改' });
      const calls: readonly (readonly [string, string, unknown?])[] = [
        ['GET', '/ready'],
        ['GET', '/api/v1/me'],
        ['GET', '/api/v1/courseware'],
        ['POST', '/api/v1/courseware', { title: '新' }],
        ['GET', `/api/v1/courseware/${courseware.id}`],
        ['PATCH', `/api/v1/courseware/${draft.id}`, { tags: ['乡土'] }],
        ['GET', `/api/v1/courseware/${courseware.id}/playback`],
        ['GET', `/api/v1/courseware/${courseware.id}/production`],
        ['GET', `/api/v1/courseware/${draft.id}/production`],
        ['GET', `/api/v1/courseware/${draft.id}/history`],
        ['POST', `/api/v1/courseware/${courseware.id}/publication`, { to: 'suspended' }],
        ['GET', '/api/v1/tags'],
      ];
      for (const [method, path, body] of calls) {
        const reply = await site.ask(method, path, body);
        const route = routeOf(site.server.routes, method, path);
        const shape = route.replies[reply.status];
        expect(shape, `${method} ${path} ${reply.status}`).to.not.equal(undefined);
        const schema = shape?.schema as z.ZodType;
        const checked = schema.safeParse(await reply.json());
        expect(checked.error?.message, `${method} ${path}`).to.equal(undefined);
      }
    });
  });
});

function routeOf(routes: readonly Route[], method: string, path: string): Route {
  const found = routes.find(
    (route) =>
      route.method === method && new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  if (found === undefined) throw new Error(`no route for ${method} ${path}`);
  return found;
}

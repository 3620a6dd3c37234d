import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { request as httpRequest, type ClientRequest } from 'node:http';
import { join } from 'node:path';

import { objectKey, readObject } from 'yuanjiao/storage';

import { freshFolder, startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { expectProblem } from '../../support/problem-reply.ts';
import { until } from '../../support/until.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const metadataOf = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

describe('uploads', () => {
  let site: CoursewareSite;
  before(async () => {
    site = await startSite({ env: { YUANJIAO_MAX_UPLOAD_BYTES: '40MB' } });
  });
  after(() => site.close());

  const draft = async (): Promise<string> => (await site.foundation.catalogue.create({ title: '上传' })).id;

  const tus = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Response> =>
    fetch(new URL(path, site.base), {
      method,
      headers: { Authorization: `Bearer ${site.token}`, 'Tus-Resumable': '1.0.0', ...headers },
      ...(body && { body }),
    });

  const begin = (
    courseware: string,
    size: number,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Response> =>
    tus('POST', '/api/v1/uploads', {
      'Upload-Length': String(size),
      'Upload-Metadata': metadataOf({ courseware, filename: '桃形李 修剪.mp4', ...more }),
    });

  const place = async (
    courseware: string,
    size: number,
    more: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    const reply = await begin(courseware, size, more);
    expect(reply.status).to.equal(201);
    return reply.headers.get('location') ?? '';
  };

  const patch = (path: string, offset: number, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
    tus(
      'PATCH',
      path,
      { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
      body,
    );

  const offsetOf = async (path: string): Promise<number> => {
    const reply = await tus('HEAD', path);
    expect(reply.status).to.equal(200);
    return Number(reply.headers.get('upload-offset'));
  };

  /** A PATCH whose bytes are sent by hand, so that it can be left hanging or cut. */
  const openPatch = (path: string, offset: number, length: number): ClientRequest => {
    const request = httpRequest(new URL(path, site.base), {
      method: 'PATCH',
      headers: {
        Authorization: `Bearer ${site.token}`,
        'Tus-Resumable': '1.0.0',
        'Upload-Offset': String(offset),
        'Content-Type': 'application/offset+octet-stream',
        'Content-Length': length,
      },
    });
    request.on('error', () => {});
    return request;
  };

  const sourceOf = async (courseware: string): Promise<Buffer> => {
    const { current } = await site.foundation.catalogue.get(courseware);
    const [job] = await site.foundation.jobs.list(current?.generation ?? ('none' as never));
    const { sourceKey } = (job?.payload ?? {}) as { sourceKey: string };
    return readObject(site.foundation.store, objectKey(sourceKey));
  };

  it('hands on which renditions are wished for', async () => {
    const courseware = await draft();
    const bytes = randomBytes(1000);
    const path = await place(courseware, bytes.length, { includes1080p: 'true', keepsFullRate: 'true' });
    expect((await patch(path, 0, bytes)).status).to.equal(204);
    const { current } = await site.foundation.catalogue.get(courseware);
    const [job] = await site.foundation.jobs.list(current?.generation ?? ('none' as never));
    expect((job?.payload as { ladder?: unknown } | undefined)?.ladder).to.deep.equal({
      includes1080p: true,
      includesFloor: false,
      keepsFullRate: true,
    });
  });

  it('stores a file, and has queued the work when the last byte is acknowledged', async () => {
    const courseware = await draft();
    const bytes = randomBytes(3_000_000);
    const path = await place(courseware, bytes.length, { sha256: sha256(bytes) });
    expect((await patch(path, 0, bytes.subarray(0, 1_000_000))).headers.get('upload-offset')).to.equal(
      '1000000',
    );
    const uploading = await site.foundation.catalogue.get(courseware);
    expect(uploading.current).to.include({
      production: 'uploading',
      sourceName: '桃形李 修剪.mp4',
      sourceBytes: bytes.length,
    });
    expect((await patch(path, 1_000_000, bytes.subarray(1_000_000))).status).to.equal(204);
    const { current } = await site.foundation.catalogue.get(courseware);
    expect(current).to.include({ production: 'uploaded', sourceSha256: sha256(bytes) });
    expect((await sourceOf(courseware)).equals(bytes)).to.be.true;
    const [job] = await site.foundation.jobs.list(current?.generation ?? ('none' as never));
    expect(job).to.include({ kind: 'prepare', state: 'queued' });
  });

  it('answers a client that did not hear the last reply, and takes nothing twice', async () => {
    const courseware = await draft();
    const bytes = randomBytes(100_000);
    const path = await place(courseware, bytes.length);
    expect((await patch(path, 0, bytes)).status).to.equal(204);
    const generation = (await site.foundation.catalogue.get(courseware)).current?.generation;
    expect(await offsetOf(path)).to.equal(bytes.length);
    expect((await patch(path, bytes.length, new Uint8Array())).status).to.equal(204);
    expect((await site.foundation.catalogue.get(courseware)).current?.generation).to.equal(generation);
  });

  it('takes a whole small file with the request that begins it', async () => {
    const courseware = await draft();
    const bytes = randomBytes(5_000);
    const reply = await tus(
      'POST',
      '/api/v1/uploads',
      {
        'Upload-Length': '5000',
        'Upload-Metadata': metadataOf({ courseware, filename: 'a.mp4' }),
        'Content-Type': 'application/offset+octet-stream',
      },
      bytes,
    );
    expect(reply.status).to.equal(201);
    expect((await sourceOf(courseware)).equals(bytes)).to.be.true;
  });

  it('lets nobody near an upload without credentials, by any verb', async () => {
    const path = await place(await draft(), 10);
    for (const method of ['POST', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS']) {
      const target = method === 'POST' || method === 'OPTIONS' ? '/api/v1/uploads' : path;
      const reply = await fetch(site.base + target, {
        method,
        headers: {
          'Tus-Resumable': '1.0.0',
          'Upload-Offset': '0',
          'Content-Type': 'application/offset+octet-stream',
        },
        ...(method === 'PATCH' && { body: 'stolen' }),
      });
      expect(reply.status, method).to.equal(401);
    }
    expect(await offsetOf(path)).to.equal(0);
    expect((await tus('GET', path)).status).to.equal(405);
  });

  it('goes on where a lost connection left off, sending nothing twice', async () => {
    const courseware = await draft();
    const bytes = randomBytes(8_000_000);
    const path = await place(courseware, bytes.length, { sha256: sha256(bytes) });
    let offset = 0;
    for (const share of [0.2, 0.5, 0.9]) {
      const request = openPatch(path, offset, bytes.length - offset);
      const end = Math.floor(bytes.length * share);
      request.write(bytes.subarray(offset, end));
      await until('bytes have arrived', async () => (await landedBytes(path)) > offset);
      request.destroy();
      offset = await until('the upload is free again', async () => {
        const reply = await tus('HEAD', path);
        return reply.status === 200 ? Number(reply.headers.get('upload-offset')) : undefined;
      });
      expect(offset).to.be.within(1, end);
    }
    expect((await patch(path, offset, bytes.subarray(offset))).status).to.equal(204);
    expect((await sourceOf(courseware)).equals(bytes)).to.be.true;
  });

  it('refuses a file that is not the one that was promised, keeps it aside and says so', async () => {
    const courseware = await draft();
    const path = await place(courseware, 1000, { sha256: sha256(randomBytes(10)) });
    await expectProblem(await patch(path, 0, randomBytes(1000)), 460, 'digest-mismatch');
    expect(await readdir(join(site.config.dataDir, 'landing', 'quarantine'))).to.have.length(1);
    await expectProblem(
      await tus('PATCH', path, { 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' }),
      404,
      'upload-not-found',
    );
    const { current } = await site.foundation.catalogue.get(courseware);
    expect(current?.production ?? 'none').to.equal('none');
  });

  it('refuses before the first byte what could never be taken', async () => {
    const courseware = await draft();
    await expectProblem(await begin(courseware, 0), 422, 'upload-empty');
    await expectProblem(await begin(courseware, 41_000_000), 413, 'upload-too-large');
    await expectProblem(await begin('nobody', 10), 404, 'not-found');
    await expectProblem(await begin('../../etc', 10), 400, 'upload-invalid');
    await expectProblem(await begin(courseware, 10, { sha256: 'abc' }), 400, 'upload-invalid');
    await expectProblem(
      await tus('POST', '/api/v1/uploads', { 'Upload-Length': '10' }),
      400,
      'upload-invalid',
    );
    await expectProblem(
      await tus('POST', '/api/v1/uploads', { 'Upload-Length': '10', 'Upload-Metadata': 'a b c,,' }),
      400,
      'upload-invalid',
    );
    const deferred = {
      'Upload-Defer-Length': '1',
      'Upload-Metadata': metadataOf({ courseware, filename: 'a' }),
    };
    await expectProblem(await tus('POST', '/api/v1/uploads', deferred), 400, 'upload-invalid');
    await expectProblem(
      await tus('POST', '/api/v1/uploads', { 'Tus-Resumable': '0.2.2', 'Upload-Length': '1' }),
      400,
      'malformed-request',
    );
    expect((await site.foundation.catalogue.get(courseware)).current).to.equal(undefined);
  });

  it('takes no more bytes than were announced, and none at another place', async () => {
    const path = await place(await draft(), 1000);
    await expectProblem(await patch(path, 0, randomBytes(2000)), 413, 'upload-too-large');
    await expectProblem(await patch(path, 500, randomBytes(100)), 409, 'upload-offset');
    expect(await offsetOf(path)).to.equal(0);
    for (const id of ['abcdefabcdef', '..%2f..%2fyuanjiao.db', 'records']) {
      const reply = await tus('HEAD', `/api/v1/uploads/${id}`);
      expect(reply.status, id).to.be.oneOf([404, 422]);
    }
  });

  it('lets one write at a time: a second writer is told to wait and the first ends whole', async () => {
    const courseware = await draft();
    const bytes = randomBytes(2_000_000);
    const path = await place(courseware, bytes.length);
    const first = openPatch(path, 0, bytes.length);
    const answered = new Promise<number>((resolve) =>
      first.once('response', (reply) => resolve(reply.statusCode ?? 0)),
    );
    first.write(bytes.subarray(0, 1_000_000));
    await until('the first writer is at work', async () => (await landedBytes(path)) > 0);
    await expectProblem(await patch(path, 0, randomBytes(bytes.length)), 423, 'upload-busy');
    first.end(bytes.subarray(1_000_000));
    expect(await answered).to.equal(204);
    expect((await sourceOf(courseware)).equals(bytes)).to.be.true;
  });

  it('forgets an upload that its producer gives up', async () => {
    const courseware = await draft();
    const path = await place(courseware, 1000);
    await patch(path, 0, randomBytes(500));
    expect((await tus('DELETE', path)).status).to.equal(204);
    expect((await tus('HEAD', path)).status).to.equal(404);
    expect((await site.foundation.catalogue.get(courseware)).current?.production ?? 'none').to.equal('none');
    await expectProblem(await tus('DELETE', path), 404, 'upload-not-found');
  });

  it('can be given up again when the database was away, and is forgotten as a whole', async () => {
    const courseware = await draft();
    const path = await place(courseware, 1000);
    await patch(path, 0, randomBytes(500));
    const { catalogue, database } = site.foundation;
    const order = (sql: string): Promise<unknown> => database.write((transaction) => transaction.rows(sql));
    await order(
      "CREATE TRIGGER away BEFORE UPDATE ON version BEGIN SELECT RAISE(ABORT, 'the database is away'); END",
    );
    try {
      expect((await tus('DELETE', path)).ok).to.equal(false);
    } finally {
      await order('DROP TRIGGER away');
    }
    expect((await tus('HEAD', path)).headers.get('upload-offset')).to.equal('500');
    expect((await tus('DELETE', path)).status).to.equal(204);
    expect((await catalogue.get(courseware)).current?.production ?? 'none').to.equal('none');
  });

  it('drops a superseded upload, and the newer one counts', async () => {
    const courseware = await draft();
    const old = await place(courseware, 1000);
    const bytes = randomBytes(2000);
    const fresh = await place(courseware, bytes.length);
    await expectProblem(await patch(old, 0, randomBytes(1000)), 410, 'upload-gone');
    expect((await patch(fresh, 0, bytes)).status).to.equal(204);
    expect((await sourceOf(courseware)).equals(bytes)).to.be.true;
  });

  it('keeps a hostile file name as a name, and out of every path', async () => {
    for (const filename of [
      '../../../etc/passwd',
      '..',
      '/',
      'a\u0000b\r\nSet-Cookie: x',
      '',
      '课'.repeat(300),
      '-rf %d.mp4',
    ]) {
      const courseware = await draft();
      const path = await place(courseware, 10, { filename });
      expect((await patch(path, 0, randomBytes(10))).status, filename).to.equal(204);
      expect((await sourceOf(courseware)).length).to.equal(10);
    }
  });

  it('refuses what would not fit on the disk', async () => {
    const small = await startSite({ env: { YUANJIAO_MIN_FREE_BYTES: '900TB' } });
    try {
      const { id } = await small.foundation.catalogue.create({ title: '满' });
      const reply = await small.ask('POST', '/api/v1/uploads', undefined, {
        'Tus-Resumable': '1.0.0',
        'Upload-Length': '10',
        'Upload-Metadata': metadataOf({ courseware: id, filename: 'a.mp4' }),
      });
      await expectProblem(reply, 507, 'disk-full');
      const ready = (await (await small.ask('GET', '/ready')).json()) as {
        parts: { name: string; advice?: string }[];
      };
      expect(ready.parts.find(({ name }) => name === 'disk')?.advice).to.contain('Free some space');
    } finally {
      await small.close();
    }
  });

  it('takes over, after a crash, what was complete before anybody was told', async () => {
    const dataDir = await freshFolder();
    const bytes = randomBytes(300_000);
    const first = await startSite({ dataDir });
    const { id: courseware } = await first.foundation.catalogue.create({ title: '接管' });
    const begun = await first.ask('POST', '/api/v1/uploads', undefined, {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': String(bytes.length),
      'Upload-Metadata': metadataOf({ courseware, filename: '接管.mp4', sha256: sha256(bytes) }),
    });
    const id = (begun.headers.get('location') ?? '').split('/').at(-1) ?? '';
    await first.close();
    // Just what the folder holds when the process dies between the last byte and what follows it.
    await writeFile(join(dataDir, 'landing', id), bytes);
    const second = await startSite({ dataDir });
    try {
      const { current } = await until('the upload is taken over', async () => {
        const item = await second.foundation.catalogue.get(courseware);
        return item.current?.production === 'uploaded' && item;
      });
      expect(current?.sourceSha256).to.equal(sha256(bytes));
      expect((await second.foundation.jobs.list(current?.generation ?? ('none' as never))).length).to.equal(
        1,
      );
    } finally {
      await second.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('gives up what has rested for a week, and keeps what has not', async () => {
    const dataDir = await freshFolder();
    const first = await startSite({ dataDir });
    const ids: string[] = [];
    const items: string[] = [];
    for (const title of ['旧', '新']) {
      const { id: courseware } = await first.foundation.catalogue.create({ title });
      const begun = await first.ask('POST', '/api/v1/uploads', undefined, {
        'Tus-Resumable': '1.0.0',
        'Upload-Length': '1000',
        'Upload-Metadata': metadataOf({ courseware, filename: 'a.mp4' }),
      });
      ids.push((begun.headers.get('location') ?? '').split('/').at(-1) ?? '');
      items.push(courseware);
    }
    await first.close();
    const [old = '', fresh = ''] = ids;
    const eightDaysAgo = new Date(Date.now() - 8 * 24 * 3_600_000);
    await utimes(join(dataDir, 'landing', old), eightDaysAgo, eightDaysAgo);
    const second = await startSite({ dataDir });
    try {
      await until(
        'the old one is gone',
        async () => !(await readdir(join(dataDir, 'landing'))).includes(old),
      );
      await until('its item is told', async () => {
        const { current } = await second.foundation.catalogue.get(items[0] ?? '');
        return (current?.production ?? 'none') === 'none';
      });
      const head = (id: string): Promise<Response> =>
        second.ask('HEAD', `/api/v1/uploads/${id}`, undefined, { 'Tus-Resumable': '1.0.0' });
      expect((await head(old)).status).to.equal(404);
      expect((await head(fresh)).status).to.equal(200);
    } finally {
      await second.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  async function landedBytes(path: string): Promise<number> {
    const id = path.split('/').at(-1) ?? '';
    return (await readFile(join(site.config.dataDir, 'landing', id))).length;
  }
});

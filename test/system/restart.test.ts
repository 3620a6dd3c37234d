import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get, request as httpRequest, type IncomingMessage } from 'node:http';

import { expect } from 'chai';
import { loadConfig, openFoundation, type Foundation } from 'yuanjiao/server';

import { seedLecture } from '../support/courseware-site.ts';
import {
  ffmpeg,
  picture,
  pictureDigests,
  QUICK_H264,
  testFolder,
  tone,
  type TestFolder,
} from '../support/media.ts';
import { freePort } from '../support/minio-server.ts';
import { makeAdmin, signIn } from '../support/producer.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const SECONDS = 44;
const RATE = 10;

describe('A server that is stopped', function stopped() {
  this.timeout(300_000);
  let folder: TestFolder;
  let env: Readonly<Record<string, string>>;
  let server: ServerProcess | undefined;
  let foundation: Foundation | undefined;

  beforeEach(async () => {
    folder = await testFolder();
    // The same port after each start, so that whoever was cut off finds the way back.
    env = { YUANJIAO_DATA_DIR: folder.join('data'), YUANJIAO_PORT: String(await freePort()) };
    await makeAdmin(env);
  });

  afterEach(async () => {
    await server?.end('SIGKILL');
    server = undefined;
    await foundation?.close();
    foundation = undefined;
    await folder.remove();
  });

  it('by a kill in an upload and again in the encoding, goes on with both', async () => {
    const clip = folder.join('clip.mp4');
    await ffmpeg(
      ...picture('640x360', String(RATE), SECONDS),
      ...tone(SECONDS),
      ...QUICK_H264,
      ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', clip],
    );
    const bytes = await readFile(clip);
    const working = { ...env, YUANJIAO_WORKERS: '1' };
    server = await startServerProcess(working);
    const { base } = server;
    const producer = await signIn(base);
    const id = await producer.createCourseware('断电');

    let restart: Promise<void> | undefined;
    const begun = await producer.upload(id, clip, {
      chunkSize: Math.ceil(bytes.length / 8),
      onProgress: (sent) => {
        if (sent < bytes.length * 0.45) return;
        restart ??= (async () => {
          await server?.end('SIGKILL');
          server = await startServerProcess(working);
        })();
      },
    });
    expect(restart, 'the server was killed on the way').to.not.equal(undefined);
    await restart;
    expect(begun).to.have.length.greaterThan(8);
    expect(begun).to.deep.equal(
      begun.toSorted((a, b) => a - b),
      'nothing acknowledged is sent again',
    );
    const { current } = await producer.get<{ readonly current: { readonly sourceSha256: string } }>(
      `/api/v1/courseware/${id}`,
    );
    expect(current.sourceSha256).to.equal(createHash('sha256').update(bytes).digest('hex'));

    await producer.production(id, 'a piece is encoded', ({ state, isPlayable }) => {
      expect(state).to.not.equal('ready');
      return isPlayable;
    });
    await server.end('SIGKILL');
    server = await startServerProcess(working);
    await producer.production(id, 'the lecture is ready', ({ state }) => state === 'ready', 120_000);
    await producer.publish(id);
    const { playlistUrl } = await producer.get<{ readonly playlistUrl: string }>(
      `/api/v1/courseware/${id}/playback`,
    );
    expect(await pictureDigests(base + playlistUrl)).to.have.length(SECONDS * RATE);
  });

  it('by SIGTERM cuts neither a download nor an upload under way', async () => {
    const media = randomBytes(48_000_000);
    const source = randomBytes(8_000_000);
    server = await startServerProcess(env);
    const { base } = server;
    const producer = await signIn(base);
    foundation = await openFoundation(loadConfig({ env }));
    const { generation } = await seedLecture(
      { foundation },
      { '360p/0000-1.mp4': media },
      { isPublished: true },
    );
    const { token } = await foundation.accounts.createToken('test');
    const id = await producer.createCourseware('检修');

    const download = get(`${base}/v/${generation}/360p/0000-1.mp4`);
    const [reply] = (await once(download, 'response')) as [IncomingMessage];
    expect(reply.statusCode).to.equal(200);

    const tus = { Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0' };
    const metadata = `courseware ${Buffer.from(id).toString('base64')},filename ${Buffer.from('a.mp4').toString('base64')}`;
    const made = await fetch(`${base}/api/v1/uploads`, {
      method: 'POST',
      headers: { ...tus, 'Upload-Length': String(source.length), 'Upload-Metadata': metadata },
    });
    expect(made.status).to.equal(201);
    const upload = httpRequest(new URL(made.headers.get('location') ?? '', base), {
      method: 'PATCH',
      headers: {
        ...tus,
        'Content-Type': 'application/offset+octet-stream',
        'Content-Length': source.length,
        'Upload-Offset': '0',
      },
    });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    await new Promise<void>((resolve) => upload.write(source.subarray(0, 5_000_000), () => resolve()));

    const ended = server.end('SIGTERM');
    await until('it takes nobody else', () =>
      fetch(`${base}/alive`, { signal: AbortSignal.timeout(2000) }).then(
        ({ ok }) => !ok,
        () => true,
      ),
    );
    upload.end(source.subarray(5_000_000));
    const pieces: Buffer[] = [];
    for await (const piece of reply) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces).equals(media)).to.be.true;
    const [taken] = await answered;
    expect(taken.statusCode).to.equal(204);
    taken.resume();
    expect(await ended).to.equal(0);

    const { current } = await foundation.catalogue.get(id);
    expect(current?.production).to.equal('uploaded');
    expect(current?.sourceSha256).to.equal(createHash('sha256').update(source).digest('hex'));
  });
});

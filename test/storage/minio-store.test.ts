import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';

import { expect } from 'chai';
import { Client } from 'minio';
import { objectKey, openStore, readObject, type ObjectStore } from 'yuanjiao/storage';

import { failureOf, keysIn, objectStoreContract, someBytes } from '../contract/object-store.ts';
import { freePort, startMinio, type MinioServer } from '../support/minio-server.ts';
import { smallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

/** Short, so that a hang is told soon, and long enough for a server on a busy machine. */
/** Of stores whose server dies or hangs on purpose. */
const TIMEOUT_MS = 3000;

/** A stream of pieces that halts after `goodPieces` until `goOn` is called. */
function haltingStream(
  bytes: Buffer,
  goodPieces: number,
): { readonly stream: Readable; readonly halted: Promise<unknown>; readonly goOn: () => void } {
  const gate = new EventEmitter();
  const halted = once(gate, 'halted');
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0, index = 0; at < bytes.length; at += 1_000_000, index++) {
      if (index === goodPieces) {
        const open = once(gate, 'open');
        gate.emit('halted');
        await open;
      }
      yield bytes.subarray(at, at + 1_000_000);
    }
  };
  return { stream: Readable.from(pieces()), halted, goOn: () => void gate.emit('open') };
}

function clientOf({ endpoint, accessKey, secretKey }: MinioServer): Client {
  const { hostname, port } = new URL(endpoint);
  return new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
}

describe('MinioStore', () => {
  let server: MinioServer;
  let buckets = 0;

  before(async function () {
    server = await startMinio();
  });

  after(async () => {
    await server.stop();
  });

  objectStoreContract(
    'the MinIO store',
    async () => {
      const bucket = `contract-${++buckets}`;
      const address = `s3:${server.endpoint}/${bucket}`;
      const store = await openStore(address, server);
      const fill = async (keys: readonly string[]): Promise<void> => {
        const client = clientOf(server);
        await store.check();
        let next = 0;
        const write = async (): Promise<void> => {
          while (next < keys.length) await client.putObject(bucket, keys[next++] ?? '', '');
        };
        await Promise.all(Array.from({ length: 32 }, write));
      };
      return { store, fill, another: () => openStore(address, server), close: () => store.close() };
    },
    { manyObjects: 5000, listsBelowObjects: false },
  );

  describe('with a healthy server', () => {
    let store: ObjectStore;
    let bucket: string;

    beforeEach(async () => {
      bucket = `store-${++buckets}`;
      store = await openStore(`s3:${server.endpoint}/${bucket}`, server);
    });

    afterEach(async () => {
      await store.close();
    });

    it('keeps the content type', async () => {
      await store.put(objectKey('small'), Buffer.from('x'), { contentType: 'application/vnd.apple.mpegurl' });
      await store.put(objectKey('large'), someBytes(9_000_000), { contentType: 'video/mp4' });
      const client = clientOf(server);
      const types = await Promise.all(
        ['small', 'large'].map(
          async (key) => (await client.statObject(bucket, key)).metaData['content-type'] as string,
        ),
      );
      expect(types).to.deep.equal(['application/vnd.apple.mpegurl', 'video/mp4']);
    });

    it('leaves no parts of failed or canceled uploads behind', async () => {
      const bytes = someBytes(30_000_000);
      const controller = new AbortController();
      const canceling = haltingStream(bytes, 20);
      const puts = [
        failureOf(
          store.put(objectKey('short'), { stream: Readable.from([bytes]), sizeBytes: bytes.length + 1 }),
        ),
        failureOf(
          store.put(
            objectKey('canceled'),
            { stream: canceling.stream, sizeBytes: bytes.length },
            { signal: controller.signal },
          ),
        ),
      ];
      await canceling.halted;
      controller.abort();
      expect((await Promise.all(puts)).map(({ code }) => code)).to.deep.equal(['size-mismatch', 'canceled']);
      expect(await clientOf(server).listIncompleteUploads(bucket, '', true).toArray()).to.deep.equal([]);
      expect(await keysIn(store)).to.deep.equal([]);
    });

    it('leaves other writers’ unfinished uploads of the same key alone', async () => {
      const client = clientOf(server);
      await store.check();
      const foreign = await client.initiateNewMultipartUpload(bucket, 'k', {});
      await store.put(objectKey('k'), someBytes(20_000_000));
      const uploads = await client.listIncompleteUploads(bucket, 'k', true).toArray();
      expect(uploads.map((upload) => (upload as { uploadId: string }).uploadId)).to.deep.equal([foreign]);
    });

    it('passes over the folder marks of other programs', async () => {
      await store.put(objectKey('a/b'), Buffer.from('x'));
      await clientOf(server).putObject(bucket, 'marked/', '');
      expect(await keysIn(store)).to.deep.equal(['a/b']);
    });

    it('makes its bucket once when several stores start at the same time', async () => {
      const address = `s3:${server.endpoint}/race-${++buckets}`;
      const stores = await Promise.all(Array.from({ length: 5 }, () => openStore(address, server)));
      await Promise.all(stores.map((each, index) => each.put(objectKey(`${index}`), Buffer.from('x'))));
      expect(await keysIn(stores[0] as ObjectStore)).to.have.lengthOf(5);
      await Promise.all(stores.map((each) => each.close()));
    });

    it('makes a bucket in another region', async () => {
      const elsewhere = await openStore(`s3:${server.endpoint}/elsewhere-${++buckets}`, {
        ...server,
        region: 'cn-north-1',
      });
      await elsewhere.check();
      await elsewhere.close();
    });

    it('says that its bucket is gone, and makes it again at the next check', async () => {
      await store.check();
      await clientOf(server).removeBucket(bucket);
      for (const attempt of [
        () => store.put(objectKey('k'), Buffer.from('x')),
        () => store.get(objectKey('k')),
        () => store.head(objectKey('k')),
        () => store.delete(objectKey('k')),
        () => keysIn(store),
      ]) {
        const error = await failureOf(attempt());
        expect(error.code).to.equal('store-unavailable');
        expect(error.message).to.contain('NoSuchBucket');
      }
      await store.check();
      await store.put(objectKey('k'), Buffer.from('x'));
    });

    for (const [what, wrong, reason] of [
      ['an unknown access key', { accessKey: 'somebody-else' }, 'InvalidAccessKeyId'],
      ['a wrong secret key', { secretKey: 'guessed-wrong' }, 'SignatureDoesNotMatch'],
    ] as const) {
      it(`is denied with ${what}, and says what to do without telling the keys`, async () => {
        const { accessKey, secretKey } = { ...server, ...wrong };
        const denied = await openStore(`s3:${server.endpoint}/${bucket}`, { accessKey, secretKey });
        await store.put(objectKey('k'), Buffer.from('x'));
        for (const attempt of [
          () => denied.check(),
          () => denied.put(objectKey('k'), Buffer.from('y')),
          () => denied.put(objectKey('k'), someBytes(9_000_000)),
          () => denied.get(objectKey('k')),
          () => denied.head(objectKey('k')),
          () => denied.delete(objectKey('k')),
          () => keysIn(denied),
        ]) {
          const error = await failureOf(attempt());
          expect(error.code).to.equal('store-denied');
          expect(error.isRetryable).to.equal(false);
          expect(error.message).to.contain(reason).and.to.contain('access key');
          expect(error.message).to.not.contain(secretKey);
        }
        expect((await readObject(store, objectKey('k'))).toString()).to.equal('x');
        await denied.close();
      });
    }

    it('ends what is under way when it is closed, and refuses more', async () => {
      const { stream, halted, goOn } = haltingStream(someBytes(30_000_000), 25);
      const putting = failureOf(store.put(objectKey('k'), { stream, sizeBytes: 30_000_000 }));
      await halted;
      await store.close();
      goOn();
      expect((await putting).code).to.equal('store-unavailable');
      const error = await failureOf(store.head(objectKey('k')));
      expect(error.code).to.equal('store-unavailable');
      expect(error.message).to.contain('closed');
    });

    it('ends the body of an object that is replaced while it is read with an error that says so', async () => {
      await store.put(objectKey('k'), Buffer.alloc(9_000_000, 'o'));
      const { body } = await store.get(objectKey('k'));
      await store.put(objectKey('k'), Buffer.alloc(9_000_000, 'n'));
      const error = await failureOf(body.toArray());
      expect(error.code).to.equal('store-unavailable');
      expect(error.message).to.contain('replaced while it was read');
    });
  });

  describe('with a server that dies or hangs', () => {
    const bytes = someBytes(30_000_000);
    const digest = createHash('sha256').update(bytes).digest('hex');
    let victim: MinioServer;
    let store: ObjectStore;

    const start = async (): Promise<void> => {
      victim = await startMinio({ ...victim, port: Number(new URL(victim.endpoint).port) });
    };

    before(async function () {
      victim = await startMinio({ port: await freePort() });
    });

    after(async () => {
      await victim.stop();
      await rm(victim.dataDir, { recursive: true, force: true });
    });

    beforeEach(async function () {
      store = await openStore(`s3:${victim.endpoint}/victim-${++buckets}`, {
        ...victim,
        timeoutMs: TIMEOUT_MS,
      });
      await store.check();
    });

    afterEach(async () => {
      await store.close();
    });

    it('publishes nothing when the server is killed amid a put, and puts it when the server is back', async function () {
      await store.put(objectKey('k'), Buffer.from('old'));
      const { stream, halted, goOn } = haltingStream(bytes, 20);
      const putting = failureOf(store.put(objectKey('k'), { stream, sizeBytes: bytes.length }));
      await halted;
      await victim.kill();
      goOn();
      const error = await putting;
      expect(error.code).to.equal('store-unavailable');
      expect(error.isRetryable).to.equal(true);
      expect(error.message).to.contain('Check that it runs');
      await start();
      expect((await readObject(store, objectKey('k'))).toString()).to.equal('old');
      await store.put(objectKey('k'), bytes);
      expect(
        createHash('sha256')
          .update(await readObject(store, objectKey('k')))
          .digest('hex'),
      ).to.equal(digest);
    });

    it('ends a body with an error when the server is killed amid a get', async function () {
      await store.put(objectKey('k'), bytes);
      const { body } = await store.get(objectKey('k'));
      const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      await pieces.next();
      await victim.kill();
      let length = 0;
      const reading = async (): Promise<void> => {
        for (let step = await pieces.next(); step.done !== true; step = await pieces.next())
          length += step.value.length;
      };
      expect((await failureOf(reading())).code).to.equal('store-unavailable');
      expect(length).to.be.lessThan(bytes.length);
      await start();
    });

    it('survives a server that is killed while a body waits for its reader', async function () {
      await store.put(objectKey('k'), bytes);
      const waiting = await store.get(objectKey('k'));
      const unread = await store.get(objectKey('k'));
      await victim.kill();
      await start();
      // the stretch that has arrived is read from memory, the rest from the server that is back
      const read = Buffer.concat((await waiting.body.toArray()) as Buffer[]);
      expect(createHash('sha256').update(read).digest('hex')).to.equal(digest);
      unread.body.destroy();
    });

    it('rides out a restart of the server that is shorter than the time-out', async function () {
      const patient = await openStore(`s3:${victim.endpoint}/victim-${buckets}`, {
        ...victim,
        timeoutMs: 20_000,
      });
      await victim.kill();
      const putting = patient.put(objectKey('k'), Buffer.from('x'));
      const listing = keysIn(patient, 'nothing');
      await start();
      expect((await putting).sizeBytes).to.equal(1);
      expect(await listing).to.deep.equal([]);
      await patient.close();
    });

    it('tells within the time-out that nobody is there', async function () {
      await victim.kill();
      const failures = await Promise.all([
        failureOf(store.check()),
        failureOf(store.put(objectKey('k'), Buffer.from('x'))),
        failureOf(store.get(objectKey('k'))),
        failureOf(store.head(objectKey('k'))),
        failureOf(store.delete(objectKey('k'))),
        failureOf(keysIn(store)),
      ]);
      for (const { code } of failures) expect(code).to.equal('store-unavailable');
      await start();
    });

    it('does not wait for ever for a server that hangs, and goes on when it wakes up', async function () {
      await store.put(objectKey('k'), bytes);
      const { body } = await store.get(objectKey('k'));
      const { stream, halted, goOn } = haltingStream(bytes, 20);
      const putting = failureOf(store.put(objectKey('large'), { stream, sizeBytes: bytes.length }));
      await halted;
      process.kill(victim.pid, 'SIGSTOP');
      goOn();
      const failures = await Promise.all([
        putting,
        failureOf(body.toArray()),
        failureOf(store.put(objectKey('small'), Buffer.from('x'))),
        failureOf(store.get(objectKey('k'))),
        failureOf(store.head(objectKey('k'))),
        failureOf(store.delete(objectKey('k'))),
        failureOf(keysIn(store)),
        failureOf(store.check()),
      ]);
      process.kill(victim.pid, 'SIGCONT');
      for (const { code } of failures) expect(code).to.equal('store-unavailable');
      expect(failures[4]?.message).to.contain(`silent for ${TIMEOUT_MS} ms`);
      await until('the server answers again', () =>
        store.check().then(
          () => true,
          () => false,
        ),
      );
      expect(await keysIn(store, 'large')).to.deep.equal([]);
    });

    it('lets a caller cancel while the server hangs', async function () {
      await store.put(objectKey('k'), bytes);
      process.kill(victim.pid, 'SIGSTOP');
      try {
        const controller = new AbortController();
        const { signal } = controller;
        const calls = [
          failureOf(store.put(objectKey('l'), bytes, { signal })),
          failureOf(store.get(objectKey('k'), undefined, { signal })),
          failureOf(keysIn(store, '', { signal })),
        ];
        setImmediate(() => controller.abort());
        for (const { code } of await Promise.all(calls)) expect(code).to.equal('canceled');
      } finally {
        process.kill(victim.pid, 'SIGCONT');
      }
    });
  });

  it('says that the disk of the server is full, keeps what it has, and goes on when there is space', async function () {
    const disk = await smallDisk(this, 64);
    const full = await startMinio({ dataDir: disk.path });
    try {
      const store = await openStore(`s3:${full.endpoint}/full`, full);
      await store.put(objectKey('kept'), someBytes(9_000_000));
      const kept: string[] = ['kept'];
      const failures: string[] = [];
      for (let index = 0; failures.length < 3; index++) {
        const key = objectKey(`more/${index}`);
        try {
          await store.put(key, someBytes(index % 2 === 0 ? 9_000_000 : 4_000_000));
          kept.push(key);
        } catch (error) {
          failures.push((error as { code: string }).code);
        }
      }
      expect(new Set(failures)).to.deep.equal(new Set(['store-full']));
      expect(await keysIn(store)).to.deep.equal(kept);
      expect((await readObject(store, objectKey('kept'))).equals(someBytes(9_000_000))).to.equal(true);
      disk.remount('size=128m');
      const put = (): Promise<boolean> =>
        store.put(objectKey('again'), someBytes(4_000_000)).then(
          () => true,
          () => false,
        );
      await until('the server sees the space', put);
      await store.close();
    } finally {
      await full.stop();
      await disk.remove();
    }
  });

  it('speaks HTTPS to a server whose certificate it can check, and to no other', async function () {
    const certsDir = await mkdtemp(join(tmpdir(), 'yuanjiao-certs-'));
    const cert = join(certsDir, 'public.crt');
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', join(certsDir, 'private.key'), '-out', cert];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...curve, ...name, ...files], { stdio: 'pipe' });
    const secure = await startMinio({ certsDir });
    try {
      const address = `s3:${secure.endpoint}/secure`;
      const stranger = await openStore(address, secure);
      expect((await failureOf(stranger.check())).message).to.contain('NODE_EXTRA_CA_CERTS');
      await stranger.close();
      const program = `
        const { openStore, objectKey, readObject } = await import('yuanjiao/storage');
        const [address, accessKey, secretKey] = process.argv.slice(1);
        const store = await openStore(address, { accessKey, secretKey });
        await store.check();
        for (const sizeBytes of [0, 5, 20_000_000]) {
          await store.put(objectKey('课/k'), Buffer.alloc(sizeBytes, 'x'));
          console.log((await readObject(store, objectKey('课/k'))).equals(Buffer.alloc(sizeBytes, 'x')));
        }
        await store.close();
      `;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '--eval', program, address, secure.accessKey, secure.secretKey],
        { cwd: import.meta.dirname, env: { ...process.env, NODE_EXTRA_CA_CERTS: cert } },
      );
      expect(stdout).to.equal('true\ntrue\ntrue\n');
    } finally {
      await secure.stop();
      await rm(certsDir, { recursive: true });
    }
  });
});

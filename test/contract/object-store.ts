import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect } from 'chai';
import {
  compareKeys,
  objectKey,
  readObject,
  StorageError,
  type ObjectFacts,
  type ObjectStore,
  type StorageErrorCode,
} from 'yuanjiao/storage';

/** An empty store for one test. */
export interface ContractSubject {
  readonly store: ObjectStore;
  /** A second store over the same bytes, as another process would have it. */
  another(): Promise<ObjectStore>;
  /** Makes many objects of no bytes faster than by puts, where there is a way. */
  fill?(keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface ContractOptions {
  /** How many objects the long listing has. */
  readonly manyObjects: number;
  /** Opens the store for that listing, where it should be elsewhere. */
  openForMany?(): Promise<ContractSubject>;
  /** Whether `a/b` is listed while there is an `a`; see ObjectStore. */
  readonly listsBelowObjects: boolean;
}

/** What is really held: garbage that nobody has had to collect yet says nothing, and there is the more of it the larger the heap. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  gc(); // ends the sweeping that the first has left to other threads, which may be waiting for a processor
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Awaits a failure and checks that it is one of ours. */
export async function failureOf(promise: Promise<unknown>): Promise<StorageError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

async function codeOf(promise: Promise<unknown>): Promise<StorageErrorCode> {
  return (await failureOf(promise)).code;
}

export async function keysIn(store: ObjectStore, prefix = '', options = {}): Promise<string[]> {
  const keys: string[] = [];
  for await (const facts of store.list(prefix, options)) keys.push(facts.key);
  return keys;
}

async function textIn(store: ObjectStore, key: string): Promise<string> {
  return (await readObject(store, objectKey(key))).toString();
}

async function bytesOf(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that are cheap to make and differ everywhere. */
export function someBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, value = seed; at + 4 <= length; at += 4) {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE(value, at);
  }
  return bytes;
}

/** What every {@link ObjectStore} promises. */
export function objectStoreContract(
  name: string,
  open: () => Promise<ContractSubject>,
  options: ContractOptions,
): void {
  describe(`${name} keeps the promises of an ObjectStore`, () => {
    let subject: ContractSubject;
    let store: ObjectStore;

    beforeEach(async () => {
      subject = await open();
      store = subject.store;
    });

    afterEach(async () => {
      await subject.close();
    });

    describe('storing and reading', () => {
      it('gives back the bytes that were put', async () => {
        await store.put(objectKey('lectures/7/poster.jpg'), Buffer.from('hello'));
        expect(await textIn(store, 'lectures/7/poster.jpg')).to.equal('hello');
      });

      it('tells the same facts on put, head, get and list', async () => {
        const put = await store.put(objectKey('facts'), Buffer.from('12345'), { contentType: 'text/plain' });
        expect(put.key).to.equal('facts');
        expect(put.sizeBytes).to.equal(5);
        expect(put.modifiedAt).to.be.within(Date.now() - 60_000, Date.now() + 60_000);
        expect(put.etag).to.match(/^[^"]+$/);
        expect(await store.head(objectKey('facts'))).to.deep.equal(put);
        const { body, range, ...got } = await store.get(objectKey('facts'));
        body.destroy();
        expect(got).to.deep.equal(put);
        expect(range).to.deep.equal({ offset: 0, length: 5 });
        const listed: ObjectFacts[] = [];
        for await (const facts of store.list('')) listed.push(facts);
        expect(listed).to.deep.equal([put]);
      });

      it('keeps an object of no bytes', async () => {
        await store.put(objectKey('empty'), Buffer.alloc(0));
        expect((await store.head(objectKey('empty')))?.sizeBytes).to.equal(0);
        expect(await textIn(store, 'empty')).to.equal('');
      });

      it('keeps an empty stream', async () => {
        await store.put(objectKey('empty'), { stream: Readable.from([]), sizeBytes: 0 });
        expect(await textIn(store, 'empty')).to.equal('');
      });

      it('stores a view into a larger buffer and nothing around it', async () => {
        await store.put(objectKey('view'), new Uint8Array(Buffer.from('0123456789')).subarray(2, 5));
        expect(await textIn(store, 'view')).to.equal('234');
      });

      it('stores a file and a run of its bytes', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-source-'));
        try {
          const path = join(folder, 'source');
          await writeFile(path, '0123456789');
          await store.put(objectKey('whole'), { path });
          await store.put(objectKey('run'), { path, range: { offset: 3, length: 4 } });
          await store.put(objectKey('none'), { path, range: { offset: 3, length: 0 } });
          expect(await textIn(store, 'whole')).to.equal('0123456789');
          expect(await textIn(store, 'run')).to.equal('3456');
          expect(await textIn(store, 'none')).to.equal('');
          const beyond = { path, range: { offset: 8, length: 4 } };
          expect(await codeOf(store.put(objectKey('beyond'), beyond))).to.equal('size-mismatch');
        } finally {
          await rm(folder, { recursive: true });
        }
      });

      it('stores a stream that comes in odd pieces, strings among them', async () => {
        const stream = Readable.from([Buffer.from('a'), 'bc', Buffer.alloc(0), new Uint8Array([100])]);
        await store.put(objectKey('odd'), { stream, sizeBytes: 4 });
        expect(await textIn(store, 'odd')).to.equal('abcd');
      });

      it('stores 40 MB of a stream unchanged', async () => {
        const bytes = someBytes(40_000_003);
        const stream = Readable.from(piecesOf(bytes, 100_003));
        const put = await store.put(objectKey('big'), { stream, sizeBytes: bytes.length });
        expect(put.sizeBytes).to.equal(bytes.length);
        expect(await store.head(objectKey('big'))).to.deep.equal(put);
        expect(sha256(await readObject(store, objectKey('big')))).to.equal(sha256(bytes));
        const { body } = await store.get(objectKey('big'), { offset: 16_777_210, length: 12 });
        expect(await bytesOf(body)).to.deep.equal(bytes.subarray(16_777_210, 16_777_222));
      });

      it('holds a bounded part of a large object in memory', async function () {
        const piece = someBytes(1_000_000);
        const sizeBytes = 120 * piece.length;
        const before = heldBytes();
        let peak = 0;
        const watched = async function* (): AsyncGenerator<Buffer> {
          for (let sent = 0; sent < sizeBytes; sent += piece.length) {
            if (sent % (10 * piece.length) === 0) {
              await nextTurn();
              peak = Math.max(peak, heldBytes());
            }
            yield piece;
          }
        };
        await store.put(objectKey('large'), { stream: Readable.from(watched()), sizeBytes });
        expect(peak - before).to.be.lessThan(40_000_000);
        const { body } = await store.get(objectKey('large'));
        let total = 0;
        let looked = 0;
        peak = 0;
        for await (const read of body) {
          total += (read as Buffer).length;
          if (total - looked < 10 * piece.length) continue;
          looked = total;
          peak = Math.max(peak, heldBytes());
        }
        expect(total).to.equal(sizeBytes);
        expect(peak - before).to.be.lessThan(40_000_000);
      });

      it('lets another store over the same bytes see a put at once', async () => {
        const other = await subject.another();
        await store.put(objectKey('seen'), Buffer.from('here'));
        expect(await textIn(other, 'seen')).to.equal('here');
        expect(await keysIn(other)).to.deep.equal(['seen']);
        await other.delete(objectKey('seen'));
        expect(await store.head(objectKey('seen'))).to.equal(undefined);
        await other.close();
      });

      it('passes its own check', async () => {
        await store.check();
        expect(await keysIn(store)).to.deep.equal([]);
      });
    });

    describe('what is not there', () => {
      it('knows no facts', async () => {
        expect(await store.head(objectKey('nowhere'))).to.equal(undefined);
      });

      it('refuses to open it, naming the key', async () => {
        const error = await failureOf(store.get(objectKey('nowhere/at/all')));
        expect(error.code).to.equal('object-not-found');
        expect(error.key).to.equal('nowhere/at/all');
        expect(error.message).to.contain('nowhere/at/all');
        expect(error.isRetryable).to.equal(false);
      });

      it('takes its deletion for done', async () => {
        await store.delete(objectKey('nowhere'));
        await store.delete(objectKey('nowhere/at/all'));
      });

      it('does not take the start of a key for an object', async () => {
        await store.put(objectKey('a/b/c'), Buffer.from('x'));
        expect(await store.head(objectKey('a'))).to.equal(undefined);
        expect(await store.head(objectKey('a/b'))).to.equal(undefined);
        expect(await codeOf(store.get(objectKey('a/b')))).to.equal('object-not-found');
        await store.delete(objectKey('a/b'));
        expect(await textIn(store, 'a/b/c')).to.equal('x');
      });

      it('does not take an object for the start of a key', async () => {
        await store.put(objectKey('a'), Buffer.from('x'));
        expect(await store.head(objectKey('a/b'))).to.equal(undefined);
        expect(await codeOf(store.get(objectKey('a/b')))).to.equal('object-not-found');
        await store.delete(objectKey('a/b'));
        expect(await textIn(store, 'a')).to.equal('x');
      });
    });

    describe('ranges', () => {
      const cases: [string, { offset: number; length: number }, string][] = [
        ['the first bytes', { offset: 0, length: 3 }, '012'],
        ['one byte', { offset: 0, length: 1 }, '0'],
        ['bytes from the middle', { offset: 4, length: 3 }, '456'],
        ['the last byte', { offset: 9, length: 1 }, '9'],
        ['everything', { offset: 0, length: 10 }, '0123456789'],
        ['what there is when the end is passed', { offset: 7, length: 100 }, '789'],
        ['all the rest', { offset: 7, length: Number.MAX_SAFE_INTEGER }, '789'],
        ['all the rest for ever', { offset: 7, length: Number.POSITIVE_INFINITY }, '789'],
        ['nothing', { offset: 3, length: 0 }, ''],
      ];
      for (const [what, range, expected] of cases) {
        it(`yields ${what}`, async () => {
          await store.put(objectKey('digits'), Buffer.from('0123456789'));
          const object = await store.get(objectKey('digits'), range);
          expect((await bytesOf(object.body)).toString()).to.equal(expected);
          expect(object.range).to.deep.equal({ offset: range.offset, length: expected.length });
          expect(object.sizeBytes).to.equal(10);
        });
      }

      for (const offset of [10, 11, Number.MAX_SAFE_INTEGER, -1, 1.5, Number.NaN]) {
        it(`refuses to start at byte ${offset} of 10`, async () => {
          await store.put(objectKey('digits'), Buffer.from('0123456789'));
          expect(await codeOf(store.get(objectKey('digits'), { offset, length: 1 }))).to.equal(
            'range-not-satisfiable',
          );
        });
      }

      it('refuses any range of an object of no bytes', async () => {
        await store.put(objectKey('empty'), Buffer.alloc(0));
        expect(await codeOf(store.get(objectKey('empty'), { offset: 0, length: 1 }))).to.equal(
          'range-not-satisfiable',
        );
      });

      it('tells a missing object from a range that is not there', async () => {
        for (const length of [0, 1]) {
          expect(await codeOf(store.get(objectKey('nowhere'), { offset: 0, length }))).to.equal(
            'object-not-found',
          );
        }
      });
    });

    describe('replacing and deleting', () => {
      it('replaces an object and its etag', async () => {
        const first = await store.put(objectKey('k'), Buffer.from('first'));
        const second = await store.put(objectKey('k'), Buffer.from('other'));
        expect(await textIn(store, 'k')).to.equal('other');
        expect(second.etag).to.not.equal(first.etag);
        expect(await keysIn(store)).to.deep.equal(['k']);
      });

      it('gives each of many versions of one size an etag of its own', async () => {
        const etags = new Set<string>();
        for (let version = 0; version < 50; version++) {
          etags.add((await store.put(objectKey('k'), Buffer.from(`version ${version + 10}`))).etag);
        }
        expect(etags.size).to.equal(50);
      });

      for (const action of ['replaced', 'deleted'] as const) {
        it(`never mixes old and new bytes for a reader whose object is ${action}`, async () => {
          const old = Buffer.alloc(12_000_000, 'o');
          await store.put(objectKey('k'), old);
          const { body } = await store.get(objectKey('k'));
          const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
          const read: Buffer[] = [((await pieces.next()) as IteratorYieldResult<Buffer>).value];
          if (action === 'replaced') await store.put(objectKey('k'), Buffer.alloc(12_000_000, 'n'));
          else await store.delete(objectKey('k'));
          let failure: unknown;
          try {
            for (let step = await pieces.next(); step.done !== true; step = await pieces.next())
              read.push(step.value);
          } catch (error) {
            failure = error;
          }
          const bytes = Buffer.concat(read);
          expect(bytes.every((byte) => byte === 'o'.charCodeAt(0))).to.equal(true);
          if (failure === undefined) expect(bytes.length).to.equal(old.length);
          else expect(failure).to.be.instanceOf(StorageError);
        });
      }

      it('leaves one whole version when many writers put one key at once', async () => {
        const versions = Array.from({ length: 16 }, (_, index) => Buffer.alloc(300_000, index));
        await Promise.all(versions.map((bytes) => store.put(objectKey('k'), bytes)));
        const stored = await readObject(store, objectKey('k'));
        expect(stored.length).to.equal(300_000);
        expect(stored.equals(Buffer.alloc(300_000, stored[0]))).to.equal(true);
        expect(await keysIn(store)).to.deep.equal(['k']);
      });

      it('shows readers whole versions alone while a key is put again and again', async () => {
        await store.put(objectKey('k'), Buffer.alloc(100_000, 0));
        const progress = { isOver: false };
        const write = async (): Promise<void> => {
          for (let version = 1; version <= 30; version++) {
            await store.put(objectKey('k'), Buffer.alloc(100_000 + version, version));
          }
          progress.isOver = true;
        };
        const read = async (): Promise<void> => {
          while (!progress.isOver) {
            const bytes = await readObject(store, objectKey('k'));
            const version = bytes[0] ?? -1;
            expect(bytes.equals(Buffer.alloc(100_000 + version, version))).to.equal(true);
          }
        };
        await Promise.all([write(), read(), read()]);
      });

      it('survives puts and deletes of neighbours at once', async () => {
        await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            const key = objectKey(`deep/er/${index % 3}/${index}`);
            for (let round = 0; round < 5; round++) {
              await store.put(key, Buffer.from('x'));
              await store.delete(key);
            }
            await store.put(key, Buffer.from(`${index}`));
          }),
        );
        expect((await keysIn(store, 'deep/')).length).to.equal(20);
      });

      it('forgets a deleted object', async () => {
        await store.put(objectKey('a/b'), Buffer.from('x'));
        await store.delete(objectKey('a/b'));
        expect(await store.head(objectKey('a/b'))).to.equal(undefined);
        expect(await keysIn(store)).to.deep.equal([]);
        await store.put(objectKey('a'), Buffer.from('y'));
        expect(await textIn(store, 'a')).to.equal('y');
      });
    });

    describe('keys', () => {
      const awkward = [
        '讲座/第一课/视频.mp4',
        'with space/ leading and trailing ',
        'plus+plus/1+1=2',
        '100%/%2e%2e/%00',
        'hash#tag/question?mark=1&b=2',
        'quotes\'"`/<tag attr="v">&amp;',
        'emoji/😀👩‍🏫.ts',
        'caf\u00e9',
        'tilde~/(parens)/*star*/!bang/[brackets]/{braces}/semi;colon:|^$@,',
        '.hidden/.name',
        '...',
        'a..b/c...',
        '-dash/--option',
        '007',
        '1e3',
        '0x10',
        'true',
        'null',
        'con/aux/nul',
        'xl.meta',
        'part.1',
        'temp/file',
        'objects/1/temp',
        '.tmp',
        'name.tmp',
        'name.part.minio',
        '~lock',
        '.yuanjiao-check',
        'UPPER/lower',
        'upper/LOWER',
        '\ue000',
        '\uffee',
        '\u{10fffd}',
        `${'x'.repeat(255)}/${'y'.repeat(255)}`,
        '课'.repeat(85),
        Array.from({ length: 100 }, (_, index) => index).join('/'),
      ];

      it('keeps every awkward key apart and lists them in the order of their bytes', async () => {
        await Promise.all(awkward.map((key) => store.put(objectKey(key), Buffer.from(key))));
        for (const key of awkward) expect(await textIn(store, key)).to.equal(key);
        const expected = awkward.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(await keysIn(store)).to.deep.equal(expected);
        for (const key of awkward) expect(await keysIn(store, key)).to.deep.equal([key]);
        for (const key of awkward) await store.delete(objectKey(key));
        expect(await keysIn(store)).to.deep.equal([]);
      });

      it('takes a key of 1,024 bytes', async () => {
        const key = `${'long/'.repeat(204)}last`;
        expect(Buffer.byteLength(key)).to.equal(1024);
        await store.put(objectKey(key), Buffer.from('x'));
        expect(await keysIn(store)).to.deep.equal([key]);
      });

      it('finds one object under both spellings of an accent', async () => {
        await store.put(objectKey('cafe\u0301/x'), Buffer.from('x'));
        expect(await textIn(store, 'caf\u00e9/x')).to.equal('x');
        expect(await keysIn(store, 'cafe\u0301')).to.deep.equal(['caf\u00e9/x']);
      });

      it('keeps a and a/b apart, whichever comes first', async () => {
        for (const [first, second] of [
          ['p/a', 'p/a/b'],
          ['q/a/b', 'q/a'],
        ] as const) {
          await store.put(objectKey(first), Buffer.from(first));
          await store.put(objectKey(second), Buffer.from(second));
          expect(await textIn(store, first)).to.equal(first);
          expect(await textIn(store, second)).to.equal(second);
        }
        if (options.listsBelowObjects) {
          expect(await keysIn(store)).to.deep.equal(['p/a', 'p/a/b', 'q/a', 'q/a/b']);
        }
        await store.delete(objectKey('p/a'));
        await store.delete(objectKey('q/a'));
        expect(await keysIn(store)).to.deep.equal(['p/a/b', 'q/a/b']);
        expect(await textIn(store, 'p/a/b')).to.equal('p/a/b');
      });
    });

    describe('listing', () => {
      it('has nothing to show of an empty store', async () => {
        expect(await keysIn(store)).to.deep.equal([]);
        expect(await keysIn(store, 'a/')).to.deep.equal([]);
      });

      it('sorts whole keys by bytes where folders would sort otherwise', async () => {
        await putAll(store, 'a/x', 'a.b/x', 'a-b', 'a.c', 'a0', 'b/c/d', 'b/c-d', 'b/c.e/f', 'B');
        expect(await keysIn(store)).to.deep.equal([
          'B',
          'a-b',
          'a.b/x',
          'a.c',
          'a/x',
          'a0',
          'b/c-d',
          'b/c.e/f',
          'b/c/d',
        ]);
      });

      it('takes any text for a prefix, parts of a name too', async () => {
        await putAll(
          store,
          'lectures/7/a',
          'lectures/7/b',
          'lectures/70/a',
          'lectures/8/a',
          'lecture',
          'lec/x',
        );
        expect(await keysIn(store, 'lectures/7/')).to.deep.equal(['lectures/7/a', 'lectures/7/b']);
        expect(await keysIn(store, 'lectures/7')).to.deep.equal([
          'lectures/7/a',
          'lectures/7/b',
          'lectures/70/a',
        ]);
        expect(await keysIn(store, 'lec')).to.have.lengthOf(6);
        expect(await keysIn(store, 'lectures/7/a')).to.deep.equal(['lectures/7/a']);
        expect(await keysIn(store, 'lectures/7/a/')).to.deep.equal([]);
        expect(await keysIn(store, 'z')).to.deep.equal([]);
      });

      for (const prefix of [
        '..',
        '../',
        '/',
        'a//',
        'a/../',
        './',
        '\\',
        '\n',
        '\u0000',
        '\ud800',
        'x'.repeat(2000),
      ]) {
        it(`finds nothing under ${JSON.stringify(prefix.slice(0, 20))}, which no key starts with`, async () => {
          await putAll(store, 'a/b', 'c');
          expect(await keysIn(store, prefix)).to.deep.equal([]);
        });
      }

      it('goes on after any key, stored or not', async () => {
        await putAll(store, 'a/1', 'a/2', 'a/3', 'a.x', 'b/1', '课/一', '课/二');
        const listed = store;
        const after = (key: string, prefix = ''): Promise<string[]> =>
          keysIn(listed, prefix, { after: objectKey(key) });
        expect(await after('a/1', 'a/')).to.deep.equal(['a/2', 'a/3']);
        expect(await after('a/2x', 'a/')).to.deep.equal(['a/3']);
        expect(await after('a/3', 'a/')).to.deep.equal([]);
        expect(await after('A')).to.have.lengthOf(7);
        expect(await after('a')).to.have.lengthOf(7);
        expect(await after('a.x')).to.deep.equal(['a/1', 'a/2', 'a/3', 'b/1', '课/一', '课/二']);
        expect(await after('a/2/z')).to.deep.equal(['a/3', 'b/1', '课/一', '课/二']);
        expect(await after('b/1')).to.deep.equal(['课/一', '课/二']);
        expect(await after('课/一')).to.deep.equal(['课/二']);
        expect(await after('课/二')).to.deep.equal([]);
        expect(await after('z', 'a/')).to.deep.equal([]);
      });

      it('can be left early and started again', async () => {
        await putAll(store, 'a', 'b', 'c');
        for await (const facts of store.list('')) {
          expect(facts.key).to.equal('a');
          break;
        }
        expect(await keysIn(store)).to.deep.equal(['a', 'b', 'c']);
      });

      it('stops when its caller cancels', async () => {
        await putAll(store, 'a', 'b', 'c');
        const signal = AbortSignal.abort();
        expect(await codeOf(keysIn(store, '', { signal }))).to.equal('canceled');
      });

      it('still shows every other object while some are deleted', async () => {
        const keys = Array.from(
          { length: 60 },
          (_, index) => `d${index % 6}/${String(index).padStart(3, '0')}`,
        );
        await putAll(store, ...keys);
        const seen: string[] = [];
        let isFirst = true;
        for await (const facts of store.list('')) {
          seen.push(facts.key);
          if (!isFirst) continue;
          isFirst = false;
          await Promise.all(
            keys.filter((_, index) => index % 2 === 1).map((key) => store.delete(objectKey(key))),
          );
        }
        expect(seen).to.include.members(keys.filter((_, index) => index % 2 === 0));
      });

      it(`walks ${options.manyObjects.toLocaleString('en')} objects in order with bounded memory`, async function () {
        this.timeout(120_000);
        const total = options.manyObjects;
        const names = Array.from({ length: total }, (_, index) => {
          // more than half of them are neighbours in one folder
          const lecture = index % 5 < 3 ? 5 : Math.floor(index / 1000);
          return `lectures/${lecture}${lecture % 2 === 0 ? '' : '-b'}/${sha256(Buffer.from(`${index}`)).slice(0, 12)}.ts`;
        });
        if (options.openForMany !== undefined) {
          await subject.close();
          subject = await options.openForMany();
          ({ store } = subject);
        }
        await (subject.fill?.(names) ?? putEmpty(store, names));
        let seen = 0;
        let last: string | undefined;
        let isSorted = true;
        let peak = 0;
        const before = heldBytes();
        for await (const { key } of store.list('lectures/')) {
          seen++;
          isSorted &&= last === undefined || compareKeys(last, key) < 0;
          last = key;
          if (seen % 10_000 === 5_000) peak = Math.max(peak, heldBytes());
        }
        expect(seen).to.equal(total);
        expect(isSorted).to.equal(true);
        expect(peak - before).to.be.lessThan(4_000_000);
      });
    });

    describe('failing', () => {
      for (const [what, goodBytes, sizeBytes] of [
        ['at once', 0, 1000],
        ['midway', 500_000, 1_000_000],
        ['after its last byte', 1000, 1000],
        ['midway through a large object', 20_000_000, 40_000_000],
      ] as const) {
        it(`stores nothing when the source fails ${what}`, async () => {
          const failure = await failureOf(
            store.put(objectKey('k'), { stream: breaking(goodBytes), sizeBytes }),
          );
          expect(failure.code).to.equal('source-failed');
          expect(failure.message).to.contain('the disk of the source broke');
          expect(await store.head(objectKey('k'))).to.equal(undefined);
        });
      }

      it('keeps the old object when a put over it fails', async () => {
        await store.put(objectKey('k'), Buffer.from('old'));
        await failureOf(store.put(objectKey('k'), { stream: breaking(10_000_000), sizeBytes: 20_000_000 }));
        expect(await textIn(store, 'k')).to.equal('old');
      });

      it('survives a stream that fails before a byte is asked of it', async () => {
        const stream = new Readable({ read() {} });
        const putting = store.put(objectKey('k'), { stream, sizeBytes: 5 });
        stream.destroy(new Error('gone'));
        expect(await codeOf(putting)).to.equal('source-failed');
      });

      it('survives a stream that was destroyed before', async () => {
        const stream = new Readable({ read() {} });
        stream.destroy();
        expect(await codeOf(store.put(objectKey('k'), { stream, sizeBytes: 5 }))).to.equal('source-failed');
      });

      for (const [what, given, announced] of [
        ['shorter', 10, 11],
        ['longer', 11, 10],
        ['longer than nothing', 1, 0],
        ['shorter than a large one', 20_000_000, 20_000_001],
        ['longer than a large one', 20_000_001, 20_000_000],
      ] as const) {
        it(`stores nothing when the source is ${what} than announced`, async () => {
          const stream = Readable.from(piecesOf(Buffer.alloc(given), 1_000_000));
          const put = store.put(objectKey('k'), { stream, sizeBytes: announced });
          expect(await codeOf(put)).to.equal('size-mismatch');
          expect(await store.head(objectKey('k'))).to.equal(undefined);
          expect(stream.destroyed).to.equal(true);
        });
      }

      for (const sizeBytes of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        it(`refuses a stream of ${sizeBytes} bytes`, async () => {
          const put = store.put(objectKey('k'), { stream: Readable.from([]), sizeBytes });
          expect(await codeOf(put)).to.equal('size-mismatch');
        });
      }

      it('tells that a source file is missing, and is not taken for a missing object', async () => {
        const path = join(tmpdir(), `yuanjiao-missing-${randomBytes(6).toString('hex')}`);
        expect(await codeOf(store.put(objectKey('k'), { path }))).to.equal('source-failed');
        expect(await codeOf(store.put(objectKey('k'), { path: tmpdir() }))).to.equal('source-failed');
      });

      it('refuses a stream of things that are no bytes', async () => {
        const stream = Readable.from([{ not: 'bytes' }]);
        expect(await codeOf(store.put(objectKey('k'), { stream, sizeBytes: 5 }))).to.equal('source-failed');
      });

      it('stores nothing for a caller who canceled before', async () => {
        const signal = AbortSignal.abort();
        for (const source of [
          Buffer.from('x'),
          { path: '/dev/null' },
          { stream: Readable.from(['x']), sizeBytes: 1 },
        ]) {
          expect(await codeOf(store.put(objectKey('k'), source, { signal }))).to.equal('canceled');
        }
        expect(await codeOf(store.get(objectKey('k'), undefined, { signal }))).to.equal('canceled');
        expect(await store.head(objectKey('k'))).to.equal(undefined);
      });

      for (const sizeBytes of [1000, 40_000_000]) {
        it(`stores nothing when a put of ${sizeBytes} bytes is canceled midway`, async () => {
          const controller = new AbortController();
          const stalling = async function* (): AsyncGenerator<Buffer> {
            yield Buffer.alloc(sizeBytes / 2);
            setImmediate(() => controller.abort());
            await new Promise(() => {}); // a source that never goes on
          };
          const stream = Readable.from(stalling());
          const put = store.put(objectKey('k'), { stream, sizeBytes }, { signal: controller.signal });
          expect(await codeOf(put)).to.equal('canceled');
          expect(await store.head(objectKey('k'))).to.equal(undefined);
          expect(stream.destroyed).to.equal(true);
        });
      }

      it('ends a body whose reader cancels', async () => {
        await store.put(objectKey('k'), Buffer.alloc(8_000_000));
        const controller = new AbortController();
        const { body } = await store.get(objectKey('k'), undefined, { signal: controller.signal });
        const reading = async (): Promise<void> => {
          for await (const piece of body) if ((piece as Buffer).length > 0) controller.abort();
        };
        expect(await codeOf(reading())).to.equal('canceled');
        expect(body.destroyed).to.equal(true);
      });

      it('lets a reader leave a body unread', async () => {
        await store.put(objectKey('k'), Buffer.alloc(8_000_000));
        for (let round = 0; round < 20; round++) {
          const { body } = await store.get(objectKey('k'));
          body.destroy();
        }
        expect((await readObject(store, objectKey('k'))).length).to.equal(8_000_000);
      });

      it('can be closed twice', async () => {
        await store.close();
        await store.close();
      });
    });
  });
}

async function putEmpty(store: ObjectStore, keys: readonly string[]): Promise<void> {
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < keys.length) await store.put(objectKey(keys[next++] ?? ''), Buffer.alloc(0));
  };
  await Promise.all(Array.from({ length: 32 }, write));
}

async function putAll(store: ObjectStore, ...keys: string[]): Promise<void> {
  await Promise.all(keys.map((key) => store.put(objectKey(key), Buffer.from(key))));
}

/** A source that fails after `goodBytes`. */
function breaking(goodBytes: number): Readable {
  const good = async function* (): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < goodBytes; sent += 500_000) {
      yield Buffer.alloc(Math.min(500_000, goodBytes - sent), 'x');
    }
    throw new Error('the disk of the source broke');
  };
  return Readable.from(good());
}

function* piecesOf(bytes: Buffer, length: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

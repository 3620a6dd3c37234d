import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';
import { objectKey, openStore, readObject, type ObjectStore } from 'yuanjiao/storage';

import { failureOf, keysIn, objectStoreContract, type ContractSubject } from '../contract/object-store.ts';
import { smallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

/** Where files cost least: many of them are made for a listing alone. */
const roomForMany = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

async function openIn(parent: string): Promise<ContractSubject> {
  const folder = await mkdtemp(join(parent, 'yuanjiao-folder-'));
  const store = await openStore(`folder:${folder}`);
  return {
    store,
    another: () => openStore(`folder:${folder}`),
    fill: async (keys) => {
      const made = new Set<string>();
      for (const key of keys) {
        const path = join(folder, 'objects', String(key.split('/').length), key);
        const parent = dirname(path);
        if (!made.has(parent)) mkdirSync(parent, { recursive: true });
        made.add(parent);
        closeSync(openSync(path, 'w'));
      }
    },
    // Of a hundred thousand files each would have to wait for its turn with a thread otherwise.
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

objectStoreContract('the folder store', () => openIn(tmpdir()), {
  manyObjects: 100_000,
  openForMany: () => openIn(roomForMany),
  listsBelowObjects: true,
});

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}

/** A source that ends when `release` is called. */
function slowSource(): { readonly stream: Readable; readonly release: () => void } {
  const gate = new EventEmitter();
  const pieces = async function* (): AsyncGenerator<string> {
    const released = once(gate, 'release');
    yield 'sl';
    await released;
    yield 'ow';
  };
  return { stream: Readable.from(pieces()), release: () => void gate.emit('release') };
}

describe('FolderStore', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yuanjiao-folder-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const open = (): Promise<ObjectStore> => openStore(`folder:${folder}`);
  const temps = (): Promise<string[]> => readdir(join(folder, 'temp'));

  it('names a file that holds the bytes of an object', async () => {
    const store = await open();
    await store.put(objectKey('讲座/7/a.mp4'), Buffer.from('bytes'));
    const path = await store.localPath?.(objectKey('讲座/7/a.mp4'));
    expect(await readFile(path ?? '', 'utf8')).to.equal('bytes');
    expect(await store.localPath?.(objectKey('讲座/7'))).to.equal(undefined);
    expect(await store.localPath?.(objectKey('nowhere'))).to.equal(undefined);
  });

  it('does not list what people put into its folder by hand', async () => {
    const store = await open();
    await store.put(objectKey('a/b'), Buffer.from('x'));
    await writeFile(join(folder, 'objects/readme'), 'x');
    await writeFile(join(folder, 'objects/2/a/cafe\u0301'), 'x');
    await mkdir(join(folder, 'objects/2/a/folder/inside'), { recursive: true });
    await mkdir(join(folder, 'objects/other/deep'), { recursive: true });
    expect(await keysIn(store)).to.deep.equal(['a/b']);
  });

  it('leaves no empty folders and no temp files behind', async () => {
    const store = await open();
    await store.put(objectKey('a/b/c'), Buffer.from('x'));
    await failureOf(store.put(objectKey('a/b/d'), { stream: Readable.from(['x']), sizeBytes: 2 }));
    await store.delete(objectKey('a/b/c'));
    await store.check();
    expect(await temps()).to.deep.equal([]);
    expect(await readdir(join(folder, 'objects/3'))).to.deep.equal([]);
  });

  it('lets go of every file it has opened', async () => {
    const store = await open();
    await store.put(objectKey('k'), Buffer.alloc(1_000_000));
    const before = await openFiles();
    for (let round = 0; round < 50; round++) {
      (await store.get(objectKey('k'))).body.destroy();
      await readObject(store, objectKey('k'));
      await failureOf(store.get(objectKey('k'), { offset: 1_000_000, length: 1 }));
      await failureOf(store.put(objectKey('l'), { stream: Readable.from(['x']), sizeBytes: 2 }));
    }
    await until('the files are closed', async () => (await openFiles()) <= before);
  });

  it('ends a body with an error when its file is cut short', async () => {
    const store = await open();
    await store.put(objectKey('k'), Buffer.alloc(5_000_000));
    const { body } = await store.get(objectKey('k'));
    await truncate(join(folder, 'objects/1/k'), 1_000_000);
    const reading = async (): Promise<void> => {
      for await (const piece of body) expect(piece).to.be.instanceOf(Buffer);
    };
    expect((await failureOf(reading())).code).to.equal('store-unavailable');
  });

  it('says so when a file is where the folder should be', async () => {
    await writeFile(join(folder, 'file'), 'x');
    for (const path of ['file', 'file/below']) {
      const error = await failureOf(openStore(`folder:${join(folder, path)}`));
      expect(error.code).to.equal('store-denied');
      expect(error.message).to.contain(join(folder, path)).and.to.contain('in the way');
    }
  });

  it('sweeps temp files of writers that are gone and spares those of living ones', async () => {
    await open();
    const child = spawn(process.execPath, ['--eval', '']);
    await once(child, 'exit');
    const temp = join(folder, 'temp');
    const store = await open();
    const { stream, release } = slowSource();
    const putting = store.put(objectKey('k'), { stream, sizeBytes: 4 });
    await until('the put has begun', async () => (await temps()).length === 1);
    const [living = ''] = await temps();
    const [machine, pid, started, id] = living.split('.');
    const dead = [`${machine}.${child.pid}.1.${id}`, `${machine}.${pid}.${Number(started) - 1}.${id}`];
    const strangers = [`elsewhere.${pid}.${started}.${id}`, 'fresh', 'old'];
    for (const name of [...dead, ...strangers]) await writeFile(join(temp, name), 'x');
    await utimes(join(temp, 'old'), 0, 0);
    await open();
    expect((await temps()).toSorted()).to.deep.equal(
      [living, `elsewhere.${pid}.${started}.${id}`, 'fresh'].toSorted(),
    );
    release();
    await putting;
    expect((await readObject(store, objectKey('k'))).toString()).to.equal('slow');
  });

  it('shows whole objects alone, and every acknowledged one, after its writer is killed again and again', async function () {
    const writer = fileURLToPath(new URL('folder-writer.js', import.meta.url));
    const acknowledged = new Set<string>();
    let orphans = 0;
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, [writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
      await until('the writer has written', () => said.split('\n').length > 2 + round * 2);
      child.kill('SIGKILL');
      await once(child, 'close');
      orphans += (await temps()).length;
      for (const key of said.split('\n').slice(0, -1)) acknowledged.add(key);
      const store = await open();
      expect(await temps()).to.deep.equal([]);
      const seen = new Set<string>();
      for await (const { key } of store.list('')) {
        const bytes = await readObject(store, key);
        expect(
          createHash('sha256').update(bytes.subarray(32)).digest().equals(bytes.subarray(0, 32)),
        ).to.equal(true);
        seen.add(key);
      }
      expect(seen).to.include.all.keys([...acknowledged]);
    }
    expect(orphans).to.be.greaterThan(0);
  });

  it('says that the disk is full, keeps what it has, and goes on when there is space', async function () {
    const disk = await smallDisk(this, 8);
    try {
      const store = await openStore(`folder:${disk.path}`);
      await store.put(objectKey('kept'), Buffer.alloc(3_000_000, 'k'));
      for (const key of ['kept', 'new']) {
        const error = await failureOf(store.put(objectKey(key), Buffer.alloc(6_000_000, 'n')));
        expect(error.code).to.equal('store-full');
        expect(error.isRetryable).to.equal(true);
        expect(error.message).to.contain('Free space');
      }
      expect(await keysIn(store)).to.deep.equal(['kept']);
      expect((await readObject(store, objectKey('kept'))).equals(Buffer.alloc(3_000_000, 'k'))).to.equal(
        true,
      );
      expect(await readdir(join(disk.path, 'temp'))).to.deep.equal([]);
      await store.delete(objectKey('kept'));
      await store.put(objectKey('new'), Buffer.alloc(6_000_000, 'n'));
    } finally {
      await disk.remove();
    }
  });

  it('reads on a disk that is mounted read-only, and says why it does not write', async function () {
    const disk = await smallDisk(this, 8);
    try {
      const store = await openStore(`folder:${disk.path}`);
      await store.put(objectKey('k'), Buffer.from('x'));
      disk.remount('ro');
      expect((await readObject(store, objectKey('k'))).toString()).to.equal('x');
      for (const attempt of [
        () => store.put(objectKey('k'), Buffer.from('y')),
        () => store.delete(objectKey('k')),
        () => store.check(),
      ]) {
        const error = await failureOf(attempt());
        expect(error.code).to.equal('store-denied');
        expect(error.message).to.contain('mounted read-only');
      }
      disk.remount('rw');
      await store.put(objectKey('k'), Buffer.from('y'));
    } finally {
      await disk.remove();
    }
  });
});

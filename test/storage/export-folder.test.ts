import { readdir, readFile } from 'node:fs/promises';

import { expect } from 'chai';
import { exportFolder, objectKey, openStore, type ObjectStore } from 'yuanjiao/storage';

import { testFolder, type TestFolder } from '../support/media.ts';

describe('exportFolder', () => {
  let folder: TestFolder;
  let store: ObjectStore;

  beforeEach(async () => {
    folder = await testFolder();
    store = await openStore(`folder:${folder.join('objects')}`);
    for (const name of ['a.txt', 'b/c.txt', 'd.txt']) {
      await store.put(objectKey(`lecture/${name}`), Buffer.from(name));
    }
  });

  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  it('tells after each file how many there are', async () => {
    const told: number[] = [];
    const onProgress = (count: number): unknown => told.push(count);
    expect(await exportFolder(store, 'lecture/', folder.join('out'), { onProgress })).to.equal(3);
    expect(told).to.deep.equal([1, 2, 3]);
    expect(await readFile(folder.join('out/b/c.txt'), 'utf8')).to.equal('b/c.txt');
  });

  it('stops on request, with whole files only', async () => {
    const stop = new AbortController();
    const reason = new Error('the disk is wanted');
    const error = await exportFolder(store, 'lecture/', folder.join('out'), {
      signal: stop.signal,
      onProgress: () => stop.abort(reason),
    }).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'canceled', cause: reason });
    expect(await readdir(folder.join('out'))).to.deep.equal(['a.txt']);
  });
});

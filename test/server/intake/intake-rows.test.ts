import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { FolderKeeper } from '../../../server/intake/folder-keeper.ts';
import {
  countUnfinished,
  findIntake,
  forgetIntake,
  intakeRows,
  oldestUnfinished,
  pruneIntake,
  publishableItems,
  saveIntake,
  type IntakeRow,
} from '../../../server/intake/intake-rows.ts';
import { DEFAULT_LADDER_OPTIONS, generationId, prepareJob } from 'yuanjiao/transcoder';
import { onEachDatabase } from '../../support/databases.ts';

const SHA256 = 'ab'.repeat(32);

onEachDatabase('What is remembered of folders', (databases) => {
  let database: Database;
  let catalogue: Catalogue;

  beforeEach(async function open() {
    database = await databases.open();
    catalogue = new Catalogue(database);
  });

  const row = (more: Partial<IntakeRow> = {}): IntakeRow => ({
    folder: '/片库',
    file: '一.mp4',
    sizeBytes: 5_000_000_000,
    modifiedMs: 1_764_214_000_123,
    sha256: SHA256,
    uploadId: 'upload1',
    coursewareId: undefined,
    state: 'hashed',
    reason: undefined,
    ...more,
  });

  const save = (one: IntakeRow): Promise<void> =>
    database.write((transaction) => saveIntake(transaction, one));

  /** An item whose media is queued, as an upload leaves it. */
  async function queued(uploadId: string): Promise<Pick<IntakeRow, 'coursewareId' | 'sha256' | 'state'>> {
    const { id } = await catalogue.create({ title: '课' });
    await catalogue.openVersion(id, { uploadId, sourceName: '课.mp4', sourceBytes: 1 });
    const generation = generationId(uploadId);
    const sourceKey = `sources/${uploadId}/a.mp4`;
    await catalogue.acceptSource(uploadId, { sourceKey, sizeBytes: 1, sha256: SHA256, generation }, [
      prepareJob(generation, { sourceKey, sourceName: 'a.mp4', ladder: DEFAULT_LADDER_OPTIONS }),
    ]);
    return { coursewareId: id, sha256: SHA256, state: 'taken' };
  }

  it('is found again for as long as the file is what it was', async () => {
    await save(row());
    const found = (facts: IntakeRow): Promise<IntakeRow | undefined> =>
      database.read((statements) => findIntake(statements, facts));
    expect(await found(row())).to.deep.equal(row());
    expect(await found(row({ sizeBytes: 1 }))).to.equal(undefined);
    expect(await found(row({ modifiedMs: 1 }))).to.equal(undefined);
    await save(row({ state: 'refused', reason: '不是视频' }));
    expect(await database.read((statements) => intakeRows(statements, '/片库'))).to.deep.equal([
      row({ state: 'refused', reason: '不是视频' }),
    ]);
    await database.write((transaction) => forgetIntake(transaction, '/片库', '一.mp4'));
    expect(await found(row())).to.equal(undefined);
  });

  it('counts what still has to be worked on, and forgets files that are gone when their making is over', async () => {
    const first = await queued('upload1');
    await save(row(first));
    const unfinished = (): Promise<number> =>
      database.read((statements) => countUnfinished(statements, '/片库'));
    expect(await unfinished()).to.equal(1);
    expect(await database.read((statements) => oldestUnfinished(statements, '/片库'))).to.equal('upload1');
    const prune = (): Promise<void> =>
      database.write((transaction) => pruneIntake(transaction, '/片库', ['别的.mp4']));
    await prune();
    expect(await unfinished()).to.equal(1);
    await database.write((transaction) =>
      catalogue.settle(transaction, generationId('upload1'), {
        stage: 'ready',
        progress: 1,
        isPlayable: true,
        duration: 60,
        warnings: [],
        poster: undefined,
        storyboard: undefined,
        chapters: [],
        sound: [],
        failure: undefined,
      }),
    );
    expect(await unfinished()).to.equal(0);
    expect(await database.read((statements) => publishableItems(statements, '/片库'))).to.deep.equal([
      first.coursewareId,
    ]);
    await save(row({ file: '别的.mp4' }));
    await prune();
    const left = await database.read((statements) => intakeRows(statements, '/片库'));
    expect(left.map(({ file }) => file)).to.deep.equal(['别的.mp4']);
  });

  it('goes with an item that is removed', async () => {
    const { id } = await catalogue.create({ title: '课' });
    await save(row({ coursewareId: id, state: 'begun' }));
    await catalogue.remove(id);
    expect(await database.read((statements) => intakeRows(statements, '/片库'))).to.deep.equal([]);
  });

  it('lets one process keep a folder, and another one when it lets go or was not heard of', async () => {
    const first = await FolderKeeper.take(database, '/片库');
    expect(await FolderKeeper.take(database, '/片库')).to.equal(undefined);
    await first?.release();
    const second = await FolderKeeper.take(database, '/片库');
    expect(second).to.not.equal(undefined);
    await database.write((transaction) => transaction.rows('UPDATE intake_keeper SET until = 1'));
    const third = await FolderKeeper.take(database, '/片库');
    expect(third).to.not.equal(undefined);
    await second?.release();
    expect(await FolderKeeper.take(database, '/片库'), 'the third one keeps it').to.equal(undefined);
    await third?.release();
  });
});

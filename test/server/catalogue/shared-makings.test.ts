import { expect } from 'chai';
import {
  generationId,
  prepareJob,
  DEFAULT_LADDER_OPTIONS,
  type EmbeddedCaptions,
  type GenerationId,
  type GenerationStatus,
} from 'yuanjiao/transcoder';
import {
  adoptCaptions,
  captionsOfGeneration,
  captionsOnAir,
} from '../../../server/catalogue/caption-rows.ts';
import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import type { Version } from '../../../server/catalogue/courseware.ts';
import { findSuperseded, recordObjectsRemoved } from '../../../server/catalogue/superseded.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { SqlJobStore } from '../../../server/jobs/sql-job-store.ts';
import { reprocessCourseware } from '../../../server/reprocessing.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const status = (more: Partial<GenerationStatus> = {}): GenerationStatus => ({
  stage: 'transcoding',
  progress: 0.5,
  isPlayable: false,
  duration: 1110,
  warnings: ['声音偏小'],
  poster: undefined,
  storyboard: undefined,
  chapters: [{ start: 0, title: '选接穗' }],
  sound: [],
  failure: undefined,
  ...more,
});
const READY = status({
  stage: 'ready',
  progress: 1,
  isPlayable: true,
  poster: 'poster.jpg',
  storyboard: 'storyboard.vtt',
});

onEachDatabase('A making that several items play', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  let jobs: SqlJobStore;
  let numbers = 0;

  before(async () => {
    database = await databases.open();
    catalogue = new Catalogue(database).as('office');
    jobs = new SqlJobStore(database);
  });

  const create = async (title = '桃形李栽培'): Promise<string> => (await catalogue.create({ title })).id;
  const freshSha = (): string => (++numbers).toString(16).padStart(64, 'a');
  const settle = (generation: GenerationId, what: GenerationStatus): Promise<void> =>
    database.write((transaction) => catalogue.settle(transaction, generation, what));

  /** An item made from a file of its own. */
  const original = async (
    sha256: string,
    stage?: GenerationStatus,
  ): Promise<{ readonly id: string; readonly generation: GenerationId; readonly sourceKey: string }> => {
    const id = await create();
    const generation = generationId(`shared-${++numbers}`);
    const sourceKey = `sources/${generation}/讲课.mp4`;
    await catalogue.openVersion(id, { uploadId: generation, sourceName: '讲课.mp4', sourceBytes: 9 });
    await catalogue.acceptSource(generation, { sourceKey, sizeBytes: 9, sha256, generation }, [
      prepareJob(generation, { sourceKey, sourceName: '讲课.mp4', ladder: DEFAULT_LADDER_OPTIONS }),
    ]);
    if (stage !== undefined) await settle(generation, stage);
    return { id, generation, sourceKey };
  };
  const share = async (sha256: string): Promise<{ readonly id: string; readonly version: Version }> => {
    const id = await create('同一部片子');
    const version = await catalogue.shareMaking(id, sha256);
    if (version === undefined) throw new Error('nothing was shared');
    return { id, version };
  };
  const uploaded = async (id: string): Promise<void> => {
    await catalogue.openVersion(id, { uploadId: `new-${++numbers}`, sourceName: 'b.mp4', sourceBytes: 1 });
  };
  const due = (graceMs = -1): Promise<readonly GenerationId[]> =>
    database.read((statements) => findSuperseded(statements, graceMs, 1000));

  it('is ready for an item that has the same file, with all that is known of it', async () => {
    const sha = freshSha();
    const { id, generation } = await original(sha, READY);
    const { id: other, version } = await share(sha.toUpperCase());
    const { current } = await catalogue.get(id);
    const { id: _, ...theirs } = version;
    const { id: __, ...ours } = current as Version;
    expect(theirs).to.deep.equal(ours);
    expect(theirs).to.include({ generation, number: 1, duration: 1110, poster: 'poster.jpg' });
    expect((await catalogue.chapters(other)).chapters).to.deep.equal([{ start: 0, title: '选接穗' }]);
    expect((await catalogue.get(other)).duration).to.equal(1110);
    expect((await catalogue.move(other, 'published')).publication).to.equal('published');
    expect(
      (await catalogue.history(other)).find(({ field }) => field.includes('production'))?.reason,
    ).to.contain(id);
    expect(await jobs.list(generation)).to.have.length(1);
  });

  it('is joined once, however often one asks, and not by a file nobody has', async () => {
    const sha = freshSha();
    const { id } = await original(sha, READY);
    const { id: other, version } = await share(sha);
    const before = await catalogue.get(other);
    expect(await catalogue.shareMaking(other, sha)).to.deep.equal(version);
    expect(await catalogue.shareMaking(id, sha)).to.deep.equal((await catalogue.get(id)).current);
    expect(await catalogue.get(other)).to.deep.equal(before);
    expect(await catalogue.shareMaking(other, freshSha())).to.equal(undefined);
    expect(await catalogue.get(other)).to.deep.equal(before);
    const wrong = (await errorOf(catalogue.shareMaking(other, 'abc'))) as CatalogueError;
    expect(wrong).to.include({ code: 'invalid-input', field: 'sourceSha256' });
  });

  it('is not joined when it has failed or is still being uploaded', async () => {
    const sha = freshSha();
    await original(sha, status({ stage: 'failed', failure: { code: 'not-media', message: '坏' } }));
    expect(await catalogue.shareMaking(await create(), sha)).to.equal(undefined);
    const arriving = freshSha();
    const id = await create();
    await catalogue.openVersion(id, {
      uploadId: `arriving-${++numbers}`,
      sourceName: 'a.mp4',
      sourceBytes: 1,
      sourceSha256: arriving,
    });
    expect(await catalogue.shareMaking(await create(), arriving)).to.equal(undefined);
  });

  it('moves on for all of them while it is being made', async () => {
    const sha = freshSha();
    const { id, generation } = await original(sha, status());
    const { id: other, version } = await share(sha);
    expect(version).to.include({ production: 'transcoding', progress: 0.5 });
    await settle(generation, READY);
    for (const item of [id, other]) {
      expect((await catalogue.get(item)).current).to.include({ production: 'ready', progress: 1 });
    }
  });

  it('waits beside a lecture that is on the air, and takes its place when it is ready', async () => {
    const old = await original(freshSha(), READY);
    const sha = freshSha();
    const { generation } = await original(sha, status());
    expect(await catalogue.shareMaking(old.id, sha)).to.include({ number: 2, generation });
    expect((await catalogue.get(old.id)).current).to.include({ generation: old.generation });
    await settle(generation, READY);
    const { current, upcoming } = await catalogue.get(old.id);
    expect(current).to.include({ number: 2, generation });
    expect(upcoming).to.equal(undefined);
  });

  it('replaces what is on the air at once when it is ready', async () => {
    const old = await original(freshSha(), READY);
    const sha = freshSha();
    const { generation } = await original(sha, READY);
    await catalogue.shareMaking(old.id, sha);
    expect((await catalogue.get(old.id)).current).to.include({ generation });
    expect(await due()).to.include(old.generation);
  });

  it('goes on when one who waits for it changes its mind', async () => {
    const sha = freshSha();
    const { id, generation } = await original(sha, status());
    const waiting = await original(freshSha(), READY);
    await catalogue.shareMaking(waiting.id, sha);
    await uploaded(waiting.id);
    expect((await catalogue.get(waiting.id)).upcoming).to.include({ production: 'uploading' });
    expect((await jobs.list(generation)).map(({ state }) => state)).to.deep.equal(['queued']);
    await settle(generation, READY);
    expect((await catalogue.get(id)).current).to.include({ production: 'ready' });
    expect((await catalogue.get(waiting.id)).current).to.include({ generation: waiting.generation });
  });

  it('does not come back to one who gave it up', async () => {
    const sha = freshSha();
    const { generation } = await original(sha, status());
    const waiting = await original(freshSha(), READY);
    const shared = await catalogue.shareMaking(waiting.id, sha);
    await uploaded(waiting.id);
    await settle(generation, READY);
    const [row] = await database.read((statements) =>
      statements.rows<{ production: string; place: string }>(
        'SELECT production, place FROM version WHERE id = $1',
        shared?.id,
      ),
    );
    expect(row).to.deep.equal({ production: 'failed', place: 'former' });
  });

  it('is stopped when the last one who waits for it is removed, and not before', async () => {
    const sha = freshSha();
    const { id, generation, sourceKey } = await original(sha, status());
    const { id: other } = await share(sha);
    expect(await catalogue.isShared(generation, other)).to.equal(true);
    expect(await catalogue.remove(id)).to.deep.equal({ generations: [], sourceKeys: [], captionFolders: [] });
    expect((await jobs.list(generation)).map(({ state }) => state)).to.deep.equal(['queued']);
    expect(await catalogue.isShared(generation, other)).to.equal(false);
    expect(await catalogue.remove(other)).to.deep.equal({
      generations: [generation],
      sourceKeys: [sourceKey],
      captionFolders: [],
    });
    expect((await jobs.list(generation)).map(({ state }) => state)).to.deep.equal(['canceled']);
  });

  it('leaves something for exactly one of two that are removed at the same time', async () => {
    const sha = freshSha();
    const { id, generation, sourceKey } = await original(sha, READY);
    const others = await Promise.all([share(sha), share(sha), share(sha)]);
    const left = await Promise.all(
      [id, ...others.map((other) => other.id)].map((item) => catalogue.remove(item)),
    );
    expect(left.flatMap(({ generations }) => generations)).to.deep.equal([generation]);
    expect(left.flatMap(({ sourceKeys }) => sourceKeys)).to.deep.equal([sourceKey]);
  });

  it('is public as soon as one of them is', async () => {
    const sha = freshSha();
    const { id, generation } = await original(sha, READY);
    const { id: other } = await share(sha);
    expect((await catalogue.findByGeneration(generation))?.courseware).to.include({
      id,
      publication: 'draft',
    });
    await catalogue.move(other, 'published');
    expect((await catalogue.findByGeneration(generation))?.courseware.id).to.equal(other);
    await catalogue.move(other, 'withdrawn');
    expect((await catalogue.findByGeneration(generation))?.courseware).to.include({
      id,
      publication: 'draft',
    });
  });

  it('gives an item that is processed again a making of its own, from the same source', async () => {
    const sha = freshSha();
    const { id, generation, sourceKey } = await original(sha, READY);
    const { id: other } = await share(sha);
    const remade = await reprocessCourseware({ catalogue, jobs }, other, { includes1080p: true });
    expect(remade.generation).to.not.equal(generation);
    const [prepare] = await jobs.list(remade.generation as GenerationId);
    expect(prepare?.payload).to.deep.include({ sourceKey });
    await settle(remade.generation as GenerationId, READY);
    expect((await catalogue.get(other)).current).to.include({ generation: remade.generation, number: 2 });
    expect((await catalogue.get(id)).current).to.include({ generation, number: 1 });
    expect(await due(), 'the first item plays it still').to.not.include(generation);
    expect(await catalogue.remove(other), 'the source is needed still').to.deep.equal({
      generations: [remade.generation],
      sourceKeys: [],
      captionFolders: [],
    });
    expect((await catalogue.remove(id)).sourceKeys).to.deep.equal([sourceKey]);
  });

  it('is swept when the last one has replaced it for as long as viewers are given', async () => {
    const sha = freshSha();
    const { id, generation } = await original(sha, READY);
    const { id: other } = await share(sha);
    for (const item of [id, other]) await catalogue.move(item, 'published');
    const remake = async (item: string): Promise<void> => {
      const { generation: fresh } = await reprocessCourseware({ catalogue, jobs }, item);
      await settle(fresh as GenerationId, READY);
    };
    await remake(id);
    await database.write((transaction) =>
      transaction.rows(
        'UPDATE version SET superseded_at = 1 WHERE generation = $1 AND courseware_id = $2',
        generation,
        id,
      ),
    );
    expect(await due(60_000)).to.not.include(generation);
    await remake(other);
    expect(await due(60_000), 'somebody may be watching it').to.not.include(generation);
    expect((await due()).filter((found) => found === generation)).to.have.length(1);
    expect(await database.write((transaction) => recordObjectsRemoved(transaction, generation))).to.equal(
      true,
    );
    expect(await due()).to.not.include(generation);
  });

  describe('with captions', () => {
    const found = (generation: GenerationId): readonly EmbeddedCaptions[] => [
      {
        edition: `zh-${generation}`,
        language: 'zh-Hans',
        label: '简体中文',
        kind: 'subtitles',
        format: 'srt',
        charset: 'UTF-8',
        cueCount: 2,
        problems: [],
        sourceName: '字幕轨 1',
        sourceBytes: 9,
        pieceCount: 1,
        objects: [],
      },
    ];
    const editions = (generation: GenerationId): Promise<readonly string[]> =>
      database.read(async (statements) =>
        (await captionsOfGeneration(statements, generation)).map(({ edition }) => edition),
      );
    const onAir = (id: string): Promise<readonly string[]> =>
      database.read(async (statements) =>
        (await captionsOnAir(statements, id)).map(({ edition }) => edition),
      );
    const upload = (id: string, edition: string): Promise<unknown> =>
      database.write((transaction) =>
        transaction.rows(
          `INSERT INTO caption (courseware_id, language, label, kind, origin, is_hidden, is_edited, offset_ms, stretch,
             file_name, file_bytes, format, charset, cue_count, problems, edition, folder, piece_count, objects, changed_at)
           VALUES ($1, 'zh-Hans', '中文', 'subtitles', 'uploaded', 0, 1, 0, 1, 'a.srt', 1, 'srt', 'UTF-8', 1, '[]', $2,
             $3, 1, '[]', 1)
           ON CONFLICT (courseware_id, language) DO UPDATE SET edition = $2, folder = $3, origin = 'uploaded'`,
          id,
          edition,
          `captions/${edition}`,
        ),
      );

    it('shows those in the media to viewers of every item', async () => {
      const sha = freshSha();
      const { id, generation } = await original(sha, status());
      const { id: other } = await share(sha);
      await settle(generation, READY);
      await database.write((transaction) =>
        adoptCaptions(transaction, 'system', generation, found(generation)),
      );
      for (const item of [id, other]) expect(await onAir(item)).to.deep.equal([`zh-${generation}`]);
      expect(await editions(generation), 'once').to.deep.equal([`zh-${generation}`]);
      expect((await catalogue.remove(id)).captionFolders).to.deep.equal([]);
      expect((await catalogue.remove(other)).captionFolders).to.deep.equal([
        `lectures/${generation}/captions-zh-${generation}`,
      ]);
    });

    it('shows each item’s viewers what was handed in for it, and knows all of them by the making', async () => {
      const sha = freshSha();
      const { id, generation } = await original(sha, READY);
      const { id: other } = await share(sha);
      await upload(id, `mine-${generation}`);
      await upload(other, `theirs-${generation}`);
      expect(await onAir(id)).to.deep.equal([`mine-${generation}`]);
      expect(await onAir(other)).to.deep.equal([`theirs-${generation}`]);
      expect(await editions(generation)).to.deep.equal([`mine-${generation}`, `theirs-${generation}`]);
      await catalogue.move(other, 'published');
      expect(await editions(generation), 'those of the published item first').to.deep.equal([
        `theirs-${generation}`,
        `mine-${generation}`,
      ]);
    });
  });
});

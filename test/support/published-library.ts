import { DEFAULT_LADDER_OPTIONS, generationId, prepareJob } from 'yuanjiao/transcoder';

import { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { CoursewareInput } from '../../server/catalogue/courseware-input.ts';
import type { CoursewareId } from '../../server/catalogue/courseware.ts';
import { movePublication } from '../../server/catalogue/publication.ts';
import { shareMaking } from '../../server/catalogue/shared-makings.ts';
import type { Database } from '../../server/database/transaction.ts';

const SHA = 'c0'.repeat(32);

/** Publishes items that all play one making of a minute, in one transaction. */
export async function publishItems(
  database: Database,
  inputs: readonly CoursewareInput[],
): Promise<readonly CoursewareId[]> {
  const catalogue = new Catalogue(database).as('office');
  await makeSharedMedia(database, catalogue);
  const ids = await catalogue.createMany(inputs);
  await database.write(async (transaction) => {
    for (const id of ids) {
      await shareMaking(transaction, 'office', id, SHA);
      await movePublication(transaction, 'office', id, 'published', undefined);
    }
  });
  return ids;
}

async function makeSharedMedia(database: Database, catalogue: Catalogue): Promise<void> {
  const generation = generationId('sharedmaking');
  if ((await catalogue.findByGeneration(generation)) !== undefined) return;
  const { id } = await catalogue.create({ title: '共用的一节' });
  const uploadId = 'sharedupload';
  const sourceKey = 'sources/sharedupload/source.mp4';
  await catalogue.openVersion(id, { uploadId, sourceName: '共用.mp4', sourceBytes: 1, sourceSha256: SHA });
  await catalogue.acceptSource(uploadId, { sourceKey, sizeBytes: 1, sha256: SHA, generation }, [
    prepareJob(generation, { sourceKey, sourceName: 'source.mp4', ladder: DEFAULT_LADDER_OPTIONS }),
  ]);
  await database.write((transaction) =>
    catalogue.settle(transaction, generation, {
      stage: 'ready',
      progress: 1,
      isPlayable: true,
      duration: 60,
      warnings: [],
      poster: 'poster.jpg',
      storyboard: undefined,
      chapters: [],
      sound: [],
      failure: undefined,
    }),
  );
}

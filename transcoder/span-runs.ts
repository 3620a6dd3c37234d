import type { ObjectStore } from '../storage/index.ts';
import type { MediaResult } from './generation-jobs.ts';
import type { Job } from './job.ts';
import { keyUnder, type SegmentRun } from './segment-run.ts';

/**
 * What earlier attempts at a span have stored and checked, rendition by rendition: it is kept, under the names that it has,
 * and only the rest is encoded. An object that is no longer in the store with its size does not count.
 *
 * @throws {StorageError} what the store throws
 */
export async function keptRuns(
  job: Job,
  store: Pick<ObjectStore, 'head'>,
  prefix: string,
): Promise<Record<string, readonly SegmentRun[]>> {
  const kept: Record<string, readonly SegmentRun[]> = {};
  const earlier = (job.result as Partial<MediaResult> | undefined | null)?.runs ?? {};
  for (const [rendition, runs] of Object.entries(earlier)) {
    const facts = await Promise.all(runs.map(({ name }) => store.head(keyUnder(prefix, name))));
    if (runs.every(({ sizeBytes }, position) => facts[position]?.sizeBytes === sizeBytes)) {
      kept[rendition] = runs;
    }
  }
  return kept;
}

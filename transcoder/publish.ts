import { TranscodeError } from './errors.ts';
import { asJson } from './generation-jobs.ts';
import type { Job } from './job.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { checkDamage, damageOf } from './picture-damage.ts';
import {
  composePresentation,
  faultOf,
  finishedMedia,
  MULTIVARIANT_NAME,
  type FinishedMedia,
} from './presentation.ts';
import { prepareDownloads } from './mp4-download.ts';
import {
  PACKAGE_NAME,
  storedObjects,
  storeObject,
  type PackageEntry,
  type PackageList,
} from './package-list.ts';
import { STORYBOARD_FOLDER } from './pictures.ts';
import { keyUnder } from './segment-run.ts';

/** What a `publish` job leaves. */
export interface PublishResult {
  readonly duration: number;
  readonly renditions: readonly string[];
  readonly objectCount: number;
  readonly sizeBytes: number;
}

/**
 * Carries out a `publish` job: proves that the lecture is whole and every object is in the store with its full size, writes
 * the final playlists (the multivariant one last, so it never names what is not there) and the package list, and sweeps what
 * earlier attempts left.
 */
export async function publish(run: JobRun): Promise<JobOutcome> {
  const jobs: readonly Job[] = run.siblings.filter((job) => job.id !== run.job.id);
  const media = finishedMedia(jobs);
  const presentation = composePresentation(jobs);
  const fault = media === undefined ? 'it was never planned' : faultOf(media);
  if (media === undefined || presentation === undefined || fault !== undefined) {
    throw new TranscodeError(
      'output-invalid',
      `Cannot publish: ${fault ?? 'a rendition is empty'}. Start the transcoding anew.`,
    );
  }
  checkDamage(damageOf(jobs), media.plan.video?.grid.frameCount ?? 0);
  const made = [...runEntries(media), ...storedObjects(jobs)];
  await checkObjects(run, made);
  const entries = [...made];
  const names = [...presentation.playlists.keys()].toSorted(
    (a, b) => Number(a === MULTIVARIANT_NAME) - Number(b === MULTIVARIANT_NAME),
  );
  for (const name of names) {
    const bytes = Buffer.from(presentation.playlists.get(name) ?? '');
    entries.push(await storeObject(run, name, bytes, 'application/vnd.apple.mpegurl'));
  }
  const { objects, downloads } = await prepareDownloads(run, media);
  entries.push(...objects);
  const list: PackageList = {
    version: 1,
    duration: media.plan.duration,
    entry: MULTIVARIANT_NAME,
    objects: entries,
    downloads,
  };
  const bytes = Buffer.from(JSON.stringify(list));
  await storeObject(run, PACKAGE_NAME, bytes, 'application/json');
  await sweep(run, [...media.runs.keys(), STORYBOARD_FOLDER], entries);
  const result: PublishResult = {
    duration: media.plan.duration,
    renditions: [...media.runs.keys()],
    objectCount: entries.length,
    sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
  };
  return { result: asJson(result) };
}

function runEntries(media: FinishedMedia): readonly PackageEntry[] {
  return [...media.runs.values()].flatMap((runs) =>
    runs.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256, contentType: 'video/mp4' })),
  );
}

/** A put that was acknowledged and lost is found here, before the lecture is called ready. */
async function checkObjects(run: JobRun, entries: readonly PackageEntry[]): Promise<void> {
  for (const { name, sizeBytes } of entries) {
    const facts = await run.store.head(keyUnder(run.prefix, name));
    if (facts?.sizeBytes !== sizeBytes) {
      throw new TranscodeError(
        'output-invalid',
        `Cannot publish: the store has ${facts === undefined ? 'no' : `${facts.sizeBytes} bytes of`} ${name}, ${sizeBytes} bytes were stored. Check the store, then start the transcoding anew.`,
      );
    }
  }
}

/** What attempts store, by names that carry their token. */
const ATTEMPT = /^(\d{4}-\d+\.mp4|\d{3}-\d+\.jpg|index-\d+\.vtt)$/;

/** Deletes what attempts stored that lost their lease; nothing else, for a folder may hold other people's files. */
async function sweep(
  run: JobRun,
  folders: readonly string[],
  entries: readonly PackageEntry[],
): Promise<void> {
  const kept = new Set(entries.map(({ name }) => keyUnder(run.prefix, name)));
  for (const name of folders) {
    const folder = keyUnder(run.prefix, name);
    for await (const { key } of run.store.list(`${folder}/`, { signal: run.signal })) {
      if (!kept.has(key) && ATTEMPT.test(key.slice(folder.length + 1))) await run.store.delete(key);
    }
  }
}

import { readFile } from 'node:fs/promises';

import { posterTask } from './encode-args.ts';
import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { asJson, prepared } from './generation-jobs.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { storeObject, type StoredObjects } from './package-list.ts';
import { openSourceScratch } from './prepare.ts';

/** The poster's name under the generation's prefix. */
export const POSTER_NAME = 'poster.jpg';

/** Carries out a `poster` job: a still for the catalogue. */
export async function makePoster(run: JobRun): Promise<JobOutcome> {
  const preparation = prepared(run.siblings);
  const video = preparation?.plan.video;
  if (preparation === undefined || video === undefined) {
    throw new TranscodeError(
      'output-invalid',
      'Cannot take a poster: the generation has no picture in its plan.',
    );
  }
  const scratch = await openSourceScratch(run, preparation);
  try {
    // A source with one key picture has none after the first tenth, so a second try takes any picture from the start.
    const image =
      (await takeStill(run, scratch, posterTask(video.streamIndex, preparation.plan.duration * 0.1, true))) ??
      (await takeStill(run, scratch, posterTask(video.streamIndex, 0, false)));
    // A lecture without a poster is still a lecture.
    const objects = image === undefined ? [] : [await storeObject(run, POSTER_NAME, image, 'image/jpeg')];
    const result: StoredObjects = { objects };
    return { result: asJson(result) };
  } finally {
    await scratch.remove();
  }
}

async function takeStill(
  run: JobRun,
  scratch: Awaited<ReturnType<typeof openSourceScratch>>,
  task: ReturnType<typeof posterTask>,
): Promise<Buffer | undefined> {
  try {
    await runFfmpeg(task, scratch, { signal: run.signal });
  } catch (error) {
    if (error instanceof TranscodeError && error.code === 'encoder-failed') return undefined;
    throw error;
  }
  const image = await readFile(scratch.path(POSTER_NAME)).catch(() => undefined);
  return image === undefined || image.length === 0 ? undefined : image;
}

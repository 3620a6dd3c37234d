import { randomBytes } from 'node:crypto';

import {
  generationId,
  prepareJob,
  type JobStore,
  type LadderOptions,
  type PreparePayload,
} from '../transcoder/index.ts';
import { CatalogueError } from './catalogue/catalogue-error.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Version } from './catalogue/courseware.ts';

/** What of a ladder is to be other than before. */
export type LadderChange = { readonly [option in keyof LadderOptions]?: boolean | undefined };

/**
 * Makes the renditions of an item again from the source that it has, with the ladder of its last making but for what `change`
 * says. A lecture on the air stays there: the new making takes its place when it is ready, and not before.
 *
 * @throws {CatalogueError} `not-found`; `conflict` when it has no source, or is being made at this moment
 */
export async function reprocessCourseware(
  { catalogue, jobs }: { readonly catalogue: Catalogue; readonly jobs: JobStore },
  coursewareId: string,
  change: LadderChange = {},
): Promise<Version> {
  const { current, upcoming } = await catalogue.get(coursewareId);
  const last = (upcoming ?? current)?.generation;
  const prepare =
    last === undefined ? undefined : (await jobs.list(last)).find(({ kind }) => kind === 'prepare');
  if (prepare === undefined) {
    throw new CatalogueError(
      'conflict',
      `Courseware ${coursewareId} has no uploaded media to process again; upload its file first`,
    );
  }
  const before = prepare.payload as unknown as PreparePayload;
  const wished = Object.entries(change).filter(([, isWished]) => isWished !== undefined);
  const ladder: LadderOptions = { ...before.ladder, ...Object.fromEntries(wished) };
  const generation = generationId(randomBytes(12).toString('hex'));
  return catalogue.reprocess(coursewareId, generation, [prepareJob(generation, { ...before, ladder })]);
}

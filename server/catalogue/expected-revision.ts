import { CatalogueError } from './catalogue-error.ts';

/** Something that is about to be changed, as it is now. */
export interface RevisedThing {
  /** As a message names it, such as `Courseware 7fkd2mznbp4x`. */
  readonly name: string;
  readonly revision: number;
  /** Which of the fields that are about to be written were changed after a revision. */
  changedSince(revision: number): Promise<readonly string[]>;
}

/**
 * Refuses to write over what was written after the revision that whoever asks has seen. Changes of other fields are in nobody's
 * way.
 *
 * @param expected - the revision that was seen; `undefined` where it does not matter
 * @throws {CatalogueError} `revision-mismatch`, also for a revision that does not exist yet; `field` is the first that was changed
 */
export async function refuseOverwriting(thing: RevisedThing, expected: number | undefined): Promise<void> {
  const { name, revision } = thing;
  if (expected === undefined || expected === revision) return;
  const overtaken = expected > revision ? ['revision'] : await thing.changedSince(expected);
  const [field] = overtaken;
  if (field === undefined) return;
  throw new CatalogueError(
    'revision-mismatch',
    `${name} is at revision ${revision}, not ${expected}; changed meanwhile: ${overtaken.join(', ')}. ` +
      'Load it again and repeat the change',
    { field },
  );
}

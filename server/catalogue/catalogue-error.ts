/**
 * What the catalogue refuses:
 *
 * - `not-found`: no item, version, upload or tag of that name.
 * - `invalid-input`: a text or number is not what its field allows; `field` names it.
 * - `unknown-tag`: a tag that is not in the list; `near` has those it may have meant.
 * - `conflict`: something else has the same name already, or it is in use.
 * - `revision-mismatch`: somebody else changed the same field after the revision that was expected; `field` names it.
 * - `not-publishable`: nothing of it can be played yet.
 * - `invalid-move`: its state does not allow that.
 */
export type CatalogueErrorCode =
  | 'not-found'
  | 'invalid-input'
  | 'unknown-tag'
  | 'conflict'
  | 'revision-mismatch'
  | 'not-publishable'
  | 'invalid-move';

/** Facts that go with a {@link CatalogueError}. */
export interface CatalogueErrorFacts {
  /** The field of the input that was refused. */
  readonly field?: string;
  /** Tags that resemble the unknown one, nearest first. */
  readonly near?: readonly string[];
  readonly cause?: unknown;
}

/** Everything the catalogue refuses on purpose; nothing was changed. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
  readonly code: CatalogueErrorCode;
  readonly field: string | undefined;
  readonly near: readonly string[];

  constructor(code: CatalogueErrorCode, message: string, facts: CatalogueErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.field = facts.field;
    this.near = facts.near ?? [];
  }
}

/** What is looked for, or `undefined` where a {@link CatalogueError} says `not-found`. */
export async function ifFound<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof CatalogueError && error.code === 'not-found') return undefined;
    throw error;
  }
}

import type { Chapter, GenerationId, GenerationStatus, NewJob } from '../../transcoder/index.ts';
import { CatalogueError } from './catalogue-error.ts';
import { chaptersOf, setChapters, type ChapterList } from './chapter-lists.ts';
import { setPoster } from './chosen-poster.ts';
import { DESCRIBED_FIELDS } from './courseware-description.ts';
import type { CoursewareInput, CoursewarePatch } from './courseware-input.ts';
import { listCourseware, type CoursewarePage, type CoursewareQuery } from './courseware-list.ts';
import { getCourseware, lockCourseware } from './courseware-rows.ts';
import { allOf, weigh, writeCourseware, writeOutcomes } from './courseware-writing.ts';
import type { Courseware, CoursewareId, PublicationState, Version } from './courseware.ts';
import { refuseOverwriting } from './expected-revision.ts';
import { fieldsChangedSince, historyOf, insertChanges, type HistoryEntry } from './history.ts';
import { leftoversOf, type Leftovers } from './leftovers.ts';
import { newId } from '../database/new-id.ts';
import { readPortal, type Portal } from './portal.ts';
import { movePublication } from './publication.ts';
import { relatedTo } from './related.ts';
import { once, type RepeatableRequest } from './repeated-creation.ts';
import { isShared, shareMaking } from './shared-makings.ts';
import { setTombstone } from './tombstones.ts';
import type { Database, Transaction } from '../database/transaction.ts';
import { findGeneration } from './version-places.ts';
import {
  abandonVersion,
  acceptSource,
  discardUpcoming,
  openVersion,
  reprocess,
  settleGeneration,
} from './versions.ts';
import type { AcceptedSource, VersionInput } from './version-source.ts';

/**
 * The courseware of the network, its versions, tags and history. Every change is one transaction: acknowledged is on disk,
 * refused has changed nothing; each is recorded with who made it. Every method may throw a `DatabaseError` too.
 */
export class Catalogue {
  readonly #database: Database;
  readonly #actor: string;

  constructor(database: Database, options: { readonly actor?: string } = {}) {
    this.#database = database;
    this.#actor = options.actor ?? 'system';
  }

  /** The same catalogue, whose changes are recorded as made by `actor`: an account's or a token's name. */
  as(actor: string): Catalogue {
    return new Catalogue(this.#database, { actor });
  }

  /**
   * Adds a draft without media.
   *
   * @param request - whose sender may ask again: the same within a day gives the same item
   * @throws {CatalogueError} `invalid-input`, `unknown-tag`, `conflict` when its code is taken
   */
  async create(input: CoursewareInput, request?: RepeatableRequest): Promise<Courseware> {
    return this.#database.write((transaction) =>
      once(transaction, request, {
        make: async () => {
          const id = newId();
          const outcomes = allOf(await weigh(transaction, [{ fields: input, id }], this.#actor));
          await writeOutcomes(transaction, this.#actor, outcomes);
          return getCourseware(transaction, id);
        },
        idOf: ({ id }) => id,
        again: (id) => getCourseware(transaction, id),
      }),
    );
  }

  /**
   * Adds drafts without media, all in one transaction: thousands as easily as one.
   *
   * @returns their ids, in the order given
   * @throws {CatalogueError} `invalid-input`, `unknown-tag`, `conflict`; then none was added
   */
  createMany(inputs: readonly CoursewareInput[]): Promise<readonly CoursewareId[]> {
    return this.#database.write((transaction) => writeCourseware(transaction, this.#actor, inputs));
  }

  /**
   * Changes what people write about an item. With `expectedRevision`, a field that somebody changed after that revision is
   * not overwritten; changes of other fields, and the progress of its media, are no conflict.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`, `unknown-tag`, `revision-mismatch`, `conflict` when its code is taken
   */
  async update(id: string, patch: CoursewarePatch, expectedRevision?: number): Promise<Courseware> {
    return this.#database.write(async (transaction) => {
      const before = await lockCourseware(transaction, id);
      const outcomes = allOf(await weigh(transaction, [{ fields: patch, before }], this.#actor));
      const fields = DESCRIBED_FIELDS.filter((field) => patch[field] !== undefined);
      const changedSince = (revision: number): Promise<readonly string[]> =>
        fieldsChangedSince(transaction, before.id, revision, fields);
      const revised = { name: `Courseware ${id}`, revision: before.revision, changedSince };
      await refuseOverwriting(revised, expectedRevision);
      const changed = await writeOutcomes(transaction, this.#actor, outcomes);
      return changed.length === 0 ? before : getCourseware(transaction, id);
    });
  }

  /** @throws {CatalogueError} `not-found` */
  get(id: string): Promise<Courseware> {
    return this.#database.read((statements) => getCourseware(statements, id));
  }

  /**
   * Lists items, newest first, page by page.
   *
   * @throws {CatalogueError} `invalid-input`
   */
  list(query: CoursewareQuery = {}): Promise<CoursewarePage> {
    return this.#database.read((statements) => listCourseware(statements, query));
  }

  /**
   * Moves an item's publication by `PUBLICATION_MOVES`. Publishing what may be approved approves it on the way; it needs a
   * current version that is ready or at least playable, and rights that have not ended. A move to where it is changes nothing.
   *
   * @throws {CatalogueError} `not-found`, `invalid-move`, `not-publishable`
   */
  move(id: string, to: PublicationState, reason?: string): Promise<Courseware> {
    return this.#database.write((transaction) => movePublication(transaction, this.#actor, id, to, reason));
  }

  /**
   * Removes a draft and stops the work on it. Its history stays.
   *
   * @returns what it leaves in the object store, to be deleted by the caller
   * @throws {CatalogueError} `not-found`, `conflict` when it is no draft
   */
  async remove(id: string): Promise<Leftovers> {
    return this.#database.write(async (transaction) => {
      const before = await lockCourseware(transaction, id);
      if (before.publication !== 'draft') {
        throw new CatalogueError(
          'conflict',
          `Courseware ${id} is ${before.publication}; only a draft can be removed. Withdraw it instead`,
        );
      }
      const leftovers = await leftoversOf(transaction, id);
      await insertChanges(transaction, id, before.revision + 1, this.#actor, [
        { field: 'removed', before: before.title },
      ]);
      await setTombstone(transaction, before);
      await transaction.rows('DELETE FROM courseware WHERE id = $1', id);
      return leftovers;
    });
  }

  /**
   * Published items that whoever watched this one may want next, the nearest first.
   *
   * @throws {CatalogueError} `not-found`
   */
  related(id: string, limit?: number): Promise<readonly Courseware[]> {
    return this.#database.read(async (statements) =>
      relatedTo(statements, await getCourseware(statements, id), limit),
    );
  }

  /** The front of the library, as everybody sees it. */
  portal(): Promise<Portal> {
    return this.#database.read((statements) => readPortal(statements));
  }

  /**
   * What an item is divided into.
   *
   * @throws {CatalogueError} `not-found`
   */
  chapters(id: string): Promise<ChapterList> {
    return this.#database.read((statements) => chaptersOf(statements, id));
  }

  /**
   * Writes an item's chapters: at most 200, each beginning after the one before, with titles of 1 to 100 characters. Without a
   * list, those of its source count again. With `expectedRevision`, chapters changed after it are not overwritten.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`, `revision-mismatch`
   */
  setChapters(
    id: string,
    chapters: readonly Chapter[] | undefined,
    expectedRevision?: number,
  ): Promise<Courseware> {
    return this.#database.write((transaction) =>
      setChapters(transaction, this.#actor, id, chapters, expectedRevision),
    );
  }

  /**
   * Gives the current version another poster, whose object is in the store already.
   *
   * @throws {CatalogueError} `not-found`, `conflict` when the making is not the current version's any more
   */
  setPoster(id: string, generation: GenerationId, poster: string): Promise<Courseware> {
    return this.#database.write((transaction) => setPoster(transaction, this.#actor, id, generation, poster));
  }

  /** Everything that happened to an item, oldest first; also when it is gone, and empty when it never was. */
  history(id: string): Promise<readonly HistoryEntry[]> {
    return this.#database.read((statements) => historyOf(statements, id));
  }

  /**
   * Begins a version for an upload; a repeated call gives the same one. What is on the air or being made stays current; an
   * upload or a making that was to replace it is superseded, and so is an unfinished first upload.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` when the upload belongs to another item
   */
  openVersion(coursewareId: string, input: VersionInput): Promise<Version> {
    return this.#database.write((transaction) => openVersion(transaction, this.#actor, coursewareId, input));
  }

  /**
   * Gives an unfinished upload up.
   *
   * @returns false when there was nothing to give up: it is unknown, complete or abandoned already
   */
  abandonVersion(uploadId: string): Promise<boolean> {
    return this.#database.write((transaction) => abandonVersion(transaction, this.#actor, uploadId));
  }

  /**
   * Takes over a complete upload and queues the work on it, in one transaction. A repeated call changes nothing and gives
   * the version as it is, whatever generation it names.
   *
   * @throws {CatalogueError} `not-found`, `conflict` when it was abandoned or superseded
   */
  acceptSource(uploadId: string, source: AcceptedSource, jobs: readonly NewJob[]): Promise<Version> {
    return this.#database.write((transaction) =>
      acceptSource(transaction, this.#actor, uploadId, source, jobs),
    );
  }

  /**
   * Makes the renditions again from the same source under a fresh generation, in one transaction with its jobs. What is on
   * the air stays there until the new making is ready.
   *
   * @throws {CatalogueError} `not-found`, `conflict` when there is no source or a making is under way
   */
  reprocess(coursewareId: string, generation: GenerationId, jobs: readonly NewJob[]): Promise<Version> {
    return this.#database.write((transaction) =>
      reprocess(transaction, this.#actor, coursewareId, generation, jobs),
    );
  }

  /**
   * Gives up a newer version that failed or was canceled; what is on the air stays as it is.
   *
   * @throws {CatalogueError} `not-found`; `conflict` when there is none, or it is still being made
   */
  discardUpcoming(coursewareId: string): Promise<void> {
    return this.#database.write((transaction) => discardUpcoming(transaction, this.#actor, coursewareId));
  }

  /**
   * Lets an item play what was or is being made of a file with this digest, in hexadecimal: nothing is stored or encoded
   * again. Its version goes its own way from then on; see `shared-makings.ts`.
   *
   * @returns `undefined` when nothing that is on the air or being made comes from this file
   * @throws {CatalogueError} `not-found`, `invalid-input`
   */
  shareMaking(coursewareId: string, sourceSha256: string): Promise<Version | undefined> {
    return this.#database.write((transaction) =>
      shareMaking(transaction, this.#actor, coursewareId, sourceSha256),
    );
  }

  /** Whether another item plays a making too, or waits for it. */
  isShared(generation: GenerationId, coursewareId: string): Promise<boolean> {
    return this.#database.read((statements) => isShared(statements, generation, coursewareId));
  }

  /**
   * The item and the version a making belongs to; the version may have been replaced since. Of several that play it, one that
   * everybody may watch, and then the oldest.
   */
  findByGeneration(
    generation: GenerationId,
  ): Promise<{ readonly courseware: Courseware; readonly version: Version } | undefined> {
    return this.#database.read(async (statements) => {
      const found = await findGeneration(statements, generation);
      return found === undefined
        ? undefined
        : { courseware: await getCourseware(statements, found.coursewareId), version: found.version };
    });
  }

  /**
   * Writes what a generation's jobs say to its version, within the transaction that changed the jobs. An upcoming version
   * that became ready takes the place of the current one. An unknown generation changes nothing.
   */
  settle(transaction: Transaction, generation: GenerationId, status: GenerationStatus): Promise<void> {
    return settleGeneration(transaction, this.#actor, generation, status);
  }
}

import { CatalogueError } from './catalogue-error.ts';
import { checkedCollection, type CollectionFields, type CollectionKind } from './collection-input.ts';
import {
  getCollection,
  listCollections,
  listMembers,
  memberIds,
  type Collection,
  type CollectionView,
} from './collection-rows.ts';
import { readCourseware } from './courseware-rows.ts';
import { allOf, weigh, writeOutcomes, type Wish } from './courseware-writing.ts';
import type { Courseware } from './courseware.ts';
import { refuseOverwriting } from './expected-revision.ts';
import { recordSharedChange, type Change, type HistoryEntry } from './history.ts';
import { newId } from '../database/new-id.ts';
import { givenRows, givenTexts } from '../database/row-list.ts';
import type { Database, Transaction } from '../database/transaction.ts';

/** Items a series or a topic may have. */
export const MAX_MEMBERS = 2000;

/**
 * The series, or the topics, of the library. Every change is one transaction, is recorded with who made it, and reaches the
 * search index with it. Every method may throw a `DatabaseError` too.
 */
export class Collections {
  readonly kind: CollectionKind;
  readonly #database: Database;
  readonly #actor: string;

  constructor(database: Database, kind: CollectionKind, options: { readonly actor?: string } = {}) {
    this.kind = kind;
    this.#database = database;
    this.#actor = options.actor ?? 'system';
  }

  /** The same, whose changes are recorded as made by `actor`. */
  as(actor: string): Collections {
    return new Collections(this.#database, this.kind, { actor });
  }

  /** All of them, by rank. */
  list(view: CollectionView = {}): Promise<readonly Collection[]> {
    return this.#database.read((statements) => listCollections(statements, this.kind, view));
  }

  /** @throws {CatalogueError} `not-found`, also for one that is not public when only such are asked for */
  get(id: string, view: CollectionView = {}): Promise<Collection> {
    return this.#database.read((statements) => getCollection(statements, this.kind, id, view));
  }

  /**
   * What is in one, in its order, page by page.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`
   */
  items(
    id: string,
    page: CollectionView & { readonly after?: string; readonly limit?: number } = {},
  ): Promise<{ readonly items: readonly Courseware[]; readonly next: string | undefined }> {
    return this.#database.read(async (statements) => {
      await getCollection(statements, this.kind, id, page);
      return listMembers(statements, this.kind, id, page);
    });
  }

  /** @throws {CatalogueError} `invalid-input`, `conflict` when there is one of this title */
  async create(fields: CollectionFields & { readonly title: string }): Promise<Collection> {
    const { kind } = this;
    const checked = checkedCollection(kind, { ...(kind === 'topic' && { state: 'draft' }), ...fields });
    return this.#database.write(async (transaction) => {
      const id = newId();
      const { now } = transaction.words;
      const given = checked.filter(({ column }) => column !== 'rank');
      const rank = checked.find(({ column }) => column === 'rank')?.value;
      const columns = given.map(({ column }) => column);
      await this.#refuseTaken(transaction, id, fields.title);
      refuseBackwards(checked, undefined);
      await transaction.rows(
        `INSERT INTO ${kind} (id, rank, created_at, updated_at, ${columns.join(', ')})
         VALUES ($1, COALESCE($2, (SELECT COALESCE(MAX(rank), 0) + 1 FROM ${kind})), ${now}, ${now},
           ${given.map((_, index) => `$${index + 3}`).join(', ')})`,
        id,
        rank,
        ...given.map(({ value }) => value),
      );
      await this.#record(transaction, id, 1, [{ field: 'created', after: fields.title }]);
      return getCollection(transaction, kind, id);
    });
  }

  /**
   * Changes what is written about one. With `expectedRevision`, a field that was changed after it is not overwritten.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`, `revision-mismatch`, `conflict` when the title is taken
   */
  async change(id: string, fields: CollectionFields, expectedRevision?: number): Promise<Collection> {
    const { kind } = this;
    const checked = checkedCollection(kind, fields);
    return this.#database.write(async (transaction) => {
      const before = await this.#lock(transaction, id);
      await this.#refuseOverwriting(
        transaction,
        before,
        checked.map(({ field }) => field),
        expectedRevision,
      );
      const changed = checked.filter(
        ({ field, value }) => (before[field as keyof Collection] ?? null) !== value,
      );
      if (changed.length === 0) return before;
      refuseBackwards(checked, before);
      const title = changed.find(({ column }) => column === 'title')?.value;
      if (typeof title === 'string') await this.#refuseTaken(transaction, id, title);
      await transaction.rows(
        `UPDATE ${kind} SET ${changed.map(({ column }, index) => `${column} = $${index + 2}`).join(', ')} WHERE id = $1`,
        id,
        ...changed.map(({ value }) => value),
      );
      await this.#raise(
        transaction,
        id,
        changed.map(({ field, value }) => ({
          field,
          before: shown(before[field as keyof Collection]),
          after: shown(value),
        })),
      );
      await this.#tellItems(transaction, id, before.title, typeof title === 'string' ? title : undefined);
      return getCollection(transaction, kind, id);
    });
  }

  /**
   * Removes one; its items stay, outside of it.
   *
   * @throws {CatalogueError} `not-found`
   */
  remove(id: string): Promise<void> {
    const { kind } = this;
    return this.#database.write(async (transaction) => {
      const before = await this.#lock(transaction, id);
      await this.#setMembers(transaction, before, []);
      await this.#record(transaction, id, before.revision + 1, [{ field: 'removed', before: before.title }]);
      await transaction.rows(`DELETE FROM ${kind} WHERE id = $1`, id);
    });
  }

  /**
   * Makes exactly these items, in this order, what is in it. An item that comes into a series leaves the one it was in.
   *
   * @throws {CatalogueError} `not-found` of it or of an item, `invalid-input`, `revision-mismatch`
   */
  async setItems(
    id: string,
    coursewareIds: readonly string[],
    expectedRevision?: number,
  ): Promise<Collection> {
    if (coursewareIds.length > MAX_MEMBERS || new Set(coursewareIds).size !== coursewareIds.length) {
      throw new CatalogueError(
        'invalid-input',
        `A ${this.kind} may have ${MAX_MEMBERS} items at most, each of them once`,
        { field: 'items' },
      );
    }
    return this.#database.write(async (transaction) => {
      const before = await this.#lock(transaction, id);
      await this.#refuseOverwriting(transaction, before, ['items'], expectedRevision);
      const was = await memberIds(transaction, this.kind, id);
      if (JSON.stringify(was) === JSON.stringify(coursewareIds)) return before;
      await this.#setMembers(transaction, before, coursewareIds);
      await this.#raise(transaction, id, [
        { field: 'items', before: was.join(', '), after: coursewareIds.join(', ') },
      ]);
      return getCollection(transaction, this.kind, id);
    });
  }

  /** Everything that happened to one, oldest first; also when it is gone. */
  history(id: string): Promise<readonly HistoryEntry[]> {
    return this.#database.read(async (statements) => {
      const rows = await statements.rows<
        Omit<HistoryEntry, 'reason' | 'before' | 'after'> & { b: string | null; a: string | null }
      >(
        `SELECT at, actor, revision, field, before_value AS b, after_value AS a FROM collection_history
          WHERE collection_id = $1 AND kind = $2 ORDER BY entry`,
        id,
        this.kind,
      );
      return rows.map(({ b, a, ...entry }) => ({
        ...entry,
        before: b ?? undefined,
        after: a ?? undefined,
        reason: undefined,
      }));
    });
  }

  async #lock(transaction: Transaction, id: string): Promise<Collection> {
    await transaction.rows(
      `SELECT id FROM ${this.kind} WHERE id = $1${transaction.words.forUpdate}`,
      id.slice(0, 40),
    );
    return getCollection(transaction, this.kind, id);
  }

  async #refuseTaken(transaction: Transaction, id: string, title: string): Promise<void> {
    const clean = checkedCollection(this.kind, { title })[0]?.value;
    const taken = await transaction.rows(
      `SELECT id FROM ${this.kind} WHERE title = $1 AND id <> $2`,
      clean,
      id,
    );
    if (taken.length > 0) {
      throw new CatalogueError(
        'conflict',
        `There is a ${this.kind} "${clean}" already; give this one another title`,
        { field: 'title' },
      );
    }
  }

  /** @throws {CatalogueError} `revision-mismatch` */
  #refuseOverwriting(
    transaction: Transaction,
    { id, revision }: Collection,
    fields: readonly string[],
    expected: number | undefined,
  ): Promise<void> {
    const changedSince = async (since: number): Promise<readonly string[]> => {
      const rows = await transaction.rows<{ field: string }>(
        'SELECT DISTINCT field FROM collection_history WHERE collection_id = $1 AND revision > $2',
        id,
        since,
      );
      return rows.map(({ field }) => field).filter((field) => fields.includes(field));
    };
    return refuseOverwriting({ name: `The ${this.kind} ${id}`, revision, changedSince }, expected);
  }

  async #setMembers(transaction: Transaction, before: Collection, ids: readonly string[]): Promise<void> {
    const was = await memberIds(transaction, this.kind, before.id);
    const items = await lockItems(transaction, [...new Set([...was, ...ids])]);
    const unknown = ids.find((id) => !items.has(id));
    if (unknown !== undefined) {
      throw new CatalogueError('not-found', `There is no courseware ${JSON.stringify(unknown)}`, {
        field: 'items',
      });
    }
    if (this.kind === 'series') {
      const wishes = [...items.values()].map((item): Wish => {
        const place = ids.indexOf(item.id);
        return {
          before: item,
          fields: place < 0 ? { series: null } : { series: before.title, seriesPosition: place + 1 },
        };
      });
      await writeOutcomes(transaction, this.#actor, allOf(await weigh(transaction, wishes, this.#actor)));
      return;
    }
    for (const id of items.keys()) transaction.touch(id);
    await transaction.rows('DELETE FROM topic_item WHERE topic_id = $1', before.id);
    if (ids.length > 0) {
      await transaction.rows(
        `INSERT INTO topic_item (topic_id, courseware_id, position)
         SELECT $2, given.id, given.place
           FROM ${givenRows(transaction.dialect, '$1', { id: 'text', place: 'integer' })}`,
        JSON.stringify(ids.map((id, index) => ({ id, place: index + 1 }))),
        before.id,
      );
    }
  }

  /** The items of a series carry its title; those of a topic are found by it. */
  async #tellItems(
    transaction: Transaction,
    id: string,
    was: string,
    title: string | undefined,
  ): Promise<void> {
    const ids = await memberIds(transaction, this.kind, id);
    if (this.kind === 'series' && title !== undefined) {
      await recordSharedChange(transaction, this.#actor, ids, { field: 'series', before: was, after: title });
    } else if (this.kind === 'topic') {
      for (const one of ids) transaction.touch(one);
    }
  }

  async #raise(transaction: Transaction, id: string, changes: readonly Change[]): Promise<void> {
    const [row] = await transaction.rows<{ revision: number }>(
      `UPDATE ${this.kind} SET revision = revision + 1, updated_at = ${transaction.words.now} WHERE id = $1
        RETURNING revision`,
      id,
    );
    await this.#record(transaction, id, row?.revision ?? 1, changes);
  }

  async #record(
    transaction: Transaction,
    id: string,
    revision: number,
    changes: readonly Change[],
  ): Promise<void> {
    for (const { field, before, after } of changes) {
      await transaction.rows(
        `INSERT INTO collection_history (kind, collection_id, revision, at, actor, field, before_value, after_value)
         VALUES ($1, $2, $3, ${transaction.words.now}, $4, $5, $6, $7)`,
        this.kind,
        id,
        revision,
        this.#actor,
        field,
        before,
        after,
      );
    }
  }
}

/** Locked in the order of their ids, so that nobody waits in a circle. */
async function lockItems(
  transaction: Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Courseware>> {
  await transaction.rows(
    `SELECT id FROM courseware WHERE id IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')})
      ORDER BY id${transaction.words.forUpdate}`,
    JSON.stringify(ids),
  );
  const items = await readCourseware(transaction, ids);
  return new Map(items.map((item) => [item.id, item]));
}

/** @throws {CatalogueError} `invalid-input` when it would close before it opens */
function refuseBackwards(
  checked: ReturnType<typeof checkedCollection>,
  before: Collection | undefined,
): void {
  const next = (field: 'opensOn' | 'closesOn') => {
    const given = checked.find((one) => one.field === field);
    return given === undefined ? before?.[field] : given.value;
  };
  const [opensOn, closesOn] = [next('opensOn'), next('closesOn')];
  if (typeof opensOn === 'string' && typeof closesOn === 'string' && closesOn < opensOn) {
    throw new CatalogueError('invalid-input', `It cannot close on ${closesOn} when it opens on ${opensOn}`, {
      field: 'closesOn',
    });
  }
}

function shown(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

import { CatalogueError } from './catalogue-error.ts';
import {
  BLANK,
  changesBetween,
  columnsOf,
  describedBy,
  DESCRIPTION_COLUMNS,
  type Description,
} from './courseware-description.ts';
import { checkedFields, type CoursewareInput, type CoursewarePatch } from './courseware-input.ts';
import { findReferences } from './courseware-references.ts';
import type { Courseware, CoursewareId } from './courseware.ts';
import { insertChangesOfMany, type RevisionChange } from './history.ts';
import { newId } from '../database/new-id.ts';
import { givenRows, givenTexts, inPieces, type GivenType } from '../database/row-list.ts';
import type { SqlValue, Transaction } from '../database/transaction.ts';

/** What is wished for one item: the fields given, and the item as it is unless it is to be made. */
export interface Wish {
  readonly fields: CoursewarePatch;
  readonly before?: Courseware;
  /** The id of an item that is to be made; a fresh one by default. */
  readonly id?: string;
}

/** A wish that can be carried out. */
export interface Outcome {
  readonly id: CoursewareId;
  readonly before: Courseware | undefined;
  readonly after: Description;
}

/** Rows to a statement; more make no difference to the pace, and some to the memory. */
const PIECE = 1000;

/**
 * Works out what items become, without writing them; series, units and people they name for the first time are made. Where a
 * wish cannot be carried out, its place has the reason; the other wishes do not depend on it.
 *
 * The items must be locked by the transaction where others may change them.
 *
 * @param actor - who is said to have made what is named for the first time
 */
export async function weigh(
  transaction: Transaction,
  wishes: readonly Wish[],
  actor = 'system',
): Promise<readonly (Outcome | CatalogueError)[]> {
  const checked = wishes.map(({ fields, before }) =>
    // A new item without a title is refused like one with an empty title.
    attempt(() => checkedFields(before === undefined ? { ...fields, title: fields.title ?? '' } : fields)),
  );
  const sound = checked.filter((one) => !(one instanceof CatalogueError));
  const references = await findReferences(
    transaction,
    sound,
    actor,
    wishes.flatMap(({ before }) => before?.seriesId ?? []),
  );
  const owners = await ownersOfCodes(transaction, sound);
  return wishes.map(({ before, id }, index) => {
    const fields = checked[index];
    if (fields === undefined || fields instanceof CatalogueError) return fields as CatalogueError;
    return attempt(() => {
      const after = describedBy(fields, before ?? BLANK, references, before?.current?.duration);
      const outcome: Outcome = { id: before?.id ?? ((id ?? newId()) as CoursewareId), before, after };
      if (after.code !== undefined && after.code !== before?.code) {
        const owner = owners.get(after.code);
        if (owner !== undefined && owner !== outcome.id) throw codeTaken(after.code, owner);
        owners.set(after.code, outcome.id);
      }
      return outcome;
    });
  });
}

function attempt<T>(work: () => T): T | CatalogueError {
  try {
    return work();
  } catch (error) {
    if (error instanceof CatalogueError) return error;
    throw error;
  }
}

function codeTaken(code: string, owner: string): CatalogueError {
  return new CatalogueError(
    'conflict',
    `The code ${JSON.stringify(code)} belongs to courseware ${owner}; every item has its own`,
    { field: 'code' },
  );
}

async function ownersOfCodes(
  transaction: Transaction,
  fields: readonly CoursewarePatch[],
): Promise<Map<string, string>> {
  const codes = fields.flatMap(({ code }) => (typeof code === 'string' ? [code] : []));
  if (codes.length === 0) return new Map();
  const rows = await transaction.rows<{ id: string; code: string }>(
    `SELECT id, code FROM courseware WHERE code IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')})`,
    JSON.stringify(codes),
  );
  return new Map(rows.map(({ id, code }) => [code, id]));
}

/**
 * Makes drafts, thousands as easily as one.
 *
 * @returns their ids, in the order given
 * @throws {CatalogueError} of the first that cannot be made: `invalid-input`, `unknown-tag`, `conflict`
 */
export async function writeCourseware(
  transaction: Transaction,
  actor: string,
  inputs: readonly CoursewareInput[],
): Promise<readonly CoursewareId[]> {
  const outcomes = allOf(
    await weigh(
      transaction,
      inputs.map((fields) => ({ fields })),
      actor,
    ),
  );
  await writeOutcomes(transaction, actor, outcomes);
  return outcomes.map(({ id }) => id);
}

/** @throws {CatalogueError} the first that is one */
export function allOf(outcomes: readonly (Outcome | CatalogueError)[]): readonly Outcome[] {
  return outcomes.map((outcome) => {
    if (outcome instanceof CatalogueError) throw outcome;
    return outcome;
  });
}

/**
 * Writes what was weighed: new items, and of others what changed, each with its history.
 *
 * @returns the ids of those that were not as they are wished already
 */
export async function writeOutcomes(
  transaction: Transaction,
  actor: string,
  outcomes: readonly Outcome[],
): Promise<readonly CoursewareId[]> {
  const fresh = outcomes.filter(({ before }) => before === undefined);
  const changed = outcomes.filter(
    ({ before, after }) => before !== undefined && changesBetween(before, after).length > 0,
  );
  if (fresh.length > 0) await insert(transaction, actor, fresh);
  if (changed.length > 0) await update(transaction, actor, changed);
  return [...fresh, ...changed].map(({ id }) => id);
}

async function insert(transaction: Transaction, actor: string, fresh: readonly Outcome[]): Promise<void> {
  const { dialect, words } = transaction;
  const last = await takeNumbers(transaction, fresh.length);
  const columns = { id: 'text', number: 'integer', ...DESCRIPTION_COLUMNS } as const;
  const names = Object.keys(columns);
  let number = last - fresh.length;
  for (const piece of inPieces(fresh, PIECE)) {
    const rows = piece.map(({ id, after }) => ({ id, number: ++number, ...columnsOf(after) }));
    await transaction.rows(
      `INSERT INTO courseware (${names.join(', ')}, publication, created_at, updated_at, revision)
       SELECT ${names.map((name) => `given.${name}`).join(', ')}, 'draft', at, at, 1
         FROM ${givenRows(dialect, '$1', columns)}, (SELECT ${words.now} AS at) AS clock WHERE true`,
      JSON.stringify(rows),
    );
    await insertTags(transaction, piece);
    await insertPresenters(transaction, piece);
    await insertLabels(transaction, piece);
  }
  await insertChangesOfMany(
    transaction,
    actor,
    fresh.map(({ id, after }) => ({ id, revision: 1, field: 'created', after: after.title })),
  );
}

async function takeNumbers(transaction: Transaction, count: number): Promise<number> {
  const [row] = await transaction.rows<{ last: number }>(
    "UPDATE running_number SET last = last + $1 WHERE subject = 'courseware' RETURNING last",
    count,
  );
  return row?.last ?? count;
}

async function update(transaction: Transaction, actor: string, changed: readonly Outcome[]): Promise<void> {
  const { dialect, words } = transaction;
  const columns = { id: 'text', ...DESCRIPTION_COLUMNS } as const;
  for (const piece of inPieces(changed, PIECE)) {
    const revisions = await transaction.rows<{ id: string; revision: number }>(
      `UPDATE courseware SET revision = revision + 1, updated_at = ${words.now},
         ${Object.keys(DESCRIPTION_COLUMNS)
           .map((name) => `${name} = given.${name}`)
           .join(', ')}
       FROM ${givenRows(dialect, '$1', columns)} WHERE courseware.id = given.id
       RETURNING courseware.id, courseware.revision`,
      JSON.stringify(piece.map(({ id, after }) => ({ id, ...columnsOf(after) }))),
    );
    const revisionOf = new Map(revisions.map(({ id, revision }) => [id, revision]));
    await replace(transaction, 'courseware_tag', differing(piece, ['tags']), insertTags);
    await replace(transaction, 'courseware_presenter', differing(piece, ['presenters']), insertPresenters);
    await replace(
      transaction,
      'courseware_label',
      differing(piece, ['audience', 'trades', 'months', 'awards']),
      insertLabels,
    );
    await insertChangesOfMany(
      transaction,
      actor,
      piece.flatMap(({ id, before, after }) =>
        changesBetween(before ?? BLANK, after).map((change): RevisionChange => ({
          ...change,
          id,
          revision: revisionOf.get(id) ?? 1,
        })),
      ),
    );
  }
}

function differing(outcomes: readonly Outcome[], fields: readonly (keyof Description)[]): readonly Outcome[] {
  return outcomes.filter(({ before, after }) =>
    fields.some((field) => JSON.stringify(before?.[field]) !== JSON.stringify(after[field])),
  );
}

async function replace(
  transaction: Transaction,
  table: string,
  outcomes: readonly Outcome[],
  insertRows: (transaction: Transaction, outcomes: readonly Outcome[]) => Promise<void>,
): Promise<void> {
  if (outcomes.length === 0) return;
  await transaction.rows(
    `DELETE FROM ${table}
      WHERE courseware_id IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')})`,
    JSON.stringify(outcomes.map(({ id }) => id)),
  );
  await insertRows(transaction, outcomes);
}

const insertTags = (transaction: Transaction, outcomes: readonly Outcome[]): Promise<void> =>
  insertParts(
    transaction,
    'courseware_tag',
    { courseware_id: 'text', tag: 'text', position: 'integer' },
    outcomes.flatMap(({ id, after }) =>
      after.tags.map((tag, position) => ({ courseware_id: id, tag, position })),
    ),
  );

const insertPresenters = (transaction: Transaction, outcomes: readonly Outcome[]): Promise<void> =>
  insertParts(
    transaction,
    'courseware_presenter',
    { courseware_id: 'text', person_id: 'text', position: 'integer' },
    outcomes.flatMap(({ id, after }) =>
      after.presenters.map((person, position) => ({ courseware_id: id, person_id: person.id, position })),
    ),
  );

const insertLabels = (transaction: Transaction, outcomes: readonly Outcome[]): Promise<void> =>
  insertParts(
    transaction,
    'courseware_label',
    { courseware_id: 'text', facet: 'text', value: 'text', position: 'integer' },
    outcomes.flatMap(({ id, after }) =>
      (
        [
          ['audience', after.audience],
          ['trade', after.trades],
          ['month', after.months.map(String)],
          ['award', after.awards],
        ] as const
      ).flatMap(([facet, values]) =>
        values.map((value, position) => ({ courseware_id: id, facet, value, position })),
      ),
    ),
  );

async function insertParts(
  transaction: Transaction,
  table: string,
  columns: Readonly<Record<string, GivenType>>,
  rows: readonly Readonly<Record<string, SqlValue>>[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns);
  await transaction.rows(
    `INSERT INTO ${table} (${names.join(', ')})
     SELECT ${names.map((name) => `given.${name}`).join(', ')} FROM ${givenRows(transaction.dialect, '$1', columns)}`,
    JSON.stringify(rows),
  );
}

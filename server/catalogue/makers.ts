import { CatalogueError } from './catalogue-error.ts';
import { lineOf } from './courseware-text.ts';
import { recordSharedChange } from './history.ts';
import type { SqlValue, Statements, Transaction } from '../database/transaction.ts';
import { publishedAt, publishedJoin, publishedOnly, type WordView } from './word-view.ts';

/** Somebody who presents lectures (讲课人), and in how many. */
export interface Presenter {
  readonly id: string;
  readonly name: string;
  readonly uses: number;
}

/**
 * What part a unit has in making courseware: `coordinator` directs it, a `department` shares the work, a `contractor` is paid
 * for it, a `site_host` runs halls, and `media` are stations and papers.
 */
export type UnitKind = (typeof UNIT_KINDS)[number];

/** Every {@link UnitKind}. */
export const UNIT_KINDS = ['coordinator', 'department', 'contractor', 'site_host', 'media'] as const;

/** A unit that makes courseware, and how much of it. */
export interface Unit {
  readonly id: string;
  readonly name: string;
  readonly kind: UnitKind | undefined;
  readonly region: { readonly id: string; readonly name: string } | undefined;
  readonly uses: number;
}

/** What to change of a unit; absent fields stay, `null` empties one. */
export interface UnitFields {
  readonly name?: string;
  readonly kind?: UnitKind | null;
  /** The id of a region. */
  readonly region?: string | null;
}

/** All presenters, in the order of their names' characters; for everybody those of published items. */
export async function listPresenters(
  statements: Statements,
  view: WordView = {},
): Promise<readonly Presenter[]> {
  const all = await statements.rows<Presenter>(
    `SELECT q.id, q.name, (SELECT COUNT(*) FROM courseware_presenter o ${publishedJoin(view)}
         WHERE o.person_id = q.id ${publishedAt(view, 'o.courseware_id')}) AS uses
       FROM person q ORDER BY q.name, q.id`,
  );
  return view.onlyPublic === true ? all.filter(({ uses }) => uses > 0) : all;
}

/** All units, in the order of their names' characters; for everybody those of published items. */
export async function listUnits(statements: Statements, view: WordView = {}): Promise<readonly Unit[]> {
  const all = await selectUnits(statements, view, 'ORDER BY u.name, u.id');
  return view.onlyPublic === true ? all.filter(({ uses }) => uses > 0) : all;
}

async function selectUnits(
  statements: Statements,
  view: WordView,
  rest: string,
  ...values: readonly SqlValue[]
): Promise<readonly Unit[]> {
  const rows = await statements.rows<{
    id: string;
    name: string;
    kind: UnitKind | null;
    region_id: string | null;
    region_name: string | null;
    uses: number;
  }>(
    `SELECT u.id, u.name, u.kind, u.region_id, r.name AS region_name,
       (SELECT COUNT(*) FROM courseware c WHERE c.producer_id = u.id ${publishedOnly(view)}) AS uses
     FROM unit u LEFT JOIN region r ON r.id = u.region_id ${rest}`,
    ...values,
  );
  return rows.map(({ id, name, kind, region_id, region_name, uses }) => ({
    id,
    name,
    kind: kind ?? undefined,
    region: region_id === null ? undefined : { id: region_id, name: region_name ?? '' },
    uses,
  }));
}

/**
 * Gives a presenter another name, in all items.
 *
 * @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` when somebody has it
 */
export async function renamePresenter(
  transaction: Transaction,
  actor: string,
  id: string,
  name: string,
): Promise<Presenter> {
  const clean = lineOf(name, 'name', 100);
  const before = (await listPresenters(transaction)).find((one) => one.id === id);
  if (before === undefined)
    throw new CatalogueError('not-found', `There is no presenter ${JSON.stringify(id)}`);
  if (clean === before.name) return before;
  await refuseTakenName(transaction, 'person', id, clean);
  await transaction.rows('UPDATE person SET name = $1 WHERE id = $2', clean, id);
  const theirs = await transaction.rows<{ id: string }>(
    'SELECT courseware_id AS id FROM courseware_presenter WHERE person_id = $1',
    id,
  );
  await recordSharedChange(
    transaction,
    actor,
    theirs.map((one) => one.id),
    { field: 'presenters', before: before.name, after: clean },
  );
  return { ...before, name: clean };
}

/**
 * Changes a unit and, with its name, all items it has made.
 *
 * @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` when another one has the name
 */
export async function changeUnit(
  transaction: Transaction,
  actor: string,
  id: string,
  fields: UnitFields,
): Promise<Unit> {
  const [before] = await selectUnits(transaction, {}, 'WHERE u.id = $1', id);
  if (before === undefined) throw new CatalogueError('not-found', `There is no unit ${JSON.stringify(id)}`);
  const name = fields.name === undefined ? before.name : lineOf(fields.name, 'name', 100);
  const kind = fields.kind === undefined ? before.kind : (fields.kind ?? undefined);
  const region = fields.region === undefined ? before.region?.id : (fields.region ?? undefined);
  if (kind !== undefined && !UNIT_KINDS.includes(kind)) {
    throw new CatalogueError('invalid-input', `The kind must be one of ${UNIT_KINDS.join(', ')}`, {
      field: 'kind',
    });
  }
  if (region !== undefined) {
    const known = await transaction.rows('SELECT id FROM region WHERE id = $1', region);
    if (known.length === 0) {
      throw new CatalogueError('invalid-input', `There is no region ${JSON.stringify(region)}`, {
        field: 'region',
      });
    }
  }
  await refuseTakenName(transaction, 'unit', id, name);
  await transaction.rows(
    'UPDATE unit SET name = $2, kind = $3, region_id = $4 WHERE id = $1',
    id,
    name,
    kind,
    region,
  );
  if (name !== before.name) {
    const made = await transaction.rows<{ id: string }>(
      'SELECT id FROM courseware WHERE producer_id = $1',
      id,
    );
    await recordSharedChange(
      transaction,
      actor,
      made.map((one) => one.id),
      { field: 'producer', before: before.name, after: name },
    );
  }
  const [after] = await selectUnits(transaction, {}, 'WHERE u.id = $1', id);
  return after ?? before;
}

/**
 * Removes a presenter, or a unit, that no item names.
 *
 * @throws {CatalogueError} `not-found`, `conflict` while items name it
 */
export async function removeMaker(
  transaction: Transaction,
  table: 'person' | 'unit',
  id: string,
): Promise<void> {
  const all = table === 'person' ? await listPresenters(transaction) : await listUnits(transaction);
  const found = all.find((one) => one.id === id);
  const word = table === 'person' ? 'presenter' : 'unit';
  if (found === undefined) throw new CatalogueError('not-found', `There is no ${word} ${JSON.stringify(id)}`);
  if (found.uses > 0) {
    throw new CatalogueError('conflict', `"${found.name}" is named by ${found.uses} courseware items`);
  }
  await transaction.rows(`DELETE FROM ${table} WHERE id = $1`, id);
}

async function refuseTakenName(
  transaction: Transaction,
  table: 'person' | 'unit',
  id: string,
  name: string,
): Promise<void> {
  const taken = await transaction.rows(`SELECT id FROM ${table} WHERE name = $1 AND id <> $2`, name, id);
  if (taken.length > 0) {
    throw new CatalogueError('conflict', `The name "${name}" is taken already`, { field: 'name' });
  }
}

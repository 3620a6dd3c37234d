import { calendarDay } from './calendar-day.ts';
import { CatalogueError } from './catalogue-error.ts';
import { dayOf } from './courseware-text.ts';
import type { SqlValue, Statements } from '../database/transaction.ts';

/** A region's place in the tree. */
export type RegionLevel = 'city' | 'county' | 'town' | 'village';

/** An administrative region, as it was or is from one day to another. */
export interface Region {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly level: RegionLevel;
  readonly parentId: string | undefined;
  /** The ids from the root down to it: `/330600/330683/330683102/`. */
  readonly path: string;
  /** First and last day it was or is so, `YYYY-MM-DD`; without one, since or for as long as anybody knows. */
  readonly validFrom: string | undefined;
  readonly validTo: string | undefined;
  /** The region that came into its place. */
  readonly successorId: string | undefined;
  /** How many stand right under it, on the day asked for. */
  readonly children: number;
}

/** Which regions. */
export interface RegionQuery {
  /** The day whose tree is asked for, `YYYY-MM-DD`. Default today. */
  readonly at?: string;
  /** The id or code of the one they stand under; without it, those that stand under none. */
  readonly parent?: string;
}

interface RegionRow {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly level: RegionLevel;
  readonly parent_id: string | null;
  readonly path: string;
  readonly valid_from: string | null;
  readonly valid_to: string | null;
  readonly successor_id: string | null;
  readonly children: number;
}

/** Whether a region of `table` is valid on the day bound as `$1`. */
const isValid = (table: string): string =>
  `(${table}.valid_from IS NULL OR ${table}.valid_from <= $1) AND (${table}.valid_to IS NULL OR ${table}.valid_to >= $1)`;

/**
 * The regions under one, by code.
 *
 * @throws {CatalogueError} `invalid-input`, `not-found`
 */
export async function listRegions(
  statements: Statements,
  { at, parent }: RegionQuery = {},
): Promise<readonly Region[]> {
  const day = at === undefined ? calendarDay() : dayOf(at, 'at');
  const select = (rest: string, ...values: readonly SqlValue[]): Promise<RegionRow[]> =>
    statements.rows<RegionRow>(
      `SELECT r.*, (SELECT COUNT(*) FROM region k WHERE k.parent_id = r.id AND ${isValid('k')}) AS children
         FROM region r WHERE ${isValid('r')} AND ${rest} ORDER BY r.code, r.id`,
      day,
      ...values,
    );
  if (parent === undefined) return (await select('r.parent_id IS NULL')).map(regionOf);
  const [above] = await select('(r.id = $2 OR r.code = $2)', parent);
  if (above === undefined) {
    throw new CatalogueError(
      'not-found',
      `On ${day} there is no region ${JSON.stringify(parent.slice(0, 40))}`,
    );
  }
  return (await select('r.parent_id = $2', above.id)).map(regionOf);
}

function regionOf(row: RegionRow): Region {
  return {
    id: row.id,
    code: row.code,
    name: row.name,
    level: row.level,
    parentId: row.parent_id ?? undefined,
    path: row.path,
    validFrom: row.valid_from ?? undefined,
    validTo: row.valid_to ?? undefined,
    successorId: row.successor_id ?? undefined,
    children: row.children,
  };
}

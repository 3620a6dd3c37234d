import { givenRows } from '../database/row-list.ts';
import type { Transaction } from '../database/transaction.ts';
import { SHAOXING } from './shaoxing-regions.ts';
import type { RegionRecord } from './region-record.ts';

const COLUMNS = {
  id: 'text',
  code: 'text',
  name: 'text',
  level: 'text',
  parent_id: 'text',
  path: 'text',
  valid_from: 'text',
  valid_to: 'text',
  successor_id: 'text',
} as const;

/**
 * Writes the tree of Shaoxing into the database; regions of other ids stay as they are.
 *
 * @returns how many were not there as they are now
 */
export async function loadRegions(
  transaction: Transaction,
  regions: readonly RegionRecord[] = SHAOXING,
): Promise<number> {
  const byId = new Map(regions.map((region) => [region.id, region]));
  const pathOf = ({ id, parent }: RegionRecord): string => {
    const above = parent === undefined ? undefined : byId.get(parent);
    return `${above === undefined ? '/' : pathOf(above)}${id}/`;
  };
  const rows = regions.map((region) => ({
    id: region.id,
    code: region.code,
    name: region.name,
    level: region.level,
    parent_id: region.parent,
    path: pathOf(region),
    valid_from: region.from,
    valid_to: region.to === undefined ? undefined : dayBefore(region.to),
    successor_id: region.successor,
  }));
  const names = Object.keys(COLUMNS);
  const others = names.slice(1);
  const isDistinct = transaction.dialect === 'postgres' ? 'IS DISTINCT FROM' : 'IS NOT';
  // One statement, so that it does not matter who is written before whom they refer to.
  const changed = await transaction.rows(
    `INSERT INTO region (${names.join(', ')})
     SELECT ${names.map((name) => `given.${name}`).join(', ')} FROM ${givenRows(transaction.dialect, '$1', COLUMNS)}
      WHERE true
     ON CONFLICT (id) DO UPDATE SET ${others.map((name) => `${name} = excluded.${name}`).join(', ')}
      WHERE ${others.map((name) => `region.${name} ${isDistinct} excluded.${name}`).join(' OR ')}
     RETURNING id`,
    JSON.stringify(rows),
  );
  return changed.length;
}

/** The last day of something that ended on the morning of `day`. */
function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

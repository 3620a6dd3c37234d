import { givenRows, type GivenType } from '../database/row-list.ts';
import type { SqlValue, Transaction } from '../database/transaction.ts';
import { PRESENTERS } from './presenters.ts';
import { SERIES } from './series-plan.ts';
import { CATEGORIES, TAGS, UNITS } from './vocabulary.ts';

/** When the network began; what was there from the start is as old. */
export const BEGINNING = Date.UTC(2006, 5, 1, 1);

/**
 * Writes what items refer to: tags with their aliases, categories, series, units and people. What is there under the same name
 * stays as it is, but for a tag without a heading, which gets one.
 */
export async function loadWords(transaction: Transaction): Promise<void> {
  await insertMissing(
    transaction,
    'tag',
    { name: 'text', rank: 'integer', facet: 'text' },
    TAGS.map(({ name, facet }, index) => ({ name, rank: index + 1, facet })),
  );
  await transaction.rows(
    `UPDATE tag SET facet = (SELECT given.facet FROM ${givenRows(transaction.dialect, '$1', { name: 'text', facet: 'text' })}
        WHERE given.name = tag.name)
      WHERE facet IS NULL AND name IN (SELECT given.name FROM ${givenRows(transaction.dialect, '$1', { name: 'text', facet: 'text' })})`,
    JSON.stringify(TAGS.map(({ name, facet }) => ({ name, facet }))),
  );
  await insertMissing(
    transaction,
    'tag_alias',
    { alias: 'text', tag: 'text' },
    TAGS.flatMap(({ name, aliases }) => aliases.map((alias) => ({ alias, tag: name }))),
  );
  await insertMissing(
    transaction,
    'category',
    { code: 'text', name: 'text', parent_code: 'text', rank: 'integer' },
    CATEGORIES.map(({ code, name }, index) => ({
      code,
      name,
      parent_code: code.length > 2 ? code.slice(0, 2) : undefined,
      rank: index + 1,
    })),
  );
  await insertMissing(
    transaction,
    'series',
    {
      id: 'text',
      title: 'text',
      description: 'text',
      rank: 'integer',
      created_at: 'bigint',
      updated_at: 'bigint',
    },
    SERIES.map(({ title, description }, index) => ({
      id: `series-sx-${String(index + 1).padStart(2, '0')}`,
      title,
      description,
      rank: index + 1,
      created_at: BEGINNING,
      updated_at: BEGINNING,
    })),
  );
  await insertMissing(
    transaction,
    'unit',
    { id: 'text', name: 'text', kind: 'text', region_id: 'text' },
    UNITS.map(({ name, kind, region }, index) => ({
      id: `unit-sx-${String(index + 1).padStart(2, '0')}`,
      name,
      kind,
      region_id: region,
    })),
  );
  await insertMissing(
    transaction,
    'person',
    { id: 'text', name: 'text' },
    PRESENTERS.map((name, index) => ({ id: `person-sx-${String(index + 1).padStart(3, '0')}`, name })),
  );
}

/** Inserts rows, but for those that would come into the way of one that is there. */
export async function insertMissing(
  transaction: Transaction,
  table: string,
  columns: Readonly<Record<string, GivenType>>,
  rows: readonly Readonly<Record<string, SqlValue>>[],
): Promise<void> {
  const names = Object.keys(columns);
  await transaction.rows(
    `INSERT INTO ${table} (${names.join(', ')})
     SELECT ${names.map((name) => `given.${name}`).join(', ')}
       FROM ${givenRows(transaction.dialect, '$1', columns)} WHERE true ON CONFLICT DO NOTHING`,
    JSON.stringify(rows),
  );
}

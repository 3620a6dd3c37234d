import type { Dialect } from './transaction.ts';

/** How a column of given rows is read on both databases. */
export type GivenType = 'text' | 'integer' | 'bigint' | 'real';

const POSTGRES_TYPES: Readonly<Record<GivenType, string>> = {
  text: 'text',
  integer: 'integer',
  bigint: 'bigint',
  real: 'double precision',
};

/**
 * A table of rows that are bound as one value, for `FROM`: a JSON array of objects with these keys. One statement then writes
 * a thousand rows, and costs as much as a few.
 *
 * @param placeholder - such as `$1`; what is bound there is `JSON.stringify(rows)`
 */
export function givenRows(
  dialect: Dialect,
  placeholder: string,
  columns: Readonly<Record<string, GivenType>>,
): string {
  if (dialect === 'postgres') {
    const typed = Object.entries(columns).map(([name, type]) => `${name} ${POSTGRES_TYPES[type]}`);
    return `json_to_recordset(${placeholder}::json) AS given (${typed.join(', ')})`;
  }
  const extracted = Object.keys(columns).map((name) => `json_extract(value, '$.${name}') AS ${name}`);
  return `(SELECT ${extracted.join(', ')} FROM json_each(${placeholder})) AS given`;
}

/** The same of single texts, in a column `value`: `WHERE id IN (SELECT value FROM …)`. */
export function givenTexts(dialect: Dialect, placeholder: string): string {
  return dialect === 'postgres'
    ? `json_array_elements_text(${placeholder}::json) AS given (value)`
    : `(SELECT value FROM json_each(${placeholder})) AS given`;
}

/**
 * The condition that a column has one of the texts that are bound as one value: `WHERE c.id ${isGiven(dialect, '$1')}`. PostgreSQL
 * joins a whole table before it looks at a subquery; of an array it knows that it is short, and uses the index.
 */
export function isGiven(dialect: Dialect, placeholder: string): string {
  const given = `SELECT value FROM ${givenTexts(dialect, placeholder)}`;
  return dialect === 'postgres' ? `= ANY(ARRAY(${given}))` : `IN (${given})`;
}

/** `items` in pieces of at most `size`. */
export function inPieces<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

const LISTS: Readonly<Record<Dialect, (part: string, order: string) => string>> = {
  sqlite: (part, order) => `json_group_array(${part} ORDER BY ${order})`,
  postgres: (part, order) => `COALESCE(json_agg(${part} ORDER BY ${order}), '[]')::text`,
};

/** A part of all rows of a subquery as one text, for its select list: a JSON array, `[]` where there is no row. */
export function rowList(dialect: Dialect, part: string, order: string): string {
  return LISTS[dialect](part, order);
}

/** Several columns as one JSON array, such as the parts of a {@link rowList}. */
export function rowTuple(dialect: Dialect, columns: string): string {
  return `${dialect === 'postgres' ? 'json_build_array' : 'json_array'}(${columns})`;
}

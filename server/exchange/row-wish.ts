import type { CoursewarePatch, RightsInput } from '../catalogue/courseware-input.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import type { Column, FieldValue } from './column.ts';
import type { TableReferences } from './table-references.ts';
import type { TableRow } from './table-rows.ts';

const LISTS: ReadonlySet<string> = new Set(['tags', 'presenters', 'audience', 'trades', 'months', 'awards']);

/** What a field becomes that a table empties. */
function emptied(key: string): unknown {
  if (LISTS.has(key)) return [];
  if (key === 'description') return '';
  return key === 'language' ? 'zh-CN' : null;
}

/**
 * What a row wants changed of an item, or of a new one; pure. What the row writes the way the item would be written is left out:
 * an exported duration of `0:18:30` is no wish to round what was measured.
 */
export function patchOf(
  row: TableRow,
  columns: readonly Column[],
  before: Courseware | undefined,
  references: TableReferences,
): CoursewarePatch {
  const patch: Record<string, unknown> = {};
  const rights = new Map<string, string | null>();
  const extra = new Map<string, string | null>();
  for (const column of columns) {
    const value = row.values.get(column.key);
    if (value === undefined || isAsWritten(column, value, before, references)) continue;
    const [group, name] = splitKey(column.key);
    if (group === 'rights') rights.set(name, value === null ? null : String(value));
    else if (group === 'extra') extra.set(name, value === null ? null : String(value));
    else patch[column.key] = value ?? emptied(column.key);
  }
  if (rights.size > 0) patch['rights'] = rightsOf(before, rights);
  if (extra.size > 0) patch['extra'] = merged(before?.extra ?? {}, extra);
  return patch;
}

function splitKey(key: string): readonly [group: string, name: string] {
  const dot = key.indexOf('.');
  return dot < 0 ? ['', key] : [key.slice(0, dot), key.slice(dot + 1)];
}

function isAsWritten(
  column: Column,
  value: FieldValue | null,
  before: Courseware | undefined,
  references: TableReferences,
): boolean {
  const known = before === undefined ? undefined : column.of(before);
  if (known === undefined) return value === null;
  return value !== null && column.write(known, references) === column.write(value, references);
}

function rightsOf(
  before: Courseware | undefined,
  given: ReadonlyMap<string, string | null>,
): RightsInput | null {
  const { holder, scope, until } = before?.rights ?? {};
  const known = Object.entries({ holder, scope, until }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const rights = merged(Object.fromEntries(known), given);
  return Object.keys(rights).length === 0 ? null : rights;
}

function merged(
  known: Readonly<Record<string, string>>,
  given: ReadonlyMap<string, string | null>,
): Record<string, string> {
  const result: Record<string, string> = { ...known };
  for (const [name, value] of given) {
    if (value === null) delete result[name];
    else result[name] = value;
  }
  return result;
}

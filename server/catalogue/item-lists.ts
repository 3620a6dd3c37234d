import { rowList, rowTuple } from '../database/row-list.ts';
import type { Dialect } from '../database/transaction.ts';

/** The lists of an item as one row has them. */
export interface ItemListRow {
  readonly tags: string;
  readonly presenters: string;
  readonly labels: string;
}

/** What an item has several of, each in its order. */
export interface ItemLists {
  readonly tags: readonly string[];
  readonly presenters: readonly { readonly id: string; readonly name: string }[];
  readonly audience: readonly string[];
  readonly trades: readonly string[];
  /** Numbers from 1 to 12. */
  readonly months: readonly number[];
  readonly awards: readonly string[];
}

/** The columns of an {@link ItemListRow}, of the item `c` of a statement. */
export function itemListColumns(dialect: Dialect): string {
  const presenter = rowTuple(dialect, 'q.id, q.name');
  const label = rowTuple(dialect, 'facet, value');
  return `(SELECT ${rowList(dialect, 'tag', 'position')} FROM courseware_tag WHERE courseware_id = c.id) AS tags,
      (SELECT ${rowList(dialect, presenter, 'position')} FROM courseware_presenter o
         JOIN person q ON q.id = o.person_id WHERE o.courseware_id = c.id) AS presenters,
      (SELECT ${rowList(dialect, label, 'position')} FROM courseware_label WHERE courseware_id = c.id) AS labels`;
}

export function itemListsOf(row: ItemListRow): ItemLists {
  const labels = JSON.parse(row.labels) as readonly (readonly [string, string])[];
  const labelled = (facet: string): readonly string[] =>
    labels.flatMap(([of, value]) => (of === facet ? [value] : []));
  const presenters = JSON.parse(row.presenters) as readonly (readonly [string, string])[];
  return {
    tags: JSON.parse(row.tags) as readonly string[],
    presenters: presenters.map(([id, name]) => ({ id, name })),
    audience: labelled('audience'),
    trades: labelled('trade'),
    months: labelled('month').map(Number),
    awards: labelled('award'),
  };
}

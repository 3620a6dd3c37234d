import type { CoursewareId, CoursewareKind, PublicationState } from '../catalogue/courseware.ts';
import { itemListColumns, itemListsOf, type ItemListRow } from '../catalogue/item-lists.ts';
import { isGiven, rowList, rowTuple } from '../database/row-list.ts';
import type { Dialect, Statements } from '../database/transaction.ts';
import type { FacetValue } from './facet-column.ts';
import type { ItemFacts } from './item-projection.ts';

function selectFacts(dialect: Dialect): string {
  const topic = rowTuple(dialect, 'k.id, k.title');
  const regions = ['r', 'r1', 'r2', 'r3'].map((table) => `${table}.id, ${table}.name`).join(', ');
  return `SELECT c.id, c.number, c.publication, COALESCE(c.published_at, c.created_at) AS published_at, c.code, c.title,
      c.description, c.kind, g.name AS category, c.year, c.duration, c.series_id, s.title AS series_title,
      c.producer_id, p.name AS producer_name, CAST(${rowTuple(dialect, regions)} AS TEXT) AS regions,
      ${itemListColumns(dialect)},
      (SELECT ${rowList(dialect, 'a.alias', 'a.alias')} FROM courseware_tag t JOIN tag_alias a ON a.tag = t.tag
         WHERE t.courseware_id = c.id) AS aliases,
      (SELECT ${rowList(dialect, topic, 'k.rank, k.id')} FROM topic_item i JOIN topic k ON k.id = i.topic_id
         WHERE i.courseware_id = c.id AND k.state <> 'draft') AS topics
    FROM courseware c
    LEFT JOIN series s ON s.id = c.series_id
    LEFT JOIN category g ON g.code = c.category_code
    LEFT JOIN unit p ON p.id = c.producer_id
    LEFT JOIN region r ON r.id = c.region_id
    LEFT JOIN region r1 ON r1.id = r.parent_id
    LEFT JOIN region r2 ON r2.id = r1.parent_id
    LEFT JOIN region r3 ON r3.id = r2.parent_id`;
}

interface FactsRow extends ItemListRow {
  readonly id: CoursewareId;
  readonly number: number;
  readonly publication: PublicationState;
  readonly published_at: number;
  readonly code: string | null;
  readonly title: string;
  readonly description: string;
  readonly kind: CoursewareKind | null;
  readonly category: string | null;
  readonly year: number | null;
  readonly duration: number | null;
  readonly series_id: string | null;
  readonly series_title: string | null;
  readonly producer_id: string | null;
  readonly producer_name: string | null;
  readonly regions: string;
  readonly aliases: string;
  readonly topics: string;
}

const listOf = (json: string): readonly string[] => JSON.parse(json) as readonly string[];

function namedOf(json: string): readonly FacetValue[] {
  const pairs = JSON.parse(json) as readonly (readonly [string, string])[];
  return pairs.map(([value, label]) => ({ value, label }));
}

function regionsOf(json: string): readonly FacetValue[] {
  const flat = JSON.parse(json) as readonly (string | null)[];
  return flat.flatMap((value, index) =>
    index % 2 === 0 && value !== null ? [{ value, label: flat[index + 1] ?? value }] : [],
  );
}

function referred(value: string | null, label: string | null): FacetValue | undefined {
  return value === null ? undefined : { value, label: label ?? value };
}

function factsOf(row: FactsRow): ItemFacts {
  const { presenters, months, ...lists } = itemListsOf(row);
  return {
    ...lists,
    id: row.id,
    number: row.number,
    publication: row.publication,
    publishedAt: row.published_at,
    code: row.code ?? undefined,
    title: row.title,
    description: row.description,
    kind: row.kind ?? undefined,
    category: row.category ?? undefined,
    year: row.year ?? undefined,
    duration: row.duration ?? undefined,
    series: referred(row.series_id, row.series_title),
    producer: referred(row.producer_id, row.producer_name),
    regions: regionsOf(row.regions),
    aliases: listOf(row.aliases),
    topics: namedOf(row.topics),
    presenters: presenters.map(({ id, name }) => ({ value: id, label: name })),
    months: months.map(String),
  };
}

/** Reads what the search knows of items out of the catalogue, in no order; those that do not exist are left out. */
export async function readItemFacts(
  statements: Statements,
  ids: readonly string[],
): Promise<readonly ItemFacts[]> {
  const rows = await statements.rows<FactsRow>(
    `${selectFacts(statements.dialect)}
      WHERE c.id ${isGiven(statements.dialect, '$1')}`,
    JSON.stringify(ids),
  );
  return rows.map(factsOf);
}

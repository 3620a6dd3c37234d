import { givenRows, inPieces, isGiven } from '../catalogue/row-list.ts';
import type { CoursewareId, CoursewareKind, PublicationState } from '../catalogue/courseware.ts';
import { PREPARED, type Dialect, type Statements, type Transaction } from '../catalogue/transaction.ts';
import type { Facet, FacetValue } from './facet-column.ts';
import type { IndexedItem } from './indexed-item.ts';
import { digestOf, INDEX_EDITION, indexedItem, type ItemFacts } from './item-projection.ts';

/** Lists of a row's parts as JSON, in their order. */
const LISTS: Readonly<Record<Dialect, (part: string, order: string) => string>> = {
  sqlite: (part, order) => `json_group_array(${part} ORDER BY ${order})`,
  postgres: (part, order) => `COALESCE(json_agg(${part} ORDER BY ${order}), '[]')::text`,
};

const ARRAYS: Readonly<Record<Dialect, string>> = { sqlite: 'json_array', postgres: 'json_build_array' };

function selectFacts(dialect: Dialect): string {
  const list = LISTS[dialect];
  const array = ARRAYS[dialect];
  const regions = ['r', 'r1', 'r2', 'r3'].map((table) => `${table}.id, ${table}.name`).join(', ');
  return `SELECT c.id, c.number, c.publication, COALESCE(c.published_at, c.created_at) AS published_at, c.code, c.title,
      c.description, c.kind, g.name AS category, c.year, c.duration, c.series_id, s.title AS series_title,
      c.producer_id, p.name AS producer_name, CAST(${array}(${regions}) AS TEXT) AS regions,
      (SELECT ${list('tag', 'position')} FROM courseware_tag WHERE courseware_id = c.id) AS tags,
      (SELECT ${list('a.alias', 'a.alias')} FROM courseware_tag t JOIN tag_alias a ON a.tag = t.tag
         WHERE t.courseware_id = c.id) AS aliases,
      (SELECT ${list(`${array}(k.id, k.title)`, 'k.rank, k.id')} FROM topic_item i JOIN topic k ON k.id = i.topic_id
         WHERE i.courseware_id = c.id AND k.state <> 'draft') AS topics,
      (SELECT ${list(`${array}(q.id, q.name)`, 'position')} FROM courseware_presenter o
         JOIN person q ON q.id = o.person_id WHERE o.courseware_id = c.id) AS presenters,
      (SELECT ${list(`${array}(facet, value)`, 'facet, position')} FROM courseware_label
         WHERE courseware_id = c.id) AS labels
    FROM courseware c
    LEFT JOIN series s ON s.id = c.series_id
    LEFT JOIN category g ON g.code = c.category_code
    LEFT JOIN unit p ON p.id = c.producer_id
    LEFT JOIN region r ON r.id = c.region_id
    LEFT JOIN region r1 ON r1.id = r.parent_id
    LEFT JOIN region r2 ON r2.id = r1.parent_id
    LEFT JOIN region r3 ON r3.id = r2.parent_id`;
}

interface FactsRow {
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
  readonly tags: string;
  readonly aliases: string;
  readonly topics: string;
  readonly presenters: string;
  readonly labels: string;
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
  const labels = JSON.parse(row.labels) as readonly (readonly [string, string])[];
  const labelled = (facet: string): readonly string[] =>
    labels.flatMap(([of, value]) => (of === facet ? [value] : []));
  return {
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
    tags: listOf(row.tags),
    aliases: listOf(row.aliases),
    topics: namedOf(row.topics),
    presenters: namedOf(row.presenters),
    audience: labelled('audience'),
    trades: labelled('trade'),
    months: labelled('month'),
    awards: labelled('award'),
  };
}

const COLUMNS = {
  number: 'integer',
  courseware_id: 'text',
  digest: 'text',
  publication: 'text',
  published_at: 'bigint',
  title: 'text',
  tags: 'text',
  about: 'text',
  description: 'text',
  syllables: 'text',
  title_boundaries: 'text',
  title_sort: 'text',
  facets: 'text',
} as const;
const NAMES = Object.keys(COLUMNS) as readonly (keyof typeof COLUMNS)[];

type ItemColumns = { readonly [name in keyof typeof COLUMNS]: string | number };

function columnsOf(item: IndexedItem, digest: string): ItemColumns {
  return {
    number: item.number,
    courseware_id: item.id,
    digest,
    publication: item.publication,
    published_at: item.publishedAt,
    ...item.texts,
    syllables: JSON.stringify(item.syllables),
    title_boundaries: JSON.stringify(item.titleBoundaries),
    title_sort: item.titleSort,
    facets: JSON.stringify(item.facets),
  };
}

/** A row as the in-memory index takes it. */
export interface ItemRow extends ItemColumns {
  readonly change: number;
  readonly is_gone: number;
  readonly courseware_id: CoursewareId;
  readonly publication: PublicationState;
  readonly number: number;
  readonly published_at: number;
  readonly plays: number | null;
  readonly favourites: number | null;
}

/** Reads an item back out of its row. */
export function itemOf(row: ItemRow): IndexedItem {
  return {
    number: row.number,
    id: row.courseware_id,
    publication: row.publication,
    publishedAt: row.published_at,
    texts: {
      title: String(row.title),
      tags: String(row.tags),
      about: String(row.about),
      description: String(row.description),
    },
    syllables: JSON.parse(String(row.syllables)) as IndexedItem['syllables'],
    titleBoundaries: JSON.parse(String(row.title_boundaries)) as readonly number[],
    titleSort: String(row.title_sort),
    facets: JSON.parse(String(row.facets)) as Record<Facet, readonly FacetValue[]>,
  };
}

/** Items to a statement. */
const PIECE = 500;

async function readFacts(statements: Statements, ids: readonly string[]): Promise<readonly FactsRow[]> {
  return statements.rows<FactsRow>(
    `${selectFacts(statements.dialect)}
      WHERE c.id ${isGiven(statements.dialect, '$1')}`,
    JSON.stringify(ids),
  );
}

interface KnownRow {
  readonly courseware_id: string;
  readonly digest: string;
  readonly edition: number;
  readonly is_gone: number;
}

async function knownRows(
  statements: Statements,
  ids: readonly string[],
): Promise<ReadonlyMap<string, KnownRow>> {
  const rows = await statements.rows<KnownRow>(
    `SELECT courseware_id, digest, edition, is_gone FROM search_item
      WHERE courseware_id ${isGiven(statements.dialect, '$1')}`,
    JSON.stringify(ids),
  );
  return new Map(rows.map((row) => [row.courseware_id, row]));
}

/**
 * Writes items as they are now to the tables the search reads, in the transaction that changed them; items that are gone are
 * taken out. An item whose search has nothing new to learn costs two reads and no write.
 */
export async function indexMany(transaction: Transaction, ids: readonly string[]): Promise<void> {
  let change: number | undefined;
  for (const piece of inPieces([...new Set(ids)], PIECE)) {
    const known = await knownRows(transaction, piece);
    const facts = await readFacts(transaction, piece);
    const fresh: ItemColumns[] = [];
    for (const row of facts) {
      const item = indexedItem(factsOf(row));
      const digest = digestOf(item);
      const before = known.get(row.id);
      if (before?.digest !== digest || before.edition !== INDEX_EDITION || before.is_gone === 1) {
        fresh.push(columnsOf(item, digest));
      }
    }
    const found = new Set<string>(facts.map(({ id }) => id));
    const gone = piece.filter((id) => !found.has(id) && known.get(id)?.is_gone === 0);
    if (fresh.length + gone.length === 0) continue;
    change ??= await nextChange(transaction, 'item_change');
    if (fresh.length > 0) await writeRows(transaction, fresh, change);
    if (gone.length > 0) await markGone(transaction, gone, change);
  }
}

/** Writes one item as {@link indexMany} does. */
export function indexCourseware(transaction: Transaction, id: string): Promise<void> {
  return indexMany(transaction, [id]);
}

/**
 * Takes the next number of a kind of change. Its row stays locked until the transaction ends, so numbers become visible in their
 * order, and who has seen one has missed none before it.
 */
export async function nextChange(
  transaction: Transaction,
  column: 'item_change' | 'synonym_change',
): Promise<number> {
  const [row] = await transaction.rows<{ change: number }>(
    `UPDATE search_state SET ${column} = ${column} + 1 RETURNING ${column} AS change`,
  );
  return row?.change ?? 0;
}

async function writeRows(
  transaction: Transaction,
  rows: readonly ItemColumns[],
  change: number,
): Promise<void> {
  const { dialect } = transaction;
  const updated = NAMES.filter((name) => name !== 'number');
  await transaction.rows(
    `INSERT INTO search_item (${NAMES.join(', ')}, change, edition, is_gone)
      SELECT ${NAMES.map((name) => `given.${name}`).join(', ')}, ${change}, ${INDEX_EDITION}, 0
        FROM ${givenRows(dialect, '$1', COLUMNS)} WHERE true
      ON CONFLICT (number) DO UPDATE SET ${updated.map((name) => `${name} = excluded.${name}`).join(', ')},
        change = excluded.change, edition = excluded.edition, is_gone = 0`,
    JSON.stringify(rows),
  );
  await transaction.rows(
    `UPDATE courseware SET title_sort = given.title_sort
      FROM ${givenRows(dialect, '$1', { courseware_id: 'text', title_sort: 'text' })}
      WHERE courseware.id = given.courseware_id
        AND COALESCE(courseware.title_sort, '') <> given.title_sort`,
    JSON.stringify(rows.map(({ courseware_id, title_sort }) => ({ courseware_id, title_sort }))),
  );
}

async function markGone(transaction: Transaction, ids: readonly string[], change: number): Promise<void> {
  await transaction.rows(
    `UPDATE search_item SET is_gone = 1, change = ${change}, digest = '', title = '', tags = '', about = '',
        description = '', syllables = '{}', title_boundaries = '[]', title_sort = '', facets = '{}'
      WHERE courseware_id ${isGiven(transaction.dialect, '$1')}`,
    JSON.stringify(ids),
  );
}

/** What tells whether anything has changed. */
export interface SearchState {
  readonly itemChange: number;
  readonly synonymChange: number;
  /** Whether anything that is said in lectures is searchable. */
  readonly hasTranscripts: boolean;
}

/** Reads how far changes have come. */
export async function readState(statements: Statements): Promise<SearchState> {
  const [row] = await statements.rows<{ item: number; synonym: number; said: number }>(
    `${PREPARED} SELECT item_change AS item, synonym_change AS synonym,
        CASE WHEN EXISTS (SELECT 1 FROM transcript) THEN 1 ELSE 0 END AS said FROM search_state`,
  );
  return {
    itemChange: row?.item ?? 0,
    synonymChange: row?.synonym ?? 0,
    hasTranscripts: row?.said === 1,
  };
}

/** Rows that changed after the place given, in the order of their changes. */
export async function changedRows(
  statements: Statements,
  after: { readonly change: number; readonly number: number },
  limit: number,
): Promise<readonly ItemRow[]> {
  const columns = NAMES.filter((name) => name !== 'digest').map((name) => `i.${name}`);
  return statements.rows<ItemRow>(
    `SELECT ${columns.join(', ')}, i.change, i.is_gone, n.plays, n.favourites
      FROM search_item i LEFT JOIN courseware_use n ON n.courseware_id = i.courseware_id
      WHERE (i.change, i.number) > ($1, $2) ORDER BY i.change, i.number LIMIT ${limit}`,
    after.change,
    after.number,
  );
}

/** How the tables of the search differ from the catalogue. */
export interface Drift {
  /** Items that are not searched, or as another edition of this program would. */
  readonly missing: readonly string[];
  /** Items that are searched as they were before. */
  readonly stale: readonly string[];
  /** Items that are gone and still searched. */
  readonly ghosts: readonly string[];
}

/** Compares every item with what the search knows of it. */
export async function findDrift(statements: Statements): Promise<Drift> {
  const ids = await statements.rows<{ id: string }>('SELECT id FROM courseware ORDER BY id');
  const seen = await compareItems(
    statements,
    ids.map(({ id }) => id),
  );
  // An item that was written between the two reads looks as if it differed; it does not the second time.
  const again = await compareItems(statements, [...seen.missing, ...seen.stale]);
  const ghosts = await statements.rows<{ courseware_id: string }>(
    `SELECT courseware_id FROM search_item WHERE is_gone = 0
       AND NOT EXISTS (SELECT 1 FROM courseware WHERE id = courseware_id)`,
  );
  return { ...again, ghosts: ghosts.map(({ courseware_id }) => courseware_id) };
}

async function compareItems(
  statements: Statements,
  ids: readonly string[],
): Promise<Pick<Drift, 'missing' | 'stale'>> {
  const drift = { missing: [] as string[], stale: [] as string[] };
  for (const piece of inPieces(ids, PIECE)) {
    const known = await knownRows(statements, piece);
    for (const row of await readFacts(statements, piece)) {
      const before = known.get(row.id);
      if (before === undefined || before.is_gone === 1 || before.edition !== INDEX_EDITION) {
        drift.missing.push(row.id);
      } else if (before.digest !== digestOf(indexedItem(factsOf(row)))) {
        drift.stale.push(row.id);
      }
    }
  }
  return drift;
}

/** Items the search does not know, or knows from another edition of this program; at most `limit`. */
export async function unindexed(statements: Statements, limit: number): Promise<readonly string[]> {
  const rows = await statements.rows<{ id: string }>(
    `SELECT c.id FROM courseware c LEFT JOIN search_item i ON i.courseware_id = c.id
      WHERE i.number IS NULL OR i.edition <> ${INDEX_EDITION} OR i.is_gone = 1 ORDER BY c.id LIMIT ${limit}`,
  );
  return rows.map(({ id }) => id);
}

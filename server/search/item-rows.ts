import { givenRows, inPieces, isGiven } from '../database/row-list.ts';
import type { CoursewareId, PublicationState } from '../catalogue/courseware.ts';
import { PREPARED, type Statements, type Transaction } from '../database/transaction.ts';
import type { Facet, FacetValue } from './facet-column.ts';
import type { IndexedItem } from './indexed-item.ts';
import { readItemFacts } from './item-facts.ts';
import { digestOf, INDEX_EDITION, indexedItem } from './item-projection.ts';

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
    const facts = await readItemFacts(transaction, piece);
    const fresh: ItemColumns[] = [];
    for (const one of facts) {
      const item = indexedItem(one);
      const digest = digestOf(item);
      const before = known.get(one.id);
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
    for (const facts of await readItemFacts(statements, piece)) {
      const before = known.get(facts.id);
      if (before === undefined || before.is_gone === 1 || before.edition !== INDEX_EDITION) {
        drift.missing.push(facts.id);
      } else if (before.digest !== digestOf(indexedItem(facts))) {
        drift.stale.push(facts.id);
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

import { CatalogueError } from './catalogue-error.ts';
import type { CoursewarePatch } from './courseware-input.ts';
import type { CoursewareRegion, Named } from './courseware.ts';
import { newId } from '../database/new-id.ts';
import { givenRows, givenTexts } from '../database/row-list.ts';
import { loadTags, type KnownTags } from './tags.ts';
import type { Transaction } from '../database/transaction.ts';

/**
 * Everything that the fields of some items refer to, looked up at once; series, units and people that are new have been made.
 * Every method throws a `CatalogueError` for what does not exist.
 */
export interface CoursewareReferences {
  series(title: string): { readonly id: string; readonly title: string };
  /** Takes a place in a series: the one wanted, or the next at its end. */
  placeIn(seriesId: string, wanted: number | undefined): number;
  tags(names: readonly string[]): readonly string[];
  category(code: string): { readonly code: string; readonly name: string };
  /** By code, the one that is valid now before those that were; or by id. */
  region(codeOrId: string): CoursewareRegion;
  producer(name: string): Named;
  presenter(name: string): Named;
}

/**
 * Finds what `fields`, which have been checked, refer to.
 *
 * @param actor - who makes the series that are new
 * @param seriesIds - the series the items are in already
 */
export async function findReferences(
  transaction: Transaction,
  fields: readonly CoursewarePatch[],
  actor: string,
  seriesIds: readonly string[],
): Promise<CoursewareReferences> {
  const wanted = (texts: (field: CoursewarePatch) => readonly (string | null | undefined)[]) => [
    ...new Set(fields.flatMap(texts).filter((text) => typeof text === 'string')),
  ];
  const titles = wanted((given) => [given.series]);
  const had = await idsByName(transaction, 'series', titles);
  const series = titles.length === had.size ? had : await foundOrMade(transaction, 'series', titles);
  await recordNewSeries(
    transaction,
    actor,
    [...series].filter(([title]) => !had.has(title)),
  );
  const producers = await foundOrMade(
    transaction,
    'unit',
    wanted((given) => [given.producer]),
  );
  const people = await foundOrMade(
    transaction,
    'person',
    wanted((given) => given.presenters ?? []),
  );
  const categories = await findCategories(
    transaction,
    wanted((given) => [given.category]),
  );
  const regions = await findRegions(
    transaction,
    wanted((given) => [given.region]),
  );
  const tags: KnownTags | undefined = fields.some((given) => (given.tags ?? []).length > 0)
    ? await loadTags(transaction)
    : undefined;
  const ends = await findEnds(transaction, [...new Set([...series.values(), ...seriesIds])]);
  return {
    series: (title) => ({ id: existing(series, title, 'series'), title }),
    placeIn(seriesId, wanted) {
      const end = ends.get(seriesId) ?? 0;
      const place = wanted ?? end + 1;
      ends.set(seriesId, Math.max(place, end));
      return place;
    },
    tags: (names) => tags?.resolve(names) ?? [],
    category: (code) => existing(categories, code, 'category'),
    region: (code) => existing(regions, code, 'region'),
    producer: (name) => ({ id: existing(producers, name, 'producer'), name }),
    presenter: (name) => ({ id: existing(people, name, 'presenters'), name }),
  };
}

function existing<T>(found: ReadonlyMap<string, T>, key: string, field: string): T {
  const value = found.get(key);
  if (value !== undefined) return value;
  throw new CatalogueError(
    'invalid-input',
    `There is no ${field} ${JSON.stringify(key)}; add it to the ${field} list first or correct the name`,
    { field },
  );
}

/** What is made by being named: its table, the column of the name, and what a new row has besides. */
const MAKERS = {
  series: {
    name: 'title',
    insert: (now: string, given: string) => `INSERT INTO series (id, title, rank, created_at, updated_at)
      SELECT given.id, given.name, (SELECT COALESCE(MAX(rank), 0) FROM series) + given.place, ${now}, ${now}
      FROM ${given} WHERE true ON CONFLICT (title) DO NOTHING`,
  },
  unit: {
    name: 'name',
    insert: (_now: string, given: string) => `INSERT INTO unit (id, name)
      SELECT given.id, given.name FROM ${given} WHERE true ON CONFLICT (name) DO NOTHING`,
  },
  person: {
    name: 'name',
    insert: (_now: string, given: string) => `INSERT INTO person (id, name)
      SELECT given.id, given.name FROM ${given} WHERE true ON CONFLICT (name) DO NOTHING`,
  },
} as const;

/** The ids of rows by their names, the missing ones made. Ids are always read back: somebody may have been quicker. */
async function foundOrMade(
  transaction: Transaction,
  table: keyof typeof MAKERS,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const known = await idsByName(transaction, table, names);
  const fresh = names.filter((name) => !known.has(name)).toSorted();
  if (fresh.length === 0) return known;
  await transaction.rows(
    MAKERS[table].insert(
      transaction.words.now,
      givenRows(transaction.dialect, '$1', { id: 'text', name: 'text', place: 'integer' }),
    ),
    JSON.stringify(fresh.map((name, index) => ({ id: newId(), name, place: index + 1 }))),
  );
  return idsByName(transaction, table, names);
}

/** Series that were made by naming them begin their history like the others. */
async function recordNewSeries(
  transaction: Transaction,
  actor: string,
  made: readonly (readonly [title: string, id: string])[],
): Promise<void> {
  if (made.length === 0) return;
  await transaction.rows(
    `INSERT INTO collection_history (kind, collection_id, revision, at, actor, field, after_value)
     SELECT 'series', given.id, 1, ${transaction.words.now}, $2, 'created', given.title
       FROM ${givenRows(transaction.dialect, '$1', { id: 'text', title: 'text' })}
      WHERE NOT EXISTS (SELECT 1 FROM collection_history h WHERE h.collection_id = given.id)`,
    JSON.stringify(made.map(([title, id]) => ({ id, title }))),
    actor,
  );
}

async function idsByName(
  transaction: Transaction,
  table: keyof typeof MAKERS,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map();
  const column = MAKERS[table].name;
  const rows = await transaction.rows<Named>(
    `SELECT id, ${column} AS name FROM ${table}
      WHERE ${column} IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')})`,
    JSON.stringify(names),
  );
  return new Map(rows.map(({ id, name }) => [name, id]));
}

async function findCategories(
  transaction: Transaction,
  codes: readonly string[],
): Promise<ReadonlyMap<string, { readonly code: string; readonly name: string }>> {
  if (codes.length === 0) return new Map();
  const rows = await transaction.rows<{ code: string; name: string }>(
    `SELECT code, name FROM category WHERE code IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')})`,
    JSON.stringify(codes),
  );
  return new Map(rows.map((row) => [row.code, row]));
}

async function findRegions(
  transaction: Transaction,
  codes: readonly string[],
): Promise<ReadonlyMap<string, CoursewareRegion>> {
  if (codes.length === 0) return new Map();
  const given = givenTexts(transaction.dialect, '$1');
  const rows = await transaction.rows<CoursewareRegion>(
    `SELECT id, code, name, path FROM region
      WHERE code IN (SELECT value FROM ${given}) OR id IN (SELECT value FROM ${given})
      ORDER BY CASE WHEN valid_to IS NULL THEN 1 ELSE 0 END, valid_to, valid_from`,
    JSON.stringify(codes),
  );
  return new Map([
    // The later entry of a code wins; an id wins over a code.
    ...rows.map((row) => [row.code, row] as const),
    ...rows.map((row) => [row.id, row] as const),
  ]);
}

async function findEnds(
  transaction: Transaction,
  seriesIds: readonly string[],
): Promise<Map<string, number>> {
  if (seriesIds.length === 0) return new Map();
  const rows = await transaction.rows<{ series_id: string; last: number | null }>(
    `SELECT series_id, MAX(series_position) AS last FROM courseware
      WHERE series_id IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')}) GROUP BY series_id`,
    JSON.stringify(seriesIds),
  );
  return new Map(rows.map((row) => [row.series_id, row.last ?? 0]));
}

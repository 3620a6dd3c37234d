import { readCourseware } from './courseware-rows.ts';
import type { Courseware } from './courseware.ts';
import { givenRows } from '../database/row-list.ts';
import type { Statements } from '../database/transaction.ts';

/** What makes two items akin, and by how much at most: what few items share counts in full, what all share not at all. */
const WEIGHTS = {
  tag: 1,
  trade: 1.5,
  presenter: 3,
  category: 1.5,
  region: 0.5,
  nextInSeries: 6,
  inSeries: 2,
};

/** A word that so many items have says little about any of them, and takes long to follow. */
const TOO_COMMON = 1000;

interface Trait {
  readonly source: keyof typeof SOURCES;
  readonly value: string;
  readonly weight: number;
}

/** Where the items that share a trait are found: the table, the item's id, the value, and what else must hold. */
const SOURCES = {
  tag: { table: 'courseware_tag s', id: 's.courseware_id', value: 's.tag', and: '' },
  trade: {
    table: 'courseware_label s',
    id: 's.courseware_id',
    value: 's.value',
    and: "AND s.facet = 'trade'",
  },
  presenter: { table: 'courseware_presenter s', id: 's.courseware_id', value: 's.person_id', and: '' },
  category: { table: 'courseware s', id: 's.id', value: 's.category_code', and: '' },
  region: { table: 'courseware s', id: 's.id', value: 's.region_id', and: '' },
} as const;

/**
 * Published items that whoever watched this one may want next: those that follow it in its series before those that share rare
 * words, presenters or places with it.
 */
export async function relatedTo(
  statements: Statements,
  item: Courseware,
  limit = 12,
): Promise<readonly Courseware[]> {
  const { rare, common } = await weighTraits(statements, traitsOf(item));
  const near = await findNear(statements, item, rare, limit);
  const rest =
    common === undefined || near.length >= limit ? [] : await findNewest(statements, item, common, limit);
  return readCourseware(statements, [...new Set([...near, ...rest])].slice(0, limit));
}

async function findNear(
  statements: Statements,
  item: Courseware,
  traits: readonly Trait[],
  limit: number,
): Promise<readonly string[]> {
  // CROSS JOIN makes SQLite begin with the few traits, and not with everything that is published.
  const shared = Object.entries(SOURCES).map(
    ([source, { table, id, value, and }]) => `SELECT ${id} AS id, given.weight
         FROM ${givenRows(statements.dialect, '$1', { source: 'text', value: 'text', weight: 'real' })}
           CROSS JOIN ${table} WHERE given.source = '${source}' AND ${value} = given.value ${and}`,
  );
  const found = await statements.rows<{ id: string }>(
    `SELECT c.id FROM (
       ${shared.join('\n       UNION ALL ')}
       UNION ALL SELECT id, CASE WHEN series_position BETWEEN CAST($4 AS INTEGER) + 1 AND CAST($4 AS INTEGER) + 3
           THEN ${WEIGHTS.nextInSeries} - (series_position - CAST($4 AS INTEGER)) * 0.5
           ELSE ${WEIGHTS.inSeries} END AS weight
         FROM courseware WHERE series_id = $3
           AND series_position BETWEEN CAST($4 AS INTEGER) - 1 AND CAST($4 AS INTEGER) + 3
     ) near CROSS JOIN courseware c
     WHERE c.id = near.id AND c.publication = 'published' AND c.id <> $2
     GROUP BY c.id, c.published_at ORDER BY SUM(near.weight) DESC, c.published_at DESC, c.id
     LIMIT ${Math.round(limit)}`,
    JSON.stringify(traits),
    item.id,
    item.seriesId ?? '',
    item.seriesPosition ?? 0,
  );
  return found.map(({ id }) => id);
}

/** The newest that share a trait so many have that one is soon found. */
async function findNewest(
  statements: Statements,
  item: Courseware,
  { source, value }: Trait,
  limit: number,
): Promise<readonly string[]> {
  const { table, id, value: column, and } = SOURCES[source];
  const found = await statements.rows<{ id: string }>(
    `SELECT c.id FROM courseware c WHERE c.publication = 'published' AND c.id <> $1
        AND EXISTS (SELECT 1 FROM ${table} WHERE ${id} = c.id AND ${column} = $2 ${and})
      ORDER BY c.published_at DESC, c.id DESC LIMIT ${Math.round(limit)}`,
    item.id,
    value,
  );
  return found.map((row) => row.id);
}

function traitsOf(item: Courseware): readonly Trait[] {
  const trait = (source: Trait['source'], values: readonly (string | undefined)[]): readonly Trait[] =>
    values.flatMap((value) => (value === undefined ? [] : [{ source, value, weight: WEIGHTS[source] }]));
  return [
    ...trait('tag', item.tags),
    ...trait('trade', item.trades),
    ...trait(
      'presenter',
      item.presenters.map(({ id }) => id),
    ),
    ...trait('category', [item.category?.code]),
    ...trait('region', [item.region?.id]),
  ];
}

/** The traits that are rare enough to be followed, weighed by how rare they are, and the first of those that are not. */
async function weighTraits(
  statements: Statements,
  traits: readonly Trait[],
): Promise<{ readonly rare: readonly Trait[]; readonly common: Trait | undefined }> {
  if (traits.length === 0) return { rare: [], common: undefined };
  const given = givenRows(statements.dialect, '$1', { source: 'text', value: 'text' });
  const rows = await statements.rows<{ source: Trait['source']; value: string; uses: number }>(
    Object.entries(SOURCES)
      .map(
        ([source, { table, value, and }]) => `SELECT given.source, given.value,
             (SELECT COUNT(*) FROM (SELECT 1 FROM ${table} WHERE ${value} = given.value ${and}
                LIMIT ${TOO_COMMON + 1}) counted) AS uses
           FROM ${given} WHERE given.source = '${source}'`,
      )
      .join(' UNION ALL '),
    JSON.stringify(traits),
  );
  const [last] = await statements.rows<{ items: number }>(
    "SELECT last AS items FROM running_number WHERE subject = 'courseware'",
  );
  const items = Math.max(last?.items ?? 0, 2);
  const usesOf = new Map(rows.map(({ source, value, uses }) => [`${source} ${value}`, uses]));
  const counted = traits.map((trait) => ({ trait, uses: usesOf.get(`${trait.source} ${trait.value}`) ?? 1 }));
  return {
    rare: counted
      .filter(({ uses }) => uses <= TOO_COMMON)
      .map(({ trait, uses }) => {
        const rarity = Math.max(0, 1 - Math.log2(Math.max(uses - 1, 1)) / Math.log2(items));
        return { ...trait, weight: trait.weight * rarity };
      }),
    common: counted.find(({ uses }) => uses > TOO_COMMON)?.trait,
  };
}

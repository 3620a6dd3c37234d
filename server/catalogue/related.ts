import { readCourseware } from './courseware-rows.ts';
import type { Courseware } from './courseware.ts';
import { givenRows } from './row-list.ts';
import type { Statements } from './transaction.ts';

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

/** A word that so many items have says nothing about any of them. */
const TOO_COMMON = 5000;

interface Trait {
  readonly source: keyof typeof SOURCES;
  readonly value: string;
  readonly weight: number;
}

/** Where the items that share a trait are found. */
const SOURCES = {
  tag: 'SELECT courseware_id AS id, tag AS value FROM courseware_tag',
  trade: "SELECT courseware_id AS id, value FROM courseware_label WHERE facet = 'trade'",
  presenter: 'SELECT courseware_id AS id, person_id AS value FROM courseware_presenter',
  category: 'SELECT id, category_code AS value FROM courseware',
  region: 'SELECT id, region_id AS value FROM courseware',
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
  const traits = await weighTraits(statements, traitsOf(item));
  const found = await statements.rows<{ id: string }>(
    `SELECT c.id FROM (
       ${Object.entries(SOURCES)
         .map(
           ([source, rows]) =>
             `SELECT s.id, given.weight FROM ${givenRows(statements.dialect, '$1', {
               source: 'text',
               value: 'text',
               weight: 'real',
             })} JOIN (${rows}) s ON s.value = given.value WHERE given.source = '${source}'`,
         )
         .join('\n       UNION ALL ')}
       UNION ALL SELECT id, CASE WHEN series_position BETWEEN CAST($4 AS INTEGER) + 1 AND CAST($4 AS INTEGER) + 3
           THEN ${WEIGHTS.nextInSeries} - (series_position - CAST($4 AS INTEGER)) * 0.5
           ELSE ${WEIGHTS.inSeries} END AS weight
         FROM courseware WHERE series_id = $3
           AND series_position BETWEEN CAST($4 AS INTEGER) - 1 AND CAST($4 AS INTEGER) + 3
     ) near JOIN courseware c ON c.id = near.id
     WHERE c.publication = 'published' AND c.id <> $2
     GROUP BY c.id, c.published_at ORDER BY SUM(near.weight) DESC, c.published_at DESC, c.id
     LIMIT ${Math.round(limit)}`,
    JSON.stringify(traits),
    item.id,
    item.seriesId ?? '',
    item.seriesPosition ?? 0,
  );
  return readCourseware(
    statements,
    found.map(({ id }) => id),
  );
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

/** The traits that are rare enough to say something, weighed by how rare they are. */
async function weighTraits(statements: Statements, traits: readonly Trait[]): Promise<readonly Trait[]> {
  if (traits.length === 0) return [];
  const rows = await statements.rows<{ source: Trait['source']; value: string; uses: number }>(
    Object.entries(SOURCES)
      .map(
        ([source, rows]) => `SELECT given.source, given.value, COUNT(*) AS uses
           FROM ${givenRows(statements.dialect, '$1', { source: 'text', value: 'text' })}
           JOIN (${rows}) s ON s.value = given.value WHERE given.source = '${source}'
           GROUP BY given.source, given.value`,
      )
      .join(' UNION ALL '),
    JSON.stringify(traits),
  );
  const [last] = await statements.rows<{ items: number }>(
    "SELECT last AS items FROM running_number WHERE subject = 'courseware'",
  );
  const items = Math.max(last?.items ?? 0, 2);
  const usesOf = new Map(rows.map(({ source, value, uses }) => [`${source} ${value}`, uses]));
  return traits.flatMap((trait) => {
    const uses = usesOf.get(`${trait.source} ${trait.value}`) ?? 1;
    const rarity = Math.max(0, 1 - Math.log2(Math.max(uses - 1, 1)) / Math.log2(items));
    return uses > TOO_COMMON ? [] : [{ ...trait, weight: trait.weight * rarity }];
  });
}

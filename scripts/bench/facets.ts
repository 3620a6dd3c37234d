import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Search, type Database, type FacetCounts, type FacetFilters } from 'yuanjiao/server';

import { Latency } from './latency.ts';
import { startPostgres } from './private-postgres.ts';
import { seeded } from './queue-simulation.ts';
import { fillShelf } from './trap-shelf.ts';

interface Source {
  /** Another table `f` in which an item's values are, and how to find them. */
  readonly from?: string;
  readonly where?: string;
  readonly value: string;
}

const labels = (facet: string): Source => ({
  from: 'courseware_label f',
  where: `f.courseware_id = c.id AND f.facet = '${facet}'`,
  value: 'f.value',
});

/** How SQL says which values an item has in a facet. */
const SOURCES: Readonly<Record<keyof FacetCounts, Source>> = {
  tag: { from: 'courseware_tag f', where: 'f.courseware_id = c.id', value: 'f.tag' },
  series: { value: 'c.series_id' },
  topic: { from: 'topic_item f', where: 'f.courseware_id = c.id', value: 'f.topic_id' },
  kind: { value: 'c.kind' },
  region: {
    from: 'region own, region f',
    where: "own.id = c.region_id AND own.path LIKE f.path || '%'",
    value: 'f.id',
  },
  year: { value: 'c.year' },
  length: {
    value: `CASE WHEN c.duration < 600 THEN 'under-10' WHEN c.duration < 1800 THEN '10-30'
      WHEN c.duration < 3600 THEN '30-60' ELSE 'over-60' END`,
  },
  audience: labels('audience'),
  producer: { value: 'c.producer_id' },
  trade: labels('trade'),
  month: labels('month'),
};
const FACETS = Object.keys(SOURCES) as readonly (keyof FacetCounts)[];

/**
 * Counts every facet under random filters: whether all counts equal those of SQL's GROUP BY over the catalogue's tables, and the
 * milliseconds of both, in turn. With numbers: items, and filters.
 */
export async function run(items = '10500', filters = '1000'): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-bench-'));
  const postgres = await startPostgres();
  try {
    const sqlite = await compare(`sqlite:${join(folder, 'facets.db')}`, Number(items), Number(filters));
    const other =
      postgres === undefined
        ? undefined
        : await compare(postgres.address, Number(items), Math.ceil(Number(filters) / 5));
    return { ...sqlite, ...(other !== undefined && { postgres: other }) };
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(address: string, size: number, rounds: number): Promise<object> {
  const { database } = await fillShelf(address, size);
  const search = new Search(database);
  const { facets } = await search.count({});
  const draw = seeded(7);
  const ours = new Latency();
  const theirs = new Latency();
  let different = 0;
  for (let round = 0; round < rounds; round += 1) {
    const chosen = randomFilters(facets, draw);
    const counted = await ours.take(() => search.count({ filters: chosen }));
    const grouped = await theirs.take(() => groupBy(database, chosen));
    for (const facet of FACETS) {
      const words = counted.facets[facet]
        .filter(({ count }) => count > 0)
        .map(({ value, count }) => `${value} ${count}`);
      // What is shown is cut at a hundred values; what is shown must be right.
      const all = new Set(grouped[facet]);
      const isWhole = words.length >= 100 || words.length === all.size;
      if (!isWhole || words.some((word) => !all.has(word))) {
        different += 1;
        if (different < 4) console.log(`${facet} differs under ${JSON.stringify(chosen)}`);
      }
    }
  }
  await database.close();
  const { p50_ms, p99_ms } = ours.figures();
  const sql = theirs.figures();
  console.log(`${database.shown}: ${rounds} filters, ${different} differences, p50 ${p50_ms} ms`);
  return {
    filters: rounds,
    differences: different,
    p50_ms,
    p99_ms,
    group_by_p50_ms: sql.p50_ms,
    group_by_p99_ms: sql.p99_ms,
  };
}

/** None to three facets, with one or two values each. */
function randomFilters(facets: FacetCounts, draw: () => number): FacetFilters {
  const chosen: Partial<Record<keyof FacetCounts, readonly string[]>> = {};
  for (let count = Math.floor(draw() * 4); count > 0; count -= 1) {
    const facet = FACETS[Math.floor(draw() * FACETS.length)] ?? 'tag';
    const values = facets[facet];
    const pick = (): string => values[Math.floor(draw() * values.length)]?.value ?? '';
    chosen[facet] = [...new Set(draw() < 0.5 ? [pick()] : [pick(), pick()])];
  }
  return chosen;
}

async function groupBy(
  database: Database,
  filters: FacetFilters,
): Promise<Readonly<Record<keyof FacetCounts, readonly string[]>>> {
  return database.read(async (statements) => {
    const counts: Partial<Record<keyof FacetCounts, readonly string[]>> = {};
    for (const facet of FACETS) {
      const conditions = FACETS.filter((other) => other !== facet || other === 'tag').flatMap((other) =>
        conditionsOf(other, filters[other] ?? []),
      );
      const { from, where, value } = SOURCES[facet];
      const rows = await statements.rows<{ value: string | number | null; count: number }>(
        `SELECT ${value} AS value, COUNT(*) AS count FROM courseware c${from === undefined ? '' : `, ${from}`}
          WHERE ${[`c.publication = 'published'`, ...(where === undefined ? [] : [where]), ...conditions].join(' AND ')}
          GROUP BY ${value}`,
      );
      counts[facet] = rows.filter((row) => row.value !== null).map((row) => `${row.value} ${row.count}`);
    }
    return counts as Record<keyof FacetCounts, readonly string[]>;
  });
}

function conditionsOf(facet: keyof FacetCounts, values: readonly string[]): readonly string[] {
  const { from, where, value } = SOURCES[facet];
  const among = (list: readonly string[]): string => {
    const texts = list.map((one) => `'${one.replaceAll("'", "''")}'`).join(', ');
    const condition = `CAST(${value} AS TEXT) IN (${texts})`;
    return from === undefined ? condition : `EXISTS (SELECT 1 FROM ${from} WHERE ${where} AND ${condition})`;
  };
  if (values.length === 0) return [];
  return facet === 'tag' ? values.map((one) => among([one])) : [among(values)];
}

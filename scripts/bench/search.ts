import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import { Search, type SearchQuery } from 'yuanjiao/server';

import { Latency } from './latency.ts';
import { startPostgres } from './private-postgres.ts';
import { seeded } from './queue-simulation.ts';
import { ftsPairsRival, likeRival, trigramRival, vectorRival, type Rival } from './search-rivals.ts';
import { isAbout } from './trap-catalogue.ts';
import { fillShelf, type TrapShelf } from './trap-shelf.ts';
import { QUERIES } from './trap-words.ts';

const SIZES = [10_500, 150_000];
/** Reading every hit of a larger catalogue page by page takes minutes, and its texts are of the same kind. */
const MAX_JUDGED = 20_000;
const ROUNDS: Readonly<Record<number, number>> = { 10_500: 12, 150_000: 4 };

/** What else people do besides typing one word. */
const OTHER_QUERIES: readonly SearchQuery[] = [
  { q: '杨梅 嫁接' },
  { q: '嵊州 桃形李 栽培' },
  { q: '茶叶', filters: { year: ['2024', '2025'], length: ['10-30'] } },
  { q: '村官', filters: { tag: ['远教'] }, sort: 'newest' },
  { q: 'xtkj' },
  { q: 'yangmei' },
  { q: '远教' },
  { q: '“直播带货”' },
  { filters: { tag: ['乡土'] } },
  { filters: { kind: ['skill'], month: ['6'] }, sort: 'title' },
  {},
];

/**
 * Finds made-up courseware with traps in it on both databases: recall and precision of what is found, and the milliseconds until
 * twenty items with their highlights, the count and all facets are there; beside them, in turn, other ways to search the same texts,
 * which give ids and a count only. With a number, catalogues of that size instead of 10,500 and 150,000.
 */
export async function run(...sizes: readonly string[]): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-bench-'));
  try {
    const figures: Record<string, object> = {};
    for (const size of sizes.length > 0 ? sizes.map(Number) : SIZES) {
      figures[String(size)] = await measure(size, join(folder, `${size}.db`));
    }
    const [main] = Object.values(figures) as readonly (Figures | undefined)[];
    return {
      recall: main?.sqlite.recall,
      precision: main?.sqlite.precision,
      p50_ms: main?.sqlite.p50_ms,
      p99_ms: main?.sqlite.p99_ms,
      ...figures,
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface SideFigures {
  readonly recall: number;
  readonly precision: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

interface Figures {
  readonly sqlite: SideFigures;
}

async function measure(size: number, file: string): Promise<object> {
  const postgres = await startPostgres();
  try {
    const shelves = [
      { name: 'sqlite', shelf: await fillShelf(`sqlite:${file}`, size) },
      ...(postgres === undefined
        ? []
        : [{ name: 'postgres', shelf: await fillShelf(postgres.address, size) }]),
    ];
    const sides = [];
    for (const { name, shelf } of shelves) sides.push(await openSide(name, shelf));
    const rivals: Rival[] = [];
    for (const { name, shelf } of shelves) {
      const { database } = shelf;
      rivals.push(
        ...(name === 'sqlite'
          ? [likeRival(database), trigramRival(database), ftsPairsRival(database)]
          : [vectorRival(database)]),
      );
    }
    for (const rival of rivals) await rival.prepare();
    const times = await race(size, sides, rivals);
    const figures: Record<string, object> = {};
    for (const side of sides) {
      figures[side.name] = {
        ...(await qualityOf(side.shelf, (q) => allHits(side.search, q))),
        ...times.get(side.name)?.figures(),
        build_s: Math.round(side.shelf.buildSeconds * 10) / 10,
        load_ms: Math.round(side.loadMs),
      };
    }
    for (const rival of rivals) {
      const shelf = shelves[rival.name.startsWith('tsvector') ? 1 : 0]?.shelf ?? shelves[0]?.shelf;
      figures[rival.name] = {
        ...(shelf === undefined ? {} : await qualityOf(shelf, (q) => rival.all(q))),
        ...times.get(rival.name)?.figures(),
      };
    }
    const same = await agree(sides.map(({ search }) => search));
    console.log(`${size} items: ${JSON.stringify(figures, undefined, 1)}`);
    for (const { shelf } of shelves) await shelf.database.close();
    return { ...figures, same_order_on_both: same };
  } finally {
    await postgres?.stop();
  }
}

interface Side {
  readonly name: string;
  readonly shelf: TrapShelf;
  readonly search: Search;
  /** Until all items are in memory. */
  readonly loadMs: number;
}

async function openSide(name: string, shelf: TrapShelf): Promise<Side> {
  const search = new Search(shelf.database);
  const startedAt = performance.now();
  await search.warmUp();
  return { name, shelf, search, loadMs: performance.now() - startedAt };
}

/** Every side answers every query, in turn and in an order that changes from round to round. */
async function race(
  size: number,
  sides: readonly Side[],
  rivals: readonly Rival[],
): Promise<ReadonlyMap<string, Latency>> {
  const draw = seeded(size);
  const times = new Map([...sides, ...rivals].map(({ name }) => [name, new Latency()]));
  const queries: readonly SearchQuery[] = [...QUERIES.map((q) => ({ q })), ...OTHER_QUERIES];
  for (let round = 0; round < (ROUNDS[size] ?? 6); round += 1) {
    const order = queries.toSorted(() => draw() - 0.5);
    for (const query of order) {
      for (const { name, search } of sides) await times.get(name)?.take(() => search.find(query));
      const isPlain = query.q !== undefined && QUERIES.some((q) => q === query.q);
      for (const rival of isPlain ? rivals : []) {
        await times.get(rival.name)?.take(() => rival.page(query.q ?? ''));
      }
    }
  }
  return times;
}

async function allHits(search: Search, q: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await search.find({ q, limit: 100, ...(after !== undefined && { after }) });
    ids.push(...page.items.map(({ courseware }) => courseware.id));
    if (page.next === undefined) return ids;
    after = page.next;
  }
}

const rounded = (share: number): number => Math.round(share * 10_000) / 10_000;

/** Micro-averaged over all queries. */
async function qualityOf(
  shelf: TrapShelf,
  find: (query: string) => Promise<readonly string[]>,
): Promise<{ readonly recall?: number; readonly precision?: number }> {
  if (shelf.items.size > MAX_JUDGED) return {};
  let right = 0;
  let given = 0;
  let wanted = 0;
  for (const query of QUERIES) {
    const about = new Set([...shelf.items].filter(([, item]) => isAbout(item, query)).map(([id]) => id));
    const ids = await find(query);
    given += ids.length;
    wanted += about.size;
    right += ids.filter((id) => about.has(id)).length;
  }
  return { recall: rounded(right / wanted), precision: rounded(right / given) };
}

/** Whether all sides give the same titles in the same order; their ids differ. */
async function agree(searches: readonly Search[]): Promise<boolean> {
  for (const query of [...QUERIES.map((q) => ({ q })), ...OTHER_QUERIES]) {
    const lists = await Promise.all(
      searches.map(async (search) => {
        const { items, total, facets } = await search.find(query);
        const counts = Object.values(facets).map((values) =>
          values.map(({ count }) => count).sort((a, b) => a - b),
        );
        return JSON.stringify([items.map(({ courseware }) => courseware.code), total, counts]);
      }),
    );
    if (new Set(lists).size > 1) return false;
  }
  return true;
}

import { readCourseware } from '../catalogue/courseware-rows.ts';
import type { Courseware, CoursewareId } from '../catalogue/courseware.ts';
import type { TombstoneSets } from '../catalogue/tombstones.ts';
import type { Database, Dialect, SqlValue, Statements } from '../database/transaction.ts';
import { commitHorizon } from './commit-horizon.ts';
import { KIND_NAMES } from '../catalogue/kind-words.ts';
import { setsOf, type OaiSet } from './oai-sets.ts';

/** What harvesters see of one item: what it is now, or that it is gone. */
export interface HarvestRecord {
  readonly id: CoursewareId;
  /** When that came about; epoch milliseconds. */
  readonly datestamp: number;
  readonly sets: readonly OaiSet[];
  /** Undefined when it was withdrawn or removed. */
  readonly item: Courseware | undefined;
}

/** Which records; all bounds in epoch milliseconds. */
export interface RecordFilter {
  readonly set: OaiSet | undefined;
  /** Inclusive. */
  readonly from: number | undefined;
  /** Exclusive. */
  readonly before: number | undefined;
}

/** A place in the list: its records are ordered by datestamp and id. */
export interface RecordPlace {
  readonly at: number;
  readonly id: string;
}

/** A part of the list. */
export interface RecordPart {
  readonly records: readonly HarvestRecord[];
  /** Where the next part begins; undefined at the end. */
  readonly next: RecordPlace | undefined;
  /** Up to here the part is complete: everything stamped earlier is in it or in an earlier one. */
  readonly horizon: number;
}

interface PlaceRow {
  readonly at: number;
  readonly id: CoursewareId;
  readonly is_gone: number;
  readonly sets: string | null;
}

/** What a tombstone's JSON says of the sets the item was in when it went. */
const TOMBSTONE_SETS: Readonly<
  Record<Dialect, { readonly word: (name: string) => string; readonly tags: string }>
> = {
  sqlite: { word: (name) => `json_extract(t.sets, '$.${name}')`, tags: "json_each(t.sets, '$.tags') AS e" },
  postgres: {
    word: (name) => `t.sets::json ->> '${name}'`,
    tags: "json_array_elements_text(t.sets::json -> 'tags') AS e (value)",
  },
};

/** Gathers values beside the conditions they stand in. */
class Conditions {
  readonly values: SqlValue[] = [];

  bind(value: SqlValue): string {
    return `$${this.values.push(value)}`;
  }
}

function itemInSet({ family, key }: OaiSet, conditions: Conditions): string {
  switch (family) {
    case 'kind':
      return key === undefined ? 'c.kind IS NOT NULL' : `c.kind = ${conditions.bind(key)}`;
    case 'series':
      return key === undefined ? 'c.series_id IS NOT NULL' : `c.series_id = ${conditions.bind(key)}`;
    case 'tag':
      return `EXISTS (SELECT 1 FROM courseware_tag g WHERE g.courseware_id = c.id${
        key === undefined ? '' : ` AND g.tag = ${conditions.bind(key)}`
      })`;
  }
}

function tombstoneInSet({ family, key }: OaiSet, conditions: Conditions, dialect: Dialect): string {
  const { word, tags } = TOMBSTONE_SETS[dialect];
  if (family === 'tag') {
    return `EXISTS (SELECT 1 FROM ${tags}${key === undefined ? '' : ` WHERE e.value = ${conditions.bind(key)}`})`;
  }
  return key === undefined ? `${word(family)} IS NOT NULL` : `${word(family)} = ${conditions.bind(key)}`;
}

/** Both sources of records under one filter: published items and tombstones. */
function sources(dialect: Dialect, { set, from, before }: RecordFilter, conditions: Conditions) {
  const between = (stamp: string): readonly string[] => [
    ...(from === undefined ? [] : [`${stamp} >= ${conditions.bind(from)}`]),
    ...(before === undefined ? [] : [`${stamp} < ${conditions.bind(before)}`]),
  ];
  return {
    items: [
      "c.publication = 'published'",
      ...between('c.updated_at'),
      ...(set === undefined ? [] : [itemInSet(set, conditions)]),
    ].join(' AND '),
    tombstones: [
      'true',
      ...between('t.at'),
      ...(set === undefined ? [] : [tombstoneInSet(set, conditions, dialect)]),
    ].join(' AND '),
  };
}

/** SQLite would rather read all that is published and sort it, part after part. */
const BY_CHANGE: Readonly<Record<Dialect, string>> = {
  sqlite: ' INDEXED BY courseware_by_change',
  postgres: '',
};

async function placesAfter(
  statements: Statements,
  filter: RecordFilter,
  after: RecordPlace | undefined,
  limit: number,
): Promise<readonly PlaceRow[]> {
  const conditions = new Conditions();
  const { items, tombstones } = sources(statements.dialect, filter, conditions);
  const beyond = (stamp: string, id: string): string =>
    after === undefined
      ? ''
      : ` AND (${stamp}, ${id}) > (${conditions.bind(after.at)}, ${conditions.bind(after.id)})`;
  const itemsBeyond = beyond('c.updated_at', 'c.id');
  const tombstonesBeyond = beyond('t.at', 't.courseware_id');
  const most = conditions.bind(limit);
  // Each half by its own index and no further than needed.
  return statements.rows<PlaceRow>(
    `SELECT at, id, is_gone, sets FROM (
       SELECT * FROM (SELECT c.updated_at AS at, c.id AS id, 0 AS is_gone, NULL AS sets
         FROM courseware c${BY_CHANGE[statements.dialect]}
         WHERE ${items}${itemsBeyond} ORDER BY c.updated_at, c.id LIMIT ${most}) live
       UNION ALL
       SELECT * FROM (SELECT t.at AS at, t.courseware_id AS id, 1 AS is_gone, t.sets AS sets FROM tombstone t
         WHERE ${tombstones}${tombstonesBeyond} ORDER BY t.at, t.courseware_id LIMIT ${most}) gone
     ) record ORDER BY at, id LIMIT ${most}`,
    ...conditions.values,
  );
}

function setsOfTombstone(text: string | null): readonly OaiSet[] {
  const { kind, series, tags } = JSON.parse(text ?? '{}') as Partial<TombstoneSets>;
  return setsOf({ kind, seriesId: series, tags: tags ?? [] });
}

/** The records of the library: every item that is published, and every one that was. */
export class RecordList {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * A part of the records of a filter, by datestamp and id, after a place. An item that is changed moves to the end; so
   * whoever reads all parts has seen each item as it was at the end, or will see it when he comes back from the last part's
   * horizon on, whatever was written meanwhile.
   *
   * @throws {DatabaseError}
   */
  async part(filter: RecordFilter, after: RecordPlace | undefined, limit: number): Promise<RecordPart> {
    const horizon = await commitHorizon(this.#database);
    const before = Math.min(filter.before ?? horizon, horizon);
    return this.#database.read(async (statements) => {
      let place = after;
      for (;;) {
        const found = await placesAfter(statements, { ...filter, before }, place, limit + 1);
        const rows = found.slice(0, limit);
        const last = rows.at(-1);
        const next = found.length > limit && last !== undefined ? { at: last.at, id: last.id } : undefined;
        const records = await recordsOf(statements, rows, filter);
        // Every row may have moved between the two statements; an empty part in the middle is none.
        if (records.length > 0 || next === undefined) return { records, next, horizon };
        place = next;
      }
    });
  }

  /**
   * How many records a filter has now.
   *
   * @throws {DatabaseError}
   */
  async count(filter: RecordFilter): Promise<number> {
    return this.#database.read(async (statements) => {
      const conditions = new Conditions();
      const { items, tombstones } = sources(statements.dialect, filter, conditions);
      const [row] = await statements.rows<{ size: number }>(
        `SELECT (SELECT COUNT(*) FROM courseware c WHERE ${items})
            + (SELECT COUNT(*) FROM tombstone t WHERE ${tombstones}) AS size`,
        ...conditions.values,
      );
      return row?.size ?? 0;
    });
  }

  /**
   * The record of one item; undefined when it never was published.
   *
   * @throws {DatabaseError}
   */
  async find(id: string): Promise<HarvestRecord | undefined> {
    return this.#database.read(async (statements) => {
      const [item] = await readCourseware(statements, [id]);
      if (item?.publication === 'published') return liveRecord(item);
      const [row] = await statements.rows<PlaceRow>(
        `SELECT at, courseware_id AS id, 1 AS is_gone, sets FROM tombstone WHERE courseware_id = $1`,
        id,
      );
      return row === undefined ? undefined : goneRecord(row);
    });
  }

  /**
   * The datestamp before which there is none, in epoch milliseconds; undefined while there are no records.
   *
   * @throws {DatabaseError}
   */
  async earliest(): Promise<number | undefined> {
    return this.#database.read(async (statements) => {
      const [first] = await placesAfter(
        statements,
        { set: undefined, from: undefined, before: undefined },
        undefined,
        1,
      );
      return first?.at;
    });
  }

  /**
   * The sets that have items now, with their names: families first, then kinds, series and tags.
   *
   * @throws {DatabaseError}
   */
  async sets(): Promise<readonly { readonly set: OaiSet; readonly name: string }[]> {
    return this.#database.read(async (statements) => {
      const kinds = await statements.rows<{ kind: keyof typeof KIND_NAMES }>(
        "SELECT DISTINCT kind FROM courseware WHERE publication = 'published' AND kind IS NOT NULL ORDER BY kind",
      );
      const series = await statements.rows<{ id: string; title: string }>(
        `SELECT id, title FROM series s WHERE EXISTS (SELECT 1 FROM courseware c
           WHERE c.series_id = s.id AND c.publication = 'published') ORDER BY rank, id`,
      );
      const tags = await statements.rows<{ name: string }>(
        `SELECT name FROM tag g WHERE EXISTS (SELECT 1 FROM courseware_tag x JOIN courseware c ON c.id = x.courseware_id
           WHERE x.tag = g.name AND c.publication = 'published') ORDER BY rank, name`,
      );
      return [
        { set: { family: 'kind', key: undefined }, name: '课件类型' },
        { set: { family: 'series', key: undefined }, name: '系列' },
        { set: { family: 'tag', key: undefined }, name: '标签' },
        ...kinds.map(({ kind }) => ({ set: { family: 'kind' as const, key: kind }, name: KIND_NAMES[kind] })),
        ...series.map(({ id, title }) => ({ set: { family: 'series' as const, key: id }, name: title })),
        ...tags.map(({ name }) => ({ set: { family: 'tag' as const, key: name }, name })),
      ];
    });
  }
}

const liveRecord = (item: Courseware): HarvestRecord => ({
  id: item.id,
  datestamp: item.updatedAt,
  sets: setsOf(item),
  item,
});

const goneRecord = ({ id, at, sets }: PlaceRow): HarvestRecord => ({
  id,
  datestamp: at,
  sets: setsOfTombstone(sets),
  item: undefined,
});

async function recordsOf(
  statements: Statements,
  rows: readonly PlaceRow[],
  { before }: RecordFilter,
): Promise<readonly HarvestRecord[]> {
  const ids = rows.flatMap(({ id, is_gone }) => (is_gone === 1 ? [] : [id]));
  const items = new Map((await readCourseware(statements, ids)).map((item) => [item.id, item]));
  return rows.flatMap((row) => {
    if (row.is_gone === 1) return [goneRecord(row)];
    const item = items.get(row.id);
    // Withdrawn, or changed out of what was asked for, since its place was read: it comes again where it stands now.
    if (item?.publication !== 'published' || (before !== undefined && item.updatedAt >= before)) return [];
    return [liveRecord(item)];
  });
}

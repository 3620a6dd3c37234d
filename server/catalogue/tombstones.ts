import type { Courseware } from './courseware.ts';
import type { SqlValue, Statements, Transaction } from '../database/transaction.ts';

/** What is left of an item that was public once and is not any more: harvesters have to hear of it for ever. */
export interface Tombstone {
  readonly coursewareId: string;
  readonly code: string | undefined;
  readonly title: string;
  /** Where it belonged when it went. */
  readonly sets: TombstoneSets;
  /** When it was withdrawn or removed; epoch milliseconds. */
  readonly at: number;
}

/** The sets an item belonged to, as far as others may have harvested by them. */
export interface TombstoneSets {
  readonly kind: string | undefined;
  /** The id of its series. */
  readonly series: string | undefined;
  /** Ids of topics. */
  readonly topics: readonly string[];
  readonly tags: readonly string[];
}

/** Sets up a tombstone for an item that has been public; one that nobody could see leaves none. */
export async function setTombstone(transaction: Transaction, item: Courseware): Promise<void> {
  if (item.publishedAt === undefined) return;
  const topics = await transaction.rows<{ topic_id: string }>(
    'SELECT topic_id FROM topic_item WHERE courseware_id = $1 ORDER BY topic_id',
    item.id,
  );
  const sets: TombstoneSets = {
    kind: item.kind,
    series: item.seriesId,
    topics: topics.map(({ topic_id }) => topic_id),
    tags: item.tags,
  };
  await transaction.rows(
    `INSERT INTO tombstone (courseware_id, code, title, sets, at) VALUES ($1, $2, $3, $4, ${transaction.words.now})
       ON CONFLICT (courseware_id) DO UPDATE SET code = excluded.code, title = excluded.title,
         sets = excluded.sets, at = excluded.at`,
    item.id,
    item.code,
    item.title,
    JSON.stringify(sets),
  );
}

/** Takes the tombstone of an item away that is public again. */
export async function clearTombstone(transaction: Transaction, coursewareId: string): Promise<void> {
  await transaction.rows('DELETE FROM tombstone WHERE courseware_id = $1', coursewareId);
}

/** Which tombstones; every field may be left out. */
export interface TombstoneQuery {
  /** Epoch milliseconds, inclusive. */
  readonly since?: number;
  readonly until?: number;
  /** The last one of the page before. */
  readonly after?: { readonly at: number; readonly coursewareId: string };
  /** Default 100. */
  readonly limit?: number;
}

/** Tombstones, the oldest first. */
export async function listTombstones(
  statements: Statements,
  { since, until, after, limit = 100 }: TombstoneQuery = {},
): Promise<readonly Tombstone[]> {
  const values: SqlValue[] = [];
  const bind = (value: SqlValue): string => `$${values.push(value)}`;
  const conditions = [
    ...(since === undefined ? [] : [`at >= ${bind(since)}`]),
    ...(until === undefined ? [] : [`at <= ${bind(until)}`]),
    ...(after === undefined
      ? []
      : [`(at, courseware_id) > (${bind(after.at)}, ${bind(after.coursewareId)})`]),
  ];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = await statements.rows<{
    courseware_id: string;
    code: string | null;
    title: string;
    sets: string;
    at: number;
  }>(
    `SELECT courseware_id, code, title, sets, at FROM tombstone ${where} ORDER BY at, courseware_id LIMIT ${bind(limit)}`,
    ...values,
  );
  return rows.map(({ courseware_id, code, title, sets, at }) => ({
    coursewareId: courseware_id,
    code: code ?? undefined,
    title,
    sets: JSON.parse(sets) as TombstoneSets,
    at,
  }));
}

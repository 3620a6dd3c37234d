import type { GenerationId } from '../../transcoder/index.ts';
import { calendarDay } from './calendar-day.ts';
import { CatalogueError } from './catalogue-error.ts';
import type { CollectionKind, TopicState } from './collection-input.ts';
import { COURSEWARE_ID, selectItems } from './courseware-rows.ts';
import type { Courseware } from './courseware.ts';
import type { SqlValue, Statements } from '../database/transaction.ts';

/** A series or a topic, and how much is in it. */
export interface Collection {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly rank: number;
  readonly audience: string | undefined;
  readonly opensOn: string | undefined;
  readonly closesOn: string | undefined;
  /** A series is always `open`. */
  readonly state: TopicState;
  /** Of the items that the one who asks may see. */
  readonly itemCount: number;
  readonly seconds: number;
  /** The poster of its first item that has one. */
  readonly cover: { readonly generation: GenerationId; readonly poster: string } | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly revision: number;
}

/** Who asks: everybody sees what is published and open, editors see all. */
export interface CollectionView {
  readonly onlyPublic?: boolean;
}

interface CollectionRow {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly rank: number;
  readonly audience: string | null;
  readonly opens_on: string | null;
  readonly closes_on: string | null;
  readonly state: TopicState;
  readonly item_count: number;
  readonly seconds: number;
  readonly generation: GenerationId | null;
  readonly poster: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly revision: number;
}

/** How the items of each kind are found, and in which order they are. */
const MEMBERS = {
  series: { from: 'courseware c', of: 'c.series_id', position: 'c.series_position' },
  topic: {
    from: 'topic_item m CROSS JOIN courseware c',
    of: 'c.id = m.courseware_id AND m.topic_id',
    position: 'm.position',
  },
} as const;

const TOPIC_FIELDS = {
  series: "NULL AS audience, NULL AS opens_on, NULL AS closes_on, 'open' AS state",
  topic: 'k.audience, k.opens_on, k.closes_on, k.state',
};

async function select(
  statements: Statements,
  kind: CollectionKind,
  { onlyPublic = false }: CollectionView,
  rest: string,
  ...values: readonly SqlValue[]
): Promise<readonly Collection[]> {
  const { from, of, position } = MEMBERS[kind];
  const members = `FROM ${from} WHERE ${of} = k.id${onlyPublic ? " AND c.publication = 'published'" : ''}`;
  const cover = (column: string): string =>
    `(SELECT v.${column} FROM ${from} JOIN version v ON v.courseware_id = c.id AND v.place = 'current'
       WHERE ${of} = k.id AND v.poster IS NOT NULL${onlyPublic ? " AND c.publication = 'published'" : ''}
       ORDER BY ${position}, c.id LIMIT 1) AS ${column}`;
  const rows = await statements.rows<CollectionRow>(
    `SELECT k.id, k.title, k.description, k.rank, ${TOPIC_FIELDS[kind]}, k.created_at, k.updated_at, k.revision,
       (SELECT COUNT(*) ${members}) AS item_count, (SELECT COALESCE(SUM(c.duration), 0) ${members}) AS seconds,
       ${cover('generation')}, ${cover('poster')}
     FROM ${kind} k ${rest}`,
    ...values,
  );
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    description: row.description,
    rank: row.rank,
    audience: row.audience ?? undefined,
    opensOn: row.opens_on ?? undefined,
    closesOn: row.closes_on ?? undefined,
    state: row.state,
    itemCount: row.item_count,
    seconds: row.seconds,
    cover:
      row.generation === null || row.poster === null
        ? undefined
        : { generation: row.generation, poster: row.poster },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revision: row.revision,
  }));
}

/** Whether everybody may see it today; a series as soon as something of it is published. */
export function isPublic(kind: CollectionKind, { state, opensOn, closesOn, itemCount }: Collection): boolean {
  const today = calendarDay();
  return kind === 'series'
    ? itemCount > 0
    : state === 'open' && (opensOn ?? today) <= today && (closesOn ?? today) >= today;
}

/** All of a kind, by rank. */
export async function listCollections(
  statements: Statements,
  kind: CollectionKind,
  view: CollectionView,
): Promise<readonly Collection[]> {
  const all = await select(statements, kind, view, 'ORDER BY k.rank, k.id');
  return view.onlyPublic === true ? all.filter((one) => isPublic(kind, one)) : all;
}

/** @throws {CatalogueError} `not-found`, also for what the one who asks may not see */
export async function getCollection(
  statements: Statements,
  kind: CollectionKind,
  id: string,
  view: CollectionView = {},
): Promise<Collection> {
  const [found] = COURSEWARE_ID.test(id) ? await select(statements, kind, view, 'WHERE k.id = $1', id) : [];
  if (found === undefined || (view.onlyPublic === true && !isPublic(kind, found))) {
    throw new CatalogueError('not-found', `There is no ${kind} ${JSON.stringify(id)}`);
  }
  return found;
}

/** Ids of everything in it, in its order. */
export async function memberIds(
  statements: Statements,
  kind: CollectionKind,
  id: string,
): Promise<readonly string[]> {
  const { from, of, position } = MEMBERS[kind];
  const rows = await statements.rows<{ id: string }>(
    `SELECT c.id FROM ${from} WHERE ${of} = $1 ORDER BY ${position}, c.id`,
    id,
  );
  return rows.map((row) => row.id);
}

/** A part of what is in it, in its order. */
export async function listMembers(
  statements: Statements,
  kind: CollectionKind,
  id: string,
  page: CollectionView & { readonly after?: string; readonly limit?: number },
): Promise<{ readonly items: readonly Courseware[]; readonly next: string | undefined }> {
  const { position } = MEMBERS[kind];
  const limit = page.limit ?? 50;
  const values: SqlValue[] = [id];
  const bind = (value: SqlValue): string => `$${values.push(value)}`;
  const after = page.after === undefined ? undefined : placeOf(page.after);
  const items = await selectItems(
    statements,
    `${kind === 'topic' ? 'JOIN topic_item m ON m.courseware_id = c.id' : ''}
     WHERE ${MEMBERS[kind].of} = $1${page.onlyPublic === true ? " AND c.publication = 'published'" : ''}
       ${after === undefined ? '' : `AND (${position}, c.id) > (${bind(after.position)}, ${bind(after.id)})`}
     ORDER BY ${position}, c.id LIMIT ${bind(limit + 1)}`,
    ...values,
  );
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  if (items.length <= limit || last === undefined) return { items: shown, next: undefined };
  const [place] = await statements.rows<{ position: number }>(
    `SELECT ${position} AS position FROM ${MEMBERS[kind].from} WHERE ${MEMBERS[kind].of} = $1 AND c.id = $2`,
    id,
    last.id,
  );
  return { items: shown, next: `${place?.position ?? 0}-${last.id}` };
}

function placeOf(mark: string): { readonly position: number; readonly id: string } {
  const match = /^(?<position>\d{1,9})-(?<id>[a-z0-9-]{1,40})$/.exec(mark);
  const { position, id } = match?.groups ?? {};
  if (position === undefined || id === undefined) {
    throw new CatalogueError(
      'invalid-input',
      'The mark "after" is none of this list; start at its first page',
      { field: 'after' },
    );
  }
  return { position: Number(position), id };
}

import type { GenerationId } from '../../transcoder/index.ts';
import { CatalogueError } from './catalogue-error.ts';
import { patternFor, seriesOf, tagNameOf } from './courseware-text.ts';
import type {
  Courseware,
  CoursewareId,
  ProductionFailure,
  ProductionState,
  PublicationState,
  Version,
  VersionId,
} from './courseware.ts';
import type { Dialect, SqlValue, Statements, Transaction } from './transaction.ts';

/** What to list; every field may be left out. */
export interface CoursewareQuery {
  readonly publication?: PublicationState;
  readonly tag?: string;
  readonly series?: string;
  /** Items whose title or description contain this, literally; at most 200 characters. */
  readonly text?: string;
  /** `next` of the page before. */
  readonly after?: string;
  /** Items per page, 1 to 100. Default 20. */
  readonly limit?: number;
}

/** A part of a list. */
export interface CoursewarePage {
  readonly items: readonly Courseware[];
  /** Continues the list; undefined on the last page. */
  readonly next: string | undefined;
}

const VERSION_COLUMNS = [
  'id',
  'number',
  'production',
  'generation',
  'is_playable',
  'progress',
  'failure',
  'warnings',
  'duration',
  'poster',
  'storyboard',
  'source_name',
  'source_bytes',
  'source_sha256',
] as const;

/** A version's columns in their select list, prefixed so that two versions fit in one row. */
export function versionColumns(table: string, prefix: string): string {
  return VERSION_COLUMNS.map((column) => `${table}.${column} AS ${prefix}${column}`).join(', ');
}

type Row = Readonly<Record<string, string | number | null>>;

/** Reads a version out of a row whose columns carry `prefix`; undefined where the join found none. */
export function versionOf(row: object, prefix: string): Version | undefined {
  const value = (column: (typeof VERSION_COLUMNS)[number]) => (row as Row)[prefix + column] ?? null;
  if (value('id') === null) {
    return undefined;
  }
  const failure = value('failure');
  return {
    id: value('id') as VersionId,
    number: Number(value('number')),
    production: value('production') as ProductionState,
    generation: (value('generation') as GenerationId | null) ?? undefined,
    isPlayable: value('is_playable') === 1,
    progress: Number(value('progress')),
    failure: failure === null ? undefined : (JSON.parse(String(failure)) as ProductionFailure),
    warnings: JSON.parse(String(value('warnings'))) as readonly string[],
    sourceName: String(value('source_name')),
    sourceBytes: Number(value('source_bytes')),
    sourceSha256: (value('source_sha256') as string | null) ?? undefined,
    duration: (value('duration') as number | null) ?? undefined,
    poster: (value('poster') as string | null) ?? undefined,
    storyboard: (value('storyboard') as string | null) ?? undefined,
  };
}

interface CoursewareRow {
  readonly id: CoursewareId;
  readonly title: string;
  readonly description: string;
  readonly series: string | null;
  readonly publication: PublicationState;
  readonly created_at: number;
  readonly updated_at: number;
  readonly revision: number;
  readonly tags: string;
}

const TAGS: Readonly<Record<Dialect, string>> = {
  sqlite: 'json_group_array(tag ORDER BY position)',
  postgres: "COALESCE(json_agg(tag ORDER BY position), '[]')::text",
};

/** One statement gives an item whole, so that it is of one moment. */
function selectCourseware(dialect: Dialect): string {
  return `SELECT c.id, c.title, c.description, c.series, c.publication, c.created_at, c.updated_at, c.revision,
      (SELECT ${TAGS[dialect]} FROM courseware_tag WHERE courseware_id = c.id) AS tags,
      ${versionColumns('v', 'current_')}, ${versionColumns('u', 'upcoming_')}
    FROM courseware c
    LEFT JOIN version v ON v.courseware_id = c.id AND v.place = 'current'
    LEFT JOIN version u ON u.courseware_id = c.id AND u.place = 'upcoming'`;
}

function coursewareOf(row: CoursewareRow): Courseware {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    series: row.series ?? undefined,
    tags: JSON.parse(row.tags) as readonly string[],
    publication: row.publication,
    current: versionOf(row, 'current_'),
    upcoming: versionOf(row, 'upcoming_'),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revision: row.revision,
  };
}

/** What an id looks like; anything else need not be looked for. */
const ID = /^[a-z0-9-]{1,40}$/;

/** @throws {CatalogueError} `not-found` */
export async function getCourseware(statements: Statements, id: string): Promise<Courseware> {
  const [row] = ID.test(id)
    ? await statements.rows<CoursewareRow>(`${selectCourseware(statements.dialect)} WHERE c.id = $1`, id)
    : [];
  if (row === undefined) {
    throw new CatalogueError('not-found', `There is no courseware ${JSON.stringify(id)}`);
  }
  return coursewareOf(row);
}

/**
 * The item as it is, and nobody else changes it or its versions until the transaction ends.
 *
 * @throws {CatalogueError} `not-found`
 */
export async function lockCourseware(transaction: Transaction, id: string): Promise<Courseware> {
  if (ID.test(id)) {
    await transaction.rows(`SELECT id FROM courseware WHERE id = $1${transaction.words.forUpdate}`, id);
  }
  return getCourseware(transaction, id);
}

interface Cursor {
  readonly createdAt: number;
  readonly id: string;
}

function cursorOf(text: string): Cursor {
  try {
    const [createdAt, id] = JSON.parse(Buffer.from(text, 'base64url').toString()) as readonly unknown[];
    if (Number.isSafeInteger(createdAt) && typeof id === 'string' && ID.test(id)) {
      return { createdAt: createdAt as number, id };
    }
  } catch {
    // Told below.
  }
  throw new CatalogueError(
    'invalid-input',
    'The mark "after" is none of this list; start at its first page',
    {
      field: 'after',
    },
  );
}

const cursorAfter = (item: Courseware): string =>
  Buffer.from(JSON.stringify([item.createdAt, item.id])).toString('base64url');

function limitOf(limit: number | undefined): number {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= 100)) {
    throw new CatalogueError(
      'invalid-input',
      `The limit must be a whole number from 1 to 100; got ${limit}`,
      {
        field: 'limit',
      },
    );
  }
  return limit ?? 20;
}

function searchTextOf(text: string): string {
  if (!text.isWellFormed() || text.includes('\0') || Array.from(text).length > 200) {
    throw new CatalogueError('invalid-input', 'The text to look for may have 200 characters at most', {
      field: 'text',
    });
  }
  return patternFor(text.trim());
}

/** Newest first; a page begins where the one before ended, whatever was added meanwhile. */
export async function listCourseware(
  statements: Statements,
  query: CoursewareQuery,
): Promise<CoursewarePage> {
  const limit = limitOf(query.limit);
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const bind = (value: SqlValue): string => `$${values.push(value)}`;
  if (query.publication !== undefined) {
    conditions.push(`c.publication = ${bind(query.publication)}`);
  }
  if (query.series !== undefined) {
    conditions.push(`c.series = ${bind(seriesOf(query.series))}`);
  }
  if (query.tag !== undefined) {
    conditions.push(
      `EXISTS (SELECT 1 FROM courseware_tag t WHERE t.courseware_id = c.id
         AND t.tag = ${bind(tagNameOf(query.tag))})`,
    );
  }
  if (query.text !== undefined && query.text.trim() !== '') {
    const pattern = bind(searchTextOf(query.text));
    const { like } = statements.words;
    conditions.push(`(c.title ${like} ${pattern} ESCAPE '!' OR c.description ${like} ${pattern} ESCAPE '!')`);
  }
  if (query.after !== undefined) {
    const cursor = cursorOf(query.after);
    // Row values, not OR: only they let both databases walk the index from the mark on.
    conditions.push(`(c.created_at, c.id) < (${bind(cursor.createdAt)}, ${bind(cursor.id)})`);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = await statements.rows<CoursewareRow>(
    `${selectCourseware(statements.dialect)} ${where}
      ORDER BY c.created_at DESC, c.id DESC LIMIT ${bind(limit + 1)}`,
    ...values,
  );
  const items = rows.slice(0, limit).map(coursewareOf);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorAfter(last) : undefined };
}

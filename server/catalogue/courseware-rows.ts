import type { GenerationId } from '../../transcoder/index.ts';
import { CatalogueError } from './catalogue-error.ts';
import type {
  Courseware,
  CoursewareId,
  CoursewareKind,
  CoursewareOrigin,
  CoursewareRegion,
  CoursewareRights,
  ProductionFailure,
  ProductionState,
  PublicationState,
  Version,
  VersionId,
} from './courseware.ts';
import { itemListColumns, itemListsOf, type ItemListRow } from './item-lists.ts';
import { inPieces, isGiven } from '../database/row-list.ts';
import {
  PREPARED,
  type Dialect,
  type SqlValue,
  type Statements,
  type Transaction,
} from '../database/transaction.ts';

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

interface CoursewareRow extends ItemListRow {
  readonly id: CoursewareId;
  readonly number: number;
  readonly code: string | null;
  readonly title: string;
  readonly description: string;
  readonly kind: CoursewareKind | null;
  readonly category_code: string | null;
  readonly category_name: string | null;
  readonly series_id: string | null;
  readonly series_title: string | null;
  readonly series_position: number | null;
  readonly year: number | null;
  readonly origin: CoursewareOrigin | null;
  readonly dialect: string | null;
  readonly language: string;
  readonly region_id: string | null;
  readonly region_code: string | null;
  readonly region_name: string | null;
  readonly region_path: string | null;
  readonly producer_id: string | null;
  readonly producer_name: string | null;
  readonly rights_holder: string | null;
  readonly rights_scope: string | null;
  readonly rights_until: string | null;
  readonly extra: string;
  readonly publication: PublicationState;
  readonly published_at: number | null;
  readonly duration: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly revision: number;
  readonly views: number | null;
  readonly plays: number | null;
  readonly favourites: number | null;
}

/** One statement gives an item whole, so that it is of one moment. */
function selectCourseware(dialect: Dialect): string {
  return `SELECT c.id, c.number, c.code, c.title, c.description, c.kind, c.category_code, g.name AS category_name,
      c.series_id, s.title AS series_title, c.series_position, c.year, c.origin, c.dialect, c.language,
      c.region_id, r.code AS region_code, r.name AS region_name, r.path AS region_path,
      c.producer_id, p.name AS producer_name, c.rights_holder, c.rights_scope, c.rights_until, c.extra,
      c.publication, c.published_at, c.duration, c.created_at, c.updated_at, c.revision,
      n.views, n.plays, n.favourites,
      ${itemListColumns(dialect)},
      ${versionColumns('v', 'current_')}, ${versionColumns('u', 'upcoming_')}
    FROM courseware c
    LEFT JOIN version v ON v.courseware_id = c.id AND v.place = 'current'
    LEFT JOIN version u ON u.courseware_id = c.id AND u.place = 'upcoming'
    LEFT JOIN series s ON s.id = c.series_id
    LEFT JOIN category g ON g.code = c.category_code
    LEFT JOIN region r ON r.id = c.region_id
    LEFT JOIN unit p ON p.id = c.producer_id
    LEFT JOIN courseware_use n ON n.courseware_id = c.id`;
}

/** What is NULL in a row is undefined above it. */
const kept = <T>(value: T | null): T | undefined => value ?? undefined;

function regionOf(row: CoursewareRow): CoursewareRegion | undefined {
  const { region_id: id, region_code: code, region_name: name, region_path: path } = row;
  return id === null || code === null || name === null || path === null
    ? undefined
    : { id, code, name, path };
}

function rightsOf(row: CoursewareRow): CoursewareRights | undefined {
  const { rights_holder: holder, rights_scope: scope, rights_until: until } = row;
  return holder === null && scope === null && until === null
    ? undefined
    : { holder: kept(holder), scope: kept(scope), until: kept(until) };
}

function coursewareOf(row: CoursewareRow): Courseware {
  return {
    ...itemListsOf(row),
    id: row.id,
    number: row.number,
    code: kept(row.code),
    title: row.title,
    description: row.description,
    kind: kept(row.kind),
    category:
      row.category_code === null ? undefined : { code: row.category_code, name: row.category_name ?? '' },
    series: kept(row.series_title),
    seriesId: kept(row.series_id),
    seriesPosition: kept(row.series_position),
    year: kept(row.year),
    origin: kept(row.origin),
    dialect: kept(row.dialect),
    language: row.language,
    region: regionOf(row),
    producer: row.producer_id === null ? undefined : { id: row.producer_id, name: row.producer_name ?? '' },
    rights: rightsOf(row),
    extra: JSON.parse(row.extra) as Readonly<Record<string, string>>,
    publication: row.publication,
    current: versionOf(row, 'current_'),
    upcoming: versionOf(row, 'upcoming_'),
    duration: kept(row.duration),
    uses: { views: row.views ?? 0, plays: row.plays ?? 0, favourites: row.favourites ?? 0 },
    publishedAt: kept(row.published_at),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revision: row.revision,
  };
}

/** What an id looks like; anything else need not be looked for. */
export const COURSEWARE_ID = /^[a-z0-9-]{1,40}$/;

/** @throws {CatalogueError} `not-found` */
export async function getCourseware(statements: Statements, id: string): Promise<Courseware> {
  const [row] = COURSEWARE_ID.test(id)
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
  if (COURSEWARE_ID.test(id)) {
    await transaction.rows(`SELECT id FROM courseware WHERE id = $1${transaction.words.forUpdate}`, id);
  }
  return getCourseware(transaction, id);
}

/** Items by their ids, in the order given; ids of none are left out. */
export function readCourseware(
  statements: Statements,
  ids: readonly string[],
): Promise<readonly Courseware[]> {
  return readBy(statements, 'id', ids);
}

/** Items by their codes, in the order given; codes of none are left out. */
export function findByCodes(
  statements: Statements,
  codes: readonly string[],
): Promise<readonly Courseware[]> {
  return readBy(statements, 'code', codes);
}

async function readBy(
  statements: Statements,
  key: 'id' | 'code',
  keys: readonly string[],
): Promise<readonly Courseware[]> {
  const found = new Map<string | undefined, Courseware>();
  // By their ids pages ask for a few. By codes tables ask for thousands: there compiling is nothing, and past Sequelize a twelfth
  // more memory is in use at once.
  const begin = key === 'id' ? PREPARED : '';
  for (const piece of inPieces(keys, 1000)) {
    const rows = await statements.rows<CoursewareRow>(
      `${begin} ${selectCourseware(statements.dialect)}
        WHERE c.${key} ${isGiven(statements.dialect, '$1')}`,
      JSON.stringify(piece),
    );
    for (const row of rows) {
      const item = coursewareOf(row);
      found.set(item[key], item);
    }
  }
  return keys.flatMap((one) => found.get(one) ?? []);
}

/** Items by a condition and an order of our own on the table `c` and those joined to it. */
export async function selectItems(
  statements: Statements,
  rest: string,
  ...values: readonly SqlValue[]
): Promise<readonly Courseware[]> {
  const rows = await statements.rows<CoursewareRow>(
    `${selectCourseware(statements.dialect)} ${rest}`,
    ...values,
  );
  return rows.map(coursewareOf);
}

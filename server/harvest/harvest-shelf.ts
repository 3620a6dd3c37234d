import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { getCollection } from '../catalogue/collection-rows.ts';
import { readCourseware } from '../catalogue/courseware-rows.ts';
import { COURSEWARE_KINDS, type Courseware } from '../catalogue/courseware.ts';
import type { Database, SqlValue, Statements } from '../database/transaction.ts';
import { KIND_NAMES } from '../catalogue/kind-words.ts';
import type { CollectionRef } from './public-site.ts';

/** The lists that can be played but not subscribed to: somebody's own. */
export type ShelfRef = CollectionRef | { readonly kind: 'list'; readonly key: string };

/** Which part of a list, and in which order. */
export interface ShelfPart {
  /** `newest`: by first publication, the latest first. `shelf`: as the librarian has put a series or topic in order. */
  readonly order: 'newest' | 'shelf';
  /** `next` of the part before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** A part of a list of published items. */
export interface Shelf {
  readonly title: string;
  readonly description: string;
  readonly items: readonly Courseware[];
  readonly next: string | undefined;
}

interface Named {
  readonly title: string;
  readonly description: string;
  /** Joins the table that says what is in the list, and holds its conditions. */
  readonly from: string;
  readonly where: string;
  /** The place in the list, where it has places. */
  readonly place: string | undefined;
  readonly values: readonly SqlValue[];
}

const LAST_PLACE = 2_147_483_647;

/** The lists of published items that leave the house as feeds, podcasts and playlists. */
export class HarvestShelf {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * A part of a list; drafts and what was withdrawn are not in it.
   *
   * @throws {CatalogueError} `not-found` for an unknown list, `invalid-input` for a mark that is none of it
   * @throws {DatabaseError}
   */
  async open(ref: ShelfRef, { order, after, limit }: ShelfPart): Promise<Shelf> {
    return this.#database.read(async (statements) => {
      const { title, description, from, where, place, values } = await nameOf(statements, ref);
      const key = order === 'shelf' && place !== undefined ? place : 'COALESCE(c.published_at, c.created_at)';
      const isRising = order === 'shelf' && place !== undefined;
      const bound: SqlValue[] = [...values];
      const bind = (value: SqlValue): string => `$${bound.push(value)}`;
      const mark = after === undefined ? undefined : markOf(after);
      const beyond =
        mark === undefined
          ? ''
          : ` AND (${key}, c.id) ${isRising ? '>' : '<'} (${bind(mark[0])}, ${bind(mark[1])})`;
      const direction = isRising ? 'ASC' : 'DESC';
      const placed = await statements.rows<{ id: string; place: number }>(
        `SELECT c.id AS id, ${key} AS place FROM courseware c ${from}
          WHERE c.publication = 'published' AND ${where}${beyond}
          ORDER BY ${key} ${direction}, c.id ${direction} LIMIT ${bind(limit + 1)}`,
        ...bound,
      );
      const part = placed.slice(0, limit);
      const last = part.at(-1);
      return {
        title,
        description,
        items: await published(
          statements,
          part.map(({ id }) => id),
        ),
        next: placed.length > limit && last !== undefined ? writeMark(last.place, last.id) : undefined,
      };
    });
  }

  /**
   * How many items are published.
   *
   * @throws {DatabaseError}
   */
  async size(): Promise<number> {
    return this.#database.read(async (statements) => {
      const [row] = await statements.rows<{ size: number }>(
        "SELECT COUNT(*) AS size FROM courseware WHERE publication = 'published'",
      );
      return row?.size ?? 0;
    });
  }

  /**
   * When anything that lists of published items are made from changed last; epoch milliseconds, undefined when nothing ever was.
   *
   * @throws {DatabaseError}
   */
  async changedAt(): Promise<number | undefined> {
    return this.#database.read(async (statements) => {
      const [row] = await statements.rows<{ at: number | null }>(
        `SELECT MAX(at) AS at FROM (
           SELECT MAX(updated_at) AS at FROM courseware WHERE publication = 'published'
           UNION ALL SELECT MAX(at) FROM tombstone
           UNION ALL SELECT MAX(updated_at) FROM series
           UNION ALL SELECT MAX(updated_at) FROM topic
         ) changes`,
      );
      return row?.at ?? undefined;
    });
  }

  /**
   * The published items of a stretch of running numbers.
   *
   * @throws {DatabaseError}
   */
  async numbered(from: number, before: number): Promise<readonly Courseware[]> {
    return this.#database.read(async (statements) => {
      const rows = await statements.rows<{ id: string }>(
        "SELECT id FROM courseware WHERE publication = 'published' AND number >= $1 AND number < $2 ORDER BY number",
        from,
        before,
      );
      return published(
        statements,
        rows.map(({ id }) => id),
      );
    });
  }

  /**
   * The stretches of `size` running numbers that have published items, counted from 0, and when each changed last. An item never
   * moves to another stretch.
   *
   * @throws {DatabaseError}
   */
  async numberedParts(
    size: number,
  ): Promise<readonly { readonly part: number; readonly changedAt: number }[]> {
    return this.#database.read(async (statements) => {
      const rows = await statements.rows<{ part: number; changed_at: number }>(
        `SELECT (number - 1) / ${size} AS part, MAX(updated_at) AS changed_at FROM courseware
          WHERE publication = 'published' GROUP BY (number - 1) / ${size} ORDER BY 1`,
      );
      return rows.map(({ part, changed_at }) => ({ part, changedAt: changed_at }));
    });
  }
}

async function published(statements: Statements, ids: readonly string[]): Promise<readonly Courseware[]> {
  return (await readCourseware(statements, ids)).filter(({ publication }) => publication === 'published');
}

async function nameOf(statements: Statements, ref: ShelfRef): Promise<Named> {
  switch (ref.kind) {
    case 'newest':
      return {
        title: '最新课件',
        description: '新发布的课件。',
        from: '',
        where: 'true',
        place: undefined,
        values: [],
      };
    case 'kind':
      return kindShelf(ref.key);
    case 'tag':
      return tagShelf(statements, ref.key);
    case 'series': {
      const [row] = await statements.rows<{ title: string; description: string }>(
        'SELECT title, description FROM series WHERE id = $1',
        ref.key,
      );
      if (row === undefined) throw unknownList('series', ref.key);
      const place = `COALESCE(c.series_position, ${LAST_PLACE})`;
      return { ...row, from: '', where: 'c.series_id = $1', place, values: [ref.key] };
    }
    case 'topic': {
      // What is not open yet, or closed again, is nobody's business: not-found.
      const { title, description } = await getCollection(statements, 'topic', ref.key, { onlyPublic: true });
      return {
        title,
        description,
        from: 'JOIN topic_item x ON x.courseware_id = c.id',
        where: 'x.topic_id = $1',
        place: 'x.position',
        values: [ref.key],
      };
    }
    case 'list': {
      const [row] = await statements.rows<{ title: string }>(
        'SELECT title FROM saved_list WHERE id = $1',
        ref.key,
      );
      if (row === undefined) throw unknownList('list', ref.key);
      return {
        title: row.title,
        description: '',
        from: 'JOIN saved_list_item x ON x.courseware_id = c.id',
        where: 'x.list_id = $1',
        place: 'x.position',
        values: [ref.key],
      };
    }
  }
}

function kindShelf(word: string): Named {
  const kind = COURSEWARE_KINDS.find((known) => known === word);
  if (kind === undefined) throw unknownList('kind', word);
  return {
    title: KIND_NAMES[kind],
    description: '',
    from: '',
    where: 'c.kind = $1',
    place: undefined,
    values: [kind],
  };
}

/** A tag by its name, or by another one it is known under. */
async function tagShelf(statements: Statements, name: string): Promise<Named> {
  const [row] = await statements.rows<{ name: string }>(
    'SELECT name FROM tag WHERE name = $1 UNION SELECT tag FROM tag_alias WHERE alias = $1',
    name.normalize('NFC'),
  );
  if (row === undefined) throw unknownList('tag', name);
  return {
    title: `标签：${row.name}`,
    description: '',
    from: 'JOIN courseware_tag x ON x.courseware_id = c.id',
    where: 'x.tag = $1',
    place: undefined,
    values: [row.name],
  };
}

const unknownList = (kind: string, key: string): CatalogueError =>
  new CatalogueError('not-found', `There is no ${kind} ${JSON.stringify(key)}`);

type Mark = readonly [place: number, id: string];

const writeMark = (...mark: Mark): string => Buffer.from(JSON.stringify(mark)).toString('base64url');

function markOf(text: string): Mark {
  try {
    const mark = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
    if (Array.isArray(mark) && Number.isSafeInteger(mark[0]) && /^[a-z0-9-]{1,40}$/.test(String(mark[1]))) {
      return [mark[0] as number, String(mark[1])];
    }
  } catch {
    // Told below.
  }
  throw new CatalogueError(
    'invalid-input',
    'The mark "after" is none of this list; start at its first part',
    {
      field: 'after',
    },
  );
}

import { CatalogueError } from './catalogue-error.ts';
import { COURSEWARE_ID, selectItems } from './courseware-rows.ts';
import { patternFor, seriesOf, tagNameOf } from './courseware-text.ts';
import type { Courseware, PublicationState } from './courseware.ts';
import type { SqlValue, Statements } from '../database/transaction.ts';

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

interface Cursor {
  readonly createdAt: number;
  readonly id: string;
}

function cursorOf(text: string): Cursor {
  try {
    const [createdAt, id] = JSON.parse(Buffer.from(text, 'base64url').toString()) as readonly unknown[];
    if (Number.isSafeInteger(createdAt) && typeof id === 'string' && COURSEWARE_ID.test(id)) {
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
    conditions.push(`s.title = ${bind(seriesOf(query.series))}`);
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
  const rows = await selectItems(
    statements,
    `${where} ORDER BY c.created_at DESC, c.id DESC LIMIT ${bind(limit + 1)}`,
    ...values,
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorAfter(last) : undefined };
}

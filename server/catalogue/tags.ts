import { CatalogueError } from './catalogue-error.ts';
import { tagNameOf } from './courseware-text.ts';
import type { Statements, Transaction } from './transaction.ts';

/** A tag and how many items carry it. */
export interface Tag {
  readonly name: string;
  readonly uses: number;
}

/** All tags in the order they were added. */
export function listTags(statements: Statements): Promise<readonly Tag[]> {
  return statements.rows<Tag>(
    `SELECT name, (SELECT COUNT(*) FROM courseware_tag WHERE tag = name) AS uses FROM tag ORDER BY rank, name`,
  );
}

/** Adds a tag; one that exists already is left as it is. */
export async function addTag(transaction: Transaction, name: string): Promise<void> {
  await transaction.rows(
    `INSERT INTO tag (name, rank) SELECT $1, COALESCE(MAX(rank), 0) + 1 FROM tag WHERE true
       ON CONFLICT (name) DO NOTHING`,
    tagNameOf(name),
  );
}

/** @throws {CatalogueError} `not-found`, `conflict` while items carry it */
export async function removeTag(transaction: Transaction, name: string): Promise<void> {
  const clean = tagNameOf(name);
  const [row] = await transaction.rows<Tag>(
    `SELECT name, (SELECT COUNT(*) FROM courseware_tag WHERE tag = name) AS uses
       FROM tag WHERE name = $1${transaction.words.forUpdate}`,
    clean,
  );
  if (row === undefined) {
    throw new CatalogueError('not-found', `There is no tag "${clean}"`, { field: 'tag' });
  }
  if (row.uses > 0) {
    throw new CatalogueError(
      'conflict',
      `The tag "${clean}" is on ${row.uses} courseware items; take it off them first`,
      { field: 'tag' },
    );
  }
  await transaction.rows('DELETE FROM tag WHERE name = $1', clean);
}

function likeness(left: string, right: string): number {
  const letters = new Set(left);
  const common = [...new Set(right)].filter((letter) => letters.has(letter)).length;
  return common / Math.max(letters.size, new Set(right).size, 1);
}

/** The tags that share most of their characters with `name`, nearest first, at most five. */
export function nearTags(name: string, tags: readonly string[]): readonly string[] {
  return tags
    .map((tag) => ({ tag, likeness: likeness(name, tag) }))
    .filter((candidate) => candidate.likeness > 0)
    .sort((left, right) => right.likeness - left.likeness)
    .slice(0, 5)
    .map((candidate) => candidate.tag);
}

/**
 * The clean names of `tags` without repetitions, all of which exist.
 *
 * @throws {CatalogueError} `unknown-tag`, `invalid-input`
 */
export async function knownTags(statements: Statements, tags: readonly string[]): Promise<readonly string[]> {
  const wanted = [...new Set(tags.map(tagNameOf))];
  const known = (await statements.rows<{ name: string }>('SELECT name FROM tag ORDER BY rank')).map(
    (row) => row.name,
  );
  const unknown = wanted.find((tag) => !known.includes(tag));
  if (unknown === undefined) {
    return wanted;
  }
  const near = nearTags(unknown, known);
  throw new CatalogueError(
    'unknown-tag',
    `There is no tag "${unknown}"; ${near.length > 0 ? `did you mean ${near.join(', ')}` : `there are ${known.join(', ')}`}?`,
    { field: 'tags', near },
  );
}

/** Puts exactly these known tags on an item. */
export async function setTags(
  transaction: Transaction,
  coursewareId: string,
  tags: readonly string[],
): Promise<void> {
  await transaction.rows('DELETE FROM courseware_tag WHERE courseware_id = $1', coursewareId);
  for (const [position, tag] of tags.entries()) {
    await transaction.rows(
      'INSERT INTO courseware_tag (courseware_id, tag, position) VALUES ($1, $2, $3)',
      coursewareId,
      tag,
      position,
    );
  }
}

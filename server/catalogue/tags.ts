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

/** The tags there are, and what else they are called. */
export interface KnownTags {
  /**
   * The names of the tags meant by `names`, which have been cleaned: aliases become the tag they stand for.
   *
   * @throws {CatalogueError} `unknown-tag`
   */
  resolve(names: readonly string[]): readonly string[];
}

/** Reads all tags and aliases, to look up many. */
export async function loadTags(statements: Statements): Promise<KnownTags> {
  const rows = await statements.rows<{ name: string; tag: string }>(
    `SELECT name, name AS tag, rank FROM tag
     UNION ALL SELECT a.alias, a.tag, t.rank FROM tag_alias a JOIN tag t ON t.name = a.tag ORDER BY rank, name`,
  );
  const known = new Map(rows.map(({ name, tag }) => [name, tag]));
  const resolveOne = (name: string): string => {
    const tag = known.get(name);
    if (tag !== undefined) return tag;
    const near = nearTags(name, [...known.keys()]);
    const tags = [...new Set(known.values())];
    throw new CatalogueError(
      'unknown-tag',
      `There is no tag "${name}"; ${near.length > 0 ? `did you mean ${near.join(', ')}` : `there are ${tags.join(', ')}`}?`,
      { field: 'tags', near },
    );
  };
  return { resolve: (names) => [...new Set(names.map(resolveOne))] };
}

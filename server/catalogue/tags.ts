import { CatalogueError } from './catalogue-error.ts';
import { lineOf, tagNameOf } from './courseware-text.ts';
import { recordSharedChange } from './history.ts';
import { givenTexts } from '../database/row-list.ts';
import type { SqlValue, Statements, Transaction } from '../database/transaction.ts';
import { publishedAt, publishedJoin, type WordView } from './word-view.ts';

/** A tag and how many items carry it. */
export interface Tag {
  readonly name: string;
  /** The heading it stands under, such as 题材 or 对象. */
  readonly facet: string | undefined;
  /** Other words for it. */
  readonly aliases: readonly string[];
  readonly uses: number;
}

/** What to change of a tag; absent fields stay, `facet: null` takes it from under its heading. */
export interface TagFields {
  /** 1 to 40 characters. Items and aliases follow; the former name becomes an alias. */
  readonly name?: string;
  /** 1 to 40 characters. */
  readonly facet?: string | null;
  /** All other words for it, at most 50; none of them may be a tag or mean another one. */
  readonly aliases?: readonly string[];
}

/** All tags in the order they were added. */
export async function listTags(statements: Statements, view: WordView = {}): Promise<readonly Tag[]> {
  return selectTags(statements, view, 'ORDER BY rank, name');
}

async function selectTags(
  statements: Statements,
  view: WordView,
  rest: string,
  ...values: readonly SqlValue[]
): Promise<readonly Tag[]> {
  const rows = await statements.rows<{ name: string; facet: string | null; uses: number }>(
    `SELECT name, facet, (SELECT COUNT(*) FROM courseware_tag t ${publishedJoin(view)}
       WHERE t.tag = name ${publishedAt(view, 't.courseware_id')}) AS uses FROM tag ${rest}`,
    ...values,
  );
  const aliases = await statements.rows<{ alias: string; tag: string }>(
    'SELECT alias, tag FROM tag_alias ORDER BY alias',
  );
  return rows.map(({ name, facet, uses }) => ({
    name,
    facet: facet ?? undefined,
    aliases: aliases.flatMap(({ alias, tag }) => (tag === name ? [alias] : [])),
    uses,
  }));
}

/** Adds a tag; one that exists already is left as it is. */
export async function addTag(transaction: Transaction, name: string): Promise<void> {
  await transaction.rows(
    `INSERT INTO tag (name, rank) SELECT $1, COALESCE(MAX(rank), 0) + 1 FROM tag WHERE true
       ON CONFLICT (name) DO NOTHING`,
    tagNameOf(name),
  );
}

/** @throws {CatalogueError} `not-found` */
async function lockTag(transaction: Transaction, name: string): Promise<Tag> {
  const clean = tagNameOf(name);
  await transaction.rows(`SELECT name FROM tag WHERE name = $1${transaction.words.forUpdate}`, clean);
  const [tag] = await selectTags(transaction, {}, 'WHERE name = $1', clean);
  if (tag === undefined) {
    throw new CatalogueError('not-found', `There is no tag "${clean}"`, { field: 'tag' });
  }
  return tag;
}

/** @throws {CatalogueError} `not-found`, `conflict` while items carry it */
export async function removeTag(transaction: Transaction, name: string): Promise<void> {
  const tag = await lockTag(transaction, name);
  if (tag.uses > 0) {
    throw new CatalogueError(
      'conflict',
      `The tag "${tag.name}" is on ${tag.uses} courseware items; take it off them first`,
      { field: 'tag' },
    );
  }
  await transaction.rows('DELETE FROM tag WHERE name = $1', tag.name);
}

/**
 * Changes a tag and, with its name, all items that carry it.
 *
 * @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` for a word that is taken
 */
export async function changeTag(
  transaction: Transaction,
  actor: string,
  name: string,
  fields: TagFields,
): Promise<Tag> {
  const before = await lockTag(transaction, name);
  const next = fields.name === undefined ? before.name : tagNameOf(fields.name);
  const facet =
    fields.facet === undefined || fields.facet === null ? fields.facet : lineOf(fields.facet, 'facet', 40);
  const isRenamed = next !== before.name;
  const aliases = [...new Set(fields.aliases?.map(tagNameOf) ?? before.aliases)].filter(
    (alias) => alias !== next,
  );
  if (isRenamed && !aliases.includes(before.name)) aliases.push(before.name);
  if (aliases.length > 50) {
    throw new CatalogueError('invalid-input', 'A tag may have 50 aliases at most', { field: 'aliases' });
  }
  await refuseTakenWords(transaction, before.name, [next, ...aliases]);
  await transaction.rows('DELETE FROM tag_alias WHERE tag = $1', before.name);
  await transaction.rows(
    'UPDATE tag SET name = $2, facet = $3 WHERE name = $1',
    before.name,
    next,
    facet === undefined ? before.facet : facet,
  );
  for (const alias of aliases) {
    await transaction.rows('INSERT INTO tag_alias (alias, tag) VALUES ($1, $2)', alias, next);
  }
  const carriers = await transaction.rows<{ id: string }>(
    'SELECT courseware_id AS id FROM courseware_tag WHERE tag = $1',
    next,
  );
  const ids = carriers.map(({ id }) => id);
  if (isRenamed) {
    await recordSharedChange(transaction, actor, ids, { field: 'tags', before: before.name, after: next });
  } else {
    for (const id of ids) transaction.touch(id);
  }
  return lockTag(transaction, next);
}

async function refuseTakenWords(
  transaction: Transaction,
  own: string,
  words: readonly string[],
): Promise<void> {
  const [taken] = await transaction.rows<{ word: string; tag: string }>(
    `SELECT word, tag FROM (SELECT name AS word, name AS tag FROM tag UNION ALL SELECT alias, tag FROM tag_alias) taken
      WHERE tag <> $2 AND word IN (SELECT value FROM ${givenTexts(transaction.dialect, '$1')})`,
    JSON.stringify(words),
    own,
  );
  if (taken !== undefined) {
    throw new CatalogueError(
      'conflict',
      taken.word === taken.tag
        ? `"${taken.word}" is a tag of its own`
        : `"${taken.word}" means the tag "${taken.tag}" already`,
      { field: 'tag' },
    );
  }
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

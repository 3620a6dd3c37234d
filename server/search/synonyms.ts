import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { tagNameOf } from '../catalogue/courseware-text.ts';
import { newId } from '../database/new-id.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import { foldText } from './fold.ts';
import { nextChange } from './item-rows.ts';

/** Words that mean the same: whoever looks for one finds the others. */
export interface SynonymGroup {
  readonly id: string;
  readonly words: readonly string[];
}

const MAX_WORDS = 20;

interface SynonymRow {
  readonly group_id: string;
  readonly word: string;
  readonly shown: string;
}

/** All groups, in the order of their first words. */
export async function listSynonyms(statements: Statements): Promise<readonly SynonymGroup[]> {
  const rows = await statements.rows<SynonymRow>(
    'SELECT group_id, word, shown FROM synonym ORDER BY group_id, position',
  );
  const groups = new Map<string, string[]>();
  for (const { group_id, shown } of rows) groups.set(group_id, [...(groups.get(group_id) ?? []), shown]);
  return [...groups.entries()].map(([id, words]) => ({ id, words }));
}

/**
 * Writes a group in the place of the one of that id.
 *
 * @throws {CatalogueError} `invalid-input` for fewer than two words; `conflict` when a word is in another group
 */
export async function saveSynonyms(
  transaction: Transaction,
  id: string,
  given: readonly string[],
): Promise<SynonymGroup> {
  const words = new Map<string, string>();
  for (const word of given) {
    const shown = tagNameOf(word);
    const folded = foldText(shown).replaceAll(' ', '');
    if (folded !== '' && !words.has(folded)) words.set(folded, shown);
  }
  if (words.size < 2 || words.size > MAX_WORDS) {
    throw new CatalogueError(
      'invalid-input',
      `A group of synonyms has 2 to ${MAX_WORDS} different words; this one has ${words.size}`,
      { field: 'words' },
    );
  }
  await nextChange(transaction, 'synonym_change');
  await transaction.rows('DELETE FROM synonym WHERE group_id = $1', id);
  for (const [position, [word, shown]] of [...words].entries()) {
    const [taken] = await transaction.rows<SynonymRow>(
      'SELECT group_id, word, shown FROM synonym WHERE word = $1',
      word,
    );
    if (taken !== undefined) {
      throw new CatalogueError(
        'conflict',
        `"${shown}" is in another group of synonyms already; add the other words there, or take it out first`,
        { field: 'words' },
      );
    }
    await transaction.rows(
      'INSERT INTO synonym (word, group_id, shown, position) VALUES ($1, $2, $3, $4)',
      word,
      id,
      shown,
      position,
    );
  }
  return { id, words: [...words.values()] };
}

/** Writes a new group. */
export function addSynonyms(transaction: Transaction, words: readonly string[]): Promise<SynonymGroup> {
  return saveSynonyms(transaction, newId(), words);
}

/** @throws {CatalogueError} `not-found` */
export async function removeSynonyms(transaction: Transaction, id: string): Promise<void> {
  await nextChange(transaction, 'synonym_change');
  const rows = await transaction.rows('DELETE FROM synonym WHERE group_id = $1 RETURNING word', id);
  if (rows.length === 0) {
    throw new CatalogueError('not-found', `There is no group of synonyms ${JSON.stringify(id)}`);
  }
}

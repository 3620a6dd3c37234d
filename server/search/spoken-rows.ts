import { givenRows, inPieces } from '../database/row-list.ts';
import { PREPARED, type Dialect, type Statements, type Transaction } from '../database/transaction.ts';
import {
  cutIntoMinutes,
  indexWords,
  phraseWords,
  searchedText,
  type SpokenCue,
  type SpokenMinute,
} from './spoken-minutes.ts';

const SLOTS = 8;
const MINUTES = 8192;
const PER_ITEM = SLOTS * MINUTES;

/** A minute that was found: of which item, in the language of which slot, and which minute. */
export interface MinuteKey {
  readonly id: number;
  readonly number: number;
  readonly slot: number;
}

/** Reads a minute's id. */
export function minuteKey(id: number): MinuteKey {
  return {
    id,
    number: Math.floor(id / PER_ITEM),
    slot: Math.floor((id % PER_ITEM) / MINUTES),
  };
}

/** Which captions of an item are indexed. */
export interface TranscriptKey {
  readonly coursewareId: string;
  readonly language: string;
}

/** PostgreSQL takes 2,046 bytes. */
const MAX_WORD = 200;

/** Surrogate halves cannot be bound; an index word may be one. */
const bindable = (word: string): string => word.toWellFormed().slice(0, MAX_WORD);

/** Words with their places, as PostgreSQL reads them. */
function vectorOf(words: readonly string[]): string {
  return words.map((word, index) => `'${bindable(word)}':${Math.min(index + 1, 16_383)}`).join(' ');
}

const WORDS_OF: Readonly<Record<Dialect, (words: readonly string[]) => string>> = {
  sqlite: (words) => words.map(bindable).join(' '),
  postgres: vectorOf,
};

/** A folded term as the full-text index of each database takes it: words that stand side by side. */
const PHRASE_OF: Readonly<Record<Dialect, (term: string) => string>> = {
  sqlite(term) {
    const { words, isOpen } = phraseWords(term);
    return `"${words.map(bindable).join(' ')}"${isOpen ? ' *' : ''}`;
  },
  postgres(term) {
    const { words, isOpen } = phraseWords(term);
    return words
      .map((word, index) => `'${bindable(word)}'${isOpen && index === words.length - 1 ? ':*' : ''}`)
      .join(' <-> ');
  },
};

/**
 * Makes what is said in one language of a lecture searchable, in the place of what was known of it. An item that does not exist,
 * or has captions in more than eight languages, is left as it is.
 *
 * @param edition - names these texts; they are not indexed again while it stays the same
 */
export async function saveTranscript(
  transaction: Transaction,
  { coursewareId, language }: TranscriptKey,
  edition: string,
  cues: readonly SpokenCue[],
): Promise<void> {
  await dropTranscript(transaction, { coursewareId, language });
  const [item] = await transaction.rows<{ number: number }>(
    'SELECT number FROM courseware WHERE id = $1',
    coursewareId,
  );
  const slot = item === undefined ? undefined : await freeSlot(transaction, item.number);
  if (item === undefined || slot === undefined) return;
  const minutes = cutIntoMinutes(cues).filter(({ minute }) => minute < MINUTES);
  await transaction.rows(
    `INSERT INTO transcript (courseware_id, language, number, slot, edition, minutes) VALUES ($1, $2, $3, $4, $5, $6)`,
    coursewareId,
    language,
    item.number,
    slot,
    edition,
    minutes.length,
  );
  const from = item.number * PER_ITEM + slot * MINUTES;
  for (const piece of inPieces(minutes, 200)) await writeMinutes(transaction, from, piece);
}

async function freeSlot(transaction: Transaction, number: number): Promise<number | undefined> {
  const rows = await transaction.rows<{ slot: number }>(
    'SELECT slot FROM transcript WHERE number = $1',
    number,
  );
  const taken = new Set(rows.map(({ slot }) => slot));
  return Array.from({ length: SLOTS }, (_, slot) => slot).find((slot) => !taken.has(slot));
}

async function writeMinutes(
  transaction: Transaction,
  from: number,
  minutes: readonly SpokenMinute[],
): Promise<void> {
  const { dialect } = transaction;
  const rows = minutes.map((minute) => ({
    id: from + minute.minute,
    cues: JSON.stringify({
      cues: minute.cues.map(({ startMs, text }) => [startMs, text]),
      tail: minute.tail,
    }),
    words: WORDS_OF[dialect](indexWords(searchedText(minute))),
  }));
  const given = givenRows(dialect, '$1', { id: 'bigint', cues: 'text', words: 'text' });
  if (dialect === 'postgres') {
    await transaction.rows(
      `INSERT INTO spoken_minute (id, cues, words) SELECT id, cues, words::tsvector FROM ${given}`,
      JSON.stringify(rows),
    );
    return;
  }
  await transaction.rows(
    `INSERT INTO spoken_minute (id, cues) SELECT id, cues FROM ${given}`,
    JSON.stringify(rows.map(({ id, cues }) => ({ id, cues }))),
  );
  await transaction.rows(
    `INSERT INTO spoken_words (rowid, words) SELECT id, words FROM ${given}`,
    JSON.stringify(rows.map(({ id, words }) => ({ id, words }))),
  );
}

/** Forgets what is said in one language of an item; nothing known of it is no error. */
export async function dropTranscript(
  transaction: Transaction,
  { coursewareId, language }: TranscriptKey,
): Promise<void> {
  const [row] = await transaction.rows<{ number: number; slot: number }>(
    'DELETE FROM transcript WHERE courseware_id = $1 AND language = $2 RETURNING number, slot',
    coursewareId,
    language,
  );
  if (row === undefined) return;
  const from = row.number * PER_ITEM + row.slot * MINUTES;
  const range = `BETWEEN ${from} AND ${from + MINUTES - 1}`;
  if (transaction.dialect === 'sqlite') {
    await transaction.rows(
      `DELETE FROM spoken_words WHERE rowid IN (SELECT id FROM spoken_minute WHERE id ${range})`,
    );
  }
  await transaction.rows(`DELETE FROM spoken_minute WHERE id ${range}`);
}

/** Captions that should be searchable and are not, or not in their newest edition; at most `limit`. */
export async function missingTranscripts(
  statements: Statements,
  limit: number,
): Promise<readonly (TranscriptKey & { readonly edition: string })[]> {
  const rows = await statements.rows<{ courseware_id: string; language: string; edition: string }>(
    `SELECT c.courseware_id, c.language, c.edition FROM caption c
       LEFT JOIN transcript t ON t.courseware_id = c.courseware_id AND t.language = c.language
      WHERE c.is_hidden = 0 AND (t.edition IS NULL OR t.edition <> c.edition)
      ORDER BY c.courseware_id, c.language LIMIT ${limit}`,
  );
  return rows.map(({ courseware_id, language, edition }) => ({
    coursewareId: courseware_id,
    language,
    edition,
  }));
}

/** What is searchable though its captions are gone or hidden. */
export async function orphanedTranscripts(statements: Statements): Promise<readonly TranscriptKey[]> {
  const rows = await statements.rows<{ courseware_id: string; language: string }>(
    `SELECT t.courseware_id, t.language FROM transcript t
       LEFT JOIN caption c ON c.courseware_id = t.courseware_id AND c.language = t.language AND c.is_hidden = 0
      WHERE c.language IS NULL`,
  );
  return rows.map(({ courseware_id, language }) => ({ coursewareId: courseware_id, language }));
}

/** The minutes in which a folded term is said, by their ids; of one item, or of all. */
export async function minutesSaying(
  statements: Statements,
  term: string,
  number?: number,
): Promise<readonly number[]> {
  const phrase = PHRASE_OF[statements.dialect](term);
  const range = (column: string): string =>
    number === undefined
      ? ''
      : ` AND ${column} BETWEEN ${number * PER_ITEM} AND ${(number + 1) * PER_ITEM - 1}`;
  const [row] = await statements.rows<{ ids: string }>(
    statements.dialect === 'sqlite'
      ? `SELECT json_group_array(rowid) AS ids FROM spoken_words WHERE spoken_words MATCH $1${range('rowid')}`
      : `${PREPARED} SELECT COALESCE(json_agg(id), '[]')::text AS ids FROM spoken_minute WHERE words @@ $1::tsquery${range('id')}`,
    phrase,
  );
  return JSON.parse(row?.ids ?? '[]') as readonly number[];
}

/** Minutes by their ids, with the language they are in. */
export async function readMinutes(
  statements: Statements,
  ids: readonly number[],
): Promise<ReadonlyMap<number, { readonly language: string; readonly minute: SpokenMinute }>> {
  if (ids.length === 0) return new Map();
  const rows = await statements.rows<{ id: number; cues: string; language: string }>(
    `SELECT m.id, m.cues, t.language FROM spoken_minute m
       JOIN transcript t ON t.number = m.id / ${PER_ITEM} AND t.slot = (m.id % ${PER_ITEM}) / ${MINUTES}
      WHERE m.id IN (${ids.join(', ')})`,
  );
  return new Map(
    rows.map(({ id, cues, language }) => {
      const kept = JSON.parse(cues) as { cues: readonly (readonly [number, string])[]; tail: string };
      const minute = {
        minute: id % MINUTES,
        cues: kept.cues.map(([startMs, text]) => ({ startMs, text })),
        tail: kept.tail,
      };
      return [id, { language, minute }];
    }),
  );
}

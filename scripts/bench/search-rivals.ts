import type { Database } from 'yuanjiao/server';

/** Another way to search the same texts: what it finds, and what its first page and its count cost. */
export interface Rival {
  readonly name: string;
  prepare(): Promise<void>;
  /** Ids of everything found. */
  all(query: string): Promise<readonly string[]>;
  /** The first twenty ids and the number of all. */
  page(query: string): Promise<void>;
}

const TEXT = "title || ' ' || tags || ' ' || about || ' ' || description";

const pattern = (query: string): string => `%${query.toLowerCase().replace(/[!%_]/g, '!$&')}%`;

/** `LIKE` over the same folded texts; works everywhere, ranks nothing. */
export function likeRival(database: Database): Rival {
  const where = `${TEXT} LIKE $1 ESCAPE '!'`;
  return {
    name: 'like',
    prepare: async () => {},
    all: (query) =>
      idsOf(database, `SELECT courseware_id AS id FROM search_item WHERE ${where}`, pattern(query)),
    async page(query) {
      await database.read(async (statements) => {
        await statements.rows(`SELECT COUNT(*) AS count FROM search_item WHERE ${where}`, pattern(query));
        await statements.rows(
          `SELECT courseware_id FROM search_item WHERE ${where} ORDER BY published_at DESC LIMIT 20`,
          pattern(query),
        );
      });
    },
  };
}

/** SQLite's own index of three neighbouring characters. */
export function trigramRival(database: Database): Rival {
  return ftsRival(database, {
    name: 'trigram',
    table: 'rival_trigram',
    tokenizer: 'trigram',
    words: (column) => column,
    phrase: (query) => `"${query.toLowerCase()}"`,
  });
}

/** SQLite's FTS5 over pairs of neighbouring characters, ranked by bm25 with weights. */
export function ftsPairsRival(database: Database): Rival {
  return ftsRival(database, {
    name: 'fts5_pairs',
    table: 'rival_pairs',
    tokenizer: 'unicode61',
    phrase: (query) => (query.length === 1 ? `"${query}" *` : `"${pairsOf(query).join(' ')}"`),
  });
}

/** The pairs of a term; the last character is alone only at the end of a text. */
function pairsOf(term: string): readonly string[] {
  return Array.from({ length: term.length - 1 }, (_, at) => term.slice(at, at + 2));
}

function wordsOf(text: string): readonly string[] {
  return (text.match(/\p{Script=Han}+|[^\p{Script=Han} ]+/gu) ?? []).flatMap((run) =>
    /\p{Script=Han}/u.test(run) ? [...pairsOf(run), run.slice(-1)] : [run],
  );
}

interface FtsPlan {
  readonly name: string;
  readonly table: string;
  readonly tokenizer: string;
  readonly words?: (column: string) => string;
  readonly phrase: (query: string) => string;
}

function ftsRival(database: Database, { name, table, tokenizer, words, phrase }: FtsPlan): Rival {
  const columns = ['title', 'tags', 'about', 'description'] as const;
  const find = `SELECT i.courseware_id AS id FROM ${table} f JOIN search_item i ON i.number = f.rowid WHERE ${table} MATCH $1`;
  return {
    name,
    async prepare() {
      await database.write(async (transaction) => {
        await transaction.rows(
          `CREATE VIRTUAL TABLE ${table} USING fts5(${columns.join(', ')}, content='', contentless_delete=1, tokenize='${tokenizer}')`,
        );
        if (words !== undefined) {
          await transaction.rows(
            `INSERT INTO ${table} (rowid, ${columns.join(', ')}) SELECT number, ${columns.map(words).join(', ')} FROM search_item`,
          );
          return;
        }
        for await (const rows of allTexts(transaction)) {
          await transaction.rows(
            `INSERT INTO ${table} (rowid, ${columns.join(', ')}) SELECT json_extract(value, '$.number'),
               ${columns.map((column) => `json_extract(value, '$.${column}')`).join(', ')} FROM json_each($1)`,
            JSON.stringify(
              rows.map((row) => ({
                number: row.number,
                ...Object.fromEntries(columns.map((column) => [column, wordsOf(row[column]).join(' ')])),
              })),
            ),
          );
        }
      });
    },
    all: (query) => idsOf(database, find, phrase(query)),
    async page(query) {
      await database.read(async (statements) => {
        await statements.rows(
          `SELECT COUNT(*) AS count FROM ${table} WHERE ${table} MATCH $1`,
          phrase(query),
        );
        await statements.rows(`${find} ORDER BY bm25(${table}, 10, 6, 4, 1.5) LIMIT 20`, phrase(query));
      });
    },
  };
}

function vectorPhrase(query: string): string {
  if (query.length === 1) return `'${query}':*`;
  return pairsOf(query)
    .map((pair) => `'${pair}'`)
    .join(' <-> ');
}

/** PostgreSQL's tsvector of the same pairs with a GIN index, ranked by ts_rank with weights. */
export function vectorRival(database: Database): Rival {
  const find = 'FROM rival_vector WHERE words @@ $1::tsquery';
  return {
    name: 'tsvector_pairs',
    async prepare() {
      await database.write(async (transaction) => {
        await transaction.rows('CREATE TABLE rival_vector (id TEXT PRIMARY KEY, words TSVECTOR NOT NULL)');
        for await (const rows of allTexts(transaction)) {
          await transaction.rows(
            `INSERT INTO rival_vector (id, words) SELECT id, words::tsvector
               FROM json_to_recordset($1::json) AS given (id text, words text)`,
            JSON.stringify(rows.map((row) => ({ id: row.id, words: vectorOf(row) }))),
          );
        }
        await transaction.rows('CREATE INDEX rival_vector_words ON rival_vector USING GIN (words)');
        await transaction.rows('ANALYZE rival_vector');
      });
    },
    all: (query) => idsOf(database, `SELECT id ${find}`, vectorPhrase(query)),
    async page(query) {
      await database.read(async (statements) => {
        await statements.rows(`SELECT COUNT(*) AS count ${find}`, vectorPhrase(query));
        await statements.rows(
          `SELECT id ${find} ORDER BY ts_rank('{0.15, 0.4, 0.6, 1}', words, $1::tsquery) DESC LIMIT 20`,
          vectorPhrase(query),
        );
      });
    },
  };
}

interface TextRow {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly tags: string;
  readonly about: string;
  readonly description: string;
}

function vectorOf(row: TextRow): string {
  const fields = [
    [row.title, 'A'],
    [row.tags, 'B'],
    [row.about, 'C'],
    [row.description, 'D'],
  ] as const;
  let position = 0;
  return fields
    .flatMap(([text, weight]) => {
      position += 1;
      return wordsOf(text).map((word) => `'${word}':${++position}${weight}`);
    })
    .join(' ');
}

async function* allTexts(statements: {
  rows<Row extends object>(sql: string, ...values: readonly number[]): Promise<Row[]>;
}): AsyncGenerator<readonly TextRow[]> {
  for (let after = 0; ;) {
    const rows = await statements.rows<TextRow>(
      `SELECT number, courseware_id AS id, title, tags, about, description FROM search_item
        WHERE number > $1 ORDER BY number LIMIT 5000`,
      after,
    );
    if (rows.length === 0) return;
    after = rows.at(-1)?.number ?? after;
    yield rows;
  }
}

async function idsOf(database: Database, sql: string, value: string): Promise<readonly string[]> {
  const rows = await database.read((statements) => statements.rows<{ id: string }>(sql, value));
  return rows.map(({ id }) => id);
}

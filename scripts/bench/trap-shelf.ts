import { Catalogue, indexMany, openDatabase, Vocabulary, type Database } from 'yuanjiao/server';

import { PLACES } from './trap-words.ts';
import { trapCatalogue, type TrapItem } from './trap-catalogue.ts';

/** A database that holds the made-up catalogue, published and indexed. */
export interface TrapShelf {
  readonly database: Database;
  /** What each item was made of, by its id. */
  readonly items: ReadonlyMap<string, TrapItem>;
  /** Seconds it took to write and index everything. */
  readonly buildSeconds: number;
}

const PIECE = 2500;

/** Fills an empty database at `address` with the first `size` items of the made-up catalogue. */
export async function fillShelf(address: string, size: number): Promise<TrapShelf> {
  const database = await openDatabase(address, { onChange: indexMany });
  await database.migrate();
  const catalogue = new Catalogue(database).as('bench');
  const vocabulary = new Vocabulary(database);
  const items = new Map<string, TrapItem>();
  const known = new Set<string>();
  await addPlaces(database);
  const startedAt = performance.now();
  for (const piece of pieces(trapCatalogue(size))) {
    for (const tag of piece.flatMap(({ input }) => input.tags ?? [])) {
      if (!known.has(tag)) await vocabulary.addTag(tag);
      known.add(tag);
    }
    const ids = await catalogue.createMany(piece.map(({ input }) => input));
    await publish(database, ids, piece);
    for (const [index, id] of ids.entries()) items.set(id, piece[index] as TrapItem);
  }
  await addTopics(database);
  if (database.dialect === 'postgres') {
    await database.write((transaction) => transaction.rows('ANALYZE'));
  }
  return { database, items, buildSeconds: (performance.now() - startedAt) / 1000 };
}

const COUNTIES = 6;

/** A city with six counties, and in them the places of the made-up items. */
async function addPlaces(database: Database): Promise<void> {
  await database.write(async (transaction) => {
    const add = (id: string, name: string, level: string, parent: string | null, path: string) =>
      transaction.rows(
        `INSERT INTO region (id, code, name, level, parent_id, path, valid_from)
           VALUES ($1, $1, $2, $3, $4, $5, '2000-01-01')`,
        id,
        name,
        level,
        parent,
        path,
      );
    await add('city', '绍兴', 'city', null, '/city/');
    for (let county = 0; county < COUNTIES; county += 1) {
      await add(`county-${county}`, `第${county + 1}县`, 'county', 'city', `/city/county-${county}/`);
    }
    for (const [town, name] of PLACES.entries()) {
      const county = `county-${town % COUNTIES}`;
      await add(`town-${town}`, name, 'town', county, `/city/${county}/town-${town}/`);
    }
  });
}

/** Four topics with every seventh item, from the first, second and so on. */
async function addTopics(database: Database): Promise<void> {
  await database.write(async (transaction) => {
    for (let topic = 0; topic < 4; topic += 1) {
      const id = `topic-${topic}`;
      await transaction.rows(
        `INSERT INTO topic (id, title, state, rank, created_at, updated_at) VALUES ($1, $2, 'open', $3, 0, 0)`,
        id,
        `专题${topic + 1}`,
        topic,
      );
      await transaction.rows(
        `INSERT INTO topic_item (topic_id, courseware_id, position)
           SELECT $1, id, number FROM courseware WHERE number % 7 = $2`,
        id,
        topic,
      );
    }
    const items = await transaction.rows<{ id: string }>(
      'SELECT DISTINCT courseware_id AS id FROM topic_item',
    );
    for (const { id } of items) transaction.touch(id);
  });
}

function* pieces(items: Iterable<TrapItem>): Generator<readonly TrapItem[]> {
  let piece: TrapItem[] = [];
  for (const item of items) {
    piece.push(item);
    if (piece.length < PIECE) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

/** Without media, which publishing asks for and searching does not. */
async function publish(
  database: Database,
  ids: readonly string[],
  items: readonly TrapItem[],
): Promise<void> {
  const rows = JSON.stringify(ids.map((id, index) => ({ id, at: items[index]?.publishedAt })));
  const given =
    database.dialect === 'postgres'
      ? 'json_to_recordset($1::json) AS given (id text, at bigint)'
      : "(SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.at') AS at FROM json_each($1)) AS given";
  await database.write(async (transaction) => {
    await transaction.rows(
      `UPDATE courseware SET publication = 'published', published_at = given.at FROM ${given} WHERE courseware.id = given.id`,
      rows,
    );
    for (const id of ids) transaction.touch(id);
  });
}

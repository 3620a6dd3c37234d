import { Catalogue, indexMany, openDatabase, type Database } from 'yuanjiao/server';

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
  const items = new Map<string, TrapItem>();
  const known = new Set<string>();
  const startedAt = performance.now();
  for (const piece of pieces(trapCatalogue(size))) {
    for (const tag of piece.flatMap(({ input }) => input.tags ?? [])) {
      if (!known.has(tag)) await catalogue.addTag(tag);
      known.add(tag);
    }
    const ids = await catalogue.createMany(piece.map(({ input }) => input));
    await publish(database, ids, piece);
    for (const [index, id] of ids.entries()) items.set(id, piece[index] as TrapItem);
  }
  if (database.dialect === 'postgres') {
    await database.write((transaction) => transaction.rows('ANALYZE'));
  }
  return { database, items, buildSeconds: (performance.now() - startedAt) / 1000 };
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

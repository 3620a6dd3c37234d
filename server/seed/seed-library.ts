import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { inPieces } from '../database/row-list.ts';
import type { Database } from '../database/transaction.ts';
import { planLibrary, type PlannedItem } from './item-plan.ts';
import { SMALLEST_LIBRARY } from './library-size.ts';
import { loadFavourites, loadTopics } from './library-topics.ts';
import { loadWords } from './library-words.ts';
import { loadRegions } from './region-rows.ts';
import { draft, putOnAir, shelved, type Makings } from './shelve.ts';

/** What a seeding did. */
export interface SeedReport {
  readonly regions: number;
  readonly drafted: number;
  readonly published: number;
  readonly topics: number;
}

/** How a library is seeded. */
export interface SeedOptions {
  readonly database: Database;
  /** How many items; the article's library has 10,500. */
  readonly count: number;
  /**
   * Sees to it that the media of the clips' own items are ready, and says which item stands for each clip; without it, all items
   * stay drafts, as items without media do.
   */
  readonly makeClips?: (trailers: readonly PlannedItem[]) => Promise<Makings>;
  /** Called with a share from 0 to 1 and, in a word or two, what is being done. */
  readonly onProgress?: (share: number, stage: string) => void;
  /** Ends it between two batches; what was written stays and is not written again. */
  readonly signal?: AbortSignal;
}

/** Rows to a transaction: a broken-off seeding loses a second of work. */
const BATCH = 1_000;

/**
 * Puts the library of the article into a database: the same one for the same number, wherever and whenever. What is there already
 * stays as it is, so it may be run again after anything, and a second run changes nothing.
 *
 * @throws {CatalogueError} `invalid-input` for a number that is too small or large; `conflict` where a library of another size, or
 *   an item with one of its codes, is in the way
 * @throws {DatabaseError}
 */
export async function seedLibrary(options: SeedOptions): Promise<SeedReport> {
  const { database, count, makeClips, onProgress = () => {}, signal } = options;
  if (!Number.isInteger(count) || count < SMALLEST_LIBRARY || count > 100_000) {
    throw new CatalogueError(
      'invalid-input',
      `A library has ${SMALLEST_LIBRARY} to 100,000 items; got ${count}`,
      { field: 'items' },
    );
  }
  onProgress(0, '排片目');
  const items = planLibrary(count);
  await refuseOtherSize(database, items);
  const regions = await database.write((transaction) => loadRegions(transaction));
  await database.write(loadWords);
  const trailers = items.filter(({ isTrailer }) => isTrailer);
  let drafted = await database.write((transaction) => draft(transaction, trailers));
  const makings = await makeClips?.(trailers);
  let published = 0;
  const batches = inPieces(items, BATCH);
  for (const [index, batch] of batches.entries()) {
    onProgress(index / batches.length, '入库');
    signal?.throwIfAborted();
    // Drafted and published at once: nobody finds half an item, also not after a power cut.
    const done = await database.write(async (transaction) => ({
      drafted: await draft(transaction, batch),
      published: makings === undefined ? 0 : await putOnAir(transaction, batch, makings),
    }));
    drafted += done.drafted;
    published += done.published;
  }
  const topics = await database.write((transaction) => loadTopics(transaction, items));
  await database.write((transaction) => loadFavourites(transaction, items));
  onProgress(1, '入库');
  return { regions, drafted, published, topics };
}

/** Two libraries share their ids; a second one would leave a mixture of both. */
async function refuseOtherSize(database: Database, items: readonly PlannedItem[]): Promise<void> {
  const known = await database.read((statements) => shelved(statements, items));
  const other = items.filter(({ id, input }) => {
    const before = known.get(id);
    return before !== undefined && before.code !== input.code;
  });
  // A librarian may have given one or another a code of his own.
  if (other.length * 20 <= known.size) return;
  throw new CatalogueError(
    'conflict',
    `Database ${database.shown} holds a seeded library of another size; seed the same number of items again, or another database`,
    { field: 'items' },
  );
}

import type { Config } from '../config.ts';
import type { Database } from '../database/transaction.ts';
import type { Foundation } from '../foundation.ts';

/** Who the history says it was. */
export const ACTOR = 'command line';

/** Does `work` on the database and the store, and lets go of both afterwards. Loads what that takes only now. */
export async function withFoundation<T>(
  config: Config,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  const { openFoundation } = await import('../foundation.ts');
  const foundation = await openFoundation(config);
  try {
    return await work(foundation);
  } finally {
    await foundation.close();
  }
}

/** Does `work` on the database alone, its tables brought up to date, and closes it afterwards. Needs no store. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const { openDatabase } = await import('../database/database.ts');
  const database = await openDatabase(config.database);
  try {
    await database.migrate();
    return await work(database);
  } finally {
    await database.close();
  }
}

import { listCollections, type Collection } from './collection-rows.ts';
import { selectItems } from './courseware-rows.ts';
import type { Courseware } from './courseware.ts';
import type { Statements } from '../database/transaction.ts';

/** The front of the library, as everybody sees it. */
export interface Portal {
  /** Topics whose time it is. */
  readonly topics: readonly Collection[];
  readonly series: readonly Collection[];
  /** The latest published. */
  readonly newest: readonly Courseware[];
  /** Those of them that were published within seven days. */
  readonly newThisWeek: readonly Courseware[];
  /** Everything that is published. */
  readonly totals: { readonly items: number; readonly seconds: number };
}

const SHOWN = 12;
const WEEK_MS = 7 * 86_400_000;

/** Reads the front page. */
export async function readPortal(statements: Statements, now: number = Date.now()): Promise<Portal> {
  const newest = await selectItems(
    statements,
    `WHERE c.publication = 'published' ORDER BY c.published_at DESC, c.id DESC LIMIT ${SHOWN}`,
  );
  const [totals] = await statements.rows<{ items: number; seconds: number }>(
    `SELECT COUNT(*) AS items, COALESCE(SUM(duration), 0) AS seconds FROM courseware WHERE publication = 'published'`,
  );
  return {
    topics: (await listCollections(statements, 'topic', { onlyPublic: true })).slice(0, SHOWN),
    series: (await listCollections(statements, 'series', { onlyPublic: true })).slice(0, SHOWN),
    newest,
    newThisWeek: newest.filter(({ publishedAt = 0 }) => publishedAt > now - WEEK_MS),
    totals: totals ?? { items: 0, seconds: 0 },
  };
}

import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import type { LiveClassId } from './live-class.ts';
import type { OnAirInterval } from './media-time.ts';

interface IntervalRow {
  readonly from_ms: number;
  readonly until_ms: number | null;
  readonly media_start_ms: number | null;
}

/** When pictures of a class reached everybody, in order. */
export async function listIntervals(statements: Statements, id: string): Promise<readonly OnAirInterval[]> {
  const rows = await statements.rows<IntervalRow>(
    'SELECT from_ms, until_ms, media_start_ms FROM live_interval WHERE class_id = $1 ORDER BY from_ms',
    id.slice(0, 40),
  );
  return rows.map((row) => ({
    fromMs: row.from_ms,
    untilMs: row.until_ms ?? undefined,
    mediaStartMs: row.media_start_ms ?? undefined,
  }));
}

/**
 * Writes an interval, or what is known of it now.
 *
 * @throws {CatalogueError} `invalid-input`, `conflict`
 */
export async function writeInterval(
  transaction: Transaction,
  id: LiveClassId,
  { fromMs, untilMs, mediaStartMs }: OnAirInterval,
): Promise<void> {
  if (untilMs !== undefined && untilMs < fromMs) {
    throw new CatalogueError('invalid-input', `An interval from ${fromMs} cannot end at ${untilMs}`);
  }
  const [other] = await transaction.rows<IntervalRow>(
    `SELECT from_ms, until_ms, media_start_ms FROM live_interval WHERE class_id = $1 AND from_ms <> $2
       AND from_ms < $3 AND COALESCE(until_ms, $4) > $2 LIMIT 1`,
    id,
    Math.round(fromMs),
    Math.round(untilMs ?? Number.MAX_SAFE_INTEGER),
    Number.MAX_SAFE_INTEGER,
  );
  if (other !== undefined) {
    throw new CatalogueError(
      'conflict',
      `Live class ${id} was on the air from ${other.from_ms} to ${other.until_ms ?? 'now'} already; ` +
        'end that interval first',
    );
  }
  await transaction.rows(
    `INSERT INTO live_interval (class_id, from_ms, until_ms, media_start_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT (class_id, from_ms) DO UPDATE SET until_ms = COALESCE(excluded.until_ms, live_interval.until_ms),
       media_start_ms = COALESCE(excluded.media_start_ms, live_interval.media_start_ms)`,
    id,
    Math.round(fromMs),
    untilMs === undefined ? null : Math.round(untilMs),
    mediaStartMs === undefined ? null : Math.round(mediaStartMs),
  );
}

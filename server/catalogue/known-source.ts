import { getCourseware } from './courseware-rows.ts';
import type { Courseware, Version } from './courseware.ts';
import type { Database } from '../database/transaction.ts';

/** An item whose media was or is to be made of one particular file. */
export interface KnownSource {
  readonly courseware: Courseware;
  readonly version: Version;
  /** Undefined when the media was made again from an earlier upload. */
  readonly uploadId: string | undefined;
}

/**
 * The item whose current or upcoming media comes from the file with this digest; the one that got furthest, and then the
 * oldest, where several do.
 *
 * @throws {DatabaseError}
 */
export async function findBySource(database: Database, sha256: string): Promise<KnownSource | undefined> {
  return database.read(async (statements) => {
    const [row] = await statements.rows<{ courseware_id: string; place: string; upload_id: string | null }>(
      `SELECT courseware_id, place, upload_id FROM version
        WHERE source_sha256 = $1 AND place IN ('current', 'upcoming')
        ORDER BY CASE WHEN production = 'ready' THEN 0 WHEN source_key IS NOT NULL THEN 1 ELSE 2 END, created_at, id
        LIMIT 1`,
      sha256.toLowerCase(),
    );
    if (row === undefined) return undefined;
    const courseware = await getCourseware(statements, row.courseware_id);
    const version = row.place === 'current' ? courseware.current : courseware.upcoming;
    return version === undefined ? undefined : { courseware, version, uploadId: row.upload_id ?? undefined };
  });
}

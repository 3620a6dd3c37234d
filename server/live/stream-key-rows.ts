import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import { recordLiveChanges } from './live-history.ts';
import { getClass, lockClass, selectClasses } from './live-class-rows.ts';
import { OVER_STATES, TIMETABLE_STATES, type LiveClassId } from './live-class.ts';
import { hashOfKey, keyWindow, newStreamKey, type AdmittedKey, type KeyRole } from './stream-key.ts';

/** A key that there is; the key itself is not kept. */
export interface IssuedKey {
  readonly role: KeyRole;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
}

/**
 * Makes a key, in place of the one before.
 *
 * @throws {CatalogueError} `not-found`, `invalid-move` for a class that takes no encoder
 */
export async function issueKey(
  transaction: Transaction,
  actor: string,
  id: string,
  role: KeyRole,
): Promise<{ readonly key: string; readonly classId: LiveClassId }> {
  const before = await lockClass(transaction, id);
  if (before.source !== 'rtmp' || [...OVER_STATES, 'cancelled'].includes(before.state)) {
    throw new CatalogueError(
      'invalid-move',
      before.source === 'rtmp'
        ? `Live class ${before.id} is ${before.state}; no encoder can publish to it`
        : `Live class ${before.id} plays an item of the catalogue and takes no encoder`,
    );
  }
  const key = newStreamKey();
  await transaction.rows(
    `INSERT INTO live_key (class_id, role, key_hash, issued_at) VALUES ($1, $2, $3, ${transaction.words.now})
     ON CONFLICT (class_id, role) DO UPDATE SET key_hash = excluded.key_hash, issued_at = excluded.issued_at`,
    before.id,
    role,
    hashOfKey(key),
  );
  await recordLiveChanges(transaction, before.id, actor, [{ field: `key: ${role}`, after: 'issued' }]);
  return { key, classId: before.id };
}

/**
 * Makes a key good for nothing.
 *
 * @throws {CatalogueError} `not-found`
 */
export async function revokeKey(
  transaction: Transaction,
  actor: string,
  id: string,
  role: KeyRole,
): Promise<LiveClassId> {
  const before = await lockClass(transaction, id);
  const rows = await transaction.rows(
    'DELETE FROM live_key WHERE class_id = $1 AND role = $2 RETURNING role',
    before.id,
    role,
  );
  if (rows.length === 0) throw new CatalogueError('not-found', `Live class ${before.id} has no ${role} key`);
  await recordLiveChanges(transaction, before.id, actor, [{ field: `key: ${role}`, after: 'revoked' }]);
  return before.id;
}

/** Which keys of a class there are, the main one first. */
export async function listKeys(statements: Statements, id: string): Promise<readonly IssuedKey[]> {
  const found = await getClass(statements, id);
  const rows = await statements.rows<{ role: KeyRole; issued_at: number }>(
    'SELECT role, issued_at FROM live_key WHERE class_id = $1 ORDER BY role DESC',
    found.id,
  );
  return rows.map(({ role, issued_at: issuedAt }) => ({ role, issuedAt }));
}

/** The keys that are good at a moment, or will be within `aheadMs` of it. */
export async function keysInForce(
  statements: Statements,
  nowMs: number,
  aheadMs: number,
): Promise<readonly AdmittedKey[]> {
  const classes = await selectClasses(
    statements,
    `WHERE l.source = 'rtmp' AND l.state IN (${TIMETABLE_STATES.map((state) => `'${state}'`).join(', ')})
       AND EXISTS (SELECT 1 FROM live_key k WHERE k.class_id = l.id)`,
  );
  const rows = await statements.rows<{ class_id: LiveClassId; role: KeyRole; key_hash: string }>(
    'SELECT class_id, role, key_hash FROM live_key ORDER BY class_id, role DESC',
  );
  const windows = new Map(classes.map((one) => [one.id, keyWindow(one)]));
  return rows.flatMap(({ class_id: classId, role, key_hash: keyHash }) => {
    const window = windows.get(classId);
    return window === undefined || window.from > nowMs + aheadMs || window.until <= nowMs
      ? []
      : [{ classId, role, keyHash, ...window }];
  });
}

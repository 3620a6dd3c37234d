import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * What can go wrong between us and the database:
 *
 * - `database-busy`: another process or transaction held its lock for too long.
 * - `database-full`: no room left for it; nothing of the change was kept.
 * - `database-unavailable`: it cannot be reached, opened or written.
 * - `database-corrupt`: its file is damaged, or is no database.
 * - `database-closed`: it was used after `close()`.
 * - `address-invalid`: the configured address names no database we can use.
 * - `schema-missing`: its tables were not made yet.
 * - `schema-newer`: a newer program has changed its tables.
 * - `migration-failed`: a step could not be run and left nothing behind.
 * - `constraint-violated`: a rule of the schema refused the change.
 * - `statement-failed`: anything else; a defect of this program.
 */
export type DatabaseErrorCode =
  | 'database-busy'
  | 'database-full'
  | 'database-unavailable'
  | 'database-corrupt'
  | 'database-closed'
  | 'address-invalid'
  | 'schema-missing'
  | 'schema-newer'
  | 'migration-failed'
  | 'constraint-violated'
  | 'statement-failed';

const RETRYABLE: ReadonlySet<DatabaseErrorCode> = new Set([
  'database-busy',
  'database-full',
  'database-unavailable',
]);

/**
 * Everything the database throws, whatever driver is behind it. Callers decide by `code`; the driver's own error is the
 * `cause`. A transaction that ends with one has changed nothing.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  /** True when the whole transaction was in the way of another one and may simply be run again. */
  readonly isCollision: boolean;

  constructor(
    code: DatabaseErrorCode,
    message: string,
    facts: { readonly cause?: unknown; readonly isCollision?: boolean } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.isCollision = facts.isCollision ?? false;
  }

  /** True when the same call may succeed later without anybody changing the program. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

/** Where a database is, in words that may be shown: a path, or a host without its password. */
export interface DatabasePlace {
  readonly shown: string;
  /** The file of an SQLite database. */
  readonly file?: string;
}

const ADVICE = {
  'database-busy': 'it was locked for too long by other work; try again, and look for a process that hangs',
  'database-full':
    'there is no room left on its disk; nothing of the change was kept. Free some space and try again',
  'database-corrupt': 'its file is damaged or is no database; restore the latest backup of it',
  'schema-missing': 'its tables are missing; run "yuanjiao migrate" first',
  'constraint-violated': 'the change would break a rule of the schema',
  'statement-failed': 'a statement was refused; this is a defect, please report it',
  'database-unavailable':
    'it cannot be reached or written; check that it runs, its address, its credentials and its permissions',
} as const;

type DriverCode = keyof typeof ADVICE;

const BY_DRIVER_CODE: ReadonlyMap<string, DriverCode> = new Map<string, DriverCode>([
  ['SQLITE_BUSY', 'database-busy'],
  ['SQLITE_LOCKED', 'database-busy'],
  ['SQLITE_FULL', 'database-full'],
  ['SQLITE_CORRUPT', 'database-corrupt'],
  ['SQLITE_NOTADB', 'database-corrupt'],
  ['SQLITE_CANTOPEN', 'database-unavailable'],
  ['SQLITE_READONLY', 'database-unavailable'],
  ['SQLITE_IOERR', 'database-unavailable'],
  ['SQLITE_PERM', 'database-unavailable'],
  ['SQLITE_CONSTRAINT', 'constraint-violated'],
  // PostgreSQL, appendix A of its manual.
  ['40001', 'database-busy'],
  ['40P01', 'database-busy'],
  ['55P03', 'database-busy'],
  ['57014', 'database-busy'],
  ['53300', 'database-busy'],
  ['53100', 'database-full'],
  ['XX001', 'database-corrupt'],
  ['XX002', 'database-corrupt'],
  ['42P01', 'schema-missing'],
]);

/** The classes of PostgreSQL codes that mean as much as any of their members. */
const BY_CODE_CLASS: ReadonlyMap<string, DriverCode> = new Map<string, DriverCode>([
  ['08', 'database-unavailable'],
  ['23', 'constraint-violated'],
  ['25', 'database-unavailable'],
  ['28', 'database-unavailable'],
  ['3D', 'database-unavailable'],
  ['53', 'database-unavailable'],
  ['57', 'database-unavailable'],
  ['58', 'database-unavailable'],
]);

const COLLISIONS = new Set(['40001', '40P01']);

function originalOf(error: unknown): { code?: unknown; message: string; name: string } {
  let current = error;
  while (current instanceof Error) {
    const { original, parent } = current as { original?: unknown; parent?: unknown };
    const inner = original ?? parent;
    if (!(inner instanceof Error) || inner === current) {
      return current;
    }
    current = inner;
  }
  return { message: String(error), name: 'Error' };
}

function isNoRoomLeft(place: DatabasePlace): boolean {
  if (place.file === undefined) {
    return false;
  }
  try {
    const facts = statfsSync(dirname(place.file));
    return facts.bavail * facts.bsize < 1 << 20;
  } catch {
    return false;
  }
}

function meaningOf(code: string, original: { message: string }, place: DatabasePlace): DriverCode {
  if (/no such table/.test(original.message)) {
    return 'schema-missing';
  }
  // A full disk shows as a plain I/O error when it is the shared-memory file that could not grow.
  if (code === 'SQLITE_IOERR' && isNoRoomLeft(place)) {
    return 'database-full';
  }
  const meaning = BY_DRIVER_CODE.get(code) ?? BY_CODE_CLASS.get(code.slice(0, 2));
  if (meaning !== undefined) {
    return meaning;
  }
  const isNetwork =
    /^E[A-Z]+$/.test(code) || /connection|terminat|timeout|not queryable/i.test(original.message);
  return isNetwork ? 'database-unavailable' : 'statement-failed';
}

/** Puts a driver's error into our words; ours pass unchanged. */
export function databaseErrorOf(error: unknown, place: DatabasePlace): DatabaseError {
  if (error instanceof DatabaseError) {
    return error;
  }
  const original = originalOf(error);
  const code = typeof original.code === 'string' ? original.code : '';
  const meaning = meaningOf(code, original, place);
  const said = original.message || original.name;
  return new DatabaseError(meaning, `Database ${place.shown}: ${ADVICE[meaning]} (${said})`, {
    cause: error,
    isCollision: COLLISIONS.has(code),
  });
}

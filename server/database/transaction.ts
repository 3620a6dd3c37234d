/** What can be bound to a statement. `undefined` is stored as NULL. */
export type SqlValue = string | number | boolean | null | undefined;

/** The two databases we speak to. */
export type Dialect = 'sqlite' | 'postgres';

/** The few words in which the two differ; everything else is written once. */
export interface DialectWords {
  /** The database's own clock in epoch milliseconds: leases of workers with wrong clocks depend on it. */
  readonly now: string;
  /** Ends a SELECT whose rows this transaction is about to change. SQLite has one writer at a time anyway. */
  readonly forUpdate: string;
  /** Ends a SELECT that takes rows nobody else is about to change. */
  readonly skipLocked: string;
  /** `LIKE` that does not tell `a` from `A`. */
  readonly like: string;
}

/**
 * How a statement begins that is asked for every page. Its plan is kept for as long as the connection lasts, so its text must always
 * be the same.
 */
export const PREPARED = '/* prepared */';

/** A way to ask the database. Placeholders are `$1`, `$2`, … */
export interface Statements {
  readonly dialect: Dialect;
  readonly words: DialectWords;
  /**
   * Runs one statement and gives its rows, also those of `RETURNING`.
   *
   * @throws {DatabaseError} with every code a driver can cause
   */
  rows<Row extends object>(sql: string, ...values: readonly SqlValue[]): Promise<Row[]>;
}

/** A way to change the database: all statements of one transaction are kept, or none. */
export interface Transaction extends Statements {
  readonly kind: 'transaction';
  /**
   * Says that what is shown of an item is not what it was: whoever the database was opened with hears of it before the commit,
   * however often it was said.
   */
  touch(coursewareId: string): void;
}

/** One database of the service. */
export interface Database {
  readonly dialect: Dialect;
  /** Where it is, without its password. */
  readonly shown: string;

  /**
   * Asks without changing. Each statement sees one committed state; what was written before is seen.
   *
   * @throws {DatabaseError}
   */
  read<T>(work: (statements: Statements) => Promise<T>): Promise<T>;

  /**
   * Runs `work` in one transaction: when it returns, all it did is on disk before this resolves; when it throws, nothing
   * is kept and the same error comes out. After a collision on PostgreSQL `work` is run again from its start, so it must
   * have no effects but its statements. Writes of one process take turns; do not start one inside another.
   *
   * @throws {DatabaseError}
   */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;

  /**
   * Brings the tables to what this program needs. Safe when several processes start at once; a step that is broken off
   * leaves nothing.
   *
   * @returns the names of the steps that this call has run
   * @throws {DatabaseError} `schema-newer`, `migration-failed`
   */
  migrate(): Promise<readonly string[]>;

  /** Waits for the transactions under way and lets go of everything; may be called twice. */
  close(): Promise<void>;
}

import type { Statements, Transaction } from '../database/transaction.ts';

/** Failures within this time count. */
const WINDOW_MS = 15 * 60_000;
/** As many are free: people mistype. */
const FREE_FAILURES = 10;
/** The wait after the first failure too many; it doubles with each further one. */
const FIRST_WAIT_MS = 2000;
/** Nobody waits longer. */
const LONGEST_WAIT_MS = 60_000;
/** From all unknown addresses together: an attack from many machines. */
const FREE_FAILURES_OF_STRANGERS = 50;
/** An address that signed in successfully is no stranger's for this long. */
const KNOWN_FOR_MS = 90 * 86_400_000;

/** Where an attempt to sign in comes from. */
export interface Attempt {
  /** The client's address. */
  readonly address: string;
}

/** Whether an attempt may be made now. */
export interface Admission {
  /** 0 when it may. */
  readonly waitMs: number;
}

const STRANGERS = 'strangers';
const addressOf = (attempt: Attempt): string => `address ${attempt.address.slice(0, 100)}`;

/** Two attempts at once must see each other's count. SQLite has one writer anyway; the number is ours alone. */
async function lockSignIn(transaction: Transaction): Promise<void> {
  if (transaction.dialect === 'postgres') {
    await transaction.rows('SELECT pg_advisory_xact_lock($1)', 7_265_419_002);
  }
}

async function isKnown(statements: Statements, attempt: Attempt): Promise<boolean> {
  const rows = await statements.rows(
    `SELECT address FROM known_address
      WHERE address = $1 AND last_sign_in_at > ${statements.words.now} - ${KNOWN_FOR_MS}`,
    addressOf(attempt),
  );
  return rows.length > 0;
}

async function waitFor(statements: Statements, subject: string, free: number): Promise<number> {
  const { now } = statements.words;
  const [row] = await statements.rows<{ failures: number; since: number | null }>(
    `SELECT COUNT(*) AS failures, ${now} - MAX(at) AS since FROM failed_sign_in
      WHERE subject = $1 AND at > ${now} - ${WINDOW_MS}`,
    subject,
  );
  const tooMany = (row?.failures ?? 0) - free;
  return tooMany < 0
    ? 0
    : Math.max(0, Math.min(FIRST_WAIT_MS * 2 ** Math.min(tooMany, 20), LONGEST_WAIT_MS) - (row?.since ?? 0));
}

/**
 * Lets an attempt pass and counts it as failed until {@link forgive} is called: many guesses sent at once must not all
 * pass while the first of them is still being hashed. Failures are counted by address, and together for addresses that
 * never signed in; so strangers slow each other down, and never lock the administrator out of a known place.
 */
export async function admit(transaction: Transaction, attempt: Attempt): Promise<Admission> {
  await lockSignIn(transaction);
  const { now } = transaction.words;
  const isStranger = !(await isKnown(transaction, attempt));
  const waitMs = Math.max(
    await waitFor(transaction, addressOf(attempt), FREE_FAILURES),
    isStranger ? await waitFor(transaction, STRANGERS, FREE_FAILURES_OF_STRANGERS) : 0,
  );
  if (waitMs === 0) {
    await transaction.rows(`DELETE FROM failed_sign_in WHERE at <= ${now} - ${WINDOW_MS}`);
    for (const subject of isStranger ? [addressOf(attempt), STRANGERS] : [addressOf(attempt)]) {
      await transaction.rows(`INSERT INTO failed_sign_in (subject, at) VALUES ($1, ${now})`, subject);
    }
  }
  return { waitMs };
}

/** The attempt succeeded: its address is clean and known. */
export async function forgive(transaction: Transaction, attempt: Attempt): Promise<void> {
  const { now } = transaction.words;
  await transaction.rows('DELETE FROM failed_sign_in WHERE subject = $1', addressOf(attempt));
  await transaction.rows(
    `INSERT INTO known_address (address, last_sign_in_at) VALUES ($1, ${now})
       ON CONFLICT (address) DO UPDATE SET last_sign_in_at = excluded.last_sign_in_at`,
    addressOf(attempt),
  );
}

import { createHash, randomBytes } from 'node:crypto';
import { DatabaseError } from '../database/database-error.ts';
import type { Database, Transaction } from '../database/transaction.ts';
import { AccountError } from './account-error.ts';
import type { Principal } from './access.ts';
import {
  checkPassword,
  generatePassword,
  hashPassword,
  isOutdated,
  matchesPassword,
  PASSWORD_COST,
  type ScryptCost,
} from './password.ts';
import { admit, forgive, type Attempt } from './sign-in-throttle.ts';

/** How {@link Accounts} are made; every field may be left out. */
export interface AccountsOptions {
  /** What hashing a password costs. Default 2^17, 8, 1. */
  readonly passwordCost?: ScryptCost;
  /** Milliseconds after which a session is over, however busy. Default 8 hours. */
  readonly sessionMs?: number;
  /** Milliseconds without a request after which a session is over. Default 30 minutes. */
  readonly idleMs?: number;
}

/** A session that has begun. */
export interface Session {
  /** 256 random bits for the cookie; known to its holder alone, only its hash is stored. */
  readonly id: string;
  /** Epoch milliseconds at which it is over at the latest. */
  readonly expiresAt: number;
}

/** An API token as the list shows it. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds, to the minute; undefined when never used. */
  readonly lastUsedAt: number | undefined;
}

/** A token that was just made: the only moment its secret is known. */
export interface NewApiToken extends ApiToken {
  /** `yj_` and 256 random bits. */
  readonly token: string;
}

/** Use is recorded once a minute at most: a request must not cost a write to the disk. */
const RECORD_USE_MS = 60_000;

const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/**
 * The administrator's password, sessions and API tokens, and the throttling of failed sign-ins. There is no default
 * password. What is stored does not let anybody in: passwords are hashed slowly, random secrets by SHA-256. Every method
 * may throw a `DatabaseError` too.
 */
export class Accounts {
  readonly #database: Database;
  readonly #cost: ScryptCost;
  readonly #sessionMs: number;
  readonly #idleMs: number;

  constructor(database: Database, options: AccountsOptions = {}) {
    this.#database = database;
    this.#cost = options.passwordCost ?? PASSWORD_COST;
    this.#sessionMs = options.sessionMs ?? 8 * 3_600_000;
    this.#idleMs = options.idleMs ?? 30 * 60_000;
  }

  /** Whether there is an administrator yet. */
  async hasAdmin(): Promise<boolean> {
    const rows = await this.#database.read((statements) => statements.rows('SELECT id FROM administrator'));
    return rows.length > 0;
  }

  /**
   * Makes the administrator, unless there is one.
   *
   * @param password - default: a random one
   * @returns the password to be shown once, or undefined when there was an administrator already
   * @throws {AccountError} `weak-password`
   */
  async createAdmin(
    password: string = generatePassword(),
  ): Promise<{ readonly password: string } | undefined> {
    checkPassword(password);
    if (await this.hasAdmin()) {
      return undefined;
    }
    const hash = await hashPassword(password, this.#cost);
    const made = await this.#database.write((transaction) => {
      const { now } = transaction.words;
      return transaction.rows(
        `INSERT INTO administrator (id, password_hash, created_at, changed_at) VALUES (1, $1, ${now}, ${now})
           ON CONFLICT (id) DO NOTHING RETURNING id`,
        hash,
      );
    });
    return made.length > 0 ? { password } : undefined;
  }

  /**
   * Sets the administrator's password, makes the administrator when missing, and ends all sessions. API tokens stay.
   *
   * @returns the password, to be shown once
   * @throws {AccountError} `weak-password`
   */
  async setPassword(password: string = generatePassword()): Promise<{ readonly password: string }> {
    checkPassword(password);
    const hash = await hashPassword(password, this.#cost);
    await this.#database.write(async (transaction) => {
      const { now } = transaction.words;
      await transaction.rows(
        `INSERT INTO administrator (id, password_hash, created_at, changed_at) VALUES (1, $1, ${now}, ${now})
           ON CONFLICT (id) DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at`,
        hash,
      );
      await transaction.rows('DELETE FROM session');
      await transaction.rows('DELETE FROM failed_sign_in');
    });
    return { password };
  }

  /**
   * Checks the administrator's password and counts a failure. Takes as long when there is no administrator.
   *
   * @throws {AccountError} `unauthenticated`, `too-many-attempts`
   */
  async verifyPassword(password: string, attempt: Attempt): Promise<void> {
    const admission = await this.#database.write((transaction) => admit(transaction, attempt));
    if (admission.waitMs > 0) {
      const retryAfterSeconds = Math.ceil(admission.waitMs / 1000);
      throw new AccountError(
        'too-many-attempts',
        `Too many failed sign-ins; wait ${retryAfterSeconds} seconds`,
        { retryAfterSeconds },
      );
    }
    const [row] = await this.#database.read((statements) =>
      statements.rows<{ password_hash: string }>('SELECT password_hash FROM administrator'),
    );
    const stored = row?.password_hash ?? (await this.#decoy());
    const isRight = await matchesPassword(password.slice(0, 1024), stored);
    if (!isRight || row === undefined) {
      throw new AccountError('unauthenticated', 'The password is wrong');
    }
    const fresh = isOutdated(stored, this.#cost) ? await hashPassword(password, this.#cost) : undefined;
    await this.#database.write(async (transaction) => {
      await forgive(transaction, attempt);
      if (fresh !== undefined) {
        await transaction.rows(
          'UPDATE administrator SET password_hash = $1 WHERE password_hash = $2',
          fresh,
          stored,
        );
      }
    });
  }

  #decoy(): Promise<string> {
    return hashPassword('', this.#cost);
  }

  /**
   * Checks the password and begins a session.
   *
   * @throws {AccountError} `unauthenticated`, `too-many-attempts`
   */
  async signIn(password: string, attempt: Attempt): Promise<Session> {
    await this.verifyPassword(password, attempt);
    const id = randomBytes(32).toString('base64url');
    const [row] = await this.#database.write(async (transaction) => {
      const { now } = transaction.words;
      await transaction.rows(`DELETE FROM session WHERE ${this.#isOver(now)}`);
      return transaction.rows<{ created_at: number }>(
        `INSERT INTO session (id_hash, created_at, last_seen_at) VALUES ($1, ${now}, ${now}) RETURNING created_at`,
        secretHash(id),
      );
    });
    return { id, expiresAt: (row?.created_at ?? 0) + this.#sessionMs };
  }

  #isOver(now: string): string {
    return `(created_at <= ${now} - ${this.#sessionMs} OR last_seen_at <= ${now} - ${this.#idleMs})`;
  }

  /** Who holds this session; undefined when it is unknown or over. Using it keeps it from becoming idle. */
  async principalOfSession(sessionId: string): Promise<Principal | undefined> {
    const hash = secretHash(sessionId);
    const [row] = await this.#database.read((statements) => {
      const { now } = statements.words;
      return statements.rows<{ unseen: number }>(
        `SELECT ${now} - last_seen_at AS unseen FROM session WHERE id_hash = $1 AND NOT ${this.#isOver(now)}`,
        hash,
      );
    });
    if (row === undefined) {
      return undefined;
    }
    if (row.unseen > Math.min(RECORD_USE_MS, this.#idleMs / 4)) {
      await this.#recordUse((transaction) =>
        transaction.rows(
          `UPDATE session SET last_seen_at = ${transaction.words.now} WHERE id_hash = $1`,
          hash,
        ),
      );
    }
    return { kind: 'admin', via: 'session' };
  }

  /** A full disk must not keep people from looking at what there is. */
  async #recordUse(work: (transaction: Transaction) => Promise<unknown>): Promise<void> {
    try {
      await this.#database.write(work);
    } catch (error) {
      if (!(error instanceof DatabaseError && error.isRetryable)) {
        throw error;
      }
    }
  }

  /** Ends a session at once; an unknown one is no error. */
  async signOut(sessionId: string): Promise<void> {
    await this.#database.write((transaction) =>
      transaction.rows('DELETE FROM session WHERE id_hash = $1', secretHash(sessionId)),
    );
  }

  /**
   * Makes an API token.
   *
   * @param name - 1 to 100 characters, for people to tell them apart
   * @throws {AccountError} `invalid-input`
   */
  async createToken(name: string): Promise<NewApiToken> {
    const clean = name.normalize('NFC').trim();
    const { length } = Array.from(clean);
    if (!clean.isWellFormed() || /\p{Cc}/u.test(clean) || length < 1 || length > 100) {
      throw new AccountError('invalid-input', "A token's name must have 1 to 100 characters on one line");
    }
    const token = `yj_${randomBytes(32).toString('base64url')}`;
    const id = randomBytes(8).toString('hex');
    const [row] = await this.#database.write((transaction) =>
      transaction.rows<{ created_at: number }>(
        `INSERT INTO api_token (id, name, token_hash, created_at) VALUES ($1, $2, $3, ${transaction.words.now})
           RETURNING created_at`,
        id,
        clean,
        secretHash(token),
      ),
    );
    return { id, name: clean, createdAt: row?.created_at ?? 0, lastUsedAt: undefined, token };
  }

  /** All tokens that are valid, oldest first; without their secrets. */
  async tokens(): Promise<readonly ApiToken[]> {
    const rows = await this.#database.read((statements) =>
      statements.rows<{ id: string; name: string; created_at: number; last_used_at: number | null }>(
        'SELECT id, name, created_at, last_used_at FROM api_token ORDER BY created_at, id',
      ),
    );
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at ?? undefined,
    }));
  }

  /**
   * Revokes a token at once.
   *
   * @throws {AccountError} `not-found`
   */
  async revokeToken(id: string): Promise<void> {
    const removed = /^[0-9a-f]{1,64}$/.test(id)
      ? await this.#database.write((transaction) =>
          transaction.rows('DELETE FROM api_token WHERE id = $1 RETURNING id', id),
        )
      : [];
    if (removed.length === 0) {
      throw new AccountError('not-found', `There is no token ${JSON.stringify(id)}`);
    }
  }

  /** Who holds this token; undefined when it is unknown or revoked. */
  async principalOfToken(token: string): Promise<Principal | undefined> {
    const [row] = await this.#database.read((statements) =>
      statements.rows<{ id: string; name: string; unused: number | null }>(
        `SELECT id, name, ${statements.words.now} - last_used_at AS unused FROM api_token WHERE token_hash = $1`,
        secretHash(token),
      ),
    );
    if (row === undefined) {
      return undefined;
    }
    if (row.unused === null || row.unused > RECORD_USE_MS) {
      await this.#recordUse((transaction) =>
        transaction.rows(
          `UPDATE api_token SET last_used_at = ${transaction.words.now} WHERE id = $1`,
          row.id,
        ),
      );
    }
    return { kind: 'admin', via: 'token', tokenName: row.name };
  }
}
